import { expect, it } from "vitest";
import { Linear, manualSeed } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

for (const [inputs, outputs] of [
  [3, 4000],
  [784, 128],
  [2000, 5],
] as const)
  it(`Linear(${inputs}, ${outputs}) starts uniform in +-1/sqrt(${inputs}): range, mean and variance within five standard errors`, () => {
    manualSeed(11);
    const layer = new Linear(inputs, outputs);
    const bound = Math.fround(1 / Math.sqrt(inputs));
    for (const p of [layer.weight, layer.bias!]) {
      const w = p.data() as Float32Array;
      const n = w.length;
      let [low, high, mean] = [Infinity, -Infinity, 0];
      for (const v of w) [low, high, mean] = [Math.min(low, v), Math.max(high, v), mean + v / n];
      const variance = w.reduce((s, v) => s + (v - mean) ** 2, 0) / n;
      expect(low).toBeGreaterThanOrEqual(-bound);
      expect(high).toBeLessThanOrEqual(bound);
      const sd = bound / Math.sqrt(3);
      expect(Math.abs(mean)).toBeLessThan((5 * sd) / Math.sqrt(n));
      // the fourth moment of the uniform distribution gives its variance an error of 2 bound^2 / (3 sqrt(5 n))
      expect(Math.abs(variance - sd ** 2)).toBeLessThan((5 * 2 * bound ** 2) / (3 * Math.sqrt(5 * n)));
      if (n > 1000) expect(high - low).toBeGreaterThan(1.98 * bound);
    }
    layer.dispose();
  });

it("the same seed gives the same start, another seed another", () => {
  const start = (seed: number) => {
    manualSeed(seed);
    const layer = new Linear(7, 5);
    const values = [layer.weight.data(), layer.bias!.data()];
    layer.dispose();
    return values;
  };
  expect(start(1)).toEqual(start(1));
  expect(start(1)).not.toEqual(start(2));
});
