import { div, mul, sub } from "../ops/binary";
import { divisorOf, type Reduction, squaredDifference } from "../ops/loss";
import { absoluteErrorOp, divergenceOp, huberOp, type PairOp, pairLoss } from "../ops/pair";
import { sum } from "../ops/reduce";
import { relu } from "../ops/unary";
import { sizeOf } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import { aligned, alignedOrClasses, between, defineLoss, type LossOptions, reduced } from "./define";

const positive = between(0, Infinity, { low: true });

/** Losses of rows: single losses of items summed over all dimensions but the first, then reduced over rows. */
const overRows = (items: Tensor, reduction: Reduction): Tensor => {
  const each =
    items.rank < 2
      ? items
      : sum(
          items,
          items.shape.slice(1).map((_, k) => k + 1),
        );
  return reduced(each, reduction);
};

/**
 * Mean squared error: the mean over all elements of (output - target)^2. Target of the output's shape ((N) and (N, 1) are taken for each other), or class indices
 * (N), i32, against (N, C) outputs: one-hot inside. none keeps the shape of the output. PyTorch's MSELoss. Throws ShapeError, DTypeError, DataError.
 */
export const mse = defineLoss<LossOptions>({
  type: "mse",
  target: "either",
  checks: {},
  loss: (output, target, { reduction = "mean" }) =>
    squaredDifference(output, alignedOrClasses("mse", output, target), divisorOf(reduction, output.size)),
});

/**
 * The lecture's squared error E = 1/2 sum over outputs of (output - target)^2, averaged over the rows of the batch (mean), summed (sum) or one value a row
 * (none). For C outputs it is C / 2 times mse. Targets as in mse. Throws ShapeError, DTypeError, DataError.
 */
export const squaredError = defineLoss<LossOptions>({
  type: "squaredError",
  target: "either",
  checks: {},
  loss: (output, target, { reduction = "mean" }) => {
    const t = alignedOrClasses("squaredError", output, target);
    if (reduction === "none") return div(overRows(squaredDifference(output, t, undefined), "none"), 2);
    return squaredDifference(output, t, 2 * divisorOf(reduction, output.rank === 0 ? 1 : output.shape[0]!)!);
  },
});

const elementwise = (name: string, op: PairOp, output: Tensor, target: Tensor, reduction: Reduction, delta?: number) =>
  pairLoss(name, op, output, alignedOrClasses(name, output, target), {
    divisor: divisorOf(reduction, sizeOf(output.shape)),
    ...(delta === undefined ? {} : { delta }),
  });

/** Mean absolute error: the mean over all elements of |output - target|; gradient 0 where they agree. Targets as in mse. PyTorch's L1Loss. */
export const mae = defineLoss<LossOptions>({
  type: "mae",
  target: "either",
  checks: {},
  loss: (output, target, { reduction = "mean" }) => elementwise("mae", absoluteErrorOp, output, target, reduction),
});

export interface HuberOptions extends LossOptions {
  /** Where the parabola becomes a line. Default 1; above 0. */
  delta?: number;
}

/** With d = |output - target|: d^2 / 2 up to delta, beyond it delta (d - delta / 2); mean over all elements. Targets as in mse. PyTorch's HuberLoss. */
export const huber = defineLoss<HuberOptions>({
  type: "huber",
  target: "either",
  checks: { delta: positive },
  loss: (output, target, { reduction = "mean", delta = 1 }) => elementwise("huber", huberOp, output, target, reduction, delta),
});

export interface SmoothL1Options extends LossOptions {
  /** Where the parabola becomes a line. Default 1; 0 or more, 0 being mae. */
  beta?: number;
}

/** huber / beta: a slope of 1 far out, whatever beta is. PyTorch's SmoothL1Loss. */
export const smoothL1 = defineLoss<SmoothL1Options>({
  type: "smoothL1",
  target: "either",
  checks: { beta: between(0, Infinity) },
  loss: (output, target, { reduction = "mean", beta = 1 }) =>
    beta === 0
      ? elementwise("smoothL1", absoluteErrorOp, output, target, reduction)
      : div(elementwise("smoothL1", huberOp, output, target, reduction, beta), beta),
});

export interface BinaryHingeOptions extends LossOptions {
  /** Default 1; 0 or more. */
  margin?: number;
}

/**
 * Hinge loss of two classes: the mean over all elements of max(0, margin - target output), targets -1 and 1 (fit throws DataError on others), of the output's
 * shape. The loss of support vector machines: https://en.wikipedia.org/wiki/Hinge_loss. For several classes: hinge.
 */
export const binaryHinge = defineLoss<BinaryHingeOptions>({
  type: "binaryHinge",
  range: { of: [-1, 1], exactly: true },
  checks: { margin: between(0, Infinity) },
  loss: (output, target, { reduction = "mean", margin = 1 }) =>
    reduced(relu(sub(margin, mul(aligned("binaryHinge", output, target), output))), reduction),
});

/**
 * Kullback-Leibler divergence: the sum over classes of target (log target - output), output log-probabilities, target probabilities, both (N, C); 0 where the
 * target is 0. mean is over rows, the divergence itself (PyTorch's KLDivLoss calls that batchmean); none gives one value a row. Targets have no gradient.
 */
export const klDiv = defineLoss<LossOptions>({
  type: "klDiv",
  range: { of: [0, 1] },
  checks: {},
  loss: (output, target, { reduction = "mean" }) => {
    const t = aligned("klDiv", output, target);
    if (reduction === "none") return overRows(pairLoss("klDiv", divergenceOp, output, t, { divisor: undefined }), "none");
    return pairLoss("klDiv", divergenceOp, output, t, { divisor: divisorOf(reduction, output.shape[0] ?? 1)! });
  },
});
