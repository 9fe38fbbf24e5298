import { describe, expect, it } from "vitest";
import { Act, Op } from "../../assembly/opcodes";
import { bits, type Case, FORMS, type Form, multiply, transposed, usesDots, worst } from "./gemm.support";
import { builds, type Kernels, noise } from "./harness";

/** Both ways of NT in both builds; tails of rows, terms and columns, several blocks of each; a strip of 32 columns and little more. */
const SIZES: readonly (readonly [number, number, number])[] = [
  [16, 32, 600],
  [18, 35, 401],
  [32, 128, 784],
  [79, 70, 97],
  [80, 33, 130],
  [128, 96, 203],
  [131, 257, 66],
  [300, 100, 100],
  [61, 64, 1001],
  [130, 784, 32],
];
const DENSITIES = [0, 0.01, 0.3, 0.45, 0.55, 0.65, 0.76, 1];

/** A (m, k) with about this share of elements that are not zero; zeros of both signs. */
function sparse(m: number, k: number, density: number): Float32Array {
  const keep = noise(m * k, 21);
  return noise(m * k, 3).map((x, at) => (keep[at]! < 2 * density - 1 ? x : at % 3 ? 0 : -0));
}

/** The operands in the layout of a form, from a (m, k) and b (k, n). */
function laidOut(form: Form, a: Float32Array, b: Float32Array, m: number, n: number, k: number): { a: Float32Array; b: Float32Array } {
  return { a: form === Op.MATMUL_TN ? transposed(a, m, k) : a, b: form === Op.MATMUL_NT ? transposed(b, k, n) : b };
}

/** What the dense kernels make of it: a row does not depend on the others, and products of 15 rows do not look for zeros. */
function dense(kernels: Kernels, c: Case, a: Float32Array, b: Float32Array): Float32Array {
  const { m, n, k, form } = c;
  const by = form === Op.MATMUL_NT && usesDots(kernels, m, n) ? Op.MATMUL_NT : Op.MATMUL_NN;
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i += 15) {
    const rows = Math.min(15, m - i);
    // one row would be a matrix times a vector, which adds in another order
    const from = rows === 1 ? i - 1 : i;
    const part = {
      ...c,
      form: by,
      m: i + rows - from,
      a: a.subarray(from * k, (i + rows) * k),
      b: by === Op.MATMUL_NT ? transposed(b, k, n) : b,
      out: c.out?.subarray(from * n, (i + rows) * n),
    };
    const product = multiply(kernels, part as Case);
    expect(product.skipped).toBe(false);
    out.set(product.out, from * n);
  }
  return out;
}

describe.each(builds.map((kernels) => ({ name: kernels.name, kernels })))("products with zeros in A, $name build", ({ kernels }) => {
  describe.each(FORMS.map((form) => ({ form, title: Op[form] })))("$title", ({ form }) => {
    const long = (m: number, n: number, k: number) => form === Op.MATMUL_NT && usesDots(kernels, m, n) && k > 1000;

    it("has the dense kernels' bits at every density, and leaves them out where they are most", () => {
      for (const [m, n, k] of SIZES) {
        const b = noise(k * n, 4),
          out = noise(m * n, 9);
        for (const [at, density] of DENSITIES.entries()) {
          const a = sparse(m, k, density);
          const cases: readonly Case[] = [
            { form, m, n, k },
            { form, m, n, k, beta: 1, bias: true, act: Act.RELU, out, skew: 4, reversed: "again" },
          ];
          for (const c of density === 0.3 ? cases : [cases[at % 2]!]) {
            const product = multiply(kernels, { ...c, ...laidOut(form, a, b, m, n, k) });
            expect(bits(product.out) === bits(dense(kernels, c, a, b)), `${m} ${n} ${k} density ${density}`).toBe(true);
            if (density <= 0.45) expect(product.skipped, `${m} ${n} ${k} density ${density}`).toBe(!long(m, n, k));
            if (density === 1) expect(product.skipped, `${m} ${n} ${k}`).toBe(false);
          }
        }
      }
    });

    it("NaN and Infinity in B times 0 is NaN, at every place of a strip and past it: error at most (k + 2) 2^-24 sum |terms|", () => {
      for (const [m, n, k] of [
        [32, 70, 130],
        [90, 64, 410],
        [24, 96, 150],
      ] as const) {
        for (const value of [NaN, Infinity, -Infinity]) {
          for (const [column, p] of [
            [0, k - 1],
            [31, 0],
            [32, k >> 1],
            [n - 1, k - 1],
          ] as const) {
            const a = sparse(m, k, 0.3),
              b = noise(k * n, 4);
            for (let i = 0; i < m; i += 2) a[i * k + p] = 0;
            b[p * n + column] = value;
            const product = multiply(kernels, { form, m, n, k, bias: true, ...laidOut(form, a, b, m, n, k) });
            expect(product.skipped).toBe(true);
            for (let i = 0; i < m; i += 2) expect(product.out[i * n + column]).toBeNaN();
            expect(worst(product, k), `${value} at ${p} ${column}`).toBeLessThanOrEqual(1);
          }
        }
      }
    });

    it("NaN and Infinity in A are kept", () => {
      const [m, n, k] = [40, 64, 120];
      const a = sparse(m, k, 0.3);
      a[3 * k + 7] = NaN;
      a[9 * k + 119] = Infinity;
      const product = multiply(kernels, { form, m, n, k, ...laidOut(form, a, noise(k * n, 4), m, n, k) });
      expect(product.skipped).toBe(true);
      expect(worst(product, k)).toBeLessThanOrEqual(1);
      expect(product.out[3 * n + 5]).toBeNaN();
      expect(Math.abs(product.out[9 * n + 5]!)).toBe(Infinity);
    });
  });

  it("a tile by itself gives the bits that all together give, on any lane, with lists made anew and with those of the tile before", () => {
    for (const form of FORMS)
      for (const [m, n, k] of [
        [256, 300, 200],
        [100, 300, 700],
        [32, 160, 784],
      ] as const) {
        const operands = laidOut(form, sparse(m, k, 0.4), noise(k * n, 4), m, n, k);
        const all = multiply(kernels, { form, m, n, k, ...operands });
        expect(all.skipped).toBe(true);
        for (const reversed of [true, "again"] as const)
          expect(
            bits(multiply(kernels, { form, m, n, k, ...operands, reversed }).out) === bits(all.out),
            `${Op[form]} ${m} ${reversed}`,
          ).toBe(true);
      }
  });
});
