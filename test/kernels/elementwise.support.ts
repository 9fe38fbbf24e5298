import { expect } from "vitest";
import { CHUNK, type Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import type { Kernels } from "./harness";

/** Vector tails, unrolled loops, tile edges, a prime. */
export const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, CHUNK - 1, CHUNK, CHUNK + 1, 10007];
/** What arithmetic goes wrong on: signed zeros, infinities, NaN, the largest, the smallest normal, denormals. */
export const SPECIAL = [
  0,
  -0,
  1,
  -1,
  NaN,
  Infinity,
  -Infinity,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  2 ** -126,
  1e-42,
  -1e-42,
  2 ** -149,
];
const GUARD = 12345;

type Operands = Parameters<Kernels["exec"]>[1];

/** The first n items of `values` again and again. */
export const cycle = (values: readonly number[], n: number, from = 0) =>
  Float32Array.from({ length: n }, (_, k) => values[(k + from) % values.length]!);

/**
 * Runs an instruction with n outputs of one word, given their address, in both tile orders. Asserts the same bits and that no store went past
 * the end, and returns the outputs.
 */
export function outputs(k: Kernels, op: Op, n: number, operands: (out: number) => Operands, skew = 0): Float32Array {
  const [forward, backward] = [false, true].map((reversed) => {
    const block = k.f32(n + 1, skew);
    block.view[n] = GUARD;
    k.exec(op, operands(block.at), reversed);
    expect(block.view[n], "word after the end").toBe(GUARD);
    return block.view.subarray(0, n);
  }) as [Float32Array, Float32Array];
  expect(firstDifference(forward, backward), "item that depends on the order of the tiles").toBe(-1);
  return forward;
}

/** The first item that is not the f32 nearest to its reference (NaNs are alike, zeros are not), in words; "" when there is none. */
export function inexact(actual: ArrayLike<number>, expected: (k: number) => number): string {
  for (let k = 0; k < actual.length; k++) {
    const want = Math.fround(expected(k));
    if (!Object.is(actual[k], want)) return `item ${k} is ${actual[k]}, not ${want}`;
  }
  return "";
}

/** The first item further from its reference than the bound, in words; "" when there is none. */
export function beyond(actual: ArrayLike<number>, expected: (k: number) => number, bound: (k: number, expected: number) => number): string {
  for (let k = 0; k < actual.length; k++) {
    const want = expected(k);
    const same = Object.is(actual[k], want) || Math.abs(actual[k]! - want) <= bound(k, want);
    if (!same) return `item ${k} is ${actual[k]}, not ${want} within ${bound(k, want)}`;
  }
  return "";
}

/** Unit roundoff of f32. */
export const EPS = 2 ** -24;
