import { ShapeError } from "../core/errors";
import { mul } from "../ops/binary";
import { divisorOf } from "../ops/loss";
import { binaryLogitOp, binaryOp, type PairOp, pairLoss } from "../ops/pair";
import { expandTo } from "../ops/shape";
import { showShape } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import { aligned, constant, defineLoss, type LossOptions, reduced, weights } from "./define";

export interface BinaryOptions extends LossOptions {
  /** What each output of a row counts: one number, or as many as outputs; 0 or more. The mean stays over all elements. */
  weight?: ArrayLike<number>;
}

export interface BinaryLogitOptions extends BinaryOptions {
  /** What targets of 1 count against those of 0: one number, or as many as outputs; above 1 for classes that are rare. */
  posWeight?: ArrayLike<number>;
}

/** Weights of the last dimension's outputs in the shape of the output. */
function wide(name: string, values: ArrayLike<number>, output: Tensor): Tensor {
  const last = output.rank < 2 ? 1 : output.shape.at(-1)!;
  if (values.length !== 1 && values.length !== last)
    throw new ShapeError(`${name}: ${values.length} weights for an output of shape ${showShape(output.shape)}; expected 1 or ${last}`);
  return expandTo(constant(name, values, values.length, "outputs"), output.shape);
}

function binary(name: string, op: PairOp, output: Tensor, target: Tensor, options: BinaryLogitOptions): Tensor {
  const { reduction = "mean", weight, posWeight } = options;
  const t = aligned(name, output, target);
  const w = posWeight === undefined ? undefined : wide(`${name}: posWeight`, posWeight, output);
  if (weight === undefined) return pairLoss(name, op, output, t, { divisor: divisorOf(reduction, output.size) }, w);
  const each = pairLoss(name, op, output, t, { divisor: undefined }, w);
  return reduced(mul(each, wide(`${name}: weight`, weight, output)), reduction);
}

const RANGE = { of: [0, 1] } as const;

/**
 * Binary cross-entropy of logits: w (-p t log s(x) - (1 - t) log(1 - s(x))), s the sigmoid, x the output; mean over all elements. Output of any shape, targets from
 * 0 to 1 of the same ((N) and (N, 1) are taken for each other), so several outputs a row are independent questions. Stable at any logit:
 * max(x, 0) and log(1 + e^-|x|) are computed instead of s. PyTorch's BCEWithLogitsLoss. Targets have no gradient. Throws ShapeError, DTypeError, OptionError.
 */
export const bceWithLogits = defineLoss<BinaryLogitOptions>({
  type: "bceWithLogits",
  range: RANGE,
  checks: { weight: weights, posWeight: weights },
  loss: (output, target, options) => binary("bceWithLogits", binaryLogitOp, output, target, options),
});

/**
 * Binary cross-entropy of probabilities: w (-t log p - (1 - t) log(1 - p)), mean over all elements. As in PyTorch's BCELoss the logarithms stop at -100 and the
 * divisor of the gradient, p (1 - p), at 1e-12, so a probability of 0 or 1 gives neither Infinity nor NaN; one outside 0 to 1 gives NaN. Prefer bceWithLogits.
 * Targets have no gradient. Throws ShapeError, DTypeError, OptionError.
 */
export const bce = defineLoss<BinaryOptions>({
  type: "bce",
  range: RANGE,
  checks: { weight: weights },
  loss: (output, target, options) => binary("bce", binaryOp, output, target, options),
});
