import { expect, it } from "vitest";
import { BatchNorm1d, type Callback, earlyStopping, fit, Linear, manualSeed, Sequential, type StateDict, Tanh } from "../../src/index";
import { noLeaks } from "../leaks";
import { data, model, options } from "../small";

noLeaks();

/** A figure under the test's control: the metric of an epoch is the value given for it. */
function figure(values: readonly number[]) {
  const record: Callback = {
    onEpochEnd(e) {
      (e as Record<string, unknown>).figure = values[e.epoch - 1];
    },
  };
  return record;
}

/** Runs with these figures, and gives how many epochs ran, why it ended, and the state after each. */
async function run(values: readonly number[], stop: Callback, m = model()) {
  const states: StateDict[] = [];
  const keep: Callback = { onEpochEnd: () => void states.push(m.stateDict()) };
  const history = await fit(m, data, options({ epochs: values.length, batchSize: "all", callbacks: [figure(values), keep, stop] }));
  const end = m.stateDict();
  m.dispose();
  return { epochs: history.epochs.length, reason: history.reason, best: states.findIndex((s) => equal(s, end)) + 1 };
}

const equal = (a: StateDict, b: StateDict) => Object.keys(a).every((k) => a[k]!.data.every((v, i) => Object.is(v, b[k]!.data[i])));

it("mode min: stops `patience` epochs after the least figure, and puts back its weights", async () => {
  const stop = earlyStopping({ monitor: "figure", patience: 2 });
  expect(await run([5, 3, 4, 3.5, 1, 0], stop)).toEqual({
    epochs: 4,
    best: 2,
    reason: "figure did not improve for 2 epochs; best was 3 in epoch 2",
  });
});

it("mode max: the greatest figure counts", async () => {
  const stop = earlyStopping({ monitor: "figure", mode: "max", patience: 2 });
  expect(await run([1, 3, 2, 2.5, 9], stop)).toMatchObject({ epochs: 4, best: 2 });
});

it("an epoch that improves starts the count again", async () => {
  const stop = earlyStopping({ monitor: "figure", patience: 2 });
  expect(await run([5, 6, 4, 6, 3, 6, 6], stop)).toMatchObject({ epochs: 7, best: 5 });
});

it("minDelta: an improvement of no more than this is none", async () => {
  const stop = earlyStopping({ monitor: "figure", patience: 2, minDelta: 0.5 });
  expect(await run([5, 4.5, 4.6, 1], stop)).toMatchObject({ epochs: 3, best: 1 });
});

it("a run that ends by its epochs gets the best weights too", async () => {
  expect(await run([3, 1, 2], earlyStopping({ monitor: "figure" }))).toMatchObject({ epochs: 3, best: 2, reason: undefined });
});

it("restoreBest false leaves the last weights", async () => {
  const stop = earlyStopping({ monitor: "figure", patience: 2, restoreBest: false });
  expect(await run([3, 1, 2, 2, 0], stop)).toMatchObject({ epochs: 4, best: 4 });
});

it("NaN is no improvement; where every epoch has it, the reason says so and the weights stay as they are", async () => {
  expect(await run([2, Number.NaN, 3, 1], earlyStopping({ monitor: "figure", patience: 2 }))).toMatchObject({ epochs: 3, best: 1 });
  const stop = earlyStopping({ monitor: "figure", patience: 2 });
  expect(await run([Number.NaN, Number.NaN, 1], stop)).toEqual({
    epochs: 2,
    best: 2,
    reason: "figure did not improve for 2 epochs; it was not a number in any of them",
  });
});

it("running statistics are put back with the weights", async () => {
  manualSeed(1);
  const m = new Sequential(new Linear(2, 8), new BatchNorm1d(8), new Tanh(), new Linear(8, 3));
  const result = await run([3, 1, 2, 2, 0], earlyStopping({ monitor: "figure", patience: 2 }), m);
  expect(result).toMatchObject({ epochs: 4, best: 2 });
});

it("an aborted run gets the best weights of the epochs it did", async () => {
  const m = model();
  const controller = new AbortController();
  const states: StateDict[] = [];
  const look: Callback = {
    onEpochEnd({ epoch }) {
      states.push(m.stateDict());
      if (epoch === 3) controller.abort();
    },
  };
  const callbacks = [figure([1, 2, 3, 4]), look, earlyStopping({ monitor: "figure" })];
  const history = await fit(m, data, options({ epochs: 4, callbacks, signal: controller.signal }));
  expect(history.stopped).toBe("aborted");
  expect(m.stateDict()).toEqual(states[0]);
  m.dispose();
});
