import { afterEach, describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { type Block, builds, type Kernels, noise } from "./harness";

const groups = [
  [1],
  [3],
  [4],
  [5],
  [7],
  [8],
  [9],
  [8, 4, 4, 1],
  [1, 1, 1, 2, 3, 101],
  [16384],
  [16385, 3],
  [5, 40_009, 1, 16_384, 7],
  [1, 16_000, 500, 33_000],
];
const SMALLEST_NORMAL = 2 ** -126;

interface Parameter {
  readonly p: Block;
  readonly g: Block;
  readonly s: readonly Block[];
}

/** Parameters with `states` state blocks each; a guard word stands after every block that is written. */
function parameters(k: Kernels, sizes: readonly number[], states: number, skew: number): Parameter[] {
  return sizes.map((n, j) => ({
    p: k.f32([...noise(n, 10 + j), 77], skew),
    g: k.f32(noise(n, 20 + j), skew),
    s: Array.from({ length: states }, (_, q) => k.f32([...noise(n, 30 + j + q).map(Math.abs), 77], (skew + 4 * q) % 16)),
  }));
}
const instruction = (hyper: Block, flags: number, all: readonly Parameter[], states: number) => [
  hyper.at,
  flags,
  ...all.flatMap(({ p, g, s }) => [p.at, g.at, ...Array.from({ length: states }, (_, q) => s[q]?.at ?? 0), g.view.length]),
];

/** |actual - expected| in units of 2^-24 times the largest of the terms that were added. */
const error = (actual: number, expected: number, a: number, b: number, least = SMALLEST_NORMAL) =>
  Math.abs(actual - expected) / (2 ** -24 * Math.max(Math.abs(a), Math.abs(b), least));

const sgdHypers = {
  plain: [0.1, 0, 1, 0, 0],
  decay: [0.05, 0.9, 1, 0.01, 0.9],
  dampening: [0.1, 0.9, 0.9, 0.001, 0.9],
  first: [0.1, 0, 1, 0, 0.9],
};
const adamHyper = (t: number) => [
  0.01 / (1 - 0.9 ** t),
  Math.sqrt(1 - 0.999 ** t),
  1e-8,
  0.9,
  1 - 0.9,
  0.999,
  1 - 0.999,
  0.02,
  1 - 0.01 * 0.02,
];

function sgdReference(h: readonly number[], flags: number, p: number, g: number, buffer: number): [number, number, number] {
  const [lr, momentum, damp, decay, ahead] = h.map(Math.fround) as [number, number, number, number, number];
  const gradient = g + decay * p;
  if (!(flags & 1)) return [p - lr * gradient, buffer, lr * gradient];
  const b = momentum * buffer + damp * gradient;
  const step = flags & 2 ? gradient + ahead * b : b;
  return [p - lr * step, b, lr * step];
}

function adamReference(h: readonly number[], flags: number, p: number, g: number, m: number, v: number): number[] {
  const [size, root, eps, beta1, gamma1, beta2, gamma2, decay, shrink] = h.map(Math.fround) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const gradient = flags & 2 ? g + decay * p : g;
  const first = beta1 * m + gamma1 * gradient,
    second = beta2 * v + gamma2 * gradient * gradient;
  const step = (size * first) / (Math.sqrt(second) / root + eps);
  return [(flags & 1 ? p * shrink : p) - step, first, second, step];
}

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  // The buffer: at most 4.8 by counting a rounding for each operation, the last of a sum of up to 1.9 times the larger term. p: not derived;
  // 3.2 was the most seen on these data.
  it.each([
    [0, "plain", 4],
    [0, "decay", 4],
    [1, "decay", 5],
    [1, "dampening", 5],
    [3, "decay", 5],
    [3, "first", 5],
  ] as const)(
    "sgd, flags %i, %s: p within %i x 2^-24 of the largest of p, step and 0.1, buffer of the larger of buffer and gradient; no write past a record",
    (flags, name, bound) => {
      const h = sgdHypers[name];
      for (const sizes of groups)
        for (const skew of [0, 4]) {
          const hyper = k.f32(h);
          const all = parameters(k, sizes, flags ? 1 : 0, skew);
          const before = all.map(({ p, s }) => ({ p: p.view.slice(), b: s[0]?.view.slice() }));
          k.exec(Op.SGD, instruction(hyper, flags, all, 1), skew > 0);
          let worst = 0;
          all.forEach(({ p, g, s }, j) => {
            g.view.forEach((gradient, e) => {
              const [expected, buffer, step] = sgdReference(h, flags, before[j]!.p[e]!, gradient, before[j]!.b?.[e] ?? NaN);
              worst = Math.max(worst, error(p.view[e]!, expected, before[j]!.p[e]!, step, 0.1));
              if (flags) worst = Math.max(worst, error(s[0]!.view[e]!, buffer, before[j]!.b![e]!, gradient));
            });
            for (const block of [p, ...s]) expect(block.view.at(-1)).toBe(77);
          });
          expect(worst).toBeLessThanOrEqual(bound);
          k.reset();
        }
    },
  );

  it.each([
    [0, 1],
    [0, 100],
    [1, 1],
    [1, 3],
    [2, 1],
    [2, 7],
    [3, 2],
  ])(
    "adam, flags %i, step %i: p within 3 x 2^-24 of the larger of p and 2 step, m of m and gradient, v of v (on these data); no write past a record",
    (flags, t) => {
      const h = adamHyper(t);
      for (const sizes of groups)
        for (const skew of [0, 4]) {
          const hyper = k.f32(h);
          const all = parameters(k, sizes, 2, skew);
          const before = all.map(({ p, s }) => [p, ...s].map((b) => b.view.slice()));
          k.exec(Op.ADAM, instruction(hyper, flags, all, 2), skew > 0);
          let worst = 0;
          all.forEach(({ p, g, s }, j) => {
            const [p0, m0, v0] = before[j] as [Float32Array, Float32Array, Float32Array];
            g.view.forEach((gradient, e) => {
              const [value, m, v, step] = adamReference(h, flags, p0[e]!, gradient, m0[e]!, v0[e]!) as [number, number, number, number];
              worst = Math.max(
                worst,
                error(p.view[e]!, value, p0[e]!, 2 * step),
                error(s[0]!.view[e]!, m, m0[e]!, gradient),
                error(s[1]!.view[e]!, v, v0[e]!, v),
              );
            });
            for (const block of [p, ...s]) expect(block.view.at(-1)).toBe(77);
          });
          expect(worst).toBeLessThanOrEqual(3);
          k.reset();
        }
    },
  );

  it("a parameter's bits do not depend on the tile order, its alignment or the records beside it", () => {
    for (const [op, states, flags] of [
      [Op.SGD, 1, 3],
      [Op.ADAM, 2, 1],
      [Op.ADAM, 2, 2],
    ] as const) {
      const hyper = k.f32(op === Op.SGD ? sgdHypers.decay : adamHyper(3));
      const run = (sizes: number[], skew: number, reversed: boolean) => {
        const all = parameters(k, sizes, states, skew);
        const last = all.at(-1)!;
        [last.p, last.g, ...last.s].forEach((b, q) => b.view.set(noise(20_011, 50 + q).map(q > 1 ? Math.abs : (v) => v)));
        k.exec(op, instruction(hyper, flags, all, states), reversed);
        return [last.p, ...last.s].map((b) => b.view.slice());
      };
      const alone = run([20_011], 0, false);
      for (const other of [run([20_011], 0, true), run([3, 17_000, 1, 20_011], 12, false), run([9, 20_011], 4, true)]) {
        expect(alone.map((v, q) => firstDifference(v, other[q]!))).toEqual(alone.map(() => -1));
      }
    }
  });

  it("without momentum sgd takes 0 for the buffer and does not touch it", () => {
    const low = new Float32Array(k.memory.buffer, 0, 64);
    const saved = low.slice();
    const p = k.f32(noise(37)),
      g = k.f32(noise(37, 2));
    k.exec(Op.SGD, [k.f32(sgdHypers.plain).at, 0, p, g, 0, 37]);
    expect(firstDifference(low.slice(), saved)).toBe(-1);
    expect(Number.isFinite(p.view[36]!)).toBe(true);
  });

  it("on the first step (momentum 0, factor 1) the buffer is the gradient, exactly", () => {
    const p = k.f32(noise(9)),
      g = k.f32(noise(9, 2)),
      b = k.f32(new Float32Array(9));
    k.exec(Op.SGD, [k.f32(sgdHypers.first).at, 1, p, g, b, 9]);
    expect(b.view).toEqual(g.view);
  });

  it("moments below the smallest normal become 0, NaN stays NaN and infinities do what arithmetic does", () => {
    const state = [1e-38, -1e-38, 1e-39, NaN, Infinity, 1.3e-38, 1];
    const zeros = () => k.f32(new Float32Array(7));
    const [p, g, m, v] = [zeros(), zeros(), k.f32(state), k.f32(state)];
    k.exec(Op.ADAM, [k.f32(adamHyper(1)).at, 0, p, g, m, v, 7]);
    expect(Array.from(m.view.subarray(0, 6))).toEqual([0, 0, 0, NaN, Infinity, 0]);
    expect(Array.from(v.view.subarray(0, 5))).toEqual([0, 0, 0, NaN, Infinity]);
    expect(v.view[5]).toBeGreaterThan(SMALLEST_NORMAL);
    expect(Array.from(p.view.subarray(0, 4))).toEqual([0, 0, 0, NaN]);
    const b = k.f32(state);
    k.exec(Op.SGD, [k.f32(sgdHypers.decay).at, 1, zeros(), zeros(), b, 7]);
    expect(Array.from(b.view.subarray(0, 6))).toEqual([0, 0, 0, NaN, Infinity, 0]);
  });

  it("a NaN gradient makes p, m and v NaN there and nowhere else", () => {
    const g = noise(7);
    g[4] = NaN;
    const blocks = [k.f32(noise(7, 2)), k.f32(g), k.f32(new Float32Array(7)), k.f32(new Float32Array(7))];
    k.exec(Op.ADAM, [k.f32(adamHyper(1)).at, 3, ...blocks, 7]);
    for (const block of blocks) expect(Array.from(block.view, Number.isNaN)).toEqual([false, false, false, false, true, false, false]);
  });

  it("small parameters share a tile and big ones are split, by sizes alone", () => {
    const tiles = (sizes: number[]) => k.exports.tiles(k.encode(Op.ADAM, [0, 0, ...sizes.flatMap((n) => [0, 0, 0, 0, n])])[0]);
    expect([tiles([]), tiles([8, 4, 4, 1]), tiles([16384]), tiles([16384, 1]), tiles([100_352, 128, 1280, 10])]).toEqual([0, 1, 1, 2, 7]);
  });
});
