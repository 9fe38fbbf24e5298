import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op } from "../../assembly/opcodes";
import { cycle, inexact, outputs, SIZES, SPECIAL } from "./elementwise.support";
import { builds, type Kernels, noise } from "./harness";

const truth = (f: (a: number, b: number) => boolean) => (a: number, b: number) => (f(a, b) ? 1 : 0);
const exact: readonly (readonly [string, Op, (a: number, b: number) => number])[] = [
  ["add", Op.ADD, (a, b) => a + b],
  ["sub", Op.SUB, (a, b) => a - b],
  ["mul", Op.MUL, (a, b) => a * b],
  ["div", Op.DIV, (a, b) => a / b],
  ["maximum", Op.MAXIMUM, Math.max],
  ["minimum", Op.MINIMUM, Math.min],
  ["eq", Op.EQ, truth((a, b) => a === b)],
  ["ne", Op.NE, truth((a, b) => a !== b)],
  ["gt", Op.GT, truth((a, b) => a > b)],
  ["ge", Op.GE, truth((a, b) => a >= b)],
  ["lt", Op.LT, truth((a, b) => a < b)],
  ["le", Op.LE, truth((a, b) => a <= b)],
];
type Box = readonly [number, number, number, number];
/** Strides of a dense operand that has the dimensions of `box` where `mask` has a bit, and 1 elsewhere. */
function stridesOf(box: Box, mask: number): Box {
  let step = 1;
  const strides: number[] = [];
  for (let d = 3; d >= 0; d--) {
    const present = (mask >> d) & 1;
    strides.unshift(present ? step : 0);
    if (present) step *= box[d]!;
  }
  return strides as unknown as Box;
}
const sizeOf = (box: Box, mask: number) => box.reduce((p, n, d) => p * ((mask >> d) & 1 ? n : 1), 1);
/** Position in an operand of the k-th item of the box. */
function position(box: Box, s: Box, k: number): number {
  const [, d1, d0, n] = box;
  return (k % n) * s[3] + (Math.floor(k / n) % d0) * s[2] + (Math.floor(k / (n * d0)) % d1) * s[1] + Math.floor(k / (n * d0 * d1)) * s[0];
}
const FLAT = [1, 1, 1, 0, 0, 0, 0, 0, 0];

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  const check = (
    op: Op,
    f: (a: number, b: number) => number,
    box: Box,
    masks: readonly [number, number],
    skew = 0,
    values?: readonly number[],
  ) => {
    const [ma, mb] = masks;
    const data = (mask: number, seed: number) =>
      values ? cycle(values, sizeOf(box, mask), seed) : noise(sizeOf(box, mask), seed).map((v) => Math.round(v * 8) / 4);
    const a = k.f32(data(ma, 3), skew);
    const b = k.f32(data(mb, 8), (2 * skew) % 16);
    const [sa, sb] = [stridesOf(box, ma), stridesOf(box, mb)];
    const n = sizeOf(box, 15);
    const out = outputs(
      k,
      op,
      n,
      (to) => [to, a, b, box[3], box[0], box[1], box[2], ...sa.slice(0, 3), ...sb.slice(0, 3), sa[3], sb[3]],
      (3 * skew) % 16,
    );
    const failure = inexact(out, (i) => f(a.view[position(box, sa, i)]!, b.view[position(box, sb, i)]!));
    expect({ op: Op[op], box, masks, skew, failure }).toEqual({ op: Op[op], box, masks, skew, failure: "" });
    k.reset();
  };

  it.each(exact)("%s: exact for every broadcast of two operands over a 2 x 3 x 4 x 5 box", (_, op, f) => {
    for (let a = 0; a < 16; a++) for (let b = 0; b < 16; b++) check(op, f, [2, 3, 4, 5], [a, b]);
  });

  it.each(exact)("%s: exact for flat and scalar operands, every tail, tile edges, misaligned", (_, op, f) => {
    for (const n of SIZES)
      for (const [a, b] of [
        [8, 8],
        [8, 0],
        [0, 8],
        [0, 0],
      ] as const)
        for (const skew of [0, 4]) check(op, f, [1, 1, 1, n], [a, b], skew);
  });

  it.each(exact)("%s: exact for infinities, NaN, signed zeros and denormals against each other", (_, op, f) => {
    const n = SPECIAL.length;
    check(op, f, [1, 1, n, n], [4, 8], 0, SPECIAL);
    check(op, f, [1, 1, n, n], [8, 4], 0, SPECIAL);
    check(op, f, [1, 1, 1, n * (n + 1)], [8, 8], 0, [...SPECIAL, ...SPECIAL.slice(1), 2]);
  });

  it.each(exact.slice(0, 2))("%s: exact for broadcast rows over several tiles, misaligned", (_, op, f) => {
    for (const box of [
      [1, 1, 3000, 3],
      [1, 1, 129, 33],
      [1, 1, 3, 5000],
      [2, 700, 3, 7],
      [13, 1, 600, 1],
      [1, 1, 5, CHUNK],
    ] as const)
      for (const masks of [
        [15, 8],
        [8, 15],
        [15, 4],
        [4, 15],
        [4, 8],
        [11, 14],
      ] as const)
        for (const skew of [0, 4]) check(op, f, box, masks, skew);
  });

  it.each(exact)("%s: may write over either operand of its own shape", (_, op, f) => {
    for (const n of [1, 5, 33, CHUNK + 3]) {
      const x = noise(n, 3);
      const y = noise(n, 4);
      for (const scalar of [false, true]) {
        const a = k.f32(x);
        const b = k.f32(y);
        k.exec(op, [a, a, b, n, ...FLAT, 1, scalar ? 0 : 1]);
        expect(inexact(a.view, (i) => f(x[i]!, y[scalar ? 0 : i]!))).toBe("");
        a.view.set(x);
        k.exec(op, [b, scalar ? k.f32(x.slice(0, 1)) : a, b, n, ...FLAT, scalar ? 0 : 1, 1]);
        expect(inexact(b.view, (i) => f(x[scalar ? 0 : i]!, y[i]!))).toBe("");
      }
      k.reset();
    }
  });

  it("eq_i32: exact over the whole of i32, flat and against one", () => {
    for (const n of SIZES) {
      const a = k.i32(
        Int32Array.from(noise(n, 5), (v) => Math.trunc(v * 3) * 2 ** 30 + 16777217),
        4,
      );
      const b = k.i32(Int32Array.from(noise(n, 6), (v) => Math.trunc(v * 3) * 2 ** 30 + 16777217));
      expect(
        inexact(
          outputs(k, Op.EQ_I32, n, (to) => [to, a, b, n, ...FLAT, 1, 1]),
          (i) => (a.view[i] === b.view[i] ? 1 : 0),
        ),
      ).toBe("");
      expect(
        inexact(
          outputs(k, Op.EQ_I32, n, (to) => [to, a, b, n, ...FLAT, 0, 1]),
          (i) => (a.view[0] === b.view[i] ? 1 : 0),
        ),
      ).toBe("");
      expect(
        inexact(
          outputs(k, Op.EQ_I32, n, (to) => [to, a, b, n, ...FLAT, 1, 0]),
          (i) => (a.view[i] === b.view[0] ? 1 : 0),
        ),
      ).toBe("");
      k.reset();
    }
  });

  it("about CHUNK items a tile", () => {
    const tiles = (box: Box) =>
      k.exports.tiles(
        k.encode(Op.ADD, [0, 0, 0, box[3], box[0], box[1], box[2], 0, 0, 0, 0, 0, 0, 1, 1] as Parameters<Kernels["encode"]>[1])[0],
      );
    expect([
      tiles([1, 1, 1, 1]),
      tiles([1, 1, 1, CHUNK]),
      tiles([1, 1, 1, CHUNK + 1]),
      tiles([1, 1, 256, 32]),
      tiles([2, 2, 2, 512]),
    ]).toEqual([1, 1, 2, 2, 1]);
  });
});
