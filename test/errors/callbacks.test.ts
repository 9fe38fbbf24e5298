import { describe, expect, it } from "vitest";
import { type Callback, fit, memory } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options, stillTrains } from "../small";

noLeaks();

class Mine extends Error {}
const throwing = (at: number) => (e: { step?: number; epoch: number }) => {
  if ((e.step ?? e.epoch) === at) throw new Mine(`at ${at}`);
};

const cases: [string, Callback, number][] = [
  ["onStart", { onStart: () => throwing(0)({ epoch: 0 }) }, 0],
  ["onStart, asynchronous", { onStart: async () => throwing(0)({ epoch: 0 }) }, 0],
  ["onStep", { onStep: throwing(4) }, 4],
  ["onStep, asynchronous", { onStep: async (e) => throwing(4)(e) }, 4],
  [
    "onStep, later",
    { onStep: (e) => new Promise((resolve, reject) => setTimeout(() => (e.step === 2 ? reject(new Mine("at 2")) : resolve()), 1)) },
    2,
  ],
  ["onEpochEnd", { onEpochEnd: throwing(2) }, 6],
  ["onEpochEnd, asynchronous", { onEpochEnd: async (e) => throwing(2)(e) }, 6],
  ["onEnd", { onEnd: () => throwing(0)({ epoch: 0 }) }, 9],
];

for (const eager of [false, true])
  describe(`a callback that throws, ${eager ? "eager" : "recorded"}: fit rejects with its error, the model is as after the last whole step`, () => {
    for (const [name, callback, steps] of cases)
      it(name, async () => {
        const before = memory();
        const m = model();
        await expect(fit(m, data, options({ epochs: 3, eager, callbacks: [callback] }))).rejects.toThrow(Mine);
        const expected = model();
        if (steps > 0)
          await fit(expected, data, options({ epochs: 3, eager, callbacks: [{ onStep: (e) => (e.step === steps ? "stop" : undefined) }] }));
        expect(bits(m)).toEqual(bits(expected));
        m.dispose();
        expected.dispose();
        expect(memory().byKind).toEqual(before.byKind);
        await stillTrains();
      });
  });

describe("a loss or metric of the user's that throws", () => {
  for (const eager of [false, true])
    it(`${eager ? "eager" : "recorded"}: fit rejects with its error, nothing stays behind`, async () => {
      const before = memory();
      const m = model();
      const start = bits(m);
      const fail = () => {
        throw new Mine("loss");
      };
      await expect(fit(m, data, options({ loss: fail, eager }))).rejects.toThrow(Mine);
      await expect(fit(m, data, options({ metrics: [fail], eager }))).rejects.toThrow(Mine);
      expect(bits(m)).toEqual(start);
      m.dispose();
      expect(memory().byKind).toEqual(before.byKind);
      await stillTrains();
    });

  it("names a loss that is not one number, and a metric", async () => {
    const m = model();
    await expect(fit(m, { ...data, y: Array.from(data.y, () => [0, 0, 1]) }, options({ loss: (o, t) => o.sub(t) }))).rejects.toThrow(
      /loss has shape \[8, 3\]/,
    );
    await expect(fit(m, data, options({ metrics: [(o) => o] }))).rejects.toThrow(/metric .*\[8, 3\]/);
    m.dispose();
  });
});
