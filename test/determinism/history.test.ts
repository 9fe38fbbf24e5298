import { expect, test } from "vitest";
import { type FitOptions, fit, type History, type Module, manualSeed } from "../../src/index";
import { noLeaks } from "../leaks";
import { asDataSet, dataFor, NETS } from "./nets";

noLeaks();

const net = NETS["a small classifier"];
const data = asDataSet(dataFor(net, 50));

async function run(
  seeds: { init?: number; fit?: number },
  options: Partial<FitOptions> = {},
): Promise<{ history: History; parameters: Float32Array[] }> {
  manualSeed(seeds.init ?? 1);
  const model: Module = net.make();
  const history = await fit(model, data, {
    loss: net.loss,
    optimizer: { type: "adam", lr: 0.01 },
    epochs: 3,
    batchSize: 16,
    metrics: ["accuracy"],
    validation: data,
    ...(seeds.fit === undefined ? {} : { seed: seeds.fit }),
    ...options,
  });
  const parameters = model.parameters().map((p) => p.data() as Float32Array);
  model.dispose();
  return { history, parameters };
}

/** The history without what a clock says. */
const untimed = (history: History) => JSON.stringify(history, (key, value) => (/second/i.test(key) ? undefined : value));

test("the same seed gives the same history and the same parameters twice", async () => {
  const [a, b] = [await run({ fit: 4 }), await run({ fit: 4 })];
  expect(untimed(a.history)).toBe(untimed(b.history));
  expect(a.parameters).toEqual(b.parameters);
  expect(a.history.epochs).toHaveLength(3);
});

test("recorded or one op at a time, in slices of any length: the same history", async () => {
  const [a, b, c] = [await run({ fit: 4 }), await run({ fit: 4 }, { eager: true }), await run({ fit: 4 }, { yieldEveryMs: 0.01 })];
  const epochs = ({ history }: typeof a) => untimed({ ...history, recorded: true, flops: 0 });
  expect(epochs(b)).toBe(epochs(a));
  expect(untimed(c.history)).toBe(untimed(a.history));
});

test("callbacks, a look at the values between steps and a validation in between change no bit", async () => {
  const plain = await run({ fit: 4 }, { validation: undefined as never });
  const watched = await run({ fit: 4 }, { callbacks: [{ onStep: () => undefined, onEpochEnd: async () => undefined }], progress: false });
  expect(watched.parameters).toEqual(plain.parameters);
});

test("another seed of the fit gives another order, another seed of the start gives other weights", async () => {
  const base = await run({ fit: 4 });
  expect((await run({ fit: 5 })).parameters).not.toEqual(base.parameters);
  expect((await run({ init: 2, fit: 4 })).parameters).not.toEqual(base.parameters);
});

test("without a seed the global generator decides: the same after the same manualSeed, another one for a second fit", async () => {
  const [a, b] = [await run({ init: 9 }), await run({ init: 9 })];
  expect(a.parameters).toEqual(b.parameters);
  manualSeed(9);
  const [one, two] = [net.make(), net.make()];
  two.loadStateDict(one.stateDict());
  const options = { loss: net.loss, optimizer: { type: "sgd", lr: 0.1 }, batchSize: 16 } as const;
  await fit(one, data, options);
  await fit(two, data, options);
  expect(two.parameters()[0]!.data()).not.toEqual(one.parameters()[0]!.data());
  one.dispose();
  two.dispose();
});

test("two fits at the same time do not disturb each other", async () => {
  const alone = await run({ fit: 4 });
  const start = () => {
    manualSeed(1);
    return net.make();
  };
  const models = [start(), start()];
  const options = { loss: net.loss, optimizer: { type: "adam", lr: 0.01 }, epochs: 3, batchSize: 16, seed: 4, yieldEveryMs: 0.01 } as const;
  await Promise.all(models.map((m) => fit(m, data, options)));
  for (const m of models) {
    expect(m.parameters().map((p) => p.data())).toEqual(alone.parameters);
    m.dispose();
  }
});
