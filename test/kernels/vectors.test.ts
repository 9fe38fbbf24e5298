import { afterEach, describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { builds, noise, ulps } from "./harness";

const SIZES = [[1], [3], [4], [5], [16, 1, 7], [16384], [16385, 3], [5, 20_009, 1, 16_384]];

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  const partsOf = (sizes: readonly number[]) => Math.ceil(sizes.reduce((sum, n) => sum + 16 * Math.ceil(n / 16), 0) / 16384);

  /** { sum, norm, scale } of pairs of vectors. */
  function run(pairs: readonly (readonly [Float32Array, Float32Array])[], max: number, skew = 0, reversed = false) {
    const blocks = pairs.flatMap(([a, b]) => [k.f32(a, skew), k.f32(b, (skew + 4) % 16), a.length]);
    const parts = partsOf(pairs.map(([a]) => a.length));
    const [partial, out] = [k.f32(2 * parts), k.f32(4)];
    k.exec(Op.DOT, [partial, ...blocks], reversed);
    k.exec(Op.NORM, [out, partial, parts, max]);
    const sum = new Float64Array(k.memory.buffer.slice(out.at, out.at + 8))[0]!;
    return { sum, norm: out.view[2]!, scale: out.view[3]! };
  }

  it.each(SIZES.map((sizes) => [sizes]))(
    "pieces of %j: the product within 1e-12 of the sum of absolute terms, in any tile order; norm and scale to 1 ulp",
    (sizes) => {
      for (const skew of [0, 4, 12]) {
        const pairs = sizes.map((n, j) => [noise(n, 3 + j), noise(n, 90 + j)] as const);
        let [sum, size] = [0, 0];
        for (const [a, b] of pairs)
          a.forEach((x, e) => {
            sum += x * b[e]!;
            size += Math.abs(x * b[e]!);
          });
        const actual = run(pairs, 1, skew);
        expect(Math.abs(actual.sum - sum)).toBeLessThan(1e-12 * size);
        expect(run(pairs, 1, skew, true)).toEqual(actual);
        const squares = run(
          pairs.map(([a]) => [a, a]),
          0.25,
        );
        expect(ulps(squares.norm, Math.sqrt(squares.sum))).toBeLessThanOrEqual(1);
        expect(ulps(squares.scale, Math.min(1, 0.25 / (Math.sqrt(squares.sum) + 1e-6)))).toBeLessThanOrEqual(1);
        k.reset();
      }
    },
  );

  it("what follows a vector does not count, whatever it is", () => {
    const at = k.f32([1, 2, 3, 4, 5, NaN, NaN, NaN]);
    const [partial, out] = [k.f32(2), k.f32(4)];
    k.exec(Op.DOT, [partial, at, at, 5]);
    k.exec(Op.NORM, [out, partial, 1, 1]);
    expect(out.view[2]).toBe(Math.fround(Math.sqrt(55)));
  });

  it("squares of 1e30 and 1e-30 neither overflow nor vanish; an infinite norm gives scale 0, NaN stays NaN", () => {
    const of = (x: number) => {
      const v = new Float32Array(3).fill(x);
      return run([[v, v]], 2);
    };
    expect(ulps(of(1e30).norm, Math.sqrt(3) * Math.fround(1e30))).toBeLessThanOrEqual(1);
    expect(ulps(of(1e-30).norm, Math.sqrt(3) * Math.fround(1e-30))).toBeLessThanOrEqual(1);
    expect(of(1e-30).scale).toBe(1);
    expect([of(Infinity).norm, of(Infinity).scale]).toEqual([Infinity, 0]);
    expect([of(NaN).norm, of(NaN).scale]).toEqual([NaN, NaN]);
  });

  it.each([1, 3, 4, 5, 8, 4096, 4099])(
    "axpy of %i items: within 1.5 ulp of the larger term, with and without a second vector, nothing past the end",
    (n) => {
      for (const skew of [0, 4]) {
        const [x, y] = [k.f32(noise(n), skew), k.f32(noise(n, 7), skew)];
        const [both, one] = [k.f32([...noise(n, 9), 77], skew), k.f32([...noise(n, 9), 77], skew)];
        k.exec(Op.AXPY, [both, x, y, 0.3, n], true);
        k.exec(Op.AXPY, [one, x, 0, 0.3, n]);
        const alpha = Math.fround(0.3);
        x.view.forEach((v, e) => {
          const scale = Math.max(Math.abs(alpha * v), Math.abs(y.view[e]!));
          expect(Math.abs(both.view[e]! - (alpha * v + y.view[e]!))).toBeLessThanOrEqual(1.5 * 2 ** -23 * scale);
          expect(one.view[e]).toBe(Math.fround(alpha * v));
        });
        expect([both.view.at(-1), one.view.at(-1)]).toEqual([77, 77]);
      }
    },
  );
});

describe.each(builds)("$name: many vectors in one instruction", (k) => {
  afterEach(() => k.reset());

  /** Vectors with a word behind each that must stay. */
  const blocks = (sizes: readonly number[], seed: number, skew: number) => sizes.map((n, j) => k.f32([...noise(n, seed + j), 77], skew));
  const unharmed = (list: readonly { view: Float32Array }[]) => expect(list.map((b) => b.view.at(-1))).toEqual(list.map(() => 77));

  it.each(SIZES.map((sizes) => [sizes]))(
    "lerp of %j: a + weight (b - a) to 1.5 ulp of the largest term, b itself with weight 1, in any tile order",
    (sizes) => {
      for (const weight of [0, 0.001, 0.3, 0.5, 0.9, 1])
        for (const skew of [0, 4, 12]) {
          const b = blocks(sizes, 40, skew);
          const runs = [false, true].map((reversed) => {
            const a = blocks(sizes, 3, skew);
            k.exec(Op.LERP, [k.f32([weight]), ...a.flatMap((v, j) => [v, b[j]!, sizes[j]!])], reversed);
            unharmed(a);
            return a.map((v) => v.view.slice());
          });
          expect(runs[1]).toEqual(runs[0]);
          let worst = 0;
          for (const [j, n] of sizes.entries()) {
            const before = noise(n, 3 + j);
            for (let e = 0; e < n; e++) {
              const [x, y, w] = [before[e]!, b[j]!.view[e]!, Math.fround(weight)];
              if (weight === 1 && runs[0]![j]![e] !== y) worst = Infinity;
              const scale = Math.max(Math.abs(x), Math.abs(y), Math.abs(y - x));
              worst = Math.max(worst, Math.abs(runs[0]![j]![e]! - (x + w * (y - x))) / (2 ** -23 * scale));
            }
          }
          expect(worst).toBeLessThanOrEqual(1.5);
          k.reset();
        }
    },
  );

  it.each(SIZES.map((sizes) => [sizes]))(
    "penalty of %j: g + l2 w + l1 sign(w) to 1.5 ulp of the largest term, sign(0) = 0, g may be out",
    (sizes) => {
      for (const [l1, l2] of [
        [0, 0.1],
        [0.25, 0],
        [0.25, 0.1],
      ] as const)
        for (const skew of [0, 4]) {
          const w = blocks(sizes, 40, skew);
          for (const v of w) v.view[0] = 0;
          const [a, b] = [Math.fround(l1), Math.fround(l2)];
          const runs = [false, true].map((inPlace) => {
            const g = blocks(sizes, 3, skew);
            const out = inPlace ? g : blocks(sizes, 90, skew);
            k.exec(Op.PENALTY, [l1, l2, ...out.flatMap((v, j) => [v, g[j]!, w[j]!, sizes[j]!])], inPlace);
            unharmed(out);
            return out.map((v) => v.view.slice());
          });
          expect(runs[1]).toEqual(runs[0]);
          let worst = 0;
          for (const [j, n] of sizes.entries()) {
            const g = noise(n, 3 + j);
            for (let e = 0; e < n; e++) {
              const x = w[j]!.view[e]!;
              const scale = Math.max(Math.abs(g[e]!), Math.abs(b * x), a);
              worst = Math.max(worst, Math.abs(runs[0]![j]![e]! - (g[e]! + b * x + a * Math.sign(x))) / (2 ** -23 * scale));
            }
          }
          expect(worst).toBeLessThanOrEqual(1.5);
          k.reset();
        }
    },
  );

  it("NaN stays NaN, -0 has sign 0", () => {
    const out = k.f32(4);
    k.exec(Op.PENALTY, [0.5, 0.25, out, k.f32([NaN, 1, 1, 1]), k.f32([1, NaN, -0, -2]), 4]);
    expect([...out.view]).toEqual([NaN, NaN, 1, 0]);
    const a = k.f32([NaN, 1, 2, 3]);
    k.exec(Op.LERP, [k.f32([0.25]), a, k.f32([1, NaN, Infinity, 3]), 4]);
    expect([...a.view]).toEqual([NaN, NaN, Infinity, 3]);
  });
});
