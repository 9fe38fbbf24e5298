import { describe, expect, it } from "vitest";
import { evaluate, fit, Linear, manualSeed, predict, relu, Sequential, type Tensor } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options } from "../small";

noLeaks();

for (const eager of [false, true])
  describe(`an AbortSignal in fit, ${eager ? "eager" : "recorded"}`, () => {
    it("aborted before: no step, stopped as aborted, the end is told", async () => {
      const m = model();
      const before = bits(m);
      const calls: string[] = [];
      const history = await fit(
        m,
        data,
        options({
          eager,
          signal: AbortSignal.abort(),
          callbacks: [
            { onStart: () => void calls.push("start"), onEpochEnd: () => void calls.push("epoch"), onEnd: () => void calls.push("end") },
          ],
        }),
      );
      expect(history).toMatchObject({ steps: 0, stopped: "aborted", epochs: [] });
      expect(calls).toEqual(["start", "end"]);
      expect(bits(m)).toEqual(before);
      m.dispose();
    });

    it("aborted after any step: the model is as after that step, the epoch is not reported", async () => {
      for (const step of [1, 2, 3, 4, 7]) {
        const [m, expected] = [model(), model()];
        const controller = new AbortController();
        const history = await fit(
          m,
          data,
          options({
            eager,
            epochs: 5,
            signal: controller.signal,
            callbacks: [{ onStep: (e) => (e.step === step ? controller.abort() : undefined) }],
          }),
        );
        await fit(expected, data, options({ eager, epochs: 5, callbacks: [{ onStep: (e) => (e.step === step ? "stop" : undefined) }] }));
        expect(history).toMatchObject({ steps: step, stopped: "aborted" });
        expect(history.epochs).toHaveLength(Math.floor(step / 3));
        expect(bits(m)).toEqual(bits(expected));
        m.dispose();
        expected.dispose();
      }
    });

    it("aborted by a timer: a run without end ends, at a whole step", async () => {
      const m = model();
      const history = await fit(m, data, options({ eager, epochs: 1e9, signal: AbortSignal.timeout(30), yieldEveryMs: 5 }));
      expect(history.stopped).toBe("aborted");
      const expected = model();
      const { steps } = history;
      await fit(
        expected,
        data,
        options({ eager, epochs: Math.ceil(steps / 3), callbacks: [{ onStep: (e) => (e.step === steps ? "stop" : undefined) }] }),
      );
      expect(bits(m)).toEqual(bits(expected));
      m.dispose();
      expected.dispose();
    });
  });

/** A data set that takes longer to evaluate than anybody waits for. */
function endless() {
  manualSeed(1);
  const slow = new Sequential(new Linear(2, 200), relu, ...Array.from({ length: 6 }, () => new Linear(200, 200)), new Linear(200, 3));
  const rows = 100_000;
  const x = { data: Float32Array.from({ length: 2 * rows }, (_, k) => (k % 17) / 17), shape: [rows, 2] };
  return { slow, large: { x, y: new Int32Array(rows) } };
}

it("aborted within a validation: fit resolves, the epoch that was trained is in the history without it", async () => {
  const { slow, large } = endless();
  const controller = new AbortController();
  const ended: number[] = [];
  const callbacks = [{ onStep: () => void setTimeout(() => controller.abort(), 1), onEpochEnd: () => void ended.push(1) }];
  const history = await fit(
    slow,
    data,
    options({ batchSize: "all", epochs: 3, validation: large, signal: controller.signal, callbacks, yieldEveryMs: 2 }),
  );
  expect(history).toMatchObject({ steps: 1, stopped: "aborted" });
  expect(history.epochs).toHaveLength(1);
  expect(history.epochs[0]).not.toHaveProperty("validation");
  expect(ended).toEqual([]);
  slow.dispose();
});

it("evaluate and predict reject with the signal's reason, before and within", async () => {
  const { slow, large } = endless();
  const reason = new Error("enough");
  await expect(evaluate(slow, large, { loss: "crossEntropy", signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(predict(slow, large.x, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  for (const start of [
    (signal: AbortSignal) => evaluate(slow, large, { loss: "crossEntropy", signal, yieldEveryMs: 2 }),
    (signal: AbortSignal) => predict(slow, large.x, { signal, yieldEveryMs: 2 }),
  ]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 1);
    await expect(start(controller.signal)).rejects.toBe(reason);
  }
  slow.dispose();
});

it("a signal aborted for another run leaves this one alone", async () => {
  const [a, b] = [model(), model()];
  const controller = new AbortController();
  const plain = options({ epochs: 30, yieldEveryMs: 0.01 });
  const [first, second] = await Promise.all([
    fit(a, data, { ...plain, signal: controller.signal, callbacks: [{ onEpochEnd: () => controller.abort() }] }),
    fit(b, data, plain),
  ]);
  expect([first.stopped, second.stopped]).toEqual(["aborted", "finished"]);
  const alone = model();
  await fit(alone, data, plain);
  expect(bits(b)).toEqual(bits(alone));
  for (const m of [a, b, alone]) m.dispose();
});

/** Long steps run some instructions at a time: other work gets its turn within them. */
it("a step longer than the time between turns is cut in pieces: timers run within it, and the bits are the same", async () => {
  const rows = 200;
  const make = () => {
    manualSeed(2);
    return new Sequential(new Linear(40, 300), relu as (x: Tensor) => Tensor, new Linear(300, 300), relu, new Linear(300, 4));
  };
  const x = { data: Float32Array.from({ length: 40 * rows }, (_, k) => ((k * 7) % 31) / 31 - 0.5), shape: [rows, 40] };
  const set = { x, y: Int32Array.from({ length: rows }, (_, k) => k % 4) };
  const [whole, pieces] = [make(), make()];
  let turns = 0;
  let running = true;
  const count = () => {
    turns++;
    if (running) setImmediate(count);
  };
  const run = { loss: "crossEntropy", optimizer: { type: "adam" }, batchSize: "all", epochs: 6, seed: 1 } as const;
  await fit(whole, set, { ...run, yieldEveryMs: 1e6 });
  setImmediate(count);
  const { recorded, steps } = await fit(pieces, set, { ...run, yieldEveryMs: 0.001 });
  running = false;
  expect({ recorded, steps }).toEqual({ recorded: true, steps: 6 });
  // more turns than the one before each step
  expect(turns).toBeGreaterThan(5 * 10);
  expect(bits(pieces)).toEqual(bits(whole));
  whole.dispose();
  pieces.dispose();
});
