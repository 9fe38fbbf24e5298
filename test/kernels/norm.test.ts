import { afterEach, describe, expect, it } from "vitest";
import { Op } from "../../assembly/opcodes";
import { outputs } from "./elementwise.support";
import { builds, noise } from "./harness";

const SHAPES = [1, 3, 4, 5, 7, 8, 9, 64, 131].flatMap(
  (c) =>
    [
      [2, c, 1],
      [33, c, 1],
      [3, c, 2],
      [2, c, 9],
      [5, c, 70],
    ] as const,
);

describe.each(builds)("$name", (k) => {
  afterEach(() => k.reset());

  it("statistics, results and gradients do not depend on the order of the tiles, and nothing is stored past an end", () => {
    for (const [n, c, l] of SHAPES) {
      const size = n * c * l;
      const [x, dy, gamma, beta] = [k.f32(noise(size), 4), k.f32(noise(size, 2), 8), k.f32(noise(c, 3), 4), k.f32(noise(c, 4), 4)];
      const stats = k.f32(
        outputs(k, Op.BATCH_STATS, 4 * c, (to) => [to, x, n, c, l, 1e-5], 4),
        4,
      );
      for (let j = 0; j < c; j++) {
        const items = Array.from({ length: n * l }, (_, i) => x.view[(Math.floor(i / l) * c + j) * l + (i % l)]!);
        const mean = items.reduce((s, v) => s + v, 0) / items.length;
        const variance = items.reduce((s, v) => s + (v - mean) ** 2, 0) / items.length;
        expect(Math.abs(stats.view[j]! + stats.view[c + j]! - mean)).toBeLessThan(2e-7);
        expect(Math.abs(stats.view[3 * c + j]! - variance)).toBeLessThan(1e-6);
      }
      outputs(k, Op.BATCH_NORM, size, (to) => [to, x, stats, gamma, beta, n, c, l], 8);
      const other = k.f32(c);
      const dgamma = k.f32(outputs(k, Op.BATCH_NORM_SUMS, c, (to) => [to, other.at, x, dy, stats, n, c, l], 4));
      const dbeta = k.f32(outputs(k, Op.BATCH_NORM_SUMS, c, (to) => [other.at, to, x, dy, stats, n, c, l], 4));
      for (const training of [0, 1])
        outputs(k, Op.BATCH_NORM_GRAD, size, (to) => [to, x, dy, stats, dgamma, dbeta, gamma, n, c, l, training], 12);
      k.reset();
    }
  });

  it("a NaN spoils its own channel, wholly, and no other", () => {
    for (const [n, c, l] of SHAPES) {
      const x = k.f32(noise(n * c * l));
      const bad = c - 1;
      x.view[((n - 1) * c + bad) * l + l - 1] = Number.NaN;
      const stats = k.f32(outputs(k, Op.BATCH_STATS, 4 * c, (to) => [to, x, n, c, l, 1e-5]));
      const y = outputs(k, Op.BATCH_NORM, n * c * l, (to) => [to, x, stats, 0, 0, n, c, l]);
      y.forEach((v, i) => {
        if (Number.isNaN(v) !== (Math.floor(i / l) % c === bad)) throw new Error(`${n} ${c} ${l}: item ${i} is ${v}`);
      });
      k.reset();
    }
  });
});
