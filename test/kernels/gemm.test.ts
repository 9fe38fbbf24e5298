import { describe, expect, it } from "vitest";
import { Act, Op } from "../../assembly/opcodes";
import { FORMS, multiply, worst } from "./gemm.support";
import { builds, noise } from "./harness";

const SMALL = [1, 2, 3, 4, 5, 7, 8, 9, 13];
/** Edges of the tiles, of the blocks of rows (128) and of terms (400), and of what is packed. */
const LARGE: readonly (readonly [number, number, number])[] = [
  [15, 16, 65],
  [16, 15, 31],
  [16, 16, 4],
  [17, 31, 64],
  [32, 10, 128],
  [10, 128, 32],
  [32, 128, 10],
  [32, 128, 784],
  [63, 65, 66],
  [64, 64, 64],
  [64, 127, 399],
  [65, 63, 400],
  [67, 66, 401],
  [128, 72, 801],
  [129, 71, 97],
  [131, 257, 100],
  [257, 12, 333],
  [300, 9, 70],
  [1, 1000, 600],
  [1, 130, 1025],
  [1025, 1, 130],
  [600, 1, 1000],
  [1, 2048, 128],
  [2, 3000, 3],
  [3000, 2, 3],
  [40, 600, 32],
  [129, 17, 3],
  [23, 16, 5],
  [24, 16, 5],
  [83, 30, 1300],
  [150, 9, 4001],
];

describe.each(builds.map((kernels) => ({ name: kernels.name, kernels })))("products, $name build", ({ kernels }) => {
  describe.each(FORMS.map((form) => ({ form, title: Op[form] })))("$title", ({ form }) => {
    it("small sizes: error at most (k + 2) 2^-24 sum |a| |b|", () => {
      for (const m of SMALL)
        for (const n of SMALL)
          for (const k of SMALL) {
            expect(worst(multiply(kernels, { form, m, n, k }), k), `${m} ${n} ${k}`).toBeLessThanOrEqual(1);
          }
    });

    it("small sizes with beta and bias: error at most (k + 2) 2^-24 (sum |a| |b| + |out| + |bias|)", () => {
      for (const m of SMALL)
        for (const n of SMALL)
          for (const k of SMALL) {
            expect(worst(multiply(kernels, { form, m, n, k, beta: 1, bias: true, skew: 4 }), k), `${m} ${n} ${k}`).toBeLessThanOrEqual(1);
          }
    });

    it("edges of tiles and blocks: error at most (k + 2) 2^-24 sum |terms|", () => {
      for (const [m, n, k] of LARGE) {
        expect(worst(multiply(kernels, { form, m, n, k }), k), `${m} ${n} ${k}`).toBeLessThanOrEqual(1);
        expect(worst(multiply(kernels, { form, m, n, k, beta: 1, bias: true, skew: 4 }), k), `${m} ${n} ${k} beta`).toBeLessThanOrEqual(1);
      }
    });

    it("no terms: out is 0, what it was, the bias or both", () => {
      for (const [m, n] of [
        [1, 1],
        [1, 7],
        [7, 1],
        [5, 9],
        [20, 20],
      ] as const) {
        for (const beta of [0, 1] as const)
          for (const bias of [false, true]) {
            const product = multiply(kernels, { form, m, n, k: 0, beta, bias });
            expect(product.out).toEqual(Float32Array.from(product.reference().expected));
          }
      }
    });

    it("activations: relu exact, all applied to every element and to nothing else", () => {
      for (const [m, n, k] of [
        [4, 2, 4],
        [1, 13, 9],
        [13, 1, 9],
        [33, 29, 17],
        [130, 70, 801],
        [17, 300, 200],
      ] as const) {
        const plain = multiply(kernels, { form, m, n, k, bias: true }).out;
        expect(multiply(kernels, { form, m, n, k, bias: true, act: Act.RELU }).out).toEqual(plain.map((x) => Math.max(x, 0)));
        // the same function as over a block of its own
        for (const act of [Act.SIGMOID, Act.TANH]) {
          const alone = kernels.f32(plain);
          (
            kernels.exports as unknown as { activateRows(act: number, c: number, ldc: number, rows: number, cols: number): void }
          ).activateRows(act, alone.at, 4 * n, m, n);
          const expected = Float32Array.from(alone.view);
          expect(expected).not.toEqual(plain);
          expect(multiply(kernels, { form, m, n, k, bias: true, act }).out).toEqual(expected);
        }
      }
    });

    it("NaN and Infinity reach exactly the rows and columns they belong to", () => {
      for (const [m, n, k] of [
        [4, 5, 3],
        [1, 9, 6],
        [9, 1, 6],
        [33, 21, 66],
        [70, 40, 402],
      ] as const) {
        const index = (i: number, p: number) => (form === Op.MATMUL_TN ? p * m + i : i * k + p);
        for (const value of [NaN, Infinity, -Infinity]) {
          for (const row of [0, m - 1])
            for (const p of [0, k - 1]) {
              const a = noise(m * k, 3);
              a[index(row, p)] = value;
              const product = multiply(kernels, { form, m, n, k, a, act: Act.RELU });
              const sums = product.reference().expected;
              for (let j = 0; j < n; j++) {
                const sum = sums[row * n + j]!,
                  got = product.out[row * n + j]!;
                expect(got, `${value} at ${row} ${p}`).toEqual(Number.isNaN(sum) ? NaN : Math.max(sum, 0));
              }
              expect(product.out.every((x, at) => Math.floor(at / n) === row || Number.isFinite(x))).toBe(true);
            }
        }
      }
    });

    it("denormal factors: error at most (k + 2) 2^-149 beside the bound", () => {
      for (const [m, n, k] of [
        [5, 6, 7],
        [1, 9, 20],
        [33, 17, 70],
      ] as const) {
        const a = noise(m * k, 3).map((x) => x * 2 ** -130);
        expect(worst(multiply(kernels, { form, m, n, k, a }), k)).toBeLessThanOrEqual(1);
      }
    });
  });
});
