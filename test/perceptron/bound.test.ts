import { describe, expect, it } from "vitest";
import { Perceptron, predict } from "../../src/index";
import { noise } from "../kernels/harness";
import { noLeaks } from "../leaks";

noLeaks();

/** The generator's first numbers follow the seed: leave them out. */
const drawn = (n: number, seed: number) => Array.from(noise(n + 9, seed).subarray(9));

/** Rows of whole numbers (all sums exact) with a margin from a plane known beforehand; R and gamma with x0 = 1. */
function separable(seed: number, rows: number, inputs: number) {
  const plane = drawn(inputs + 1, seed).map((v) => Math.round(9 * v) || 1);
  const length = Math.hypot(...plane);
  const x: number[][] = [];
  const y: number[] = [];
  let [gamma, radius] = [Infinity, 0];
  for (let k = 1; x.length < rows; k++) {
    const row = drawn(inputs, seed * 1000 + k).map((v) => Math.round(20 * v));
    const distance = (plane[0]! + row.reduce((s, v, j) => s + v * plane[j + 1]!, 0)) / length;
    if (Math.abs(distance) < 1) continue;
    gamma = Math.min(gamma, Math.abs(distance));
    radius = Math.max(radius, Math.hypot(1, ...row));
    x.push(row);
    y.push(distance > 0 ? 1 : 0);
  }
  return { x, y, bound: (radius / gamma) ** 2 };
}

describe("on separable examples, from weights of zero", () => {
  const cases = [2, 3, 5, 17].flatMap((inputs) => [1, 2, 3, 4, 5].map((seed) => [inputs, seed] as const));
  it.each(cases)("%i inputs, seed %i: at most (R / gamma)^2 mistakes, in order and shuffled, whatever c", async (inputs, seed) => {
    const { x, y, bound } = separable(seed, 60, inputs);
    for (const options of [{ c: 1 }, { c: 0.25 }, { shuffle: true, seed }]) {
      const p = new Perceptron(inputs, 1, { weights: new Array(inputs + 1).fill(0) });
      const result = await p.learn({ x, y }, { ...options, epochs: 100_000 });
      expect(result.converged).toBe(true);
      expect(result.mistakes).toBeGreaterThan(0);
      expect(result.mistakes).toBeLessThanOrEqual(bound);
      expect(result.mistakes).toBe(result.history.reduce((a, b) => a + b));
      expect([...(await predict(p, x)).data]).toEqual(y);
      p.dispose();
    }
  });
});
