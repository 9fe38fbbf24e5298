import { afterEach, describe, expect, it } from "vitest";
import { Op, Pair } from "../../assembly/opcodes";
import { beyond, cycle, EPS, outputs, SIZES } from "./elementwise.support";
import { builds, noise } from "./harness";

const DELTA = 0.75;
/** What an exponential that would be denormal loses by being 0, at the largest weight here. */
const TINY = 2.5 * 2 ** -126;
const stop = (log: number) => Math.max(log, -100);
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** 0 where t is 0. */
const times = (t: number, v: number) => (t === 0 ? 0 : t * v);

interface Reference {
  readonly kind: Pair;
  /** Terms whose sum is the loss, and whose sum is its derivative. */
  readonly loss: (x: number, t: number, w: number) => number[];
  readonly slope: (x: number, t: number, w: number) => number[];
  readonly x: readonly number[];
  readonly t: readonly number[];
}

const many = (n: number, seed: number, low: number, high: number) => Array.from(noise(n, seed), (v) => low + ((v + 1) / 2) * (high - low));
const numbers = [...many(29, 1, -3, 3), 0, -0, DELTA, 1e19, -1e-42, 100];
const shares = [...many(23, 2, 0, 1), 0, 1, 0.5];
const certain = [...many(25, 3, 0, 1), 0, 1, 1e-12, 1e-30, 1e-42, 0.9999999403953552];
const logits = [...many(25, 4, -12, 12), 0, -0, 1e4, -1e4, 20, -20, 88, -88, 150, -150];

const REFERENCES: Record<string, Reference> = {
  absolute: {
    kind: Pair.ABSOLUTE,
    loss: (x, t) => [Math.abs(x - t)],
    slope: (x, t) => [Math.sign(x - t)],
    x: numbers,
    t: [...numbers].reverse(),
  },
  huber: {
    kind: Pair.HUBER,
    loss: (x, t) => {
      const d = Math.abs(Math.fround(x - t));
      return [d <= DELTA ? d ** 2 / 2 : DELTA * (d - DELTA / 2)];
    },
    slope: (x, t) => [Math.max(-DELTA, Math.min(DELTA, Math.fround(x - t)))],
    x: numbers,
    t: [...numbers].reverse(),
  },
  "log-probability": {
    kind: Pair.LOG_PROBABILITY,
    loss: (x, t) => [-times(t, x)],
    slope: (_, t) => [-t],
    x: many(31, 5, -9, 0),
    t: shares,
  },
  probability: {
    kind: Pair.PROBABILITY,
    loss: (x, t) => [-t * stop(Math.log(x))],
    slope: (x, t) => [-t / Math.max(x, 1e-12)],
    x: certain,
    t: shares,
  },
  divergence: {
    kind: Pair.DIVERGENCE,
    loss: (x, t) => [times(t, Math.log(t)), -times(t, x)],
    slope: (_, t) => [-t],
    x: many(31, 6, -9, 0),
    t: shares,
  },
  binary: {
    kind: Pair.BINARY,
    loss: (x, t) => [-t * stop(Math.log(x)), -(1 - t) * stop(Math.log1p(-x))],
    slope: (x, t) => [Math.fround(x - t) / Math.max(x * (1 - x), 1e-12)],
    x: certain,
    t: shares,
  },
  "binary logit": {
    kind: Pair.BINARY_LOGIT,
    loss: (x, t, w) => [times(w * t, softplus(-x)), times(1 - t, softplus(x))],
    slope: (x, t, w) => [-w * t * sigmoid(-x), (1 - t) * sigmoid(x)],
    x: logits,
    t: shares,
  },
};

const sum = (terms: readonly number[]) => terms.reduce((a, b) => a + b, 0);
const size = (terms: readonly number[]) => terms.reduce((a, b) => a + Math.abs(b), 0);

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  describe.each(Object.entries(REFERENCES))("%s", (_, { kind, loss, slope, x: xs, t: ts }) => {
    const weighted = kind === Pair.BINARY_LOGIT ? [false, true] : [false];

    it("loss within 10 roundings of its terms, every tail, tile edges, misaligned, any tile order; exponentials below the normal range are 0", () => {
      for (const n of SIZES)
        for (const withWeight of weighted) {
          const [x, t] = [k.f32(cycle(xs, n), 4), k.f32(cycle(ts, n), 8)];
          const w = k.f32(cycle([0, 2.5, 1], n), 4);
          const out = outputs(k, Op.PAIR_LOSS, n, (to) => [to, x, t, withWeight ? w : 0, n, kind, DELTA], 4);
          const terms = (i: number) => loss(x.view[i]!, t.view[i]!, withWeight ? w.view[i]! : 1);
          const problem = beyond(
            out,
            (i) => sum(terms(i)),
            (i) => 10 * EPS * size(terms(i)) + TINY,
          );
          expect(problem).toBe("");
          k.reset();
        }
    });

    it("gradient within 10 roundings of its terms, one upstream gradient or one an item, divided", () => {
      for (const n of SIZES)
        for (const [step, divisor] of [
          [0, n],
          [1, 1],
          [1, 3],
        ] as const)
          for (const withWeight of weighted) {
            const [x, t, dy] = [k.f32(cycle(xs, n), 4), k.f32(cycle(ts, n), 8), k.f32(noise(n, 7), 4)];
            const w = k.f32(cycle([0, 2.5, 1], n), 4);
            const operands = [x, t, withWeight ? w : 0, dy, n, kind, step, divisor, DELTA];
            const dx = outputs(k, Op.PAIR_LOSS_GRAD, n, (to) => [to, ...operands], 8);
            const by = (i: number) => dy.view[i * step]! / divisor;
            const terms = (i: number) => slope(x.view[i]!, t.view[i]!, withWeight ? w.view[i]! : 1).map((v) => v * by(i));
            const problem = beyond(
              dx,
              (i) => sum(terms(i)),
              (i) => 10 * EPS * size(terms(i)) + TINY,
            );
            expect(problem).toBe("");
            k.reset();
          }
    });

    it("a NaN output, and a NaN target, give NaN in their own place alone", () => {
      for (const side of ["x", "t"] as const) {
        const [x, t] = [k.f32(new Float32Array(7).fill(0.5)), k.f32(new Float32Array(7).fill(0.25))];
        (side === "x" ? x : t).view[2] = NaN;
        const out = outputs(k, Op.PAIR_LOSS, 7, (to) => [to, x, t, 0, 7, kind, DELTA]);
        expect(Array.from(out, Number.isNaN)).toEqual([false, false, true, false, false, false, false]);
      }
    });

    it("a NaN upstream gradient stays NaN", () => {
      const [x, t] = [k.f32(new Float32Array(5).fill(0.5)), k.f32(new Float32Array(5).fill(0.25))];
      const dy = k.f32([1, 1, 1, NaN, 1]);
      const dx = outputs(k, Op.PAIR_LOSS_GRAD, 5, (to) => [to, x, t, 0, dy, 5, kind, 1, 1, DELTA]);
      expect(Array.from(dx, Number.isNaN)).toEqual([false, false, false, true, false]);
    });
  });

  it.each([Pair.LOG_PROBABILITY, Pair.DIVERGENCE])(
    "kind %i: a log-probability of -Infinity counts nothing where the target is 0, but NaN does",
    (kind) => {
      const [x, t] = [k.f32([-Infinity, -Infinity, NaN, -1]), k.f32([0, 0.5, 0, 0])];
      const out = outputs(k, Op.PAIR_LOSS, 4, (to) => [to, x, t, 0, 4, kind, 0]);
      expect(Array.from(out)).toEqual([0, Infinity, NaN, 0]);
    },
  );

  it("probabilities outside 0 to 1 give NaN", () => {
    const x = k.f32([-0.1, 1.1, -0.1]);
    const t = k.f32([0.5, 0.5, 0.5]);
    const binary = outputs(k, Op.PAIR_LOSS, 2, (to) => [to, x, t, 0, 2, Pair.BINARY, 0]);
    expect(Array.from(binary)).toEqual([NaN, NaN]);
    expect(Array.from(outputs(k, Op.PAIR_LOSS, 1, (to) => [to, x, t, 0, 1, Pair.PROBABILITY, 0]))).toEqual([NaN]);
  });
});
