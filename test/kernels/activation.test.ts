import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { beyond, cycle, EPS, inexact, outputs, SIZES, SPECIAL } from "./elementwise.support";
import { builds, noise } from "./harness";

/** dx from dy and y, and the smallest error a chain of three or fewer roundings may have, relative to dx. */
const gradients: readonly (readonly [string, Op, (dy: number, y: number) => number, number])[] = [
  ["relu_grad", Op.RELU_GRAD, (dy, y) => (y > 0 ? dy : 0), 0],
  ["sigmoid_grad", Op.SIGMOID_GRAD, (dy, y) => dy * y * (1 - y), 3 * EPS],
  ["tanh_grad", Op.TANH_GRAD, (dy, y) => dy * (1 - y * y), 3 * EPS],
];

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it("relu: exact for every tail, tile edges, misaligned, in place; NaN stays", () => {
    for (const n of SIZES) {
      for (const skew of [0, 4]) {
        const x = k.f32(cycle([...noise(23), ...SPECIAL.filter((v) => !Object.is(v, -0))], n), skew);
        const out = outputs(k, Op.RELU, n, (to) => [to, x, n], 8 - skew);
        expect(inexact(out, (i) => Math.max(x.view[i]!, 0))).toBe("");
        k.exec(Op.RELU, [x, x, n]);
        expect(firstDifference(x.view, out)).toBe(-1);
        k.reset();
      }
    }
  });

  // their values are tested in math.test.ts
  it.each([
    ["sigmoid", Op.SIGMOID],
    ["tanh", Op.TANH],
  ] as const)("%s: the same bits at every position, in place too", (_, op) => {
    for (const n of SIZES) {
      const value = n / 7 - 0.8;
      const [one] = outputs(k, op, 1, (to) => [to, k.f32([value]), 1]);
      const x = k.f32(new Float32Array(n).fill(value), 4);
      const expected = new Float32Array(n).fill(one!);
      expect(
        firstDifference(
          outputs(k, op, n, (to) => [to, x, n]),
          expected,
        ),
      ).toBe(-1);
      k.exec(op, [x, x, n]);
      expect(firstDifference(x.view, expected)).toBe(-1);
      k.reset();
    }
  });

  it.each(gradients)(
    "%s: at most 3 roundings (relu exact; tanh relative to dy) for every tail, tile edges, misaligned, in place",
    (_, op, f, bound) => {
      for (const n of SIZES) {
        for (const skew of [0, 4]) {
          const dy = k.f32(noise(n, 2), skew);
          const y = k.f32(cycle([0, 1, ...noise(31, 3).map(op === Op.TANH_GRAD ? (v) => v : Math.abs)], n), 8 - skew);
          const out = outputs(k, op, n, (to) => [to, dy, y, n], skew);
          const scale = (i: number) => (op === Op.TANH_GRAD ? Math.abs(dy.view[i]!) : Math.abs(f(dy.view[i]!, y.view[i]!)));
          expect(
            beyond(
              out,
              (i) => f(dy.view[i]!, y.view[i]!),
              (i) => bound * scale(i),
            ),
          ).toBe("");
          const [d, s] = [Float32Array.from(dy.view), Float32Array.from(y.view)];
          k.exec(op, [dy, dy, y, n]);
          expect(firstDifference(dy.view, out)).toBe(-1);
          dy.view.set(d);
          y.view.set(s);
          k.exec(op, [y, dy, y, n]);
          expect(firstDifference(y.view, out)).toBe(-1);
          k.reset();
        }
      }
    },
  );

  it.each(gradients)("%s: NaN where y is NaN, whatever dy; NaN where dy is NaN and y lets it through", (_, op) => {
    const n = 12;
    for (const dy of [0, 1, -Infinity, NaN]) {
      const out = outputs(k, op, n, (to) => [to, k.f32(new Float32Array(n).fill(dy)), k.f32(new Float32Array(n).fill(NaN)), n]);
      expect(Array.from(out)).toEqual(new Array(n).fill(NaN));
    }
    const out = outputs(k, op, n, (to) => [to, k.f32(new Float32Array(n).fill(NaN)), k.f32(new Float32Array(n).fill(0.5)), n]);
    expect(Array.from(out)).toEqual(new Array(n).fill(NaN));
  });

  it("relu_grad: 0 where y <= 0 even for an infinite or NaN dy, as in PyTorch", () => {
    const dy = [NaN, NaN, NaN, Infinity, -Infinity, NaN];
    const out = outputs(k, Op.RELU_GRAD, 6, (to) => [to, k.f32(dy), k.f32([0, -0, -1, -1, 0, 2]), 6]);
    expect(Array.from(out)).toEqual([0, 0, 0, 0, 0, NaN]);
  });

  it("CHUNK items a tile", () => {
    for (const [n, tiles] of [
      [1, 1],
      [CHUNK, 1],
      [CHUNK + 1, 2],
      [10 * CHUNK, 10],
    ] as const) {
      expect(k.exports.tiles(k.encode(Op.RELU, [0, 0, n])[0])).toBe(tiles);
      expect(k.exports.tiles(k.encode(Op.RELU_GRAD, [0, 0, 0, n])[0])).toBe(tiles);
    }
  });
});
