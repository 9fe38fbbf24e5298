import { OptionError, ShapeError } from "../core/errors";
import { type Loss, oneHot } from "../loss/define";
import { LOSSES, type LossName } from "../loss/losses";
import { mse } from "../loss/numbers";
import { add, div, eq, eqI32, gt, lt, maximum, mul } from "../ops/binary";
import { mean, sum } from "../ops/reduce";
import { argmax, where } from "../ops/select";
import { reshape } from "../ops/shape";
import { sqrt, toF32 } from "../ops/unary";
import { arange } from "../tensor/create";
import { sameShape, showShape } from "../tensor/shape";
import { scope, type Tensor } from "../tensor/tensor";

/**
 * A figure of a batch as a tensor of one item; over a data set the batches' figures are averaged by their rows, which makes any mean over rows exact. Where rows
 * have weights (sampleWeight, and 0 for rows whose label the loss ignores), it gets them, shape (rows), for a weighted mean of its own, and the batches' figures
 * are averaged by the sums of theirs.
 */
export interface Metric {
  (output: Tensor, target: Tensor, weight?: Tensor): Tensor;
  readonly type?: string;
  /** Where the figure is not itself a mean over rows: what is averaged in its place, and what makes the figure of the average. */
  readonly statistic?: (output: Tensor, target: Tensor, weight?: Tensor) => Tensor;
  readonly finish?: (mean: number) => number;
}

/** sum(w x) / sum(w) over rows, 0 where all weights are 0; the mean without weights. */
function average(each: Tensor, weight: Tensor | undefined): Tensor {
  return weight === undefined ? mean(each) : div(sum(mul(each, weight)), maximum(sum(weight), 2 ** -126));
}

const metric = (type: string, each: (output: Tensor, target: Tensor) => Tensor): Metric & { readonly type: string } =>
  Object.assign((output: Tensor, target: Tensor, weight?: Tensor): Tensor => scope(() => average(each(output, target), weight)), { type });

/** Items of each row averaged: (rows). */
function perRow(items: Tensor): Tensor {
  const rows = items.shape[0] ?? 1;
  return items.rank === 1 ? items : mean(reshape(items, [rows, items.size / Math.max(1, rows)]), 1);
}

/**
 * Share of rows whose largest output is at the class of the target: class indices (rows), i32, or one-hot or soft labels of the output's shape, of which the largest
 * counts. With one output a row, a logit of a binary class, whether it is above 0 where the target is above 0.5. With weights their share, sum(w hit) / sum(w).
 */
export const accuracy = metric("accuracy", (output, target) => {
  const single = output.rank === 1 || output.shape.at(-1) === 1;
  if (single && target.size === output.size)
    return eq(gt(reshape(output, [output.size]), 0), gt(reshape(toF32(target), [target.size]), 0.5));
  return eqI32(argmax(output), classesOf("accuracy", output, target));
});

/** Class indices (rows) from either kind of target. */
function classesOf(name: string, output: Tensor, target: Tensor): Tensor {
  if (output.rank === 2) {
    if (target.dtype === "i32" && target.size === output.shape[0]) return reshape(target, [target.size]);
    if (sameShape(output.shape, target.shape)) return argmax(toF32(target));
  }
  throw new ShapeError(
    `${name}: the output is ${showShape(output.shape)}, the target ${showShape(target.shape)} of ${target.dtype}; ` +
      "expected (rows, classes) and i32 class indices (rows), or probabilities of the output's shape",
  );
}

/** Accuracies of two-way questions: every output of a row is one, right where it is on its target's side. */
export interface BinaryAccuracy extends Metric {
  readonly type: string;
  /** The same with another threshold of outputs: 0.5 for probabilities. */
  with(options: { threshold: number }): BinaryAccuracy;
}

function binary(threshold: number): BinaryAccuracy {
  const m = metric("binaryAccuracy", (output, target) => {
    if (target.size !== output.size)
      throw new ShapeError(`binaryAccuracy: the output is ${showShape(output.shape)}, the target ${showShape(target.shape)}`);
    return perRow(eq(gt(output, threshold), gt(reshape(toF32(target), output.shape), 0.5)));
  });
  return Object.assign(m, {
    with: (options: { threshold: number }) => {
      if (!Number.isFinite(options.threshold)) throw new OptionError(`binaryAccuracy: threshold must be finite, got ${options.threshold}`);
      return binary(options.threshold);
    },
  });
}

/**
 * Share of outputs on their target's side: above the threshold (0, for logits; `binaryAccuracy.with({ threshold: 0.5 })` for probabilities) where the target is
 * above 0.5. For several outputs a row that are questions of their own, as bceWithLogits takes them.
 */
export const binaryAccuracy = binary(0);

/**
 * Share of rows whose class is among the k largest outputs. Of equal outputs the one of the lower class counts as larger, so top 1 is accuracy. `metrics: ["top5"]` is
 * topK(5). Throws OptionError where k is not from 1 to the number of classes.
 */
export function topK(k: number): Metric & { readonly type: string } {
  if (!Number.isInteger(k) || k < 1) throw new OptionError(`topK: k must be a whole number of 1 or more, got ${k}`);
  return metric(`top${k}`, (output, target) => {
    const labels = classesOf(`top${k}`, output, target);
    const [rows, classes] = output.shape as [number, number];
    if (k > classes) throw new OptionError(`top${k}: there are ${classes} classes; k goes from 1 to ${classes}`);
    const own = sum(where(oneHot(labels, classes), output, 0), 1, true);
    const before = lt(arange(classes), reshape(toF32(labels), [rows, 1]));
    const ahead = sum(add(gt(output, own), mul(eq(output, own), before)), 1);
    // a NaN is ahead of nothing, and is right nowhere
    return mul(lt(ahead, k), reshape(eq(own, own), [rows]));
  });
}

const ofLoss = (type: string, loss: Loss) => metric(type, (output, target) => perRow(loss(output, target, { reduction: "none" })));

const meanSquare = ofLoss("mse", mse);

/** Root of the mean squared error over all rows and outputs: over a data set the root of the mean, not the mean of roots. Targets as in mse. */
export const rmse: Metric & { readonly type: string } = Object.assign(
  (output: Tensor, target: Tensor, weight?: Tensor) => scope(() => sqrt(meanSquare(output, target, weight))),
  { type: "rmse", statistic: meanSquare, finish: Math.sqrt },
);

const METRICS: Record<string, Metric> = { accuracy, binaryAccuracy, rmse };

/** A metric by its name; the name of a loss is the mean over rows of its single losses. */
export type MetricName = "accuracy" | "binaryAccuracy" | "rmse" | `top${number}` | LossName;
export type MetricSpec = MetricName | Metric;

function named(name: string): Metric {
  const k = /^top([1-9]\d*)$/.exec(name)?.[1];
  if (k !== undefined) return topK(Number(k));
  if (Object.hasOwn(METRICS, name)) return METRICS[name]!;
  if (Object.hasOwn(LOSSES, name)) return ofLoss(name, LOSSES[name as LossName]);
  const known = [...Object.keys(METRICS), "top5 and the like", ...Object.keys(LOSSES)].join(", ");
  throw new OptionError(`metrics: "${name}" is unknown; known are ${known}; or pass a function`);
}

/** What to average over batches, by name, and what to make of the average. */
export function resolveMetrics(list: readonly MetricSpec[]): [string, Metric][] {
  return list.map((given, k) => {
    const m = typeof given === "function" ? given : named(String(given));
    const { statistic, finish } = m;
    const name = m.type ?? (m.name === "" ? `metric${k}` : m.name);
    if (statistic === undefined) return [name, m];
    const averaged: Metric = (output, target, weight) => statistic(output, target, weight);
    return [name, finish === undefined ? averaged : Object.assign(averaged, { finish })];
  });
}
