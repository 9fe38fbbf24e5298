import type { Tensor } from "../../src/tensor/tensor";

/** A tensor's shape and values, in plain TypeScript. */
export interface Plain {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export const plainOf = (t: Tensor): Plain => ({ shape: t.shape, values: t.data() });
export const f32 = (values: readonly number[]): Float32Array => Float32Array.from(values);

/** Indices of every item of a shape, in order. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  const n = shape.reduce((p, d) => p * d, 1);
  for (let k = 0; k < n; k++) {
    const index = new Array<number>(shape.length);
    for (let j = shape.length - 1, rest = k; j >= 0; j--) {
      index[j] = rest % shape[j]!;
      rest = Math.floor(rest / shape[j]!);
    }
    yield index;
  }
}

/** The item at an index aligned at the last dimension; dimensions of 1 are stretched. */
export function at({ shape, values }: Plain, index: readonly number[]): number {
  const lead = index.length - shape.length;
  let k = 0;
  for (const [j, d] of shape.entries()) k = k * d + (d === 1 ? 0 : index[j + lead]!);
  return values[k]!;
}

/** The shape two operands broadcast to, and the items that meet. */
export function broadcast(a: Tensor, b: Tensor): [shape: number[], pairs: [number, number][]] {
  const rank = Math.max(a.rank, b.rank);
  const size = (t: Tensor, k: number) => t.shape[k - (rank - t.rank)] ?? 1;
  const shape = Array.from({ length: rank }, (_, k) => (size(a, k) === 1 ? size(b, k) : size(a, k)));
  const [p, q] = [plainOf(a), plainOf(b)];
  return [shape, [...indices(shape)].map((index) => [at(p, index), at(q, index)])];
}

const bits = new DataView(new ArrayBuffer(4));

/** A float as a whole number, so that neighbours differ by one. */
function ordinal(x: number): number {
  bits.setFloat32(0, x);
  const b = bits.getInt32(0);
  return b < 0 ? -(b & 0x7fffffff) : b;
}

/**
 * Units in the last place between a float and the rounded exact value: 0 for two NaNs, Infinity for one. A result too small for a normal float may be 0.
 */
export function ulps(actual: number, exact: number): number {
  const expected = Math.fround(exact);
  if (Number.isNaN(expected) || Number.isNaN(actual)) return Number.isNaN(expected) === Number.isNaN(actual) ? 0 : Infinity;
  if (actual === 0 && Math.abs(expected) < 2 ** -126) return 0;
  return Math.abs(ordinal(actual) - ordinal(expected));
}
