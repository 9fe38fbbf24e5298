import { type DigitsSettings, digitsSchema } from "../shared/settings";
import { el, percent } from "./dom";
import { Form, group } from "./form";
import { LayersEditor } from "./plane-form";

/** The settings of the digits as a form. */
export function digitsForm(settings: DigitsSettings, changed: () => void) {
  const form = new Form(digitsSchema, settings, changed);
  const layers = {
    get layers() {
      return settings.hidden;
    },
    set layers(layers) {
      settings.hidden = layers;
    },
  };
  const editor = new LayersEditor(layers, changed, { most: 3, units: 512, step: 32, first: 64 });
  const whole = (v: number) => String(Math.round(v));
  const rows = group(
    "Network and training",
    editor.element,
    form.select("optimizer", "Optimizer", { sgd: "SGD", momentum: "Momentum", rmsprop: "RMSprop", adam: "Adam" }),
    form.range("lr", "Learning rate", { log: true }),
    form.range("batchSize", "Batch size", { say: whole }),
    form.range("epochs", "Epochs", { say: whole, max: 30 }),
    form.range("dropout", "Dropout", { say: (v) => percent(v, 0) }),
    form.range("seed", "Seed", { say: whole, max: 100 }),
  );
  const refresh = () => {
    form.refresh();
    editor.refresh();
  };
  return { element: el("div", { class: "form" }, rows), refresh };
}
