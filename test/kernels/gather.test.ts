import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op, Source } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { builds, noise } from "./harness";

const widths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 784, CHUNK + 3];
const rowCounts = [1, 2, 5, 32, 37];
/** Row numbers below `limit`, with repeats. */
const pick = (n: number, limit: number) => Int32Array.from(noise(n, 5), (v) => Math.floor(((v + 1) / 2) * limit));

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it.each([0, 4])("gather_rows of words is exact and stays within bounds, with and without a cursor, skew %i", (skew) => {
    for (const cols of widths) {
      for (const rows of rowCounts) {
        const source = k.f32(
          noise(11 * cols).map((v, i) => [NaN, Infinity, -Infinity, 1e-42, -0][i % 13] ?? v),
          skew,
        );
        const index = k.i32(pick(rows + 3, 11));
        const cursor = k.i32([3]);
        for (const [at, from] of [
          [0, 0],
          [cursor.at, 3],
        ] as const) {
          const expected = Float32Array.from(
            { length: rows * cols },
            (_, i) => source.view[index.view[from + Math.floor(i / cols)]! * cols + (i % cols)]!,
          );
          for (const reversed of [false, true]) {
            const out = k.f32(rows * cols + 1, skew);
            out.view.fill(77);
            k.exec(Op.GATHER_ROWS, [out, source, index, at, rows, cols, Source.WORD, 1, 0], reversed);
            expect(firstDifference(out.view.subarray(0, -1), expected)).toBe(-1);
            expect(out.view[rows * cols]).toBe(77);
          }
        }
        k.reset();
      }
    }
  });

  it.each([
    [1 / 255, 0],
    [2 / 255, -1],
    [0.1, 0.3],
  ])("gather_rows of u8 gives fround(fround(byte * %f) + %f) exactly", (a, b) => {
    const scale = Math.fround(a),
      offset = Math.fround(b);
    for (const cols of widths) {
      const source = k.u8(Uint8Array.from({ length: 300 * cols }, (_, i) => (i < 256 ? i : (i * 37) >>> 3)));
      const index = k.i32([2, 0, 299, 2, 7]);
      const expected = Float32Array.from(
        { length: 5 * cols },
        (_, i) => Math.fround(source.view[index.view[Math.floor(i / cols)]! * cols + (i % cols)]! * scale) + offset,
      );
      const out = k.f32(5 * cols + 1);
      k.exec(Op.GATHER_ROWS, [out, source, index, 0, 5, cols, Source.U8, scale, offset]);
      expect(firstDifference(out.view.subarray(0, -1), expected)).toBe(-1);
      expect(out.view[5 * cols]).toBeNaN();
      k.reset();
    }
  });

  it("scatter_add_rows equals the f32 sums taken row by row, in any tile order, and leaves other rows alone", () => {
    for (const cols of widths) {
      for (const rows of [1, 3, 64, 251]) {
        const x = k.f32(noise(rows * cols, 3), 4);
        const index = k.i32(pick(rows, 7));
        const start = noise(9 * cols, 4);
        const expected = start.slice();
        for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) expected[index.view[r]! * cols + c]! += x.view[r * cols + c]!;
        for (const reversed of [false, true]) {
          const out = k.f32([...start, 5]);
          k.exec(Op.SCATTER_ADD_ROWS, [out, x, index, rows, cols], reversed);
          expect(firstDifference(out.view, Float32Array.from([...expected, 5]))).toBe(-1);
        }
        k.reset();
      }
    }
  });

  it("scatter_add_rows is the transpose of gather_rows, NaN and infinities included", () => {
    const out = k.f32(new Float32Array(3 * 5));
    k.exec(Op.SCATTER_ADD_ROWS, [out, k.f32([1, NaN, Infinity, -Infinity, 1e-42, 1, 1, -Infinity, 1, 1e-42]), k.i32([1, 1]), 2, 5]);
    expect(Array.from(out.view.subarray(5, 9))).toEqual([2, NaN, NaN, -Infinity]);
    expect(out.view[9]).toBe(Math.fround(1e-42) * 2);
    expect(Array.from(out.view.subarray(0, 5))).toEqual([0, 0, 0, 0, 0]);
  });
});
