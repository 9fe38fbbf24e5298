import { OptionError, ShapeError } from "../core/errors";
import { type Reduction, softmaxCrossEntropy, squaredDifference } from "../ops/loss";
import { reshape } from "../ops/shape";
import { sameShape, showShape } from "../tensor/shape";
import { scope, type Tensor } from "../tensor/tensor";

export interface LossOptions {
  /** Default mean. none: one loss a row (or item). */
  reduction?: Reduction;
}

/** A loss: a function of what the model gives and what it should have given. A user's own is recorded like these. */
export interface Loss {
  (output: Tensor, target: Tensor, options?: LossOptions): Tensor;
  /** What targets are: class indices (i32) or numbers (f32). Default float. */
  readonly target?: "class" | "float";
  readonly type?: string;
}

function declare(type: string, target: "class" | "float", f: (output: Tensor, target: Tensor, options?: LossOptions) => Tensor): Loss {
  return Object.assign((output: Tensor, y: Tensor, options?: LossOptions) => scope(() => f(output, y, options)), { type, target });
}

/** A float target as the output's shape: (N) and (N, 1) are taken for each other, nothing else is broadcast. */
function aligned(name: string, output: Tensor, target: Tensor): Tensor {
  if (sameShape(output.shape, target.shape)) return target;
  const column = (t: Tensor) => t.rank === 1 || (t.rank === 2 && t.shape[1] === 1);
  if (column(output) && column(target) && output.size === target.size) return reshape(target, output.shape);
  throw new ShapeError(`${name}: the output is ${showShape(output.shape)}, the target ${showShape(target.shape)}; they must agree`);
}

/** Cross-entropy of logits (rows, classes) and class indices (rows), i32: -log softmax(logits)[label], averaged. */
export const crossEntropy = declare("crossEntropy", "class", (output, target, { reduction = "mean" } = {}) =>
  softmaxCrossEntropy(output, target, reduction),
);

/** Mean over all items of (output - target)^2. */
export const mse = declare("mse", "float", (output, target, { reduction = "mean" } = {}) =>
  squaredDifference(output, aligned("mse", output, target), reduction),
);

const BY_NAME: Record<string, Loss> = { crossEntropy, mse };

/** A loss itself, or one of the built-in ones by name. */
export function resolveLoss(given: Loss | string): Loss {
  if (typeof given === "function") return given;
  const found = BY_NAME[given];
  if (found === undefined) throw new OptionError(`loss: unknown name "${given}"; known are ${Object.keys(BY_NAME).join(", ")}`);
  return found;
}
