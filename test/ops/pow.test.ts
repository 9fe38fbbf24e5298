import { describe, expect, test } from "vitest";
import { clamp, pow, scope, tensor } from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "./operands";
import { f32, ulps } from "./reference";

noLeaks();

const next = random(77);
const positive = f32(Array.from({ length: 300 }, () => 4 * next() + 0.01));
const mixed = positive.map((v, k) => (k % 2 === 0 ? v : -v));

const powers = (x: Float32Array, p: number) => scope(() => pow(tensor(x), p).data() as Float32Array);

describe("pow", () => {
  test.each([0, 1, 2, 3, 4, 5, 7, 8, 13, 31, 64, -1, -2, -3, -8, -17])(
    "whole exponent %i: within 2 |p| ulp, 64 at most; bases of both signs",
    (p) => {
      const y = powers(mixed, p);
      const bound = Math.min(64, 2 * Math.abs(p));
      for (const [k, v] of mixed.entries()) {
        const e = v ** p;
        // where the way there leaves the normal numbers, digits are lost
        if (Math.abs(e) > 1e-30 && Math.abs(e) < 1e30) expect(ulps(y[k]!, e), `${v} ** ${p}`).toBeLessThanOrEqual(bound);
      }
    },
  );

  test.each([0.5, 1.5, 0.3, -0.5, -2.25, 0.001, 65, -70.5])(
    "exponent %d, positive bases: relative error below 1e-6 (1 + |p log x|)",
    (p) => {
      const y = powers(positive, p);
      for (const [k, v] of positive.entries()) {
        const e = v ** p;
        if (e > 1e-37 && e < 1e38) expect(Math.abs(y[k]! / e - 1)).toBeLessThan(1e-6 * (1 + Math.abs(p * Math.log(v))));
      }
    },
  );

  test("edges: 0, infinities, negative bases with fractions, NaN", () => {
    const x = f32([0, 1, Infinity, -Infinity, -2, Number.NaN]);
    expect([...powers(x, 0)].slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
    expect([...powers(x, 3)]).toEqual([0, 1, Infinity, -Infinity, -8, Number.NaN]);
    expect([...powers(x, -2)]).toEqual([Infinity, 1, 0, 0, 0.25, Number.NaN]);
    expect([...powers(x, 0.5)]).toEqual([0, 1, Infinity, Number.NaN, Number.NaN, Number.NaN]);
    expect([...powers(x, 1.5)]).toEqual([0, 1, Infinity, Number.NaN, Number.NaN, Number.NaN]);
  });
});

test("clamp keeps what lies between, the bounds themselves, and NaN; bounds may be infinite", () => {
  scope(() => {
    const x = tensor([-5, -1, -0.5, 0, 0.99, 1, 7, Infinity, -Infinity, Number.NaN]);
    expect([...clamp(x, -1, 1).data()]).toEqual([-1, -1, -0.5, 0, f32([0.99])[0]!, 1, 1, 1, -1, Number.NaN]);
    expect([...clamp(x, 0, Infinity).data()].slice(6)).toEqual([7, Infinity, 0, Number.NaN]);
    expect([...clamp(x, 2, 2).data()].slice(0, 9)).toEqual(new Array(9).fill(2));
  });
});
