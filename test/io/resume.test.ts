/** A run that stops at any step and goes on gives the bits of one that never stopped. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  AveragedModel,
  BatchNorm1d,
  cosine,
  Dropout,
  earlyStopping,
  type FitOptions,
  fit,
  type History,
  Linear,
  loadCheckpoint,
  type Module,
  manualSeed,
  PReLU,
  randn,
  readSafetensors,
  reduceOnPlateau,
  Sequential,
  SGD,
  Tanh,
  type Tensor,
  warmup,
  writeSafetensors,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options } from "../small";

noLeaks();

const root = mkdtempSync(join(tmpdir(), "neurite-"));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const folder = () => join(root, String(folders++));

const normed = () => {
  manualSeed(1);
  return new Sequential(new Linear(2, 8), new BatchNorm1d(8), new Tanh(), new Dropout(0.3), new Linear(8, 3));
};
const noisy = () => {
  manualSeed(2);
  return new Sequential(new Linear(2, 8), new PReLU(), (x: Tensor) => x.add(randn(x.shape).mul(0.1)), new Linear(8, 3));
};
const own = (step: number) => 0.05 / (1 + step);

interface Case {
  make: () => Module;
  options: (m: Module) => Partial<FitOptions>;
  /** Steps after which it stops. */
  stops: readonly number[];
}
const CASES: Record<string, Case> = {
  "Adam, batch norm and dropout": { make: normed, options: () => ({}), stops: [1, 3, 4, 8] },
  "AdamW with amsgrad and a schedule": {
    make: normed,
    options: () => ({ optimizer: { type: "adamw", amsgrad: true, lr: warmup(3, cosine(0.02, { steps: 9 })) as never } }),
    stops: [2, 5],
  },
  "SGD with momentum, and random numbers in forward": {
    make: noisy,
    options: (m) => ({ optimizer: new SGD(m.parameters(), { lr: own, momentum: 0.9, nesterov: true }) }),
    stops: [1, 4, 6],
  },
  "NAdam, batches accumulated, in the middle of a group": {
    make: normed,
    options: () => ({ optimizer: { type: "nadam" }, batchSize: 4, accumulate: 4 }),
    stops: [1, 2, 4, 5, 7, 11],
  },
  "RMSprop, streamed, the last batch smaller": {
    make: normed,
    options: () => ({ optimizer: { type: "rmsprop", momentum: 0.5, centered: true }, batchSize: 9, source: "stream" }),
    stops: [2, 4],
  },
  "L-BFGS with a line search": {
    make: () => model(),
    options: () => ({ optimizer: { type: "lbfgs", lineSearchFn: "strong_wolfe", maxIter: 3 }, batchSize: "all" }),
    stops: [1, 2],
  },
  "averaged weights, metrics, validation, clipping, penalties": {
    make: normed,
    options: () => ({
      ema: { decay: 0.9, useWarmup: true },
      metrics: ["accuracy"],
      validation: data,
      clip: { norm: 0.1 },
      regularization: { l2: 0.01 },
    }),
    stops: [2, 6],
  },
  "rates lowered on a plateau, and early stopping": {
    make: () => model(),
    options: () => ({
      epochs: 6,
      optimizer: { type: "sgd", lr: 0.5 },
      validation: data,
      callbacks: [reduceOnPlateau({ patience: 0, threshold: 0.5, factor: 0.5 }), earlyStopping({ patience: 2, minDelta: 0.03 })],
    }),
    stops: [4, 7, 10],
  },
};

/** What a run leaves: all but times. */
const left = (m: Module, { epochs, steps, stopped, reason }: History) => ({
  bits: bits(m),
  epochs: epochs.map(({ seconds: _, samplesPerSecond: __, ...figures }) => figures),
  steps,
  stopped,
  reason,
});

for (const eager of [false, true])
  describe(`stopped by a signal and resumed, ${eager ? "eager" : "recorded"}`, () => {
    it.each(Object.entries(CASES))("%s", async (_, { make, options: more, stops }) => {
      const run = async (m: Module, extra: Partial<FitOptions>) => {
        const asked = { ...options({ epochs: 3, eager, ...more(m) }), ...extra };
        asked.callbacks = [...(more(m).callbacks ?? []), ...(extra.callbacks ?? [])];
        const history = await fit(m, data, asked);
        if ("step" in asked.optimizer) asked.optimizer.dispose();
        return history;
      };
      const whole = make();
      const expected = left(whole, await run(whole, {}));
      whole.dispose();
      for (const stop of stops) {
        const checkpoint = { dir: folder() };
        const controller = new AbortController();
        const first = make();
        const { stopped } = await run(first, {
          checkpoint,
          signal: controller.signal,
          callbacks: [{ onStep: (e) => (e.step === stop ? controller.abort() : undefined) }],
        });
        expect(stopped).toBe("aborted");
        first.dispose();
        // other first values, all of which are replaced
        const second = make();
        for (const p of second.parameters()) p.set(new Float32Array(p.size).fill(0.5));
        expect(left(second, await run(second, { checkpoint, resume: true })), `stopped after step ${stop}`).toEqual(expected);
        second.dispose();
      }
    });
  });

const crash = new Error("power");

it("after a crash, from the last checkpoint: every step, some steps, an epoch", async () => {
  const expected = normed();
  const history = await fit(expected, data, options({ epochs: 3 }));
  for (const every of [{ steps: 1 }, { steps: 2 }, { steps: 4 }, { seconds: 0 }, "epoch"] as const)
    for (const at of [2, 3, 5, 9]) {
      const checkpoint = { path: join(folder(), "run.safetensors"), every };
      const failing = {
        onStep: (e: { step: number }) => {
          if (e.step === at) throw crash;
        },
      };
      const m = normed();
      await expect(fit(m, data, options({ epochs: 3, checkpoint, resume: true, callbacks: [failing] }))).rejects.toBe(crash);
      m.dispose();
      const again = normed();
      const steps: number[] = [];
      const went = await fit(
        again,
        data,
        options({ epochs: 3, checkpoint, resume: true, callbacks: [{ onStep: (e) => void steps.push(e.step) }] }),
      );
      expect(left(again, went)).toEqual(left(expected, history));
      const lost = every === "epoch" ? 3 : "steps" in every ? every.steps + 1 : 2;
      expect(steps[0] ?? 10).toBeGreaterThanOrEqual(at - lost);
      again.dispose();
    }
  expected.dispose();
});

it("an AveragedModel of one's own, and resuming from a run that had ended", async () => {
  const [a, b] = [normed(), normed()];
  const [first, second] = [new AveragedModel(a), new AveragedModel(b)];
  const checkpoint = { dir: folder() };
  await fit(a, data, options({ epochs: 2, ema: first, checkpoint }));
  const history = await fit(b, data, options({ epochs: 2, ema: second, checkpoint, resume: true }));
  expect(history).toMatchObject({ stopped: "finished", steps: 6 });
  expect(history.epochs).toHaveLength(2);
  expect(bits(b)).toEqual(bits(a));
  expect(bits(second)).toEqual(bits(first));
  for (const m of [a, b, first, second]) m.dispose();
});

it("more epochs than before; only the last k files stay, and times add up", async () => {
  const dir = folder();
  const [m, again, expected] = [normed(), normed(), normed()];
  const one = await fit(m, data, options({ epochs: 2, checkpoint: { dir, keep: 2 } }));
  const two = await fit(again, data, options({ epochs: 5, checkpoint: { dir, keep: 2 }, resume: true }));
  expect(left(again, two)).toEqual(left(expected, await fit(expected, data, options({ epochs: 5 }))));
  expect(readdirSync(dir)).toEqual(["checkpoint-000000012.safetensors", "checkpoint-000000015.safetensors"]);
  expect(two.seconds).toBeGreaterThan(one.seconds);
  for (const model of [m, again, expected]) model.dispose();
});

it("aborted within a validation: the epoch's end is told in the run that goes on", async () => {
  const rows = 60_000;
  const large = { x: { data: new Float32Array(2 * rows), shape: [rows, 2] }, y: new Int32Array(rows) };
  const expected = normed();
  const whole = left(expected, await fit(expected, data, options({ epochs: 2, validation: large })));
  const checkpoint = { dir: folder() };
  const controller = new AbortController();
  const m = normed();
  const callbacks = [{ onStep: (e: { step: number }) => (e.step === 3 ? void setTimeout(() => controller.abort(), 1) : undefined) }];
  const stopped = await fit(
    m,
    data,
    options({ epochs: 2, validation: large, checkpoint, callbacks, signal: controller.signal, yieldEveryMs: 2 }),
  );
  expect(stopped.epochs).toHaveLength(1);
  expect(stopped.epochs[0]).not.toHaveProperty("validation");
  const again = normed();
  expect(left(again, await fit(again, data, options({ epochs: 2, validation: large, checkpoint, resume: true })))).toEqual(whole);
  for (const model of [expected, m, again]) model.dispose();
});

it("another arithmetic is a warning", async () => {
  const path = join(folder(), "run.safetensors");
  const m = normed();
  await fit(m, data, options({ checkpoint: { path } }));
  const { arithmetic } = ((await loadCheckpoint(path)) as { run: { arithmetic: string } }).run;
  const { tensors, metadata } = readSafetensors(readFileSync(path));
  writeFileSync(path, writeSafetensors(tensors, { ...metadata, neurite: metadata.neurite!.replace(`"${arithmetic}"`, '"abacus"') }));
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  await fit(m, data, options({ resume: path }));
  expect(warn).toHaveBeenCalledOnce();
  expect(warn.mock.calls[0]![0]).toMatch(/computed with abacus arithmetic, here it is/);
  warn.mockRestore();
  m.dispose();
});
