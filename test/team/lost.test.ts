import { expect, it } from "vitest";
import { type Callback, evaluate, fit, Linear, manualSeed, predict, ReLU, Sequential, trainStep, WorkerError } from "../../src/index";
import { noLeaks } from "../leaks";
import { allFinite, bits } from "../small";
import { allLanes, atWork, lanes, withThreads } from "./lanes";

noLeaks();
withThreads(2);
allLanes();

const ROWS = 640;
const data = {
  x: { data: Float32Array.from({ length: 100 * ROWS }, (_, k) => Math.sin(k)), shape: [ROWS, 100] as const },
  y: Int32Array.from({ length: ROWS }, (_, k) => k % 10),
};
const net = () => {
  manualSeed(2);
  return new Sequential(new Linear(100, 200), new ReLU(), new Linear(200, 10));
};
const options = { loss: "crossEntropy", optimizer: { type: "adam" }, batchSize: 64, seed: 1, epochs: 12, metrics: ["accuracy"] } as const;

const kill = async () => (await atWork()).thread.end();

it("workers that end in the middle of a run: it goes on from the last copy, to the same bits and figures, and each step is told once", async () => {
  const told: number[] = [];
  const once = async (deaths: number, onStep: boolean) => {
    const model = net();
    told.length = 0;
    let left = deaths;
    const callbacks: Callback[] = [{ onEpochEnd: () => void (left-- > 0 && kill()) }];
    if (onStep) callbacks.push({ onStep: ({ step }) => void told.push(step) });
    const running = fit(model, data, { ...options, callbacks });
    const { epochs } = await running;
    const result = { bits: bits(model), epochs: epochs.map(({ seconds: _, samplesPerSecond: __, ...rest }) => rest) };
    model.dispose();
    return result;
  };
  const wanted = await once(0, false);
  for (const deaths of [1, 3]) expect(await once(deaths, false)).toEqual(wanted);
  expect(await once(2, true)).toEqual(wanted);
  expect(told).toEqual(Array.from({ length: 120 }, (_, k) => k + 1));
  while (lanes().length < 2) await new Promise((r) => setImmediate(r));
});

it("evaluate and predict are done again, step.async too", async () => {
  const model = net();
  const step = trainStep(model, { loss: "crossEntropy", optimizer: { type: "adam" } });
  const before = model.stateDict();
  const wanted = [
    await evaluate(model, data, { loss: "crossEntropy" }),
    (await predict(model, data.x)).data,
    await step.async(data.x, data.y),
  ];
  model.loadStateDict(before);
  const again = [
    () => evaluate(model, data, { loss: "crossEntropy" }),
    async () => (await predict(model, data.x)).data,
    () => step.async(data.x, data.y),
  ];
  for (const [k, run] of again.entries()) expect((await Promise.all([run(), kill()]))[0]).toEqual(wanted[k]);
  step.dispose();
  model.dispose();
});

it("workers that end again and again: WorkerError that says so, the model as it was at the last copy, and another run works", async () => {
  const model = net();
  let over = false;
  const running = fit(model, data, options).finally(() => {
    over = true;
  });
  const killing = (async () => {
    while (!over) await Promise.race([kill(), running.catch(() => {})]);
  })();
  await expect(running).rejects.toThrow(WorkerError);
  await killing;
  expect(allFinite(model)).toBe(true);
  const { epochs } = await fit(model, data, options);
  expect(Number.isFinite(epochs.at(-1)!.loss)).toBe(true);
  model.dispose();
});
