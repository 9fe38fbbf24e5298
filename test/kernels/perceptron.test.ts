import { describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { type Block, builds, noise } from "./harness";

/** Whole numbers: every sum below is exact in f32, so the kernel must agree with f64 to the last bit. */
const whole = (n: number, seed: number) => noise(n, seed).map((v) => Math.floor(9 * v));

function reference(w: Float64Array, x: ArrayLike<number>, y: ArrayLike<number>, rows: number, cols: number, outputs: number, rate: number) {
  const u: number[] = [];
  const mistakes = new Array<number>(outputs).fill(0);
  for (let r = 0; r < rows; r++)
    for (let o = 0; o < outputs; o++) {
      const at = o * (cols + 1);
      let net = w[at]!;
      for (let c = 0; c < cols; c++) net += w[at + 1 + c]! * x[r * cols + c]!;
      const answer = net > 0 ? 1 : 0;
      u.push(answer);
      const error = y[r * outputs + o]! - answer;
      if (error === 0) continue;
      mistakes[o]!++;
      w[at]! += rate * error;
      for (let c = 0; c < cols; c++) w[at + 1 + c]! += rate * error * x[r * cols + c]!;
    }
  return { u, mistakes };
}

describe.each(builds)("perceptron, $name build", (k) => {
  const words = (values: ArrayLike<number>, skew = 0): Block => k.f32([...Array.from(values), 77], skew);

  it.each([1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 64, 101])(
    "%i inputs: weights, answers and mistakes are exact on whole numbers; no write past the end",
    (cols) => {
      for (const outputs of [1, 3, 10])
        for (const skew of [0, 4]) {
          const rows = 23;
          const [w0, x] = [whole(outputs * (cols + 1), 3), whole(rows * cols, 5)];
          const y = noise(rows * outputs, 7).map((v) => (v > 0 ? 1 : 0));
          const w = words(w0, skew);
          const u = words(new Float32Array(rows * outputs), skew);
          const mistakes = k.i32([...new Array<number>(outputs).fill(100), 77]);
          k.exec(Op.PERCEPTRON, [w, u, mistakes, k.f32(x, skew), k.f32(y, skew), rows, cols, outputs, 2], skew > 0);
          const expected = Float64Array.from(w0);
          const { u: answers, mistakes: counted } = reference(expected, x, y, rows, cols, outputs, 2);
          expect(counted.some((n) => n > 0)).toBe(true);
          expect([...w.view]).toEqual([...expected, 77]);
          expect([...u.view]).toEqual([...answers, 77]);
          expect([...mistakes.view]).toEqual([...counted.map((n) => n + 100), 77]);
          k.reset();
        }
    },
  );

  it("without targets it answers and leaves the weights and address 0 alone", () => {
    const low = new Uint8Array(k.memory.buffer, 0, 64).slice();
    const w = words([-1.5, 1, 1]);
    const u = words(new Float32Array(4));
    k.exec(Op.PERCEPTRON, [w, u, 0, k.f32([0, 0, 0, 1, 1, 0, 1, 1]), 0, 4, 2, 1, 1]);
    expect([...u.view]).toEqual([0, 0, 0, 1, 77]);
    expect([...w.view]).toEqual([-1.5, 1, 1, 77]);
    expect(new Uint8Array(k.memory.buffer, 0, 64).slice()).toEqual(low);
  });

  it("a sum of exactly 0 and a NaN sum answer 0; neighbours of a row or a unit do not leak into a sum", () => {
    const u = words(new Float32Array(6));
    k.exec(Op.PERCEPTRON, [k.f32([0, 1, -1, NaN, 1, 1]), u, 0, k.f32([1, 1, Infinity, 0, NaN, 0]), 0, 3, 2, 2, 1]);
    expect([...u.view]).toEqual([0, 0, 1, 0, 0, 0, 77]);
  });

  it("is one tile a unit", () => {
    expect(k.exports.tiles(k.encode(Op.PERCEPTRON, [0, 0, 0, 0, 0, 1000, 784, 10, 1])[0])).toBe(10);
  });
});
