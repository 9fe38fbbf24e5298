import { describe, expect, it } from "vitest";
import { Perceptron, type PerceptronTraining, predict, type TraceRow } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const PAIRS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

async function table(p: Perceptron, x: number[][], y: number[], options: PerceptronTraining = {}): Promise<TraceRow[]> {
  const rows: TraceRow[] = [];
  await p.learn({ x, y }, { ...options, trace: (row) => rows.push(row) });
  return rows;
}

describe("the perceptron's rule", () => {
  it("worked step: (-1, 0.5, 0.3) becomes (-2, -1.5, -0.7), which answers 0", async () => {
    const p = new Perceptron(2, 1, { weights: [-1, 0.5, 0.3] });
    const [first, second] = await table(p, [[2, 1]], [0], { c: 1 });
    expect(first).toMatchObject({ step: 1, epoch: 1, x: [1, 2, 1], y: [0], u: [1], dw: [[-1, -2, -1]] });
    expect(first!.w[0]!.map((w) => Number(w.toFixed(6)))).toEqual([-2, -1.5, -0.7]);
    expect(second).toMatchObject({ step: 2, epoch: 2, u: [0], dw: [[0, 0, 0]] });
    p.dispose();
  });

  it("or from (0, 1, -1), always in the order 00, 01, 10, 11: every row of the table, then an epoch without a mistake", async () => {
    const p = new Perceptron(2, 1, { weights: [0, 1, -1] });
    const rows: TraceRow[] = [];
    const result = await p.learn({ x: PAIRS, y: [0, 1, 1, 1] }, { c: 1, trace: (row) => rows.push(row) });
    // 01 finds (0, 1, 1) in step 10: 0 + 1 > 0 is right, so these weights stay
    const w = [[0, 1, -1], ...new Array(3).fill([1, 1, 0]), [0, 1, 0], ...new Array(3).fill([1, 1, 1]), ...new Array(8).fill([0, 1, 1])];
    expect(rows.map((r) => r.w[0])).toEqual(w);
    expect(rows.map((r) => r.u[0])).toEqual([0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1]);
    expect(rows.filter((r) => r.dw[0]!.some((d) => d !== 0)).map((r) => [r.step, r.dw[0]])).toEqual([
      [2, [1, 0, 1]],
      [5, [-1, 0, 0]],
      [6, [1, 0, 1]],
      [9, [-1, 0, 0]],
    ]);
    expect(result).toEqual({
      converged: true,
      message: "converged: epoch 4 passed without a mistake, after 4 in all",
      epochs: 4,
      steps: 16,
      mistakes: 4,
      mistakesOfUnit: [4],
      history: [1, 2, 1, 0],
    });
    expect([...(await predict(p, PAIRS)).data]).toEqual([0, 1, 1, 1]);
    p.dispose();
  });

  it("several outputs learn side by side, each as it would alone", async () => {
    const weights = [
      [0.5, -1, 1],
      [0, 1, -1],
    ];
    const both = new Perceptron(2, 2, { weights });
    const y = [
      [0, 0],
      [0, 1],
      [0, 1],
      [1, 1],
    ];
    const result = await both.learn({ x: PAIRS, y });
    expect(result.converged).toBe(true);
    expect((await predict(both, PAIRS)).data).toEqual(Float32Array.from(y.flat()));
    for (const o of [0, 1]) {
      const one = new Perceptron(2, 1, { weights: weights[o]! });
      const alone = await one.learn({ x: PAIRS, y: y.map((row) => row[o]!) });
      expect([one.weights[0], alone.mistakes]).toEqual([both.weights[o], result.mistakesOfUnit[o]]);
      one.dispose();
    }
    both.dispose();
  });

  it("for several units y may be the class of each row", async () => {
    const x = [
      [2, 0],
      [0, 2],
      [-2, -2],
    ];
    const [byClass, byUnit] = [new Perceptron(2, 3, { seed: 4 }), new Perceptron(2, 3, { seed: 4 })];
    const result = await byClass.learn({ x, y: [0, 1, 2] });
    expect(result.converged).toBe(true);
    expect(
      await byUnit.learn({
        x,
        y: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ],
      }),
    ).toEqual(result);
    expect(byUnit.weights).toEqual(byClass.weights);
    byClass.dispose();
    byUnit.dispose();
  });
});

describe("exclusive or", () => {
  it("is given up after the epoch limit, and the result says so", async () => {
    const p = new Perceptron(2, 1, { seed: 1 });
    const result = await p.learn({ x: PAIRS, y: [0, 1, 1, 0] }, { epochs: 50 });
    expect(result).toMatchObject({ converged: false, epochs: 50, steps: 200 });
    expect(result.message).toMatch(/^did not converge in 50 epochs: \d mistakes in the last; the examples may not be linearly separable$/);
    expect(result.history.every((n) => n > 0)).toBe(true);
    p.dispose();
  });
});

describe("seeds", () => {
  it("fix the starting weights, which lie in [-1, 1), and the orders", async () => {
    const made = [3, 3, 4].map((seed) => new Perceptron(50, 20, { seed }));
    const [a, b, c] = made.map((p) => p.weights.flat());
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(a!.every((w) => w >= -1 && w < 1)).toBe(true);
    expect(Math.min(...a!)).toBeLessThan(-0.98);
    expect(Math.max(...a!)).toBeGreaterThan(0.98);
    for (const p of made) p.dispose();

    const order = async (seed: number, shuffle = true) => {
      const p = new Perceptron(2, 1, { weights: [0, 0, 0] });
      const rows = await table(p, PAIRS, [0, 1, 1, 0], { epochs: 5, shuffle, seed });
      p.dispose();
      return rows.map((r) => 2 * r.x[1]! + r.x[2]!);
    };
    const first = await order(3);
    expect(await order(3)).toEqual(first);
    expect(await order(4)).not.toEqual(first);
    expect(await order(3, false)).toEqual(Array.from({ length: 20 }, (_, k) => k % 4));
    const epochs = [0, 1, 2, 3, 4].map((e) => first.slice(4 * e, 4 * e + 4));
    for (const e of epochs) expect([...e].sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
  });
});
