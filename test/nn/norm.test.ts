import { describe, expect, test } from "vitest";
import {
  BatchNorm1d,
  fit,
  LayerNorm,
  Linear,
  manualSeed,
  OptionError,
  predict,
  RMSNorm,
  Sequential,
  ShapeError,
  scope,
  tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "../ops/operands";

noLeaks();

const numbers = (n: number, f: (v: number) => number, seed = 1) => {
  const next = random(seed);
  return Float32Array.from({ length: n }, () => f(2 * next() - 1));
};

describe("BatchNorm1d", () => {
  test.each([
    ["(batch, channels)", [1500, 5, 1]],
    ["(batch, channels, length)", [37, 3, 41]],
    ["a single batch row of length", [1, 3, 700]],
  ] as const)("of %s with mean 1e4 and deviation near 0.01 is within 2e-4 of float64, mean and variance to 1e-5", (_, [n, c, l]) => {
    scope(() => {
      const x = numbers(n * c * l, (v) => 1e4 + 0.02 * v);
      const layer = new BatchNorm1d(c, { eps: 1e-12, momentum: 1 });
      const y = layer.forward(tensor(x, l === 1 ? [n, c] : [n, c, l])).data();
      for (let k = 0; k < c; k++) {
        const at = Array.from({ length: n * l }, (_, j) => (Math.floor(j / l) * c + k) * l + (j % l));
        const mean = at.reduce((s, j) => s + x[j]!, 0) / at.length;
        const variance = at.reduce((s, j) => s + (x[j]! - mean) ** 2, 0) / at.length;
        for (const j of at) expect(Math.abs(y[j]! - (x[j]! - mean) / Math.sqrt(variance + 1e-12))).toBeLessThan(2e-4);
        const unbiased = (variance * at.length) / (at.length - 1);
        expect(Math.abs(layer.running_var!.data()[k]! / unbiased - 1)).toBeLessThan(1e-5);
        expect(layer.running_mean!.data()[k]).toBe(Math.fround(mean));
      }
      layer.dispose();
    });
  });

  test("accumulated pieces move the running statistics each, and clones have their own", async () => {
    manualSeed(1);
    const model = new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 1));
    const twin = model.clone();
    const data = { x: { data: numbers(48, (v) => v), shape: [24, 2] }, y: numbers(24, (v) => v, 2) };
    await fit(model, data, { loss: "mse", optimizer: { type: "sgd", lr: 0.1 }, batchSize: 4, accumulate: 3 });
    expect(model.stateDict()["1.num_batches_tracked"]!.data[0]).toBe(6);
    expect(twin.stateDict()["1.num_batches_tracked"]!.data[0]).toBe(0);
    expect([...twin.stateDict()["1.running_mean"]!.data]).toEqual([0, 0, 0, 0]);
    model.dispose();
    twin.dispose();
  });

  test("a clone has the values of the buffers, evaluates to the same bits, and trains on without touching the original's", async () => {
    manualSeed(1);
    const model = new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 1));
    const data = { x: { data: numbers(48, (v) => v), shape: [24, 2] }, y: numbers(24, (v) => v, 2) };
    const options = { loss: "mse", optimizer: { type: "sgd", lr: 0.1 }, batchSize: 4, seed: 1 } as const;
    await fit(model, data, options);
    const twin = model.clone();
    const before = model.stateDict();
    expect(before["1.num_batches_tracked"]!.data[0]).toBe(6);
    expect(twin.stateDict()).toEqual(before);
    expect(await predict(twin, data.x)).toEqual(await predict(model, data.x));
    await fit(twin, data, options);
    expect(model.stateDict()).toEqual(before);
    expect(twin.stateDict()["1.num_batches_tracked"]!.data[0]).toBe(12);
    model.dispose();
    expect((await predict(twin, data.x)).data.every(Number.isFinite)).toBe(true);
    twin.dispose();
  });

  test("a batch of one in training says what to do; evaluation takes it", () => {
    const layer = new BatchNorm1d(3);
    const x = tensor([[1, 2, 3]]);
    expect(() => layer.forward(x)).toThrow(ShapeError);
    expect(() => layer.forward(x)).toThrow('lastBatch: "drop"');
    expect(layer.eval().forward(x).shape).toEqual([1, 3]);
    expect(() => layer.forward(tensor([[1, 2]]))).toThrow("expected [batch, 3]");
    layer.dispose();
  });

  test.each([false, true])("a last batch of one row in fit is found before the first step (eager %s)", async (eager) => {
    const model = new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 1));
    const before = model.stateDict();
    const data = { x: { data: numbers(18, (v) => v), shape: [9, 2] }, y: numbers(9, (v) => v, 2) };
    const options = { loss: "mse", optimizer: { type: "sgd", lr: 0.1 }, batchSize: 4, eager } as const;
    await expect(fit(model, data, options)).rejects.toThrow('lastBatch: "drop"');
    expect(model.stateDict()).toEqual(before);
    expect((await fit(model, data, { ...options, lastBatch: "drop" })).steps).toBe(2);
    model.dispose();
  });

  test("options out of range are OptionErrors that name the range", () => {
    expect(() => new BatchNorm1d(0)).toThrow(OptionError);
    expect(() => new BatchNorm1d(2, { momentum: 1.5 })).toThrow("momentum must lie in [0, 1]");
    expect(() => new BatchNorm1d(2, { eps: 0 })).toThrow("above 0");
    expect(() => new LayerNorm([])).toThrow(OptionError);
  });
});

test("LayerNorm and RMSNorm over two dimensions are within 1e-5 of float64", () => {
  scope(() => {
    const x = numbers(4 * 3 * 5, (v) => 3 * v + 1);
    const [layer, rms] = [new LayerNorm([3, 5]), new RMSNorm([3, 5])];
    const [y, z] = [layer.forward(tensor(x, [4, 3, 5])).data(), rms.forward(tensor(x, [4, 3, 5])).data()];
    for (let r = 0; r < 4; r++) {
      const row = [...x.subarray(15 * r, 15 * r + 15)];
      const mean = row.reduce((s, v) => s + v, 0) / 15;
      const variance = row.reduce((s, v) => s + (v - mean) ** 2, 0) / 15;
      const squares = row.reduce((s, v) => s + v * v, 0) / 15;
      for (const [j, v] of row.entries()) {
        expect(Math.abs(y[15 * r + j]! - (v - mean) / Math.sqrt(variance + 1e-5))).toBeLessThan(1e-5);
        expect(Math.abs(z[15 * r + j]! - v / Math.sqrt(squares + 1e-5))).toBeLessThan(1e-5);
      }
    }
    layer.dispose();
    rms.dispose();
  });
});
