import {
  bceWithLogits,
  concat,
  constant,
  cosine,
  exponential,
  type InitializerSpec,
  Linear,
  Module,
  mlp,
  oneCycle,
  type Predictor,
  predictor,
  type Schedule,
  type Sequential,
  type Stage,
  stepDecay,
  type Tensor,
  tensor,
  warmup,
} from "neurite";
import type { LayerWeights, Points, Score } from "../shared/messages";
import type { PlaneSettings } from "../shared/settings";

const INITS: Record<PlaneSettings["init"], InitializerSpec | undefined> = {
  default: undefined,
  glorotUniform: "glorotUniform",
  heNormal: "heNormal",
  lecunNormal: "lecunNormal",
  orthogonal: "orthogonal",
  normal: { type: "normal", std: 1 },
  zeros: "zeros",
};

const identity: Stage = (x) => x;

/** The network of the settings: two inputs, the logit of class 1 out. */
export function build(s: PlaneSettings): Sequential {
  const init = INITS[s.init];
  return mlp([2, ...s.layers, 1], {
    activation: s.activation === "linear" ? identity : s.activation,
    batchNorm: s.batchNorm,
    dropout: s.dropout,
    ...(init === undefined ? {} : { init }),
  });
}

/** The rate as a function of the step, by the package's schedules. */
export function scheduleOf({ schedule, horizon: steps, lr }: PlaneSettings): Schedule {
  switch (schedule) {
    case "constant":
      return constant(lr);
    case "stepDecay":
      return stepDecay(lr, { every: Math.ceil(steps / 4), gamma: 0.3 });
    case "exponential":
      // a tenth at the horizon
      return exponential(lr, { gamma: 0.1 ** (1 / steps) });
    case "cosine":
      return cosine(lr, { steps });
    case "oneCycle":
      return oneCycle(lr, { steps });
    case "warmup":
      return warmup(Math.ceil(steps / 10), cosine(lr, { steps: Math.ceil(0.9 * steps) }), { start: 0.05 });
  }
}

/** A network's hidden units and its output, side by side: (rows, units of all hidden layers + 1). */
export class Probe extends Module {
  static override readonly type = "Probe";
  constructor(readonly network: Sequential) {
    super();
  }

  forward(x: Tensor): Tensor {
    const { stages } = this.network;
    const seen: Tensor[] = [];
    let y = x;
    for (const [k, stage] of stages.entries()) {
      // a hidden layer ends before the next product
      if (k > 0 && stage instanceof Linear) seen.push(y);
      y = stage instanceof Module ? stage.forward(y) : stage(y);
    }
    return concat([...seen, y], 1);
  }
}

/** Loss and accuracy of logits, by the package's own loss. */
export function score(logits: Float32Array, labels: Uint8Array): Score {
  let right = 0;
  for (let k = 0; k < labels.length; k++) if (logits[k]! > 0 === (labels[k] === 1)) right++;
  const [x, y] = [tensor(logits, [labels.length, 1]), tensor(Float32Array.from(labels), [labels.length, 1])];
  const loss = bceWithLogits(x, y);
  const value = loss.item();
  for (const t of [x, y, loss]) t.dispose();
  return { loss: value, accuracy: right / labels.length };
}

/** A forward over a fixed list of points, and its score. */
export class Scorer {
  private readonly forward: Predictor;
  constructor(
    model: Module,
    private readonly points: Points,
  ) {
    this.forward = predictor(model, { batch: points.labels.length });
  }

  score(): Score {
    return score(this.forward(this.points.xy), this.points.labels);
  }

  dispose(): void {
    this.forward.dispose();
  }
}

export function weightsOf(model: Sequential): LayerWeights[] {
  return model.stages.flatMap((s) =>
    s instanceof Linear ? [{ weight: s.weight.data() as Float32Array, bias: s.bias!.data() as Float32Array }] : [],
  );
}
