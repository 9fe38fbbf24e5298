import { afterEach, describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { type Block, builds, type Kernels, noise } from "./harness";

const groups = [[1], [3], [4], [5], [7], [8], [9], [8, 4, 4, 1], [1, 1, 1, 2, 3, 101], [16384], [16385, 3], [5, 20_009, 1, 16_384, 7]];
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
/** Operands: hyper, scale, limit, flags, and a record of six words for each parameter. */
const instruction = (hyper: Block, flags: number, all: readonly Parameter[], scale = 0, limit = Infinity) => [
  hyper.at,
  scale,
  limit,
  flags,
  ...all.flatMap(({ p, g, s }) => [p.at, g.at, s[0]?.at ?? 0, s[1]?.at ?? 0, s[2]?.at ?? 0, g.view.length]),
];

/** |actual - expected| in units of 2^-24 times the largest of the terms that were added. */
const error = (actual: number, expected: number, a: number, b: number, least = SMALLEST_NORMAL) =>
  Math.abs(actual - expected) / (2 ** -24 * Math.max(Math.abs(a), Math.abs(b), least));

type Numbers = readonly number[];
/** What becomes of one item: from the hyper row's words after sign and decay, flags, p, g and states to p, states, and the largest term that made p. */
type Reference = (h: Numbers, flags: number, p: number, g: number, s: Numbers) => { p: number; s: Numbers; term: number };

const REFERENCES: Record<string, Reference> = {
  sgd: ([lr, momentum, damp, ahead, own], flags, p, g, [buffer]) => {
    if (!(flags & 1)) return { p: p - lr! * g, s: [], term: lr! * g };
    const b = momentum! * buffer! + damp! * g;
    const step = lr! * (flags & 2 ? own! * g + ahead! * b : b);
    return { p: p - step, s: [b], term: step };
  },
  adam: ([size, scale, eps, beta1, gamma1, beta2, gamma2, shrink, own], flags, p, g, [m0, v0, most0]) => {
    const [m, v] = [beta1! * m0! + gamma1! * g, beta2! * v0! + gamma2! * g * g];
    const most = flags & 1 ? Math.max(v, most0!) : v;
    const step = (size! * m + own! * g) / (Math.sqrt(most) * scale! + eps!);
    return { p: p * shrink! - step, s: flags & 1 ? [m, v, most] : [m, v], term: step };
  },
  adamax: ([lr, eps, beta1, gamma1, beta2], _, p, g, [m0, u0]) => {
    const [m, u] = [beta1! * m0! + gamma1! * g, Math.max(beta2! * u0!, Math.abs(g) + eps!)];
    return { p: p - (lr! * m) / u, s: [m, u], term: (lr! * m) / u };
  },
  adagrad: ([lr, eps], _, p, g, [s0]) => {
    const s = s0! + g * g;
    const step = (lr! * g) / (Math.sqrt(s) + eps!);
    return { p: p - step, s: [s], term: step };
  },
  adadelta: ([lr, eps, rho, rest], _, p, g, [v0, u0]) => {
    const v = rho! * v0! + rest! * g * g;
    const d = (g * Math.sqrt(u0! + eps!)) / Math.sqrt(v + eps!);
    return { p: p - lr! * d, s: [v, rho! * u0! + rest! * d * d], term: lr! * d };
  },
  rmsprop: ([lr, eps, alpha, rest, momentum], flags, p, g, [v0, m0, b0]) => {
    const [v, m] = [alpha! * v0! + rest! * g * g, alpha! * m0! + rest! * g];
    const step = g / (Math.sqrt(flags & 2 ? v - m * m : v) + eps!);
    const b = momentum! * b0! + step;
    const move = lr! * (flags & 1 ? b : step);
    return { p: p - move, s: [v, ...(flags & 2 ? [m] : []), ...(flags & 1 ? [b] : [])], term: move };
  },
  rprop: ([minus, plus, least, most], _, p, g, [before, size0]) => {
    const turn = Math.sign(Math.fround(g * before!));
    const size = Math.min(most!, Math.max(least!, size0! * (turn < 0 ? minus! : turn > 0 ? plus! : 1)));
    const kept = turn < 0 ? 0 : g;
    return { p: p - Math.sign(kept) * size, s: [kept, size], term: size };
  },
  lion: ([lr, beta1, gamma1, beta2, gamma2, shrink], _, p, g, [m]) => {
    const sign = Math.sign(beta1! * m! + gamma1! * g);
    return { p: p * shrink! - lr! * sign, s: [beta2! * m! + gamma2! * g], term: lr! };
  },
};

const adamHyper = (t: number, own = 0) => [0.01 / (1 - 0.9 ** t), 1 / Math.sqrt(1 - 0.999 ** t), 1e-8, 0.9, 0.1, 0.999, 0.001, 0.9998, own];
/** Kernel, flags, slots of the record that hold states, hyper, bound. The bounds are not derived: a little over the most that was seen on these data. */
const CASES = [
  ["sgd", 0, [], [0.1, 0, 1, 0, 1], 4],
  ["sgd", 1, [0], [0.05, 0.9, 1, 0.9, 1], 5],
  ["sgd", 1, [0], [0.1, 0.9, 0.9, 0.9, 1], 5],
  ["sgd", 3, [0], [0.05, 0.9, 1, 0.9, 1], 5],
  ["sgd", 3, [0], [1, 0.9, 0.05, 0.9, 0.05], 5],
  ["adam", 0, [0, 1], adamHyper(1), 4],
  ["adam", 0, [0, 1], adamHyper(100), 4],
  ["adam", 0, [0, 1], adamHyper(7, 0.003), 4],
  ["adam", 1, [0, 1, 2], adamHyper(3), 4],
  ["adamax", 0, [0, 1], [0.02, 1e-8, 0.9, 0.1, 0.999], 4],
  ["adagrad", 0, [0], [0.1, 1e-10], 4],
  ["adadelta", 0, [0, 1], [1, 1e-6, 0.9, 0.1], 5],
  ["rmsprop", 0, [0], [0.01, 1e-8, 0.99, 0.01, 0], 4],
  ["rmsprop", 1, [0, 2], [0.01, 1e-8, 0.99, 0.01, 0.9], 6],
  ["rprop", 0, [0, 1], [0.5, 1.2, 0.01, 0.9], 4],
  ["lion", 0, [0], [0.01, 0.9, 0.1, 0.99, 0.01, 0.9999], 4],
] as const;
type Kind = (typeof CASES)[number][0];
const opOf = (kind: Kind) => Op[kind.toUpperCase() as "SGD"];
/** sign and weight decay before the rest. */
const row = (h: Numbers, sign = 1, decay = 0) => Float32Array.from({ length: 12 }, (_, k) => [sign, decay, ...h][k] ?? 0);

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  /** Runs one instruction over groups of all sizes and returns the largest error. */
  function worstOf(
    kind: Kind,
    flags: number,
    slots: Numbers,
    hyper: Numbers,
    first: { sign: number; decay: number; scale: number; limit: number },
  ): number {
    let worst = 0;
    for (const sizes of groups)
      for (const skew of sizes.length > 4 ? [4] : [0, 4]) {
        const words = row(hyper, first.sign, first.decay);
        const scale = first.scale === 1 ? 0 : k.f32([first.scale]).at;
        const h = [...words.subarray(2)];
        const all = parameters(k, sizes, 3, skew);
        const used = all.map(({ s }) => [0, 1, 2].map((q) => (slots.includes(q) ? s[q] : undefined)));
        const before = all.map(({ p, s }) => ({ p: p.view.slice(), s: s.map((b) => b.view.slice()) }));
        const operands = instruction(k.f32(words), flags, all, scale, first.limit);
        for (const [j, s] of used.entries()) for (const q of [0, 1, 2]) operands[4 + 6 * j + 2 + q] = s[q]?.at ?? 0;
        k.exec(opOf(kind), operands, skew > 0);
        all.forEach(({ p, g, s }, j) => {
          const { view } = g;
          for (let e = 0; e < view.length; e++) {
            const given = view[e]!;
            const p0 = before[j]!.p[e]!;
            const clipped = Math.min(first.limit, Math.max(-first.limit, given)) * Math.fround(first.scale) * first.sign;
            const x = clipped + words[1]! * p0;
            const old = before[j]!.s.map((b) => b[e]!);
            const expected = REFERENCES[kind]!(h, flags, p0, x, old);
            worst = Math.max(worst, error(p.view[e]!, expected.p, p0, 2 * expected.term, 0.1));
            slots.forEach((q, n) => {
              worst = Math.max(worst, error(s[q]!.view[e]!, expected.s[n]!, old[q]!, Math.max(Math.abs(x), Math.abs(expected.s[n]!))));
            });
          }
          for (const block of [p, ...s]) expect(block.view.at(-1)).toBe(77);
          for (const q of [0, 1, 2]) if (!slots.includes(q)) expect(firstDifference(s[q]!.view, before[j]!.s[q]!)).toBe(-1);
        });
        k.reset();
      }
    return worst;
  }

  it.each(CASES)(
    "%s, flags %i, states %j, hyper %j: p within %i x 2^-24 of the largest of p, 2 step and 0.1, states of old, gradient and new; no write past a record",
    (kind, flags, slots, hyper, bound) => {
      expect(worstOf(kind, flags, slots, hyper, { sign: 1, decay: 0, scale: 1, limit: Infinity })).toBeLessThanOrEqual(bound);
    },
  );

  it.each(CASES.filter(([kind]) => kind !== "rprop"))(
    "%s, flags %i, states %j: the gradient clipped, scaled, turned and with decay, hyper %j: within 2 x %i",
    (kind, flags, slots, hyper, bound) => {
      expect(worstOf(kind, flags, slots, hyper, { sign: -1, decay: 0.02, scale: 0.7, limit: 0.6 })).toBeLessThanOrEqual(2 * bound);
    },
  );

  it("centered rmsprop: a variance that rounding makes negative counts as 0", () => {
    const at = (x: number) => k.f32(new Float32Array(4).fill(x));
    const [p, g, v, m] = [at(0), at(0.1), at(0.01), at(0.1)];
    k.exec(Op.RMSPROP, [k.f32(row([0.5, 0.25, 0.99, 0.01, 0])).at, 0, Infinity, 2, p, g, v, m, 0, 4]);
    for (const x of p.view) expect(x).toBeCloseTo(-0.2, 2);
  });

  it.each(CASES)(
    "%s, flags %i: a parameter's bits do not depend on the tile order, its alignment or the records beside it",
    (kind, flags, _, hyper) => {
      const at = k.f32(row(hyper));
      const run = (sizes: number[], skew: number, reversed: boolean) => {
        const all = parameters(k, sizes, 3, skew);
        const last = all.at(-1)!;
        [last.p, last.g, ...last.s].forEach((b, q) => b.view.set(noise(20_011, 50 + q).map(q > 1 ? Math.abs : (v) => v)));
        k.exec(opOf(kind), instruction(at, flags, all), reversed);
        return [last.p, ...last.s].map((b) => b.view.slice());
      };
      const alone = run([20_011], 0, false);
      for (const other of [run([20_011], 0, true), run([3, 17_000, 1, 20_011], 12, false), run([9, 20_011], 4, true)]) {
        expect(alone.map((v, q) => firstDifference(v, other[q]!))).toEqual(alone.map(() => -1));
      }
    },
  );

  it.each(CASES)(
    "%s, flags %i: a NaN gradient makes p NaN there and nowhere else; an infinite p without decay stays and does no harm",
    (kind, flags, _, hyper) => {
      const g = noise(7);
      g[4] = NaN;
      const p = noise(7, 2);
      p[2] = Infinity;
      const blocks = [k.f32(p), k.f32(g), ...[3, 4, 5].map((seed) => k.f32(noise(7, seed).map(Math.abs)))];
      k.exec(opOf(kind), [k.f32(row(hyper)).at, k.f32([0.5]).at, Infinity, flags, ...blocks, 7]);
      expect(Array.from(blocks[0]!.view, Number.isNaN)).toEqual([false, false, false, false, true, false, false]);
      expect(blocks[0]!.view[2]).toBe(Infinity);
    },
  );

  it("without momentum sgd takes 0 for the buffer and does not touch it", () => {
    const low = new Float32Array(k.memory.buffer, 0, 64);
    const saved = low.slice();
    const [p, g] = [k.f32(noise(37)), k.f32(noise(37, 2))];
    k.exec(Op.SGD, [k.f32(row([0.05, 0, 1, 0, 1])).at, 0, Infinity, 0, p, g, 0, 0, 0, 37]);
    expect(firstDifference(low.slice(), saved)).toBe(-1);
    expect(Number.isFinite(p.view[36]!)).toBe(true);
  });

  it("moments below the smallest normal become 0, NaN stays NaN and infinities do what arithmetic does", () => {
    const state = [1e-38, -1e-38, 1e-39, NaN, Infinity, 1.3e-38, 1];
    const zeros = () => k.f32(new Float32Array(7));
    const [p, g, m, v] = [zeros(), zeros(), k.f32(state), k.f32(state)];
    k.exec(Op.ADAM, [k.f32(row(adamHyper(1))).at, 0, Infinity, 0, p, g, m, v, 0, 7]);
    expect(Array.from(m.view.subarray(0, 6))).toEqual([0, 0, 0, NaN, Infinity, 0]);
    expect(Array.from(v.view.subarray(0, 5))).toEqual([0, 0, 0, NaN, Infinity]);
    expect(v.view[5]).toBeGreaterThan(SMALLEST_NORMAL);
    expect(Array.from(p.view.subarray(0, 4))).toEqual([0, 0, 0, NaN]);
    const b = k.f32(state);
    k.exec(Op.SGD, [k.f32(row([0.05, 0.9, 1, 0.9, 1])).at, 0, Infinity, 1, zeros(), zeros(), b, 0, 0, 7]);
    expect(Array.from(b.view.subarray(0, 6))).toEqual([0, 0, 0, NaN, Infinity, 0]);
  });

  it("small parameters share a tile and big ones are split, by sizes alone", () => {
    const tiles = (sizes: number[]) =>
      k.exports.tiles(k.encode(Op.ADAM, [0, 0, Infinity, 0, ...sizes.flatMap((n) => [0, 0, 0, 0, 0, n])])[0]);
    expect([tiles([]), tiles([8, 4, 4, 1]), tiles([16384]), tiles([16384, 1]), tiles([100_352, 128, 1280, 10])]).toEqual([0, 1, 1, 2, 7]);
  });
});
