import { afterEach, describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { builds, type Kernels } from "./harness";
import { philox } from "./philox";

interface Generator {
  readonly key?: readonly [number, number];
  readonly step?: number;
  readonly firstRow?: number;
  readonly stream?: number;
}
const ones = 0xffffffff;

describe("the reference", () => {
  // Random123, kat_vectors
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones],
      [ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("gives the published answer for counter %j", (counter, key, answer) => {
    expect(philox(counter, key)).toEqual(answer);
  });
});

function generate(k: Kernels, op: Op, rows: number, cols: number, g: Generator, parameters: number[] = [], reversed = false) {
  const [key0, key1] = g.key ?? [1, 2];
  const generator = k.i32([key0, key1, g.step ?? 0, g.firstRow ?? 0].map((v) => v | 0));
  const out = k.f32(rows * cols + 1);
  out.view.fill(-77);
  k.exec(op, [out, rows, cols, generator.at, (g.stream ?? 0) | 0, ...parameters], reversed);
  expect(out.view[rows * cols]).toBe(-77);
  return out.view.subarray(0, rows * cols);
}
const bits = (...args: Parameters<typeof generate>) => {
  const view = generate(...args);
  return new Uint32Array(view.buffer, view.byteOffset, view.length);
};

/** Largest distance between the empirical distribution function and `cdf`. */
function kolmogorovSmirnov(sample: Float32Array, cdf: (x: number) => number): number {
  const sorted = sample.slice().sort();
  const n = sorted.length;
  return sorted.reduce((d, x, i) => Math.max(d, cdf(x) - i / n, (i + 1) / n - cdf(x)), 0);
}
function correlation(a: ArrayLike<number>, b: ArrayLike<number>, n: number): number {
  const mean = (v: ArrayLike<number>) => Array.from({ length: n }, (_, i) => v[i]!).reduce((s, x) => s + x, 0) / n;
  const ma = mean(a),
    mb = mean(b);
  let ab = 0,
    aa = 0,
    bb = 0;
  for (let i = 0; i < n; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
/** Distribution function of the standard normal (Zelen and Severo, error below 7.5e-8). */
function phi(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());
  const N = 200_000;
  const moment = (v: Float32Array, f: (x: number) => number) => v.reduce((s, x) => s + f(x), 0) / v.length;

  it("random_bits of counter 0, key 0 are the published answer", () => {
    expect(Array.from(bits(k, Op.RANDOM_BITS, 1, 4, { key: [0, 0] }))).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });

  it("random_bits equal the reference in every row and column, also for words with the top bit set", () => {
    for (const [rows, cols] of [
      [1, 1],
      [3, 1],
      [9, 2],
      [5, 3],
      [7, 5],
      [4, 8],
      [3, 9],
      [2, 15],
      [2, 16],
      [3, 17],
      [2, 100],
      [1, 4099],
      [2, 4097],
    ] as const) {
      for (const g of [
        {},
        { key: [0xa4093822, 0x299f31d0], step: 0x13198a2e, firstRow: 0x85a308d3, stream: 0x03707344 },
        { key: [ones, ones], step: ones, firstRow: ones - 1, stream: ones },
      ] as Generator[]) {
        const expected = new Uint32Array(rows * cols);
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < cols; c += 4) {
            const four = philox([c / 4, ((g.firstRow ?? 0) + r) >>> 0, g.step ?? 0, g.stream ?? 0], g.key ?? [1, 2]);
            for (let j = 0; j < 4 && c + j < cols; j++) expected[r * cols + c + j] = four[j]!;
          }
        for (const reversed of [false, true])
          expect(firstDifference(bits(k, Op.RANDOM_BITS, rows, cols, g, [], reversed), expected)).toBe(-1);
      }
      k.reset();
    }
  });

  const distributions: [string, Op, number[]][] = [
    ["random_bits", Op.RANDOM_BITS, []],
    ["random_uniform", Op.RANDOM_UNIFORM, [-1, 3]],
    ["random_normal", Op.RANDOM_NORMAL, [2, 0.5]],
    ["random_mask", Op.RANDOM_MASK, [0.3]],
  ];
  it.each(distributions)("%s: number (r, c) has the same bits in every box that holds it", (_, op, parameters) => {
    const [R, C] = [37, 131];
    const whole = bits(k, op, R, C, { step: 5, firstRow: 100 }, parameters);
    for (const [first, rows, cols] of [
      [0, 37, 1],
      [3, 11, 5],
      [36, 1, 131],
      [10, 20, 16],
      [1, 30, 64],
      [0, 5, 67],
    ] as const) {
      for (const reversed of [false, true]) {
        const box = bits(k, op, rows, cols, { step: 5, firstRow: 100 + first }, parameters, reversed);
        expect(box).toEqual(Uint32Array.from({ length: rows * cols }, (_, i) => whole[(first + Math.floor(i / cols)) * C + (i % cols)]!));
      }
    }
    const wide = bits(k, op, 2, 9001, { step: 5, firstRow: 100 }, parameters, true);
    expect(wide.subarray(0, C)).toEqual(whole.subarray(0, C));
    expect(wide.subarray(9001, 9001 + C)).toEqual(whole.subarray(C, 2 * C));
  });

  it("random_uniform is fround(low + fround(u * (high - low))), u the upper 24 bits", () => {
    const raw = bits(k, Op.RANDOM_BITS, 13, 77, {});
    const [low, width] = [Math.fround(-0.3), Math.fround(Math.fround(0.7) - Math.fround(-0.3))];
    const expected = Float32Array.from(raw, (u) => low + Math.fround((u >>> 8) * 2 ** -24 * width));
    expect(generate(k, Op.RANDOM_UNIFORM, 13, 77, {}, [-0.3, 0.7])).toEqual(expected);
  });

  it("random_mask is 0 where the bits are below p * 2^32 and 1 / (1 - p) elsewhere; p = 0 keeps all, p = 1 none", () => {
    const raw = bits(k, Op.RANDOM_BITS, 13, 77, {});
    for (const p of [0, 0.1, 0.5, 0.75, 1]) {
      const f = Math.fround(p);
      const expected = Float32Array.from(raw, (u) => (u < Math.floor(f * 2 ** 32) ? 0 : 1 / (1 - f)));
      expect(generate(k, Op.RANDOM_MASK, 13, 77, {}, [p])).toEqual(expected);
    }
    expect(Array.from(generate(k, Op.RANDOM_MASK, 1, 5, {}, [1]))).toEqual([0, 0, 0, 0, 0]);
  });

  it("random_normal follows Box and Muller in double precision to 2e-6 absolute (|z| < 6.8)", () => {
    const raw = bits(k, Op.RANDOM_BITS, 64, 1024, {});
    const z = generate(k, Op.RANDOM_NORMAL, 64, 1024, {}, [0, 1]);
    let worst = 0;
    for (let i = 0; i < raw.length; i += 2) {
      const r = Math.sqrt(-2 * Math.log(Math.max(Math.fround(raw[i]!) * 2 ** -32, 2 ** -33)));
      const angle = 2 * Math.PI * (raw[i + 1]! >>> 8) * 2 ** -24;
      worst = Math.max(worst, Math.abs(z[i]! - r * Math.cos(angle)), Math.abs(z[i + 1]! - r * Math.sin(angle)));
    }
    expect(worst).toBeLessThan(2e-6);
  });

  // 200,000 samples. Moments and correlations: bounds of 4.4 standard errors or more. Kolmogorov-Smirnov: 1.95 / sqrt(n) is the 0.1 % point.
  // The seed is fixed, so they pass always or never.
  it("random_uniform: moments, Kolmogorov-Smirnov distance below 1.95 / sqrt(n), autocorrelation below 0.01", () => {
    const v = generate(k, Op.RANDOM_UNIFORM, 200, N / 200, { key: [3, 4] }, [0, 1]);
    expect(v.every((x) => x >= 0 && x < 1)).toBe(true);
    for (const p of [1, 2, 3, 4]) expect(Math.abs(moment(v, (x) => x ** p) - 1 / (p + 1))).toBeLessThan(0.003);
    expect(kolmogorovSmirnov(v, (x) => x)).toBeLessThan(1.95 / Math.sqrt(N));
    for (const lag of [1, 2, 3, 4, 5, 8, 16, N / 200]) expect(Math.abs(correlation(v, v.subarray(lag), N - lag))).toBeLessThan(0.01);
  });

  it("random_normal: moments, Kolmogorov-Smirnov distance below 1.95 / sqrt(n), autocorrelation below 0.01", () => {
    const v = generate(k, Op.RANDOM_NORMAL, 200, N / 200, { key: [5, 6] }, [0, 1]);
    for (const [p, expected, bound] of [
      [1, 0, 0.01],
      [2, 1, 0.015],
      [3, 0, 0.04],
      [4, 3, 0.1],
    ] as const) {
      expect(Math.abs(moment(v, (x) => x ** p) - expected)).toBeLessThan(bound);
    }
    expect(kolmogorovSmirnov(v, phi)).toBeLessThan(1.95 / Math.sqrt(N));
    for (const lag of [1, 2, 3, 4, 5, 8, 16, N / 200]) expect(Math.abs(correlation(v, v.subarray(lag), N - lag))).toBeLessThan(0.01);
    const squares = v.map((x) => x * x);
    expect(Math.abs(correlation(squares, squares.subarray(1), N - 1))).toBeLessThan(0.01);
  });

  it("random_mask: the share dropped is p within 0.005, the mean 1 within 0.01 (p = 0.8: 0.02)", () => {
    for (const p of [0.1, 0.5, 0.8]) {
      const v = generate(k, Op.RANDOM_MASK, 200, N / 200, { key: [7, 8] }, [p]);
      expect(Math.abs(v.filter((x) => x === 0).length / N - p)).toBeLessThan(0.005);
      expect(Math.abs(moment(v, (x) => x) - 1)).toBeLessThan(p === 0.8 ? 0.02 : 0.01);
    }
  });

  it("keys, steps, streams and rows give unrelated numbers: correlation below 0.015", () => {
    const base = generate(k, Op.RANDOM_UNIFORM, 200, 500, {}, [0, 1]);
    for (const g of [{ key: [2, 2] }, { key: [1, 3] }, { step: 1 }, { stream: 1 }, { firstRow: 200 }] as Generator[]) {
      const other = generate(k, Op.RANDOM_UNIFORM, 200, 500, g, [0, 1]);
      expect(Math.abs(correlation(base, other, base.length))).toBeLessThan(0.015);
      expect(base.filter((x, i) => x === other[i]).length).toBeLessThan(5);
    }
  });
});
