import { DTypeError, OptionError, ShapeError } from "../core/errors";
import { add, div, eq, mul, ne, sub } from "../ops/binary";
import { checkIndices, expectDType } from "../ops/define";
import { divisorOf, softmaxCrossEntropy } from "../ops/loss";
import { logProbabilityOp, type PairOp, pairLoss, probabilityOp } from "../ops/pair";
import { sum } from "../ops/reduce";
import { where } from "../ops/select";
import { permute, reshape } from "../ops/shape";
import { logSoftmax } from "../ops/softmax";
import { relu, square, toF32 } from "../ops/unary";
import { type Shape, sameShape, showShape, sizeOf } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import { between, constant, defineLoss, type LossOptions, oneHot, reduced, weights, wholeNumber } from "./define";

export interface ClassOptions extends LossOptions {
  /** What each class counts, as many numbers as classes, 0 or more. A mean over class indices is divided by the sum of its rows' weights. */
  classWeights?: ArrayLike<number>;
  /** The label of rows that do not count: no loss, no gradient, nothing in the mean. For class indices. Default: there is none (PyTorch: -100). */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends ClassOptions {
  /** Share of each target that is spread evenly over all classes, from 0 to 1. Default 0. */
  labelSmoothing?: number;
}

/** Outputs as rows of classes, targets likewise, and the shape of the single losses. */
interface Rows {
  x: Tensor;
  /** Class indices, or undefined where targets are probabilities. */
  labels: Tensor | undefined;
  soft: Tensor | undefined;
  shape: Shape;
}

/** (N, C) stays; (N, C, d...) becomes (N * d..., C). */
function byRow(t: Tensor): Tensor {
  if (t.rank === 2) return t;
  const last = permute(t, [0, ...t.shape.slice(2).map((_, k) => k + 2), 1]);
  return reshape(last, [last.size / t.shape[1]!, t.shape[1]!]);
}

function rowsOf(name: string, output: Tensor, target: Tensor, ignoreIndex: number | undefined): Rows {
  expectDType(name, "f32", output);
  const { shape: s } = output;
  const shape = [s[0] ?? 0, ...s.slice(2)];
  const wrong = (labels: string) =>
    new ShapeError(
      `${name}: the output is ${showShape(s)}, ${labels} ${showShape(target.shape)}; expected (rows, classes) and (rows), or probabilities of the output's shape`,
    );
  if (output.rank < 2 || s[1] === 0) throw wrong("the target");
  const x = byRow(output);
  if (sameShape(target.shape, s)) {
    if (ignoreIndex !== undefined)
      throw new OptionError(`${name}: ignoreIndex is for class indices; give rows that do not count a sampleWeight of 0`);
    return { x, labels: undefined, soft: byRow(toF32(target)), shape };
  }
  if (target.dtype !== "i32" && sameShape(target.shape, shape))
    throw new DTypeError(`${name}: the labels are ${target.dtype}, expected i32: tensor(labels, undefined, { dtype: "i32" })`);
  if (!sameShape(target.shape, shape)) throw wrong("labels");
  return { x, labels: reshape(target, [sizeOf(shape)]), soft: undefined, shape };
}

/** Targets with everything that multiplies the logarithms, (rows, classes); and what each row counts in a mean, if not 1. */
function weighed(name: string, { x, labels, soft }: Rows, { classWeights, ignoreIndex, labelSmoothing = 0 }: CrossEntropyOptions) {
  const classes = x.shape[1]!;
  const hot = soft ?? oneHot(labels!, classes);
  let targets = labelSmoothing === 0 ? hot : add(mul(hot, 1 - labelSmoothing), labelSmoothing / classes);
  const w = classWeights === undefined ? undefined : constant(`${name}: classWeights`, classWeights, classes, "classes");
  if (w !== undefined) targets = mul(targets, w);
  if (labels === undefined) return { targets, counts: undefined };
  let counts = w === undefined ? undefined : sum(mul(hot, w), 1);
  if (ignoreIndex !== undefined) {
    const valid = ne(toF32(labels), ignoreIndex);
    counts = counts === undefined ? valid : mul(counts, valid);
    targets = mul(targets, reshape(valid, [valid.size, 1]));
  }
  return { targets, counts };
}

/** Labels must name a class or be the one that is ignored. */
function checkLabels(name: string, labels: Tensor | undefined, classes: number, ignoreIndex: number | undefined): void {
  if (labels !== undefined) checkIndices(name, labels, classes, `there are ${classes} classes`, ignoreIndex);
}

/** A sum over rows, divided by what counted; nothing counted gives 0. */
const over = (total: Tensor, counts: Tensor): Tensor => {
  const n = sum(counts);
  return div(total, add(n, eq(n, 0)));
};

function classLoss(name: string, op: PairOp, rows: Rows, u: Tensor, options: CrossEntropyOptions): Tensor {
  const { reduction = "mean" } = options;
  checkLabels(name, rows.labels, u.shape[1]!, options.ignoreIndex);
  const { targets, counts } = weighed(name, rows, options);
  if (reduction === "none") return reshape(sum(pairLoss(name, op, u, targets, { divisor: undefined }), 1), rows.shape);
  if (reduction === "sum" || counts === undefined) return pairLoss(name, op, u, targets, { divisor: divisorOf(reduction, u.shape[0]!) });
  return over(pairLoss(name, op, u, targets, { divisor: 1 }), counts);
}

/** What rows count in a mean, for fit. */
const rowWeight = (name: string) => (options: ClassOptions) =>
  options.classWeights === undefined && options.ignoreIndex === undefined
    ? undefined
    : (output: Tensor, target: Tensor) => weighed(name, rowsOf(name, output, target, options.ignoreIndex), options).counts;

const CLASS_CHECKS = { classWeights: weights, ignoreIndex: wholeNumber };
/** Largest probability that smoothing may take away; at 1 nothing of the target is left, as PyTorch allows. */
const SMOOTHING = between(0, 1);

/**
 * Cross-entropy of logits: -sum over classes of w t log softmax(output), t the target. Output (N, C), or (N, C, d...) with C classes; target class indices, i32,
 * of the output's shape without C, or probabilities (one-hot or soft labels), f32, of the output's shape. PyTorch's CrossEntropyLoss:
 * https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 *
 * - mean: over rows; with class indices divided by the sum of the weights of the classes of all rows not ignored. If that is 0, the loss is 0 (PyTorch: NaN).
 * - labelSmoothing e: t becomes (1 - e) t + e / C.
 * - Probabilities are taken as they are; fit throws DataError where they are negative or a row does not sum to 1. A class of probability 0 counts nothing, also
 *   where its logit is -Infinity (PyTorch: NaN).
 *
 * Stable: the largest logit is subtracted first, the logarithm is never taken of a rounded probability. Throws ShapeError, DTypeError, DataError, OptionError.
 */
export const crossEntropy = defineLoss<CrossEntropyOptions>({
  type: "crossEntropy",
  target: "class",
  checks: { ...CLASS_CHECKS, labelSmoothing: SMOOTHING },
  loss: (output, target, options) => {
    const { reduction = "mean", classWeights, ignoreIndex, labelSmoothing = 0 } = options;
    const rows = rowsOf("crossEntropy", output, target, ignoreIndex);
    const plain = classWeights === undefined && ignoreIndex === undefined && labelSmoothing === 0;
    if (!plain || rows.labels === undefined) return classLoss("crossEntropy", logProbabilityOp, rows, logSoftmax(rows.x), options);
    const out = softmaxCrossEntropy(rows.x, rows.labels, divisorOf(reduction, rows.x.shape[0]!));
    return reduction === "none" ? reshape(out, rows.shape) : out;
  },
  rowWeight: rowWeight("crossEntropy"),
});

/**
 * Negative log-likelihood: -w output[target] of log-probabilities, as logSoftmax gives them. Shapes, weights, means and ignored labels as in crossEntropy; targets
 * may be probabilities too. PyTorch's NLLLoss. Throws ShapeError, DTypeError, DataError, OptionError.
 */
export const nll = defineLoss<ClassOptions>({
  type: "nll",
  target: "class",
  checks: CLASS_CHECKS,
  loss: (output, target, options) => {
    const rows = rowsOf("nll", output, target, options.ignoreIndex);
    return classLoss("nll", logProbabilityOp, rows, rows.x, options);
  },
  rowWeight: rowWeight("nll"),
});

/**
 * Cross-entropy of probabilities, the lecture's CLoss: -sum over classes of w t log(output), for a model that ends in softmax. Shapes, weights, means and ignored
 * labels as in crossEntropy.
 *
 * Less stable than crossEntropy: a probability that rounded to 0 has lost what the logit knew. So that nothing becomes infinite, the logarithm stops at -100 and
 * the gradient -t / output at an output of 1e-12; through softmax the gradient of a class at probability 0 is 0, it is not learned any more. Prefer crossEntropy
 * on logits for training. Outputs below 0 give NaN. Throws ShapeError, DTypeError, DataError, OptionError.
 */
export const crossEntropyOnProbabilities = defineLoss<ClassOptions>({
  type: "crossEntropyOnProbabilities",
  target: "class",
  checks: CLASS_CHECKS,
  loss: (output, target, options) => {
    const rows = rowsOf("crossEntropyOnProbabilities", output, target, options.ignoreIndex);
    return classLoss("crossEntropyOnProbabilities", probabilityOp, rows, rows.x, options);
  },
  rowWeight: rowWeight("crossEntropyOnProbabilities"),
});

export interface HingeOptions extends LossOptions {
  /** By how much the right output should lead. Default 1; 0 or more. */
  margin?: number;
  /** Power of each shortfall, 1 or 2. Default 1. */
  p?: 1 | 2;
  /** What the rows of each class count, as many numbers as classes; the mean stays over rows. */
  classWeights?: ArrayLike<number>;
}

/**
 * Multi-class hinge loss: w[y] / C times the sum over classes j other than y of max(0, margin - output[y] + output[j])^p, averaged over rows. Output (N, C), target
 * class indices (N), i32. PyTorch's MultiMarginLoss. For two classes as -1 and 1 with one output: binaryHinge. Throws ShapeError, DTypeError, DataError, OptionError.
 */
export const hinge = defineLoss<HingeOptions>({
  type: "hinge",
  target: "class",
  checks: {
    margin: between(0, Infinity),
    classWeights: weights,
    p: (name, value) => {
      if (value !== 1 && value !== 2) throw new OptionError(`${name} must be 1 or 2, got ${String(value)}`);
    },
  },
  loss: (output, target, { reduction = "mean", margin = 1, p = 1, classWeights }) => {
    const { x, labels } = rowsOf("hinge", output, target, undefined);
    if (labels === undefined || output.rank !== 2)
      throw new ShapeError(
        `hinge: the output is ${showShape(output.shape)}, the target ${showShape(target.shape)}; expected (rows, classes) and class indices (rows)`,
      );
    const [, classes] = x.shape as [number, number];
    checkLabels("hinge", labels, classes, undefined);
    const hot = oneHot(labels, classes);
    const lead = sub(x, sum(where(hot, x, 0), 1, true));
    const short = where(hot, 0, relu(add(lead, margin)));
    let each = div(sum(p === 1 ? short : square(short), 1), classes);
    if (classWeights !== undefined) each = mul(each, sum(mul(hot, constant("hinge: classWeights", classWeights, classes, "classes")), 1));
    return reduced(each, reduction);
  },
});
