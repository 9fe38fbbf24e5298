import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op } from "../../assembly/opcodes";
import { type Activation, SMOOTH } from "./activations.reference";
import { firstDifference } from "./compare";
import { beyond, EPS, inexact, outputs, SIZES, SPECIAL } from "./elementwise.support";
import { builds, type Kernels, noise } from "./harness";

const SLOPE = Math.fround(0.1);
const leaky: Activation = {
  name: "leaky_relu",
  op: Op.LEAKY_RELU,
  gradient: Op.LEAKY_RELU_GRAD,
  a: SLOPE,
  b: 0,
  f: (x) => (x > 0 ? x : SLOPE * x),
  slope: (x) => (x > 0 ? 1 : SLOPE),
};
const hardtanh: Activation = {
  name: "hardtanh",
  op: Op.HARDTANH,
  gradient: Op.HARDTANH_GRAD,
  a: -0.5,
  b: 2,
  f: (x) => Math.max(-0.5, Math.min(2, x)),
  slope: (x) => (x > -0.5 && x < 2 ? 1 : 0),
};

/** Of every sign and magnitude up to 1e4, and 200,000 evenly in [-20, 20]. */
const DENSE: readonly number[] = (() => {
  const list: number[] = [];
  const word = new Int32Array(1);
  const float = new Float32Array(word.buffer);
  for (let bits = 0; bits < 0x461c4000; bits += 5003) {
    word[0] = bits;
    list.push(float[0]!, -float[0]!);
  }
  for (let i = 0; i < 200000; i++) list.push((i / 100000 - 1) * 20);
  return list;
})();

const run = (k: Kernels, s: Activation, x: readonly number[]) =>
  Array.from(outputs(k, s.op, x.length, (to) => [to, k.f32(x), x.length, s.a, s.b]));
const slopes = (k: Kernels, s: Activation, x: readonly number[]) =>
  Array.from(outputs(k, s.gradient, x.length, (to) => [to, k.f32(x.map(() => 1)), k.f32(x), x.length, s.a, s.b]));

/** Units of 2^-24 of the result. The exponent of the tanh form is rounded at its own size, up to 87. */
const BOUNDS: Record<string, number> = { gelu: 8, "gelu (tanh)": 250, silu: 4.5, mish: 5 };

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it.each(SMOOTH.map((s) => ({ ...s, bound: BOUNDS[s.name] ?? 2.5 })))(
    "$name: at most $bound 2^-24 of the result at 600,000 floats in [-1e4, 1e4], where it is above 1e-35",
    (s) => {
      const x = k.f32(DENSE);
      const y = k.f32(DENSE.length);
      k.exec(s.op, [y, x, DENSE.length, s.a, s.b]);
      const failure = beyond(
        y.view,
        (i) => s.f(x.view[i]!),
        (_, want) => Math.max(s.bound * EPS * Math.abs(want), 1e-35),
      );
      expect(failure).toBe("");
    },
  );

  it.each(SMOOTH)("$name: derivative at most 5 2^-24 from the exact one at 600,000 floats in [-1e4, 1e4]", (s) => {
    const x = k.f32(DENSE);
    const dx = k.f32(DENSE.length);
    k.exec(s.gradient, [dx, k.f32(new Float32Array(DENSE.length).fill(1)), x, DENSE.length, s.a, s.b]);
    const failure = beyond(
      dx.view,
      (i) => s.slope(x.view[i]!),
      () => 5 * EPS,
    );
    expect(failure).toBe("");
  });

  it.each(SMOOTH)("$name: limits at the infinities, NaN stays", (s) => {
    const ends = [Infinity, -Infinity, 1e30, -1e30];
    const far = s.f(1e300) === 0 ? [0, -Infinity, 0, -1e30] : [Infinity, s.f(-1e3), 1e30, s.f(-1e3)];
    const expected = s.name === "selu" ? [Infinity, s.f(-1e3), Math.fround(s.b * Math.fround(1e30)), s.f(-1e3)] : far;
    expect(run(k, s, ends).map((v) => v + 0)).toEqual(expected.map((v) => Math.fround(v) + 0));
    expect(slopes(k, s, ends).map((v) => v + 0)).toEqual([1e3, -1e3, 1e3, -1e3].map((v) => Math.fround(s.slope(v)) + 0));
    expect([...run(k, s, [NaN]), ...slopes(k, s, [NaN])]).toEqual([NaN, NaN]);
    const nan = outputs(k, s.gradient, 1, (to) => [to, k.f32([NaN]), k.f32([0.5]), 1, s.a, s.b]);
    expect(nan[0]).toBe(NaN);
  });

  it.each([leaky, hardtanh])("$name: exact, derivative too, infinities and NaN too", (s) => {
    const x = [...noise(50).map((v) => 4 * v), s.a, s.b, ...SPECIAL];
    expect(inexact(run(k, s, x), (i) => s.f(Math.fround(x[i]!)))).toBe("");
    const want = (v: number) => (Number.isNaN(v) ? NaN : s.slope(v));
    expect(inexact(slopes(k, s, x), (i) => want(Math.fround(x[i]!)))).toBe("");
  });

  it("step: 1 above 0, 0 at 0 and below, NaN stays", () => {
    const x = [1, 1e-42, 0, -0, -1e-42, -1, Infinity, -Infinity, NaN];
    const y = outputs(k, Op.STEP, x.length, (to) => [to, k.f32(x), x.length, 0, 0]);
    expect(Array.from(y)).toEqual([1, 1, 0, 0, 0, 0, 1, 0, NaN]);
  });

  it("prelu: a where it is above 0, else a b; its slope 1 or b; NaN stays", () => {
    const x = [...noise(30), ...SPECIAL];
    const n = x.length;
    const [a, b] = [k.f32(x), k.f32(noise(n, 3))];
    const flat = [n, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1];
    const y = outputs(k, Op.PRELU, n, (to) => [to, a, b, ...flat]);
    expect(inexact(y, (i) => (a.view[i]! > 0 ? a.view[i]! : a.view[i]! * b.view[i]!))).toBe("");
    const slope = outputs(k, Op.PRELU_SLOPE, n, (to) => [to, a, b, ...flat]);
    const want = (v: number, w: number) => (Number.isNaN(v) ? NaN : v > 0 ? 1 : w);
    expect(inexact(slope, (i) => want(a.view[i]!, b.view[i]!))).toBe("");
  });

  it.each([...SMOOTH, leaky, hardtanh])("$name: the same bits at every position and tail, misaligned, in place", (s) => {
    for (const n of SIZES) {
      const list = Array.from({ length: n }, (_, i) => Math.fround(((i * 37) % 101) / 9 - 6));
      const [x, dy] = [k.f32(list, 4), k.f32(list.map((v) => v / 3 + 1))];
      const alone = (op: Op, i: number, gradient: boolean) =>
        outputs(k, op, 1, (to) => [to, ...(gradient ? [k.f32([dy.view[i]!])] : []), k.f32([list[i]!]), 1, s.a, s.b])[0]!;
      const y = outputs(k, s.op, n, (to) => [to, x, n, s.a, s.b], 8);
      const dx = outputs(k, s.gradient, n, (to) => [to, dy, x, n, s.a, s.b], 4);
      for (const i of new Set([0, n >> 1, n - 1])) expect([y[i], dx[i]]).toEqual([alone(s.op, i, false), alone(s.gradient, i, true)]);
      const twin = k.f32(list, 4);
      k.exec(s.gradient, [twin, dy, twin, n, s.a, s.b]);
      expect(firstDifference(twin.view, dx)).toBe(-1);
      k.exec(s.gradient, [dy, dy, x, n, s.a, s.b]);
      expect(firstDifference(dy.view, dx)).toBe(-1);
      k.exec(s.op, [x, x, n, s.a, s.b]);
      expect(firstDifference(x.view, y)).toBe(-1);
      k.reset();
    }
  });

  it("CHUNK items a tile", () => {
    const tiles = (op: Op, ...operands: number[]) => k.exports.tiles(k.encode(op, [...operands, 0, 0])[0]);
    for (const s of [...SMOOTH, leaky, hardtanh])
      expect([tiles(s.op, 0, 0, CHUNK), tiles(s.op, 0, 0, CHUNK + 1), tiles(s.gradient, 0, 0, 0, CHUNK + 1)]).toEqual([1, 2, 2]);
    expect(tiles(Op.STEP, 0, 0, CHUNK + 1)).toBe(2);
  });
});
