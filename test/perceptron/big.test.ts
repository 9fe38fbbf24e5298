import { describe, expect, it } from "vitest";
import { Perceptron, tensor } from "../../src/index";
import { noise } from "../kernels/harness";
import { noLeaks } from "../leaks";

noLeaks();

const ROWS = 700;
const COLS = 300;
const x = noise(ROWS * COLS).map((v) => Math.floor(4 * v));
const y = Int32Array.from({ length: ROWS }, (_, k) => k % 7);

describe("runs of several kernel calls an epoch", () => {
  it("give the weights that showing the rows one by one gives, to the last bit", async () => {
    const [whole, single] = [new Perceptron(COLS, 7, { seed: 1 }), new Perceptron(COLS, 7, { seed: 1 })];
    const options = { epochs: 3, shuffle: true, seed: 5 };
    const data = { x: { data: x, shape: [ROWS, COLS] }, y };
    let steps = 0;
    expect(await single.learn(data, { ...options, trace: () => steps++ })).toEqual(await whole.learn(data, options));
    expect(steps).toBe(3 * ROWS);
    expect(single.weights).toEqual(whole.weights);
    whole.dispose();
    single.dispose();
  });

  it("read bytes with their scale, and tensors, as they read numbers", async () => {
    const bytes = Uint8Array.from(x, (v) => v + 4);
    const numbers = Float32Array.from(bytes, (v) => v / 8);
    const shape = [ROWS, COLS];
    const t = tensor(numbers, shape);
    const results = [];
    for (const input of [{ data: bytes, shape, scale: 1 / 8 }, { data: numbers, shape }, t]) {
      const p = new Perceptron(COLS, 7, { seed: 1 });
      results.push([await p.learn({ x: input, y }, { epochs: 2 }), p.weights]);
      p.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(t.data()).toEqual(numbers);
  });

  it("let timers fire, and stop when aborted", async () => {
    const p = new Perceptron(COLS, 7, { seed: 1 });
    const controller = new AbortController();
    let fired = 0;
    const timer = setInterval(() => {
      if (++fired === 3) controller.abort();
    }, 1);
    // seven random classes of whole numbers in 300 dimensions: not learned before the abort
    const run = p.learn(
      { x: { data: x.map((v) => v % 2), shape: [ROWS, COLS] }, y: y.map((c) => c % 2) },
      { epochs: 1e9, yieldEveryMs: 1, signal: controller.signal },
    );
    await expect(run).rejects.toThrow(/aborted/);
    clearInterval(timer);
    expect(fired).toBe(3);
    p.dispose();
  });
});
