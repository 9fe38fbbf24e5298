import { expect, it } from "vitest";
import { type Callback, Dropout, evaluate, fit, Linear, manualSeed, predict, Sequential, Tanh, trainStep } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, options } from "../small";

noLeaks();

const net = (seed: number) => {
  manualSeed(seed);
  return new Sequential(new Linear(2, 8), new Tanh(), new Dropout(0.2), new Linear(8, 3));
};

const settings = (seed: number, callbacks: Callback[] = []) => options({ epochs: 6, seed, yieldEveryMs: 0.05, callbacks });

/** The weights and losses that a seed comes to when nothing else runs. */
async function alone(seed: number) {
  const m = net(seed);
  const { epochs } = await fit(m, data, settings(seed));
  const result = { bits: bits(m), losses: epochs.map((e) => e.loss) };
  m.dispose();
  return result;
}

it("four fits at once, slice by slice, give the bits that each gives alone", async () => {
  const seeds = [1, 2, 3, 4];
  const wanted = [];
  for (const seed of seeds) wanted.push(await alone(seed));
  const models = seeds.map(net);
  const histories = await Promise.all(models.map((m, k) => fit(m, data, settings(seeds[k]!))));
  expect(models.map((m, k) => ({ bits: bits(m), losses: histories[k]!.epochs.map((e) => e.loss) }))).toEqual(wanted);
  for (const m of models) m.dispose();
});

it("a fit of another model, an evaluation, a prediction and single steps inside a callback change nothing of either", async () => {
  const wanted = await alone(1);
  const inner = await alone(2);
  const m = net(1);
  const seen: unknown[] = [];
  const busy: Callback = {
    async onEpochEnd({ epoch }) {
      if (epoch !== 3) return;
      const other = net(2);
      await fit(other, data, settings(2));
      seen.push(bits(other));
      other.dispose();
      const { loss } = await evaluate(m, data, { loss: "crossEntropy" });
      const { shape } = await predict(m, data.x);
      seen.push(Number.isFinite(loss), shape);
      const third = net(3);
      const step = trainStep(third, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 } });
      step(data.x, data.y);
      step.dispose();
      third.dispose();
    },
  };
  const { epochs } = await fit(m, data, settings(1, [busy]));
  expect(seen).toEqual([inner.bits, true, [24, 3]]);
  expect({ bits: bits(m), losses: epochs.map((e) => e.loss) }).toEqual(wanted);
  m.dispose();
});

it("one fit that fails or is aborted leaves the others as they would be alone", async () => {
  const wanted = await alone(1);
  const [good, bad, stopped] = [net(1), net(2), net(3)];
  const controller = new AbortController();
  const [first, second, third] = await Promise.allSettled([
    fit(good, data, settings(1)),
    fit(bad, data, settings(2, [{ onEpochEnd: () => Promise.reject(new Error("callback")) }])),
    fit(stopped, data, { ...settings(3, [{ onEpochEnd: () => controller.abort() }]), signal: controller.signal }),
  ]);
  expect(first.status).toBe("fulfilled");
  expect(second).toMatchObject({ status: "rejected", reason: { message: "callback" } });
  expect(third.status).toBe("fulfilled");
  expect(bits(good)).toEqual(wanted.bits);
  for (const m of [good, bad, stopped]) m.dispose();
});
