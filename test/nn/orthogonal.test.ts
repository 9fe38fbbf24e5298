import { describe, expect, it, test } from "vitest";
import { initializers, manualSeed, zeros } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const made = (shape: readonly number[], gain?: number): Float32Array => {
  const t = zeros(shape);
  initializers.orthogonal(t, gain === undefined ? {} : { gain });
  const v = t.data() as Float32Array;
  t.dispose();
  return v;
};

/** Largest distance of an item of W W^T, or of W^T W for a tall W, from gain^2 I; sums in double precision. */
function deviation(w: Float32Array, rows: number, cols: number, gain: number): number {
  const short = Math.min(rows, cols);
  const long = Math.max(rows, cols);
  // the short side's vectors, one after another
  const v =
    rows <= cols
      ? Float64Array.from(w)
      : Float64Array.from({ length: rows * cols }, (_, k) => w[(k % rows) * cols + Math.floor(k / rows)]!);
  let most = 0;
  for (let i = 0; i < short; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < long; k++) sum += v[i * long + k]! * v[j * long + k]!;
      most = Math.max(most, Math.abs(sum - (i === j ? gain * gain : 0)));
    }
  return most;
}

describe("orthogonal: W W^T, or W^T W where W is tall, is gain^2 I within 1e-6 gain^2", () => {
  const shapes: [number, number][] = [
    [1, 1],
    [1, 7],
    [5, 1],
    [3, 3],
    [31, 31],
    [32, 33],
    [33, 32],
    [64, 64],
    [65, 200],
    [200, 65],
    [100, 1600],
    [257, 257],
  ];
  for (const [rows, cols] of shapes)
    it(`${rows} x ${cols}`, () => {
      manualSeed(rows + cols);
      expect(deviation(made([rows, cols]), rows, cols, 1)).toBeLessThan(1e-6);
      expect(deviation(made([rows, cols], 3), rows, cols, 3)).toBeLessThan(9e-6);
    });

  it("of more dimensions, seen as (out, everything else): 6 x 3 x 2 x 2", () => {
    manualSeed(2);
    expect(deviation(made([6, 3, 2, 2]), 6, 12, 1)).toBeLessThan(1e-6);
  });

  it("512 x 512, of 20 seeds of 64 x 64 the worst", () => {
    manualSeed(1);
    expect(deviation(made([512, 512]), 512, 512, 1)).toBeLessThan(1e-6);
    let worst = 0;
    for (let seed = 0; seed < 20; seed++) {
      manualSeed(seed);
      worst = Math.max(worst, deviation(made([64, 64]), 64, 64, 1));
    }
    expect(worst).toBeLessThan(1e-6);
  });
});

test("every direction is as likely as any other: items have mean 0 and variance 1 / n, determinants both signs", () => {
  manualSeed(3);
  const n = 4;
  const samples = 400;
  const sums = { one: 0, two: 0 };
  let positive = 0;
  for (let k = 0; k < samples; k++) {
    const w = made([n, n]);
    for (const x of w) {
      sums.one += x;
      sums.two += x * x;
    }
    positive += determinant(Array.from({ length: n }, (_, i) => [...w.slice(i * n, i * n + n)])) > 0 ? 1 : 0;
  }
  expect(Math.abs(sums.one / (samples * n * n))).toBeLessThan(5 * Math.sqrt(1 / n / (samples * n * n)));
  expect(sums.two / (samples * n * n)).toBeCloseTo(1 / n, 5);
  expect(Math.abs(positive - samples / 2)).toBeLessThan(5 * Math.sqrt(samples / 4));
});

function determinant(m: number[][]): number {
  if (m.length === 1) return m[0]![0]!;
  return m[0]!.reduce((s, x, k) => s + (k % 2 === 0 ? 1 : -1) * x * determinant(m.slice(1).map((r) => r.filter((_, j) => j !== k))), 0);
}
