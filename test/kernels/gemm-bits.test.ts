import { describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { bits, FORMS, multiply, transposed, usesDots } from "./gemm.support";
import { builds, noise } from "./harness";

/** The promise of the sequential kernels in TypeScript: one rounding for each product and each sum (plain build only). */
function sequential(a: Float32Array, b: Float32Array, m: number, n: number, k: number, out?: Float32Array): Float32Array {
  const c = Float32Array.from({ length: m * n }, (_, x) => out?.[x] ?? 0);
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++)
      for (let j = 0; j < n; j++) {
        c[i * n + j] = Math.fround(c[i * n + j]! + Math.fround(a[i * k + p]! * b[p * n + j]!));
      }
  return c;
}

/** Sizes of every path: direct and packed, one block of terms and several, one block of rows and several. */
const SIZES: readonly (readonly [number, number, number])[] = [
  [16, 17, 9],
  [20, 40, 63],
  [37, 20, 500],
  [64, 64, 65],
  [70, 70, 130],
  [130, 66, 850],
  [300, 90, 100],
  [33, 700, 40],
];

describe.each(builds.map((kernels) => ({ name: kernels.name, kernels })))("bits of products, $name build", ({ kernels }) => {
  const forms = (m: number, n: number, k: number) => {
    const a = noise(m * k, 3),
      b = noise(k * n, 4);
    return {
      a,
      b,
      of: { [Op.MATMUL_NN]: { a, b }, [Op.MATMUL_TN]: { a: transposed(a, m, k), b }, [Op.MATMUL_NT]: { a, b: transposed(b, k, n) } },
    };
  };

  const packed = (m: number, n: number) => !usesDots(kernels, m, n);

  it("NN, TN and packed NT give the same bits, whatever is packed or blocked", () => {
    expect(SIZES.filter(([m, n]) => packed(m, n)).length).toBeGreaterThanOrEqual(2);
    for (const [m, n, k] of SIZES)
      for (const beta of [0, 1] as const) {
        const { of } = forms(m, n, k);
        const [nn, tn, nt] = FORMS.map((form) => multiply(kernels, { form, m, n, k, beta, bias: true, ...of[form] }).out) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        expect(bits(tn), `TN ${m} ${n} ${k}`).toBe(bits(nn));
        if (packed(m, n)) expect(bits(nt), `NT ${m} ${n} ${k}`).toBe(bits(nn));
      }
  });

  it.runIf(kernels.name === "simd")("a sum is taken in order, from out where beta is 1: exactly the loop's bits", () => {
    for (const [m, n, k] of SIZES) {
      const { a, b, of } = forms(m, n, k),
        out = noise(m * n, 9);
      for (const form of FORMS) {
        if (form === Op.MATMUL_NT && !packed(m, n)) continue;
        expect(bits(multiply(kernels, { form, m, n, k, ...of[form] }).out), `${Op[form]} ${m} ${n} ${k}`).toBe(
          bits(sequential(a, b, m, n, k)),
        );
        expect(bits(multiply(kernels, { form, m, n, k, beta: 1, out, ...of[form] }).out)).toBe(bits(sequential(a, b, m, n, k, out)));
      }
    }
  });

  it.each(FORMS.map((form) => ({ form, title: Op[form] })))(
    "$title: equal rows of A and columns of B give equal bits at every place",
    ({ form }) => {
      for (const [m, n, k] of [
        [7, 7, 5],
        [15, 30, 66],
        [45, 15, 130],
        [70, 45, 401],
        [1, 77, 67],
        [77, 1, 67],
      ] as const) {
        const row = noise(k, 6),
          column = noise(k, 7);
        const a = Float32Array.from({ length: m * k }, (_, x) => row[form === Op.MATMUL_TN ? Math.floor(x / m) : x % k]!);
        const b = Float32Array.from({ length: n * k }, (_, x) => column[form === Op.MATMUL_NT ? x % k : Math.floor(x / n)]!);
        expect(new Set(multiply(kernels, { form, m, n, k, a, b }).out).size, `${m} ${n} ${k}`).toBe(1);
      }
    },
  );

  it.each(FORMS.map((form) => ({ form, title: Op[form] })))(
    "$title: tiles in reverse order and skewed addresses change no bit",
    ({ form }) => {
      for (const [m, n, k] of [
        [130, 257, 100],
        [300, 40, 90],
        [257, 100, 500],
        [32, 128, 784],
        [1, 1500, 300],
        [1500, 1, 300],
      ] as const) {
        const plain = bits(multiply(kernels, { form, m, n, k, bias: true }).out);
        for (const [skew, reversed] of [
          [4, true],
          [20, "again"],
        ] as const)
          expect(bits(multiply(kernels, { form, m, n, k, bias: true, reversed, skew }).out), `${m} ${n} ${k}`).toBe(plain);
      }
    },
  );

  it("layer-sized products have tiles for four threads, tiny ones a single tile", () => {
    const tiles = (form: Op, m: number, n: number, k: number) => {
      kernels.reset();
      const [at] = kernels.encode(form, [0, 0, 0, 0, 0, m, n, k, 0, 0]);
      return new Int32Array(kernels.memory.buffer, at)[2]!;
    };
    for (const form of FORMS) {
      expect(tiles(form, 128, 512, 784)).toBeGreaterThanOrEqual(4);
      expect(tiles(form, 32, 128, 784)).toBeGreaterThanOrEqual(2);
      expect(tiles(form, 10000, 10, 784)).toBeGreaterThanOrEqual(4);
      expect(tiles(form, 16, 16, 16)).toBe(1);
    }
  });

  it("scratch grows with the lanes, one equal part each, and is no more for one alone", () => {
    for (const form of FORMS)
      for (const [m, n, k] of SIZES) {
        const [alone, two, three] = [1, 2, 3].map((lanes) => kernels.exports.matmul_scratch(form, m, n, k, lanes)) as [
          number,
          number,
          number,
        ];
        expect(two % 128).toBe(0);
        expect(three).toBe(1.5 * two);
        expect(alone % 64).toBe(0);
        expect(alone).toBeLessThanOrEqual(two / 2);
      }
  });
});
