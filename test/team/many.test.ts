import { expect, it } from "vitest";
import { engine } from "../../src/core/runtime";
import { type FitOptions, fit, Linear, manualSeed, memory, ReLU, Sequential, Tanh } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data as small } from "../small";
import { withThreads } from "./lanes";

noLeaks();
withThreads(2);

const ROWS = 256;
const large = {
  x: { data: Float32Array.from({ length: 100 * ROWS }, (_, k) => Math.sin(k)), shape: [ROWS, 100] as const },
  y: Int32Array.from({ length: ROWS }, (_, k) => k % 10),
};

const tiny = (seed: number) => {
  manualSeed(seed);
  return new Sequential(new Linear(2, 4 + (seed % 5)), new Tanh(), new Linear(4 + (seed % 5), 3));
};
const wide = (seed: number) => {
  manualSeed(seed);
  return new Sequential(new Linear(100, 200), new ReLU(), new Linear(200, 10));
};
const options = (seed: number, more: Partial<FitOptions> = {}): FitOptions => ({
  loss: "crossEntropy",
  optimizer: { type: "adam" },
  batchSize: 16,
  epochs: 20,
  seed,
  ...more,
});

it("24 models of two sizes at once, predicting and evaluating between: each comes to the bits that it comes to alone", async () => {
  const make = (k: number) => (k % 6 === 0 ? { model: wide(k), data: large } : { model: tiny(k), data: small });
  const seeds = Array.from({ length: 24 }, (_, k) => k);
  const wanted = [];
  for (const k of seeds) {
    const { model, data } = make(k);
    await fit(model, data, options(k));
    wanted.push(bits(model));
    model.dispose();
  }
  const all = seeds.map(make);
  await Promise.all(all.map(({ model, data }, k) => fit(model, data, options(k, { validation: data, yieldEveryMs: 1 + (k % 4) }))));
  expect(all.map(({ model }) => bits(model))).toEqual(wanted);
  for (const { model } of all) model.dispose();
});

it("a run that fails, one that is aborted and one whose model is disposed leave the others as they would be alone", async () => {
  const before = memory().bytes;
  const alone = wide(1);
  await fit(alone, large, options(1));
  const wanted = bits(alone);
  alone.dispose();
  const [good, bad, stopped, dropped] = [wide(1), wide(2), wide(3), wide(4)];
  const controller = new AbortController();
  const results = await Promise.allSettled([
    fit(good, large, options(1)),
    fit(bad, large, options(2, { optimizer: { type: "sgd", lr: 1e30 } })),
    fit(stopped, large, options(3, { signal: controller.signal, callbacks: [{ onEpochEnd: () => controller.abort() }] })),
    fit(dropped, large, options(4, { callbacks: [{ onEpochEnd: () => dropped.dispose() }] })),
  ]);
  expect(results.map((r) => (r.status === "fulfilled" ? r.value.stopped : (r.reason as Error).name))).toEqual([
    "finished",
    "NonFiniteError",
    "aborted",
    "DisposedError",
  ]);
  expect(bits(good)).toEqual(wanted);
  for (const m of [good, bad, stopped, dropped]) m.dispose();
  expect(memory().bytes).toBe(before);
});

it("turns are shared: of six equal runs of 20 epochs none gets more than 6 ahead of another", async () => {
  const models = Array.from({ length: 6 }, (_, k) => wide(k));
  const done = models.map(() => 0);
  let apart = 0;
  const callbacks = (k: number) => [
    {
      onEpochEnd: () => {
        done[k]!++;
        // once all have begun, and before the first is at its end
        const [least, most] = [Math.min(...done), Math.max(...done)];
        if (least > 0 && most < 20) apart = Math.max(apart, most - least);
      },
    },
  ];
  await Promise.all(models.map((m, k) => fit(m, large, options(k, { yieldEveryMs: 0.2, callbacks: callbacks(k) }))));
  expect(apart).toBeLessThanOrEqual(6);
  for (const m of models) m.dispose();
});

it("models of one lane are trained by all workers side by side", async () => {
  const { team } = engine();
  const { lanes } = team as unknown as { lanes: { task: unknown }[] };
  const models = Array.from({ length: 8 }, (_, k) => tiny(k));
  let most = 0;
  let over = false;
  const watching = (async () => {
    while (!over) {
      most = Math.max(most, lanes.filter((l) => l.task !== undefined).length);
      await new Promise((r) => setImmediate(r));
    }
  })();
  await Promise.all(models.map((m, k) => fit(m, small, options(k, { epochs: 100 }))));
  over = true;
  await watching;
  expect(most).toBe(2);
  for (const m of models) m.dispose();
});
