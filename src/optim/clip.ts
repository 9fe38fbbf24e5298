import { Op } from "../../assembly/opcodes";
import { emit, type Ref } from "../core/emit";
import { OptionError } from "../core/errors";
import { heap } from "../core/runtime";
import type { Parameter } from "../nn/parameter";
import { empty, fromValues, type Tensor } from "../tensor/tensor";

/** Gradients as one vector scaled to a norm of at most `norm`, or each item moved into [-value, value]. */
export type Clip = { norm: number } | { value: number };

/** What an update instruction does to gradients: times a number in memory (0: none), after moving them into [-limit, limit]. */
export interface Clipped {
  readonly scale: Ref | 0;
  readonly limit: number;
}

export const NOT_CLIPPED: Clipped = { scale: 0, limit: Infinity };

/** Throws OptionError unless a clip has one bound, above 0. */
export function checkClip(what: string, clip: Clip | undefined): Clip | undefined {
  if (clip === undefined) return undefined;
  const { norm, value, ...rest } = clip as { norm?: number; value?: number };
  const bound = norm ?? value;
  if ((norm === undefined) === (value === undefined) || Object.keys(rest).length > 0 || !(typeof bound === "number" && bound > 0))
    throw new OptionError(`${what}: clip must be { norm } or { value } with a number above 0, got ${JSON.stringify(clip)}`);
  return clip;
}

/** Items of a part of DOT: assembly/vectors.ts. */
const PART = 16384;
const padded = (n: number): number => 16 * Math.ceil(n / 16);

/** { f64 sum of a b over all pairs, f32 root of it, f32 factor that brings that norm to `max` }, 16 bytes. */
export function products(pairs: readonly (readonly [a: Ref, b: Ref, size: number])[], max: number): Tensor {
  const parts = Math.ceil(pairs.reduce((sum, [, , n]) => sum + padded(n), 0) / PART);
  // i32, so that the search for values that are not finite does not take halves of doubles for floats
  const [partial, out] = [empty([2 * parts], "i32"), empty([4], "i32")];
  emit(Op.DOT, partial.ref, ...pairs.flat());
  emit(Op.NORM, out.ref, partial.ref, parts, max);
  partial.dispose();
  return out;
}

/** Where NORM leaves the norm and the factor, in words. */
const [NORM, FACTOR] = [2, 3];

/** products() of tensors with themselves. */
const squaresOf = (tensors: Iterable<Tensor>, max: number): Tensor =>
  products(
    [...tensors].map((t) => [t.ref, t.ref, t.size] as const),
    max,
  );
const normIn = (squares: Tensor): number => heap().f32[squares.storage.address / 4 + NORM!]!;

/** The Euclidean norm of tensors taken as one vector. */
export function normOf(tensors: Iterable<Tensor>): number {
  const squares = squaresOf(tensors, Infinity);
  const norm = normIn(squares);
  squares.dispose();
  return norm;
}

/** Clipping as part of a step: for Optimizer.emit. `grads` in the order of the model's parameters. */
export function clipped(clip: Clip | undefined, grads: Iterable<Tensor>): Clipped {
  if (clip === undefined) return NOT_CLIPPED;
  if ("value" in clip) return { scale: 0, limit: clip.value };
  const squares = squaresOf(grads, clip.norm);
  return { scale: { storage: squares.ref.storage, offset: 4 * FACTOR! }, limit: Infinity };
}

const gradsOf = (params: Iterable<Parameter>): Tensor[] => [...params].flatMap((p) => (p.grad === undefined ? [] : [p.grad]));

/**
 * Scales the gradients of all these parameters, taken as one vector, by min(1, maxNorm / (norm + 1e-6)), in place; returns the norm they had. As
 * torch.nn.utils.clip_grad_norm_: where the norm is NaN all gradients become NaN, where it is infinite the infinite ones NaN and the others 0. Squares are summed in
 * double precision, so that finite gradients never overflow.
 */
export function clipGradNorm(params: Iterable<Parameter>, maxNorm: number): number {
  checkClip("clipGradNorm", { norm: maxNorm });
  const grads = gradsOf(params);
  if (grads.length === 0) return 0;
  const squares = squaresOf(grads, maxNorm);
  const factor = { storage: squares.ref.storage, offset: 4 * FACTOR! };
  for (const g of grads) {
    emit(Op.MUL, g.ref, g.ref, factor, g.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0);
    g.storage.version++;
  }
  const norm = normIn(squares);
  squares.dispose();
  return norm;
}

/** Moves each item of the gradients into [-value, value], in place, as torch.nn.utils.clip_grad_value_. NaN stays. */
export function clipGradValue(params: Iterable<Parameter>, value: number): void {
  checkClip("clipGradValue", { value });
  const [most, least] = [fromValues([value], [], "f32"), fromValues([-value], [], "f32")];
  for (const g of gradsOf(params)) {
    emit(Op.MINIMUM, g.ref, g.ref, most.ref, g.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0);
    emit(Op.MAXIMUM, g.ref, g.ref, least.ref, g.size, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0);
    g.storage.version++;
  }
  most.dispose();
  least.dispose();
}
