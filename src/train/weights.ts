import { ShapeError } from "../core/errors";
import type { ConfiguredLoss } from "../loss/define";
import type { Loss } from "../loss/losses";
import { div, maximum, mul, ne } from "../ops/binary";
import { sum } from "../ops/reduce";
import { reshape } from "../ops/shape";
import { toF32 } from "../ops/unary";
import { showShape } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import type { Batch } from "./feed";

/** Instead of a sum of weights of 0, so that a batch of rows that do not count gives a loss of 0 and no gradient. */
export const LEAST_WEIGHT = 2 ** -126;

/** Whether a loss adds its rows up, as `mse.with({ reduction: "sum" })` does, instead of averaging. */
export const isSum = (loss: Loss): boolean => (loss as Partial<ConfiguredLoss>).config?.reduction === "sum";

/** What the rows of a batch count, shape (rows); undefined: each the same. */
export interface RowWeights {
  /** In the loss: sampleWeight times what the loss itself says, class weights and ignored labels. */
  readonly loss: Tensor | undefined;
  /** In metrics: sampleWeight, and 0 where the loss ignores the label. */
  readonly metric: Tensor | undefined;
}

const times = (a: Tensor | undefined, b: Tensor | undefined) => (a === undefined ? b : b === undefined ? a : mul(a, b));

export function rowWeights(loss: Loss, output: Tensor, { target, weight }: Batch): RowWeights {
  const own = loss.rowWeight?.(output, target!);
  const counted = loss.ignoreIndex === undefined || target!.dtype !== "i32" ? undefined : ne(toF32(target!), loss.ignoreIndex);
  return { loss: times(weight, own), metric: times(weight, counted) };
}

/**
 * The loss of a batch as one number. Where weights are given sum(s l) / sum(s w), or sum(s l) for a loss that is a sum: s the sampleWeight, so that a weight of 2
 * counts as two rows, l the loss of a row, w what the row counts in the loss's own mean; `total` is sum(s w).
 */
export function lossOf(loss: Loss, output: Tensor, { target, weight }: Batch, total: Tensor | undefined): Tensor {
  const plain = weight === undefined ? loss(output, target!) : loss(output, target!, { reduction: "none" });
  if (weight === undefined || total === undefined) {
    if (plain.size !== 1) throw new ShapeError(`the loss has shape ${showShape(plain.shape)}; it must be one number for a batch`);
    return plain;
  }
  if (plain.shape[0] !== weight.size)
    throw new ShapeError(
      `sampleWeight needs a loss that gives one value a row with { reduction: "none" }; this one gave ${showShape(plain.shape)}`,
    );
  const each = plain.rank === 1 ? plain : sum(reshape(plain, [weight.size, plain.size / weight.size]), 1);
  if (isSum(loss)) return sum(mul(each, weight));
  const columns = plain.size / weight.size;
  return div(sum(mul(each, weight)), mul(maximum(total, LEAST_WEIGHT), columns));
}
