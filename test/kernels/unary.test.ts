import { afterEach, describe, expect, it } from "vitest";
import { CHUNK, Op } from "../../assembly/opcodes";
import { firstDifference } from "./compare";
import { cycle, inexact, outputs, SIZES, SPECIAL } from "./elementwise.support";
import { builds, noise } from "./harness";

const exact: readonly (readonly [string, Op, (x: number) => number])[] = [
  ["neg", Op.NEG, (x) => -x],
  ["abs", Op.ABS, Math.abs],
  ["sign", Op.SIGN, Math.sign],
  ["square", Op.SQUARE, (x) => x * x],
  ["sqrt", Op.SQRT, Math.sqrt],
  ["reciprocal", Op.RECIPROCAL, (x) => 1 / x],
];
const all = [...exact.map(([name, op]) => [name, op] as const), ["exp", Op.EXP] as const, ["log", Op.LOG] as const];

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it.each(exact)("%s: exact for every tail, tile edges, misaligned", (_, op, f) => {
    for (const n of SIZES) {
      for (const skew of [0, 4]) {
        const x = k.f32(noise(n), skew);
        expect(
          inexact(
            outputs(k, op, n, (to) => [to, x, n], 8 - skew),
            (i) => f(x.view[i]!),
          ),
        ).toBe("");
        k.reset();
      }
    }
  });

  it.each(exact)("%s: exact for infinities, NaN, signed zeros and denormals", (_, op, f) => {
    const n = 2 * SPECIAL.length;
    const x = k.f32(cycle(SPECIAL, n));
    expect(
      inexact(
        outputs(k, op, n, (to) => [to, x, n]),
        (i) => f(x.view[i]!),
      ),
    ).toBe("");
  });

  // their values are tested in math.test.ts
  it.each(all)("%s: the same bits at every position, in place too", (_, op) => {
    for (const n of SIZES) {
      const value = 0.7 + n / 7;
      const [one] = outputs(k, op, 1, (to) => [to, k.f32([value]), 1]);
      const x = k.f32(new Float32Array(n).fill(value), 4);
      const expected = new Float32Array(n).fill(one!);
      expect(
        firstDifference(
          outputs(k, op, n, (to) => [to, x, n]),
          expected,
        ),
      ).toBe(-1);
      k.exec(op, [x, x, n]);
      expect(firstDifference(x.view, expected)).toBe(-1);
      k.reset();
    }
  });

  it("where: exact; not 0 chooses a, also NaN; 0 and -0 choose b", () => {
    for (const n of SIZES) {
      for (const skew of [0, 4]) {
        const c = k.f32(cycle([0, 1, -0, NaN, -1e-42, 0, Infinity], n));
        const [a, b] = [k.f32(cycle([NaN, ...noise(12)], n), skew), k.f32(cycle([...noise(11, 2), -Infinity], n), skew)];
        const out = outputs(k, Op.WHERE, n, (to) => [to, c, a, b, n], skew);
        expect(inexact(out, (i) => (c.view[i] !== 0 ? a.view[i]! : b.view[i]!))).toBe("");
        k.exec(Op.WHERE, [c, c, a, b, n]);
        expect(firstDifference(c.view, out)).toBe(-1);
        k.reset();
      }
    }
  });

  it("CHUNK items a tile", () => {
    for (const [n, tiles] of [
      [1, 1],
      [CHUNK, 1],
      [CHUNK + 1, 2],
      [10 * CHUNK, 10],
    ] as const) {
      expect(k.exports.tiles(k.encode(Op.EXP, [0, 0, n])[0])).toBe(tiles);
      expect(k.exports.tiles(k.encode(Op.WHERE, [0, 0, 0, 0, n])[0])).toBe(tiles);
    }
  });
});
