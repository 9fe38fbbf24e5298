import { Op } from "../../assembly/opcodes";
import { changeState } from "../core/deferred";
import { emit } from "../core/emit";
import { ShapeError } from "../core/errors";
import { type Shape, showShape, sizeOf } from "../tensor/shape";
import { empty, type Tensor, view } from "../tensor/tensor";
import { add, div, mul } from "./binary";
import { consume, defineOp, expectDType } from "./define";
import { mean } from "./reduce";
import { reshape } from "./shape";
import { sqrt, square } from "./unary";

/** Running statistics of each channel, changed in place. */
export interface Running {
  readonly mean: Tensor;
  readonly variance: Tensor;
  /** Batches seen. */
  readonly count: Tensor;
}

interface Attrs {
  readonly eps: number;
  /** Normalise by these instead of by the statistics of x. */
  readonly given?: Pick<Running, "mean" | "variance">;
  /** Moves these towards the statistics of x by momentum; null: they become the average over all batches. */
  readonly track?: { readonly running: Running; readonly momentum: number | null };
}

/** x (n, c, ...) as (n, c, l). */
const sizes = ({ shape }: Tensor): [n: number, c: number, l: number] => [shape[0]!, shape[1]!, sizeOf(shape.slice(2))];

function track(stats: Tensor, x: Tensor, { running, momentum }: NonNullable<Attrs["track"]>): void {
  const [n, c, l] = sizes(x);
  const unbiased = (n * l) / (n * l - 1);
  // the graph may give its handle back before the state section comes
  const kept = view(stats, stats.shape);
  changeState(() => {
    emit(Op.TRACK_STATS, running.mean.ref, running.variance.ref, running.count.ref, kept.ref, c, momentum ?? -1, unbiased);
    for (const t of [running.mean, running.variance, running.count]) t.storage.version++;
    kept.dispose();
  });
}

export const batchNormOp = defineOp<"batchNorm", Attrs>({
  name: "batchNorm",
  forward: ([x, gamma, beta], { eps, given, track: tracked }) => {
    const [n, c, l] = sizes(x!);
    const stats = empty([4, c]);
    if (given === undefined) emit(Op.BATCH_STATS, stats.ref, x!.ref, n, c, l, eps);
    else emit(Op.RUNNING_STATS, stats.ref, given.mean.ref, given.variance.ref, c, eps);
    const out = empty(x!.shape);
    emit(Op.BATCH_NORM, out.ref, x!.ref, stats.ref, gamma?.ref ?? 0, beta?.ref ?? 0, n, c, l);
    if (tracked !== undefined) track(stats, x!, tracked);
    return { out, saved: [stats] };
  },
  uses: { inputs: [0, 1] },
  gradient: ({ inputs: [x, gamma], saved: [stats], attrs: { given }, needs }, dy) => {
    const [n, c, l] = sizes(x!);
    const [dgamma, dbeta] = [empty([c]), empty([c])];
    const summed = (needs[0] && given === undefined) || needs[1] || needs[2];
    if (summed) emit(Op.BATCH_NORM_SUMS, dgamma.ref, dbeta.ref, x!.ref, dy.ref, stats!.ref, n, c, l);
    const dx = needs[0] ? empty(x!.shape) : undefined;
    if (dx !== undefined) {
      const training = given === undefined ? 1 : 0;
      const sums = training === 1 ? [dgamma.ref, dbeta.ref] : [0, 0];
      emit(Op.BATCH_NORM_GRAD, dx.ref, x!.ref, dy.ref, stats!.ref, ...sums, gamma?.ref ?? 0, n, c, l, training);
    }
    return [dx, needs[1] ? dgamma : undefined, needs[2] ? dbeta : undefined];
  },
});

/** Normalises each channel of x (n, c, ...), by its own statistics or by given ones; gamma and beta (c). Layers check what they pass. */
export function normalizeChannels(x: Tensor, affine: readonly [gamma: Tensor, beta: Tensor] | undefined, attrs: Attrs): Tensor {
  expectDType("batchNorm", "f32", x);
  return batchNormOp(affine === undefined ? [x] : [x, ...affine], attrs);
}

/** Throws ShapeError unless the last dimensions of x are `shape`; returns how many items these have. */
function trailing(name: string, x: Tensor, shape: Shape): number {
  const at = x.rank - shape.length;
  if (at < 0 || shape.some((d, k) => x.shape[at + k] !== d))
    throw new ShapeError(`${name}: x is ${showShape(x.shape)}, but its last dimensions must be ${showShape(shape)}`);
  return sizeOf(shape);
}

/**
 * (x - mean) / sqrt(variance + eps) weight + bias over the last dimensions of x (..., ...shape); variance biased; weight and bias of `shape`. Ba, Kiros and
 * Hinton 2016. Throws ShapeError.
 */
export function layerNorm(x: Tensor, shape: Shape, weight?: Tensor, bias?: Tensor, eps = 1e-5): Tensor {
  expectDType("layerNorm", "f32", x);
  const cols = trailing("layerNorm", x, shape);
  // a row is a channel of one item: the statistics are those of batch norm
  const rows = sizeOf(x.shape.slice(0, x.rank - shape.length));
  let y = consume(reshape(x, [1, rows, cols]), (t) => consume(batchNormOp([t], { eps }), (z) => reshape(z, x.shape)));
  if (weight !== undefined) y = consume(y, (t) => mul(t, weight));
  return bias === undefined ? y : consume(y, (t) => add(t, bias));
}

/** x / sqrt(mean of squares + eps) weight over the last dimensions of x (..., ...shape). Zhang and Sennrich 2019. Throws ShapeError. */
export function rmsNorm(x: Tensor, shape: Shape, weight?: Tensor, eps = 1e-5): Tensor {
  expectDType("rmsNorm", "f32", x);
  trailing("rmsNorm", x, shape);
  const dims = shape.map((_, k) => k - shape.length);
  const squares = consume(square(x), (t) => mean(t, dims, true));
  const root = consume(
    consume(squares, (t) => add(t, eps)),
    sqrt,
  );
  const y = consume(root, (t) => div(x, t));
  return weight === undefined ? y : consume(y, (t) => mul(t, weight));
}
