import { afterEach, describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { builds, type Kernels, ulps } from "./harness";

/** Every STRIDE-th of all bit patterns: 4.2 million floats of every sign and exponent, and some 16,000 NaNs with payloads. */
const STRIDE = 1021;
const COUNT = Math.floor(2 ** 32 / STRIDE);
const SMALLEST = 2 ** -126;

interface Elementary {
  readonly op: Op;
  readonly bound: number;
  readonly exact: (x: number) => number;
  /** Where results below the smallest normal are flushed to zero. */
  readonly flush?: (x: number) => boolean;
}
const functions: Record<string, Elementary> = {
  exp: { op: Op.EXP, bound: 1.1, exact: Math.exp, flush: (x) => x < -87.3365 },
  log: { op: Op.LOG, bound: 1, exact: Math.log },
  sigmoid: { op: Op.SIGMOID, bound: 1.9, exact: (x) => 1 / (1 + Math.exp(-x)), flush: (x) => x < -87.3365 },
  tanh: { op: Op.TANH, bound: 1.6, exact: Math.tanh },
};

const cases = Object.entries(functions).map(([name, f]) => ({ name, ...f }));

/** The largest error in ulp over the inputs, and where. NaN against a number counts as infinite. */
function worst(f: Elementary, x: Float32Array, y: Float32Array): { error: number; at: number } {
  let error = 0;
  let at = 0;
  for (let k = 0; k < x.length; k++) {
    const want = f.exact(x[k]!);
    const got = y[k]!;
    // half an ulp is at most this; most items end here
    if (Math.abs(got - want) <= Math.abs(want) * 2 ** -25) continue;
    if (got === 0 && f.flush?.(x[k]!) && want < SMALLEST) continue;
    const e = ulps(got, want);
    if (e > error) {
      error = e;
      at = x[k]!;
    }
  }
  return { error, at };
}

function values(k: Kernels, op: Op, x: readonly number[]): number[] {
  const out = k.f32(x.length);
  k.exec(op, [out, k.f32(x), x.length]);
  return Array.from(out.view);
}

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it.each(cases)("$name: at most $bound ulp at 4.2 million floats over the whole range", (f) => {
    const x = k.i32(COUNT);
    for (let i = 0; i < COUNT; i++) x.view[i] = i * STRIDE;
    const y = k.f32(COUNT);
    k.exec(f.op, [y, x, COUNT]);
    const { error, at } = worst(f, new Float32Array(k.memory.buffer, x.at, COUNT), y.view);
    expect(error, `at ${at}`).toBeLessThanOrEqual(f.bound);
    expect(error).toBeGreaterThan(0.5); // the measure works
  });

  it.each(cases)("$name: at most $bound ulp at 1 million floats where it bends, [-20, 20] and near 1", (f) => {
    const n = 1 << 20;
    const x = k.f32(Float32Array.from({ length: n }, (_, i) => (i % 2 ? (i / n - 0.5) * 40 : 0.5 + (1.5 * i) / n)));
    if (f.op === Op.LOG) for (let i = 0; i < n; i++) x.view[i] = Math.abs(x.view[i]!);
    const y = k.f32(n);
    k.exec(f.op, [y, x, n]);
    const { error, at } = worst(f, x.view, y.view);
    expect(error, `at ${at}`).toBeLessThanOrEqual(f.bound);
  });

  it("exp: limits exact; infinite from 88.7228394 on; what would be denormal is 0", () => {
    expect(values(k, Op.EXP, [-Infinity, Infinity, NaN, 0, -0, 89, 1e30, -88, -1e30, 1e-42])).toEqual([
      0,
      Infinity,
      NaN,
      1,
      1,
      Infinity,
      Infinity,
      0,
      0,
      1,
    ]);
    const [below, above, normal, flushed] = values(k, Op.EXP, [88.72283172607422, 88.7228393555, -87.33654022216797, -87.33655]) as [
      number,
      number,
      number,
      number,
    ];
    expect(ulps(below, Math.exp(88.72283172607422))).toBeLessThanOrEqual(2);
    expect(above).toBe(Infinity);
    expect(ulps(normal, Math.exp(-87.33654022216797))).toBeLessThanOrEqual(2);
    expect(flushed).toBe(0);
  });

  it("log: 0 gives -Infinity, negative NaN; 1 gives 0; denormals within 2 ulp", () => {
    expect(values(k, Op.LOG, [0, -0, -1, -1e-42, -Infinity, Infinity, NaN, 1])).toEqual([
      -Infinity,
      -Infinity,
      NaN,
      NaN,
      NaN,
      Infinity,
      NaN,
      0,
    ]);
    const tiny = Array.from({ length: 23 }, (_, i) => 2 ** (-149 + i) * (i < 2 ? 1 : 1.25));
    for (const [i, y] of values(k, Op.LOG, tiny).entries()) expect(ulps(y, Math.log(tiny[i]!))).toBeLessThanOrEqual(2);
  });

  it("sigmoid: 1/2 at 0, limits 0 and 1, NaN stays; sigmoid(-x) + sigmoid(x) = 1 within 2 ulp", () => {
    expect(values(k, Op.SIGMOID, [0, -0, Infinity, -Infinity, NaN, 30, 1e30, -104, -1e30, 1e-42])).toEqual([
      0.5,
      0.5,
      1,
      0,
      NaN,
      1,
      1,
      0,
      0,
      0.5,
    ]);
    const x = Array.from({ length: 200 }, (_, i) => i / 11);
    const y = values(k, Op.SIGMOID, [...x, ...x.map((v) => -v)]);
    for (let i = 0; i < 200; i++) expect(ulps(y[i]! + y[200 + i]!, 1)).toBeLessThanOrEqual(2);
  });

  it("tanh: odd to the bit, -0 stays, limits -1 and 1, NaN stays, denormals as they are", () => {
    expect(values(k, Op.TANH, [0, -0, Infinity, -Infinity, NaN, 20, -1e30, 1e-42, -1e-42].map(Math.fround))).toEqual(
      [0, -0, 1, -1, NaN, 1, -1, 1e-42, -1e-42].map(Math.fround),
    );
    const x = Array.from({ length: 4000 }, (_, i) => 1.01 ** (i - 3500));
    const y = values(k, Op.TANH, [...x, ...x.map((v) => -v)]);
    for (let i = 0; i < x.length; i++) expect(y[x.length + i]).toBe(-y[i]!);
  });
});
