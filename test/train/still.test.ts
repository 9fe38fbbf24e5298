import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { BatchNorm1d, type FitOptions, fit, Linear, type Module, manualSeed, ReLU, Sequential, SGD, Step } from "../../src/index";
import { noLeaks } from "../leaks";
import { data, model, options } from "../small";

noLeaks();

let warn: MockInstance<typeof console.warn>;
beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => warn.mockRestore());

async function warnings(m: Module, more: Partial<FitOptions> = {}): Promise<string[]> {
  await fit(m, data, options({ epochs: 4, ...more }));
  m.dispose();
  return warn.mock.calls.map(([text]) => String(text));
}

/** Every unit of the first layer is off for every row. */
function dead(): Sequential {
  manualSeed(1);
  const m = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 3));
  m.parameters()[1]!.set(new Float32Array(8).fill(-100));
  return m;
}

describe("weights that do not move are named, once, at the end of the epoch of the tenth update", () => {
  it("behind ReLU units that are all off", async () => {
    for (const eager of [false, true]) {
      const said = await warnings(dead(), { eager });
      expect(said).toHaveLength(1);
      // three updates an epoch; the last bias has a gradient
      expect(said[0]).toContain("0.weight, 2.weight did not move in the first 12 updates");
      expect(said[0]).toContain("LeakyReLU");
      warn.mockClear();
    }
  });

  it("behind a step without a straight-through gradient", async () => {
    manualSeed(1);
    const said = await warnings(new Sequential(new Linear(2, 8), new Step(), new Linear(8, 3)));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("neurite: 0.weight did not move");
  });

  it("not where a rate of 0 keeps them, nor those that are frozen, nor a group with a rate of 0", async () => {
    expect(await warnings(dead(), { optimizer: { type: "sgd", lr: 0 } })).toEqual([]);
    const frozen = dead();
    for (const p of frozen.parameters().slice(0, 3)) p.requiresGrad = false;
    expect(await warnings(frozen)).toEqual([]);
    const m = model();
    const optimizer = new SGD([
      { params: m.parameters().slice(0, 2), lr: 0.1 },
      { params: m.parameters().slice(2), lr: 0 },
    ]);
    expect(await warnings(m, { optimizer })).toEqual([]);
    optimizer.dispose();
  });

  it("not where an output layer of zeros keeps the gradients of the first update", async () => {
    const m = model();
    for (const p of m.parameters().slice(2)) p.set(new Float32Array(p.size));
    expect(await warnings(m, { batchSize: "all", epochs: 12 })).toEqual([]);
  });

  it("not the bias in front of batch norm", async () => {
    manualSeed(1);
    expect(await warnings(new Sequential(new Linear(2, 8), new BatchNorm1d(8), new ReLU(), new Linear(8, 3)))).toEqual([]);
  });

  it("not in a run where all move", async () => {
    for (const optimizer of ["sgd", "adam", "rprop"] as const)
      expect(await warnings(model(), { optimizer: { type: optimizer, lr: 0.01 } })).toEqual([]);
  });
});
