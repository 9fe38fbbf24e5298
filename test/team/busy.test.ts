import { expect, it } from "vitest";
import {
  Adam,
  BusyError,
  evaluate,
  fit,
  Linear,
  manualSeed,
  memory,
  predict,
  predictor,
  ReLU,
  Sequential,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits } from "../small";
import { inTraining, withThreads } from "./lanes";

noLeaks();
withThreads(2);

const ROWS = 512;
const x = { data: Float32Array.from({ length: 64 * ROWS }, (_, k) => Math.sin(k)), shape: [ROWS, 64] as const };
const y = Int32Array.from({ length: ROWS }, (_, k) => k % 5);
const data = { x, y };

const net = () => {
  manualSeed(2);
  return new Sequential(new Linear(64, 128), new ReLU(), new Linear(128, 5));
};
const options = { loss: "crossEntropy", batchSize: 32, seed: 1 } as const;
const turn = () => new Promise((r) => setImmediate(r));

it("what would write to a model while workers train it: BusyError, and the run goes on to the same bits", async () => {
  const alone = net();
  await fit(alone, data, { ...options, optimizer: { type: "adam" }, epochs: 40 });
  const wanted = bits(alone);
  alone.dispose();

  const model = net();
  const before = model.stateDict();
  const optimizer = new Adam(model.parameters());
  const other = new Adam(model.parameters());
  const step = trainStep(model, { loss: "crossEntropy", optimizer: other });
  const row = { data: x.data.slice(0, 64), shape: [1, 64] as const };
  step(row, y.slice(0, 1));
  model.loadStateDict(before);
  const state = optimizer.stateDict();

  const running = fit(model, data, { ...options, optimizer, epochs: 40, yieldEveryMs: 1 });
  const weight = model.parameters()[0]!;
  const tries: [string, () => unknown][] = [
    ["set", () => weight.set(new Float32Array(weight.size))],
    ["loadStateDict", () => model.loadStateDict(before)],
    ["a step of another optimizer", () => step(row, y.slice(0, 1))],
    ["steps of another optimizer", () => step.run(data, { steps: 2, batchSize: 32 })],
    ["an eager update", () => eagerly(model, other)],
    ["the optimizer's loadStateDict", () => optimizer.loadStateDict(state)],
  ];
  for (const [what, write] of tries) {
    await inTraining(model);
    expect(write, what).toThrow(BusyError);
    expect(write, what).toThrow("cannot be changed now; await fit()");
    await turn();
  }
  await inTraining(model);
  await expect(fit(model, data, { ...options, optimizer: other, epochs: 1 })).rejects.toThrow(BusyError);
  await expect(step.async(row, y.slice(0, 1))).rejects.toThrow(BusyError);
  await running;
  expect(bits(model)).toEqual(wanted);
  weight.set(new Float32Array(weight.size));
  for (const o of [step, optimizer, other, model]) o.dispose();
});

function eagerly(model: Sequential, optimizer: Adam): void {
  const input = tensor(x.data.slice(0, 64), [1, 64]);
  try {
    for (const p of model.parameters()) p.grad = tensor(new Float32Array(p.size), p.shape);
    optimizer.step();
  } finally {
    optimizer.zeroGrad();
    input.dispose();
  }
}

it("from the moment that fit() has returned, before a worker has begun, a write throws BusyError", async () => {
  const alone = net();
  await fit(alone, data, { ...options, optimizer: { type: "sgd", lr: 0.1 }, epochs: 2 });
  const model = net();
  const weight = model.parameters()[0]!;
  const running = fit(model, data, { ...options, optimizer: { type: "sgd", lr: 0.1 }, epochs: 2 });
  expect(() => weight.set(new Float32Array(weight.size))).toThrow(BusyError);
  await Promise.resolve();
  expect(() => weight.set(new Float32Array(weight.size))).toThrow(BusyError);
  await running;
  expect(bits(model)).toEqual(bits(alone));
  for (const m of [alone, model]) m.dispose();
});

it("who reads a model while workers train it sees the last copy: whole steps, the same for every way of reading", async () => {
  const model = net();
  const f = predictor(model);
  const row = x.data.slice(0, 64);
  const first = [...f(row)];
  const seen: number[][] = [];
  const optimizer = new Adam(model.parameters());
  const running = fit(model, data, { ...options, optimizer, epochs: 60 });
  let done = false;
  void running.then(() => (done = true));
  while (!done) {
    await turn();
    if (done) break;
    const input = tensor(row, [1, 64]);
    const [sync, eager, copy] = [[...f(row)], model.forward(input), model.clone()];
    const copied = copy.forward(input);
    expect([...eager.data()]).toEqual(sync);
    expect([...copied.data()]).toEqual(sync);
    for (const t of [input, eager, copied, copy]) t.dispose();
    seen.push(sync);
  }
  await running;
  const last = [...f(row)];
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.flat().every(Number.isFinite)).toBe(true);
  expect(last).not.toEqual(first);
  for (const o of [f, optimizer, model]) o.dispose();
});

it("predictions and evaluations by workers beside a run: finite, and the run comes to the same bits", async () => {
  const alone = net();
  await fit(alone, data, { ...options, optimizer: { type: "adam" }, epochs: 30 });
  const wanted = bits(alone);
  alone.dispose();
  const model = net();
  const running = fit(model, data, { ...options, optimizer: { type: "adam" }, epochs: 30 });
  for (let k = 0; k < 10; k++) {
    const [p, e] = await Promise.all([predict(model, x, { batchSize: 64 }), evaluate(model, data, { loss: "crossEntropy" })]);
    expect(p.data.every(Number.isFinite) && Number.isFinite(e.loss)).toBe(true);
  }
  await running;
  expect(bits(model)).toEqual(wanted);
  model.dispose();
});

it("a model may be changed in callbacks, and once fit() has resolved", async () => {
  const model = net();
  const weight = model.parameters()[0]!;
  let changed = 0;
  const onEpochEnd = () => {
    weight.set(weight.data().map((v) => v / 2));
    changed++;
  };
  await fit(model, data, { ...options, optimizer: { type: "sgd", lr: 0.1 }, epochs: 3, callbacks: [{ onEpochEnd }] });
  weight.set(new Float32Array(weight.size));
  expect(changed).toBe(3);
  model.dispose();
});

it("disposing a model, an optimizer or a step while workers are at it gives the memory back when they have come to an end", async () => {
  const before = memory().bytes;
  const [model, other] = [net(), net()];
  const optimizer = new Adam(model.parameters());
  const step = trainStep(other, { loss: "crossEntropy", optimizer: { type: "adam" } });
  const running = fit(model, data, { ...options, optimizer, epochs: 50 }).catch((error: Error) => error.name);
  const one = step.async(x, y).catch((error: Error) => error.name);
  await inTraining(model);
  model.dispose();
  optimizer.dispose();
  step.dispose();
  other.dispose();
  expect(await running).toBe("DisposedError");
  const loss = await one;
  expect(Number.isFinite(loss) || loss === "DisposedError").toBe(true);
  expect(memory().bytes).toBe(before);
});

it("step.async: calls without await run one after the other, to the bits of the same calls of step", async () => {
  const train = async (asynchronous: boolean) => {
    const model = net();
    const step = trainStep(model, { loss: "crossEntropy", optimizer: { type: "adam", lr: 0.01 } });
    const batch = (k: number) => [{ data: x.data.slice(64 * k, 64 * (k + 32)), shape: [32, 64] }, y.slice(k, k + 32)] as const;
    const losses = [];
    for (let k = 0; k < 20; k++) losses.push(asynchronous ? step.async(...batch(k)) : step(...batch(k)));
    if (asynchronous) {
      await inTraining(model);
      expect(() => step(...batch(0))).toThrow(BusyError);
    }
    const result = { losses: await Promise.all(losses), bits: bits(model) };
    step.dispose();
    model.dispose();
    return result;
  };
  expect(await train(true)).toEqual(await train(false));
});

it("step.async with a batch that gives no finite loss: NonFiniteError, the model as before", async () => {
  const model = net();
  const step = trainStep(model, { loss: "crossEntropy", optimizer: { type: "adam", lr: 0.01 } });
  await step.async(x, y);
  const before = bits(model);
  const bad = { data: x.data.slice(), shape: x.shape };
  bad.data[3] = Number.NaN;
  await expect(step.async(bad, y)).rejects.toMatchObject({ name: "NonFiniteError", step: 1 });
  expect(bits(model)).toEqual(before);
  expect(Number.isFinite(await step.async(x, y))).toBe(true);
  step.dispose();
  model.dispose();
});
