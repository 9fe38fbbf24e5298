import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import {
  BatchNorm1d,
  Dropout,
  evaluate,
  type FitOptions,
  fit,
  GELU,
  LayerNorm,
  LeakyReLU,
  Linear,
  type LossSpec,
  type Module,
  manualSeed,
  PReLU,
  predict,
  ReLU,
  Sequential,
  Sigmoid,
  Tanh,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "../random";
import { allLanes, threads } from "./lanes";

noLeaks();
allLanes();

const ROWS = 700;
const INPUTS = 90;

/** Wide enough that nearly every instruction has several tiles. */
const mlp =
  (hidden: number, outputs: number, ...between: (() => Module)[]) =>
  () =>
    new Sequential(
      new Linear(INPUTS, hidden),
      ...between.map((make) => make()),
      new Linear(hidden, 120),
      new Tanh(),
      new Linear(120, outputs),
    );

interface Case {
  make: () => Module;
  outputs: number;
  options: Pick<FitOptions, "loss" | "optimizer"> & Partial<FitOptions>;
}

const cases: Record<string, Case> = {
  "dropout and batch norm, Adam, a smaller last batch": {
    make: mlp(
      200,
      10,
      () => new BatchNorm1d(200),
      () => new ReLU(),
      () => new Dropout(0.4),
    ),
    outputs: 10,
    options: { loss: "crossEntropy", optimizer: { type: "adamw", lr: 1e-3 }, batchSize: 300 },
  },
  "many classes, clipping by norm, a penalty, an average of the weights": {
    make: mlp(130, 70, () => new GELU()),
    outputs: 70,
    options: {
      loss: "crossEntropy",
      optimizer: { type: "sgd", lr: 0.05, momentum: 0.9, nesterov: true },
      batchSize: 256,
      clip: { norm: 0.5 },
      regularization: { l1: 1e-4, l2: 1e-3 },
      ema: { decay: 0.9 },
    },
  },
  "a regression, accumulated batches, Huber": {
    make: mlp(150, 40, () => new LeakyReLU(0.1)),
    outputs: -40,
    options: { loss: { type: "huber", delta: 0.5 }, optimizer: { type: "rmsprop", lr: 1e-3 }, batchSize: 200, accumulate: 2 },
  },
  "layer norm and PReLU, squared error, all rows at once": {
    make: mlp(
      160,
      30,
      () => new LayerNorm(160),
      () => new PReLU(160),
    ),
    outputs: -30,
    options: { loss: "mse", optimizer: { type: "adadelta" }, batchSize: "all" },
  },
  "sigmoid outputs, binary cross-entropy, weights of rows, streamed": {
    make: mlp(128, 25, () => new Sigmoid()),
    outputs: -25,
    options: { loss: "bceWithLogits", optimizer: { type: "adagrad", lr: 0.05 }, batchSize: 128, source: "stream" },
  },
  "L-BFGS": {
    make: mlp(100, 5),
    outputs: 5,
    options: { loss: "crossEntropy", optimizer: { type: "lbfgs", lr: 0.5, lineSearchFn: "strong_wolfe" }, batchSize: "all" },
  },
};

const next = random(5);
const x = { data: Float32Array.from({ length: ROWS * INPUTS }, () => 2 * next() - 1), shape: [ROWS, INPUTS] as const };
const labels = (n: number) => Int32Array.from({ length: ROWS }, (_, k) => (7 * k) % n);
const numbers = (n: number) => ({
  data: Float32Array.from({ length: ROWS * n }, (_, k) => (k % 13 < 6 ? 0 : 1)),
  shape: [ROWS, n] as const,
});

/** A hash of all bits that come of it: weights, history, evaluation, prediction. */
async function everything({ make, outputs, options }: Case, more: Partial<FitOptions> = {}): Promise<string> {
  manualSeed(3);
  const model = make();
  const data = { x, y: outputs > 0 ? labels(outputs) : numbers(-outputs) };
  const { epochs, stopped } = await fit(model, data, { epochs: 3, seed: 9, validation: data, ...options, ...more });
  const figures = epochs.map(({ seconds: _, samplesPerSecond: __, ...rest }) => rest);
  const evaluation = await evaluate(model, data, { loss: options.loss as LossSpec, batchSize: 150 });
  const prediction = await predict(model, x, { batchSize: 333 });
  const hash = createHash("sha256").update(JSON.stringify([stopped, figures, evaluation]));
  for (const { data: d } of [...Object.values(model.stateDict()), prediction]) hash.update(new Uint8Array(d.buffer as ArrayBuffer));
  model.dispose();
  return hash.digest("hex");
}

for (const [name, one] of Object.entries(cases))
  it(`${name}: the same bits on the caller's thread and on 1, 2, 3 and 4 lanes`, async () => {
    const wanted = await everything(one);
    for (const n of [1, 2, 3, 4]) {
      await threads(n);
      expect(await everything(one), `${n} lanes`).toBe(wanted);
      expect(await everything(one, { yieldEveryMs: 0.05, eager: n === 4 }), `${n} lanes, a step a slice`).toBe(wanted);
      await threads(0);
    }
  });
