import { OptionError, ShapeError } from "../core/errors";
import { div, eq, eqI32, gt, maximum, mul } from "../ops/binary";
import { mean, sum } from "../ops/reduce";
import { argmax } from "../ops/select";
import { reshape } from "../ops/shape";
import { toF32 } from "../ops/unary";
import { showShape } from "../tensor/shape";
import { scope, type Tensor } from "../tensor/tensor";

/**
 * A figure of a batch as a tensor of one item; over a data set the batches' figures are averaged by their rows. Where rows have weights (sampleWeight), it
 * gets them, shape (rows), for a weighted mean of its own, and the batches' figures are averaged by the sums of theirs.
 */
export interface Metric {
  (output: Tensor, target: Tensor, weight?: Tensor): Tensor;
  readonly type?: string;
}

/**
 * Share of rows whose largest output is at the class of the target. With one output a row (a logit of a binary class), whether its sign agrees. With weights,
 * their share: sum(w hit) / sum(w), 0 where all weights are 0.
 */
export const accuracy: Metric = Object.assign(
  (output: Tensor, target: Tensor, weight?: Tensor): Tensor =>
    scope(() => {
      const hit = hits(output, target);
      return weight === undefined ? mean(hit) : div(sum(mul(hit, weight)), maximum(sum(weight), 2 ** -126));
    }),
  { type: "accuracy" },
);

/** 1 for each row that is right, else 0. */
function hits(output: Tensor, target: Tensor): Tensor {
  const single = output.rank === 1 || output.shape.at(-1) === 1;
  if (single) return eq(gt(reshape(output, [output.size]), 0), gt(reshape(toF32(target), [target.size]), 0.5));
  if (output.rank !== 2 || target.size !== output.shape[0])
    throw new ShapeError(
      `accuracy: the output is ${showShape(output.shape)}, the target ${showShape(target.shape)}; expected (rows, classes) and (rows)`,
    );
  if (target.dtype === "i32") return eqI32(argmax(output), target);
  throw new ShapeError("accuracy: several outputs need class indices (i32) as targets");
}

export type MetricSpec = "accuracy" | Metric;

/** Names and functions of a list of metrics. */
export function resolveMetrics(list: readonly MetricSpec[]): [string, Metric][] {
  return list.map((m, k) => {
    if (m === "accuracy") return ["accuracy", accuracy];
    if (typeof m !== "function") throw new OptionError(`metrics: "${String(m)}" is unknown; pass "accuracy" or a function`);
    return [m.type ?? (m.name === "" ? `metric${k}` : m.name), m];
  });
}
