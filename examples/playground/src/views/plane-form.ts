import type { PlaneSettings } from "../shared/settings";
import { planeSchema } from "../shared/settings";
import { button, el, percent } from "./dom";
import { Form, group } from "./form";

export const DATA_NAMES = {
  moons: "Two moons",
  circles: "Circles",
  spirals: "Spirals",
  xor: "Exclusive or",
  linear: "Linearly separable",
  drawn: "Draw your own",
};

export const OPTIMIZER_NAMES = {
  sgd: "SGD",
  momentum: "Momentum",
  nag: "Nesterov (NAG)",
  adagrad: "Adagrad",
  adadelta: "Adadelta",
  rmsprop: "RMSprop",
  adam: "Adam",
  adamw: "AdamW",
  adamax: "Adamax",
  nadam: "NAdam",
  radam: "RAdam",
  rprop: "Rprop",
  lion: "Lion",
  lbfgs: "L-BFGS",
};

const ACTIVATION_NAMES = {
  relu: "ReLU",
  tanh: "tanh",
  sigmoid: "Sigmoid",
  leakyRelu: "Leaky ReLU",
  elu: "ELU",
  gelu: "GELU",
  silu: "SiLU",
  linear: "none (linear)",
};
const INIT_NAMES = {
  default: "PyTorch's default",
  glorotUniform: "Glorot (Xavier), uniform",
  heNormal: "He (Kaiming), normal",
  lecunNormal: "LeCun, normal",
  orthogonal: "Orthogonal",
  normal: "Normal, deviation 1",
  zeros: "Zeros (never learns)",
};
const SCHEDULE_NAMES = {
  constant: "Constant",
  stepDecay: "Steps (x 0.3)",
  exponential: "Exponential",
  cosine: "Cosine",
  oneCycle: "One cycle",
  warmup: "Warm-up, cosine",
};

/** Units of each hidden layer, with buttons. */
export class LayersEditor {
  readonly element = el("div", { class: "layers-editor" });

  constructor(
    private readonly settings: { layers: readonly number[] },
    private readonly changed: () => void,
    private readonly limits = { most: 4, units: 16, step: 1, first: 8 },
  ) {
    this.refresh();
  }

  private set(layers: readonly number[], focus: string): void {
    this.settings.layers = layers;
    this.changed();
    this.refresh();
    this.element.querySelector<HTMLElement>(`[data-key="${focus}"]:not(:disabled)`)?.focus();
  }

  refresh(): void {
    const { layers } = this.settings;
    const { most, units, step, first } = this.limits;
    const rows = layers.map((n, k) => {
      const change = (by: number, key: string) => () =>
        this.set(
          layers.map((m, j) => (j === k ? Math.min(units, Math.max(1, m + by * step)) : m)),
          key,
        );
      const less = button("−", change(-1, `less${k}`), {
        "aria-label": `One unit less in layer ${k + 1}`,
        "data-key": `less${k}`,
        disabled: n <= step,
        class: "small",
      });
      const more = button("+", change(1, `more${k}`), {
        "aria-label": `One unit more in layer ${k + 1}`,
        "data-key": `more${k}`,
        disabled: n >= units,
        class: "small",
      });
      return el("div", { class: "layer-row" }, el("span", {}, `Layer ${k + 1}`), less, el("output", {}, `${n}`), more);
    });
    const add = button("Add layer", () => this.set([...layers, layers.at(-1) ?? first], "add"), {
      disabled: layers.length >= most,
      class: "small",
      "data-key": "add",
    });
    const remove = button("Remove", () => this.set(layers.slice(0, -1), "remove"), {
      disabled: layers.length === 0,
      class: "small",
      "data-key": "remove",
    });
    this.element.replaceChildren(...rows, el("div", { class: "layer-row" }, add, remove));
  }
}

/** The settings of the plane as a form. */
export function planeForm(
  settings: PlaneSettings,
  changed: (name: string) => void,
): { element: HTMLElement; speed: HTMLElement; refresh(): void } {
  const form = new Form(planeSchema, settings, (name) => {
    arrange();
    changed(name);
  });
  const editor = new LayersEditor(settings, () => changed("layers"));
  const whole = (v: number) => String(Math.round(v));
  const element = el(
    "div",
    { class: "form" },
    group(
      "Data",
      form.select("data", "Points", DATA_NAMES),
      form.range("count", "For training (as many for testing)", { say: whole }),
      form.range("noise", "Noise"),
      form.range("margin", "Margin"),
    ),
    group(
      "Network",
      editor.element,
      form.select("activation", "Activation", ACTIVATION_NAMES),
      form.check("batchNorm", "Batch norm"),
      form.range("dropout", "Dropout", { say: (v) => percent(v, 0) }),
      form.select("init", "First weights", INIT_NAMES),
    ),
    group(
      "Training",
      form.select("optimizer", "Optimizer", OPTIMIZER_NAMES),
      form.range("lr", "Learning rate", { log: true }),
      form.select("schedule", "Schedule", SCHEDULE_NAMES),
      form.range("horizon", "Steps of the schedule", { log: true, say: whole }),
      form.select("batch", "Examples a step", { one: "One (stochastic)", some: "Some (mini-batch)", all: "All (batch)" }),
      form.range("batchSize", "Size of a mini-batch", { say: whole, max: 200 }),
      form.range("l2", "L2 penalty"),
      form.range("seed", "Seed", { say: whole, max: 100 }),
    ),
  );
  const speed = form.select("speed", "Steps a frame", { most: "as many as fit" });
  const arrange = () => {
    form.hide("margin", settings.data !== "linear");
    for (const name of ["count", "noise"] as const) form.hide(name, settings.data === "drawn");
    form.hide("horizon", settings.schedule === "constant");
    form.hide("batchSize", settings.batch !== "some" || settings.optimizer === "lbfgs");
    form.hide("batch", settings.optimizer === "lbfgs");
    form.hide("l2", settings.optimizer === "lbfgs");
  };
  arrange();
  const refresh = () => {
    form.refresh();
    editor.refresh();
    arrange();
  };
  return { element, speed, refresh };
}
