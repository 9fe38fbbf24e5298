import { afterEach, describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { beyond, EPS, outputs } from "./elementwise.support";
import { builds, noise } from "./harness";

const COLS = [1, 2, 3, 4, 5, 7, 8, 9, 10, 16, 17, 31, 1000];
const ROWS = [1, 2, 3, 4, 5, 33, 409, 1031];
const shapes = COLS.flatMap((cols) => ROWS.flatMap((rows) => (rows * cols <= 4.2e4 ? [[rows, cols] as const] : [])));
/** Kinds of logits: moderate, spread over the whole range of exp, far from 0. */
const kinds = { moderate: (v: number) => 4 * v, wide: (v: number) => 100 * v, far: (v: number) => 1e4 + 8 * v } as const;

/** Row by row in double precision. */
function softmax(x: ArrayLike<number>, rows: number, cols: number): { y: Float64Array; log: Float64Array } {
  const y = new Float64Array(rows * cols);
  const log = new Float64Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    let most = -Infinity;
    for (let c = 0; c < cols; c++) most = Math.max(most, x[r * cols + c]!);
    let total = 0;
    for (let c = 0; c < cols; c++) total += Math.exp(x[r * cols + c]! - most);
    for (let c = 0; c < cols; c++) {
      log[r * cols + c] = x[r * cols + c]! - most - Math.log(total);
      y[r * cols + c] = Math.exp(x[r * cols + c]! - most) / total;
    }
  }
  return { y, log };
}
const rowOf = (i: number, cols: number) => Math.floor(i / cols) * cols;
const dot = (a: ArrayLike<number>, b: ArrayLike<number>, from: number, cols: number, f = (v: number) => v) => {
  let s = 0;
  for (let c = from; c < from + cols; c++) s += f(a[c]! * b[c]!);
  return s;
};

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  // exp's argument is rounded once: |x - max| 2^-24 of relative error; below the smallest normal exp gives 0
  it.each(Object.entries(kinds))(
    "softmax of %s logits: relative error at most (12 + cols / 8 + |x - max|) 2^-24, what is below 2^-126 may be 0",
    (_, f) => {
      for (const [rows, cols] of shapes) {
        const x = k.f32(noise(rows * cols, cols).map(f), 4);
        const { y, log } = softmax(x.view, rows, cols);
        const out = outputs(k, Op.SOFTMAX, rows * cols, (to) => [to, x, rows, cols], 8);
        expect(
          beyond(
            out,
            (i) => y[i]!,
            (i, want) => (12 + cols / 8 - log[i]! + Math.log(cols)) * EPS * want + 2 ** -126,
          ),
        ).toBe("");
        k.exec(Op.SOFTMAX, [x, x, rows, cols]);
        expect(firstDifference(x.view, out), "in place").toBe(-1);
        k.reset();
      }
    },
  );

  it.each(Object.entries(kinds))("log_softmax of %s logits: error at most (16 + cols / 8 + 2 |y|) 2^-24", (_, f) => {
    for (const [rows, cols] of shapes) {
      const x = k.f32(noise(rows * cols, cols + 1).map(f), 4);
      const { log } = softmax(x.view, rows, cols);
      const out = outputs(k, Op.LOG_SOFTMAX, rows * cols, (to) => [to, x, rows, cols], 8);
      expect(
        beyond(
          out,
          (i) => log[i]!,
          (_, want) => (16 + cols / 8 + 2 * Math.abs(want)) * EPS,
        ),
      ).toBe("");
      k.exec(Op.LOG_SOFTMAX, [x, x, rows, cols]);
      expect(firstDifference(x.view, out), "in place").toBe(-1);
      k.reset();
    }
  });

  it("softmax_grad: error at most (cols / 4 + 8) 2^-24 y (|dy| + sum |y dy|)", () => {
    for (const [rows, cols] of shapes) {
      const y = k.f32(softmax(noise(rows * cols, 5).map(kinds.moderate), rows, cols).y, 4);
      const dy = k.f32(noise(rows * cols, 6));
      const out = outputs(k, Op.SOFTMAX_GRAD, rows * cols, (to) => [to, dy, y, rows, cols], 12);
      const want = (i: number) => y.view[i]! * (dy.view[i]! - dot(y.view, dy.view, rowOf(i, cols), cols));
      const bound = (i: number) =>
        (cols / 4 + 8) * EPS * y.view[i]! * (Math.abs(dy.view[i]!) + dot(y.view, dy.view, rowOf(i, cols), cols, Math.abs));
      // a quadratic reference: fewer items of long rows
      const each = cols > 100 ? 97 : 1;
      const some = out.filter((_, i) => i % each === 0);
      expect(
        beyond(
          some,
          (i) => want(i * each),
          (i) => bound(i * each),
        ),
      ).toBe("");
      k.exec(Op.SOFTMAX_GRAD, [dy, dy, y, rows, cols]);
      expect(firstDifference(dy.view, out), "in place").toBe(-1);
      k.reset();
    }
  });

  it("log_softmax_grad: error at most (cols / 4 + 8) 2^-24 (|dy| + exp(y) sum |dy|)", () => {
    for (const [rows, cols] of shapes) {
      const y = k.f32(softmax(noise(rows * cols, 7).map(kinds.moderate), rows, cols).log, 4);
      const dy = k.f32(noise(rows * cols, 8));
      const ones = new Float32Array(rows * cols).fill(1);
      const out = outputs(k, Op.LOG_SOFTMAX_GRAD, rows * cols, (to) => [to, dy, y, rows, cols], 12);
      const want = (i: number) => dy.view[i]! - Math.exp(y.view[i]!) * dot(ones, dy.view, rowOf(i, cols), cols);
      const bound = (i: number) =>
        (cols / 4 + 8) * EPS * (Math.abs(dy.view[i]!) + Math.exp(y.view[i]!) * dot(ones, dy.view, rowOf(i, cols), cols, Math.abs));
      const each = cols > 100 ? 97 : 1;
      const some = out.filter((_, i) => i % each === 0);
      expect(
        beyond(
          some,
          (i) => want(i * each),
          (i) => bound(i * each),
        ),
      ).toBe("");
      k.exec(Op.LOG_SOFTMAX_GRAD, [dy, dy, y, rows, cols]);
      expect(firstDifference(dy.view, out), "in place").toBe(-1);
      k.reset();
    }
  });

  it.each([2, 3, 5, 10, 17])(
    "rows of %i: the largest float and -Infinity are limits; a NaN, or nothing but -Infinity, spoils its own row alone",
    (cols) => {
      const x = k.f32(new Float32Array(5 * cols));
      x.view[0] = 3.4e38;
      x.view.fill(-Infinity, cols + 1, 2 * cols);
      x.view[3 * cols - 1] = NaN;
      x.view.fill(-Infinity, 3 * cols, 4 * cols);
      const first = [1, ...new Array(cols - 1).fill(0)];
      const spoilt = new Array(cols).fill(NaN);
      const even = outputs(k, Op.SOFTMAX, cols, (to) => [to, x.at + 16 * cols, 1, cols]);
      expect(
        beyond(
          even,
          () => 1 / cols,
          () => 2 * EPS,
        ),
      ).toBe("");
      expect(Array.from(outputs(k, Op.SOFTMAX, 5 * cols, (to) => [to, x, 5, cols]))).toEqual([
        ...first,
        ...first,
        ...spoilt,
        ...spoilt,
        ...even,
      ]);
      const log = outputs(k, Op.LOG_SOFTMAX, 5 * cols, (to) => [to, x, 5, cols]);
      expect(Array.from(log.subarray(cols, 2 * cols))).toEqual([0, ...new Array(cols - 1).fill(-Infinity)]);
      expect(Array.from(log.subarray(2 * cols, 4 * cols))).toEqual([...spoilt, ...spoilt]);
    },
  );

  it("gradients: a NaN in dy or in what was saved spoils its own row alone", () => {
    for (const cols of [1, 3, 5, 10]) {
      for (const op of [Op.SOFTMAX_GRAD, Op.LOG_SOFTMAX_GRAD]) {
        for (const which of [0, 1]) {
          const inputs = [0, 1].map((j) =>
            k.f32(new Float32Array(3 * cols).fill(j ? (op === Op.SOFTMAX_GRAD ? 1 / cols : -Math.log(cols)) : 1)),
          );
          inputs[which]!.view[2 * cols - 1] = NaN;
          const out = outputs(k, op, 3 * cols, (to) => [to, inputs[0]!, inputs[1]!, 3, cols]);
          expect(Number.isNaN(out[2 * cols - 1])).toBe(true);
          for (let i = 0; i < cols; i++) expect([Number.isFinite(out[i]), Number.isFinite(out[2 * cols + i])]).toEqual([true, true]);
        }
      }
    }
  });

  it("a row's bits do not depend on its place", () => {
    for (const cols of [1, 3, 4, 10, 17]) {
      const row = noise(cols, 4).map(kinds.moderate);
      const rows = 4096 / 2 + 3;
      const x = k.f32(
        Float32Array.from({ length: rows * cols }, (_, i) => row[i % cols]!),
        4,
      );
      for (const op of [Op.SOFTMAX, Op.LOG_SOFTMAX]) {
        const one = outputs(k, op, cols, (to) => [to, k.f32(row), 1, cols]);
        const all = outputs(k, op, rows * cols, (to) => [to, x, rows, cols]);
        expect(
          firstDifference(
            all,
            Float32Array.from(all, (_, i) => one[i % cols]!),
          ),
        ).toBe(-1);
      }
      k.reset();
    }
  });

  it("about CHUNK items a tile", () => {
    const tiles = (rows: number, cols: number) => [
      k.exports.tiles(k.encode(Op.SOFTMAX, [0, 0, rows, cols])[0]),
      k.exports.tiles(k.encode(Op.LOG_SOFTMAX_GRAD, [0, 0, 0, rows, cols])[0]),
    ];
    expect([tiles(32, 128), tiles(410, 10), tiles(3, 5000), tiles(0, 10)]).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [0, 0],
    ]);
  });
});
