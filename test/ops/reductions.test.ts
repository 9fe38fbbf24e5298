import { describe, expect, test } from "vitest";
import { argmax, max, mean, min, ShapeError, scope, slice, sum, type Tensor, tensor } from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "./operands";
import { indices, plainOf } from "./reference";

noLeaks();

const make = (shape: readonly number[], seed = 1): Tensor => {
  const next = random(seed);
  return tensor(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => 2 * next() - 1),
    shape,
  );
};

/** Groups the items of x by their index outside `dims`, in order. */
function groups(x: Tensor, dims: readonly number[]): { shape: number[]; kept: number[]; items: number[][] } {
  const kept = x.shape.map((d, k) => (dims.includes(k) ? 1 : d));
  const items = [...indices(kept)].map((): number[] => []);
  const { values } = plainOf(x);
  let k = 0;
  for (const index of indices(x.shape)) {
    const at = kept.reduce((p, d, j) => p * d + (d === 1 ? 0 : index[j]!), 0);
    items[at]!.push(values[k++]!);
  }
  return { shape: x.shape.filter((_, j) => !dims.includes(j)), kept, items };
}

/** Every set of dimensions. */
const subsets = (rank: number) =>
  Array.from({ length: 2 ** rank }, (_, code) => Array.from({ length: rank }, (_, k) => k).filter((k) => (code >> k) & 1));

const EPS = 2 ** -24;
const total = (list: readonly number[]) => list.reduce((s, v) => s + v, 0);
const magnitude = (list: readonly number[]) => list.reduce((s, v) => s + Math.abs(v), 0);

describe("sum and mean", () => {
  test.each([[[7]], [[3, 5]], [[2, 3, 4]], [[2, 3, 4, 5]], [[5, 1, 3]], [[2, 0, 3]], [[4, 130]], [[130, 9]], [[3, 40, 33]]])(
    "of %j over every set of dimensions: within 24 half-ulps of the sum of magnitudes",
    (shape) => {
      for (const dims of subsets(shape.length))
        scope(() => {
          const x = make(shape);
          const { items, kept, shape: left } = groups(x, dims);
          for (const keepDim of [false, true]) {
            const [s, m] = [sum(x, dims, keepDim), mean(x, dims, keepDim)];
            expect([s.shape, m.shape]).toEqual(keepDim ? [kept, kept] : [left, left]);
            const [sv, mv] = [s.data(), m.data()];
            for (const [k, list] of items.entries()) {
              const bound = 24 * EPS * magnitude(list);
              expect(Math.abs(sv[k]! - total(list))).toBeLessThanOrEqual(bound);
              if (list.length === 0) expect(mv[k]).toBeNaN();
              else expect(Math.abs(mv[k]! - total(list) / list.length)).toBeLessThanOrEqual((bound + EPS * magnitude(list)) / list.length);
            }
          }
        });
    },
  );

  test.each([4095, 4096, 4097, 100_003, 4096 * 4096 + 4097])("of %i numbers near 1: relative error below 2e-6", (n) => {
    scope(() => {
      const next = random(n);
      const values = new Float32Array(n);
      let exact = 0;
      for (let k = 0; k < n; k++) {
        values[k] = 0.5 + next();
        exact += values[k]!;
      }
      const x = tensor(values);
      expect(Math.abs(sum(x).item() / exact - 1)).toBeLessThan(2e-6);
      expect(Math.abs(mean(x).item() / (exact / n) - 1)).toBeLessThan(2e-6);
    });
  });

  test.each([
    [[3, 50_000], 1],
    [[50_000, 3], 0],
    [[2, 20_000, 5], 1],
  ])("of %j over dimension %i: relative error below 4e-6", (shape, dim) => {
    scope(() => {
      const next = random(8);
      const x = tensor(
        Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => 0.5 + next()),
        shape,
      );
      const { items } = groups(x, [dim]);
      const s = sum(x, dim).data();
      for (const [k, list] of items.entries()) expect(Math.abs(s[k]! / total(list) - 1)).toBeLessThan(4e-6);
    });
  });

  test("the sum of a part is the same wherever that part lies in memory", () => {
    scope(() => {
      const big = make([10_000]);
      const parts = [0, 1, 2, 3].map((k) => {
        const copy = tensor(new Float32Array(9100));
        copy.set(big.data().subarray(k, k + 9100));
        return [sum(slice(big, k, k + 9100)).item(), sum(copy).item()];
      });
      for (const [a, b] of parts) expect(a).toBe(b);
    });
  });

  test("NaN stays, infinities cancel to NaN, no items give 0, dimensions count from the end and once", () => {
    scope(() => {
      const x = tensor([
        [1, Number.NaN, 2],
        [Infinity, -Infinity, 1],
        [Infinity, 1, 1],
      ]);
      expect([...sum(x, 1).data()]).toEqual([Number.NaN, Number.NaN, Infinity]);
      expect(sum(tensor([])).item()).toBe(0);
      expect(sum(make([2, 3]), [-1, 1]).shape).toEqual([2]);
      expect(() => sum(x, 2)).toThrow(ShapeError);
    });
  });
});

describe.each([
  ["max", max, (a: number, b: number) => a > b],
  ["min", min, (a: number, b: number) => a < b],
] as const)("%s", (name, f, better) => {
  /** First position of the best item; the first NaN beats all. */
  const best = (list: readonly number[]) => {
    const nan = list.findIndex(Number.isNaN);
    return nan >= 0 ? nan : list.reduce((at, v, k) => (better(v, list[at]!) ? k : at), 0);
  };

  test("of every dimension, with ties, infinities and NaN; the first position wins", () => {
    for (const shape of [[7], [1], [3, 5], [5, 9], [2, 3, 4], [33, 3], [3, 37], [2, 0, 3], [2, 17, 19]])
      for (const [dim, length] of shape.entries())
        scope(() => {
          if (length === 0) {
            expect(() => f(make(shape), dim)).toThrow(ShapeError);
            return;
          }
          const next = random(dim + 40);
          const pool = [1, 2, 3, -1, 0, -0, Infinity, -Infinity, 2, 3];
          const values = Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () =>
            next() < 0.02 ? Number.NaN : pool[Math.floor(10 * next())]!,
          );
          const x = tensor(values, shape);
          const { items, kept, shape: left } = groups(x, [dim]);
          const expected = items.map((list) => list[best(list)]! + 0);
          expect([f(x, dim).shape, f(x, dim - shape.length, true).shape]).toEqual([left, kept]);
          expect([...f(x, dim).data()].map((v) => v + 0)).toEqual(expected);
          if (name !== "max") return;
          const index = argmax(x, dim);
          expect([index.dtype, index.shape]).toEqual(["i32", left]);
          expect([...index.data()]).toEqual(items.map(best));
        });
  });
});
