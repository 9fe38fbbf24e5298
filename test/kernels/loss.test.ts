import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { beyond, cycle, EPS, outputs, SIZES } from "./elementwise.support";
import { builds, noise } from "./harness";

const COLS = [1, 2, 3, 4, 5, 10, 17, 1000];
const ROWS = [1, 2, 3, 4, 5, 6, 7, 33, 409, 1031];
const shapes = COLS.flatMap((cols) => ROWS.flatMap((rows) => (rows * cols <= 4.2e4 ? [[rows, cols] as const] : [])));
const labelsOf = (rows: number, cols: number) => Int32Array.from({ length: rows }, (_, r) => (r * 7919) % cols);

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it.each([
    ["moderate", 4, 0],
    ["wide", 100, 0],
    ["far", 8, 1e4],
  ] as const)(
    "cross_entropy of %s logits: loss within (16 + cols / 8 + 2 loss) 2^-24; probabilities have the bits of softmax",
    (_, scale, shift) => {
      for (const [rows, cols] of shapes) {
        const x = k.f32(
          noise(rows * cols, cols).map((v) => v * scale + shift),
          4,
        );
        const labels = k.i32(labelsOf(rows, cols));
        const exact = (r: number) => {
          const row = x.view.subarray(r * cols, (r + 1) * cols);
          const most = row.reduce((m, v) => Math.max(m, v));
          return Math.log(row.reduce((s, v) => s + Math.exp(v - most), 0)) - (row[labels.view[r]!]! - most);
        };
        const loss = outputs(k, Op.CROSS_ENTROPY, rows, (to) => [to, k.f32(rows * cols), x, labels, rows, cols], 4);
        expect(beyond(loss, exact, (_, want) => (16 + cols / 8 + 2 * want) * EPS)).toBe("");
        const probs = outputs(k, Op.CROSS_ENTROPY, rows * cols, (to) => [k.f32(rows), to, x, labels, rows, cols], 8);
        expect(
          firstDifference(
            probs,
            outputs(k, Op.SOFTMAX, rows * cols, (to) => [to, x, rows, cols]),
          ),
        ).toBe(-1);
        k.reset();
      }
    },
  );

  it.each([1, 3, 4, 10, 17])(
    "cross_entropy of %i classes: a label outside 0..cols-1, or a NaN logit, gives NaN in its own row alone",
    (cols) => {
      const rows = 7;
      const x = k.f32(noise(rows * cols));
      x.view[5 * cols - 1] = NaN;
      const labels = k.i32([0, -1, cols - 1, cols, 0, 2 ** 31 - 1, 0]);
      const loss = outputs(k, Op.CROSS_ENTROPY, rows, (to) => [to, k.f32(rows * cols), x, labels, rows, cols]);
      expect(Array.from(loss, Number.isNaN)).toEqual([false, true, false, true, true, true, false]);
    },
  );

  it("cross_entropy: a class of probability 0 costs Infinity, a certain one nothing, logits 1000 apart their distance", () => {
    const x = k.f32([-Infinity, 0, -Infinity, 0, 1000, 0]);
    const loss = outputs(k, Op.CROSS_ENTROPY, 3, (to) => [to, k.f32(6), x, k.i32([0, 1, 1]), 3, 2]);
    expect(Array.from(loss)).toEqual([Infinity, 0, 1000]);
  });

  it("cross_entropy_grad: within 4 roundings of (probs - onehot) dy / divisor, one dy or one a row, in place too", () => {
    for (const [rows, cols] of shapes) {
      for (const [stride, divisor] of [
        [0, rows],
        [1, 1],
        [1, 3],
      ] as const) {
        const probs = k.f32(
          noise(rows * cols, 2).map((v) => (v + 1) / 2),
          4,
        );
        const labels = k.i32(labelsOf(rows, cols));
        const dy = k.f32(noise(rows, 3));
        const out = outputs(k, Op.CROSS_ENTROPY_GRAD, rows * cols, (to) => [to, probs, labels, dy, rows, cols, stride, divisor], 8);
        const want = (i: number) => {
          const r = Math.floor(i / cols);
          return ((probs.view[i]! - (i % cols === labels.view[r] ? 1 : 0)) * dy.view[r * stride]!) / divisor;
        };
        expect(beyond(out, want, (_, w) => 4 * EPS * Math.abs(w))).toBe("");
        k.exec(Op.CROSS_ENTROPY_GRAD, [probs, probs, labels, dy, rows, cols, stride, divisor]);
        expect(firstDifference(probs.view, out)).toBe(-1);
        k.reset();
      }
    }
  });

  it("cross_entropy_grad: NaN probabilities and NaN dy stay NaN", () => {
    for (const cols of [1, 3, 4, 10]) {
      const probs = k.f32(new Float32Array(3 * cols).fill(0.25));
      probs.view.fill(NaN, cols, 2 * cols);
      const out = outputs(k, Op.CROSS_ENTROPY_GRAD, 3 * cols, (to) => [to, probs, k.i32([0, 0, 0]), k.f32([1, 1, NaN]), 3, cols, 1, 1]);
      expect(Array.from(out, Number.isNaN)).toEqual(Array.from(out, (_, i) => i >= cols));
    }
  });

  it("squared_error: within 3 roundings of (a - b)^2; the gradient within 4 of 2 (a - b) dy / divisor; every tail, tile edges, misaligned", () => {
    for (const n of SIZES) {
      for (const skew of [0, 4]) {
        const a = k.f32(cycle([...noise(31), 1e19, -1e-42], n), skew);
        const b = k.f32(noise(n, 5), 8 - skew);
        const out = outputs(k, Op.SQUARED_ERROR, n, (to) => [to, a, b, n], skew);
        expect(
          beyond(
            out,
            (i) => (a.view[i]! - b.view[i]!) ** 2,
            (_, w) => 3 * EPS * w,
          ),
        ).toBe("");
        for (const [each, divisor] of [
          [0, n],
          [1, 1],
          [1, 3],
        ] as const) {
          const dy = k.f32(noise(n, 6));
          const dx = outputs(k, Op.SQUARED_ERROR_GRAD, n, (to) => [to, a, b, dy, n, each, divisor], skew);
          const want = (i: number) => (2 * (a.view[i]! - b.view[i]!) * dy.view[i * each]!) / divisor;
          expect(beyond(dx, want, (_, w) => 4 * EPS * Math.abs(w))).toBe("");
        }
        k.reset();
      }
    }
  });

  it("squared_error: NaN and infinities come through", () => {
    const [a, b] = [k.f32([NaN, 1, Infinity, Infinity, 2]), k.f32([1, NaN, 1, Infinity, 1])];
    expect(Array.from(outputs(k, Op.SQUARED_ERROR, 5, (to) => [to, a, b, 5]))).toEqual([NaN, NaN, Infinity, NaN, 1]);
    const dx = outputs(k, Op.SQUARED_ERROR_GRAD, 5, (to) => [to, a, b, k.f32([3]), 5, 0, 1]);
    expect(Array.from(dx)).toEqual([NaN, NaN, Infinity, NaN, 6]);
  });

  it("about CHUNK items a tile", () => {
    const tiles = (op: Op, ...operands: number[]) => k.exports.tiles(k.encode(op, operands)[0]);
    expect([
      tiles(Op.CROSS_ENTROPY, 0, 0, 0, 0, 32, 128),
      tiles(Op.CROSS_ENTROPY, 0, 0, 0, 0, 410, 10),
      tiles(Op.CROSS_ENTROPY_GRAD, 0, 0, 0, 0, 3, 5000, 0, 1),
    ]).toEqual([1, 2, 3]);
    expect([tiles(Op.SQUARED_ERROR, 0, 0, 0, CHUNK + 1), tiles(Op.SQUARED_ERROR_GRAD, 0, 0, 0, 0, CHUNK, 0, 1)]).toEqual([2, 1]);
  });
});
