import { expect, it } from "vitest";
import { engine } from "../../src/core/runtime";
import { evaluate, fit, Linear, manualSeed, predict, ReLU, Sequential, trainStep, WorkerError } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits } from "../small";
import { allLanes, withThreads } from "./lanes";

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

interface Insides {
  lanes: { task: unknown; thread: { end(): Promise<unknown> } }[];
}
const insides = () => engine().team as unknown as Insides;

/** Ends a worker that is at work as soon as there is one. */
async function kill(): Promise<void> {
  for (;;) {
    const lane = insides()?.lanes.find((l) => l.task !== undefined);
    if (lane !== undefined) {
      await lane.thread.end();
      return;
    }
    await new Promise((r) => setImmediate(r));
  }
}

it("workers that end in the middle of a run: it goes on from the last copy, to the same bits and figures, and each step is told once", async () => {
  const told: number[] = [];
  const once = async (deaths: number, onStep: boolean) => {
    const model = net();
    told.length = 0;
    const callbacks = onStep ? [{ onStep: ({ step }: { step: number }) => void told.push(step) }] : [];
    const running = fit(model, data, { ...options, callbacks });
    for (let k = 0; k < deaths; k++) {
      await kill();
      await new Promise((r) => setTimeout(r, 20));
    }
    const { epochs } = await running;
    const result = { bits: bits(model), epochs: epochs.map(({ seconds: _, samplesPerSecond: __, ...rest }) => rest) };
    model.dispose();
    return result;
  };
  const wanted = await once(0, false);
  for (const deaths of [1, 3]) expect(await once(deaths, false)).toEqual(wanted);
  expect(await once(2, true)).toEqual(wanted);
  expect(told).toEqual(Array.from({ length: 120 }, (_, k) => k + 1));
  expect(insides().lanes.length).toBe(2);
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

it("workers that end again and again: WorkerError that says so, the model as after the last copy, and another run works", async () => {
  const model = net();
  const before = bits(model);
  let over = false;
  const running = fit(model, data, options).finally(() => {
    over = true;
  });
  const killing = (async () => {
    while (!over) await Promise.race([kill(), running.catch(() => {})]);
  })();
  await expect(running).rejects.toThrow(WorkerError);
  await killing;
  expect(bits(model)).toEqual(before);
  const { epochs } = await fit(model, data, options);
  expect(Number.isFinite(epochs.at(-1)!.loss)).toBe(true);
  model.dispose();
});
