import { describe, expect, it } from "vitest";
import { Adam, type Callback, evaluate, type FitContext, fit } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options, ROWS } from "../small";
import { crossEntropies, forward, hits, rowsOf, weightedMean } from "./reference";

noLeaks();

/** Writes down what it is told; asynchronous ones after a turn of the event loop. */
function diary(log: string[], name: string, later: boolean): Callback {
  const note = (what: string): undefined | Promise<undefined> => {
    if (!later) return void log.push(`${name} ${what}`) as undefined;
    return new Promise((resolve) => setTimeout(() => resolve(void log.push(`${name} ${what}`) as undefined), 1));
  };
  return {
    onStart: () => note("start"),
    onStep: ({ step, epoch }) => note(`step ${step} of epoch ${epoch}`),
    onEpochEnd: ({ epoch }) => note(`epoch ${epoch}`),
    onEnd: ({ steps }) => note(`end ${steps}`),
  };
}

describe("callbacks are called one after the other, in the order of the list", () => {
  for (const [a, b] of [
    [false, false],
    [true, false],
    [true, true],
  ] as const)
    it(`the first ${a ? "asynchronous" : "synchronous"}, the second ${b ? "asynchronous" : "synchronous"}`, async () => {
      const m = model();
      const log: string[] = [];
      await fit(m, data, options({ batchSize: 12, epochs: 2, callbacks: [diary(log, "a", a), diary(log, "b", b)] }));
      const moments = [
        "start",
        "step 1 of epoch 1",
        "step 2 of epoch 1",
        "epoch 1",
        "step 3 of epoch 2",
        "step 4 of epoch 2",
        "epoch 2",
        "end 4",
      ];
      expect(log).toEqual(moments.flatMap((w) => [`a ${w}`, `b ${w}`]));
      m.dispose();
    });
});

describe("what they are told", () => {
  it("onStart: model, optimizer, epochs, steps an epoch", async () => {
    const m = model();
    const optimizer = new Adam(m.parameters());
    let context: FitContext | undefined;
    await fit(m, data, options({ optimizer, batchSize: 7, epochs: 3, callbacks: [{ onStart: (c) => void (context = c) }] }));
    expect(context).toMatchObject({ epochs: 3, stepsPerEpoch: 4 });
    expect(context!.model).toBe(m);
    expect(context!.optimizer).toBe(optimizer);
    optimizer.dispose();
    m.dispose();
  });

  it("onStep: the loss of the step, before its update; onEpochEnd: the record of the history; onEnd: the history", async () => {
    const m = model();
    const losses: number[] = [];
    const before: number[] = [];
    const records: unknown[] = [];
    let end: unknown;
    const now = () => weightedMean(crossEntropies(forward(m, rowsOf(data.x.data, 2)), data.y));
    before.push(now());
    const history = await fit(
      m,
      data,
      options({
        batchSize: "all",
        epochs: 3,
        validation: data,
        callbacks: [
          {
            onStep: ({ loss }) => {
              losses.push(loss);
              before.push(now());
            },
            onEpochEnd: (e) => void records.push(e),
            onEnd: (h) => void (end = h),
          },
        ],
      }),
    );
    for (const [k, loss] of losses.entries()) expect(Math.abs(loss - before[k]!)).toBeLessThan(1e-6);
    for (const [k, record] of records.entries()) expect(record).toBe(history.epochs[k]);
    expect(end).toBe(history);
    m.dispose();
  });

  it("context.evaluate: loss and metrics of the training data with the weights of the moment, to 1e-6", async () => {
    for (const more of [{}, { eager: true }, { source: "stream" }, { batchSize: 1 }, { batchSize: 7, shuffle: false }] as const) {
      const m = model();
      let context: FitContext;
      const seen: (readonly [number, number])[] = [];
      await fit(
        m,
        data,
        options({
          epochs: 3,
          ...more,
          callbacks: [
            {
              onStart: (c) => void (context = c),
              onStep: async ({ step }) => void (step % 4 === 2 && (await context.evaluate())),
              onEpochEnd: async () => {
                const { loss, accuracy } = await context.evaluate(["accuracy"]);
                const logits = forward(m, rowsOf(data.x.data, 2));
                seen.push([loss - weightedMean(crossEntropies(logits, data.y)), accuracy! - weightedMean(hits(logits, data.y))]);
              },
            },
          ],
        }),
      );
      expect(seen).toHaveLength(3);
      for (const d of seen.flat()) expect(Math.abs(d)).toBeLessThan(1e-6);
      const plain = model();
      await fit(plain, data, options({ epochs: 3, ...more }));
      expect(bits(m)).toEqual(bits(plain));
      m.dispose();
      plain.dispose();
    }
  });
});

describe("a callback may end the run", () => {
  const stopping = (at: "onStep" | "onEpochEnd", verdict: "stop" | { stop: string }): Callback =>
    at === "onStep" ? { onStep: (e) => (e.step === 2 ? verdict : undefined) } : { onEpochEnd: () => verdict };

  for (const at of ["onStep", "onEpochEnd"] as const)
    it(`from ${at}: the others still hear of it, the history says that and why`, async () => {
      const m = model();
      const log: string[] = [];
      const told: Callback = {
        onStep: (e) => void log.push(`step ${e.step}`),
        onEpochEnd: () => void log.push("epoch"),
        onEnd: () => void log.push("end"),
      };
      const history = await fit(
        m,
        data,
        options({ epochs: 9, callbacks: [stopping(at, { stop: "good enough" }), stopping(at, "stop"), told] }),
      );
      const steps = at === "onStep" ? ["step 1", "step 2"] : ["step 1", "step 2", "step 3"];
      expect(log).toEqual([...steps, "epoch", "end"]);
      expect(history).toMatchObject({ stopped: "callback", reason: "good enough", steps: steps.length });
      expect(history.epochs).toHaveLength(1);
      m.dispose();
    });

  it("without a reason there is none", async () => {
    const m = model();
    const history = await fit(m, data, options({ epochs: 9, callbacks: [stopping("onEpochEnd", "stop")] }));
    expect(history.stopped).toBe("callback");
    expect(history).not.toHaveProperty("reason");
    m.dispose();
  });
});

it("an epoch cut short is reported over the rows it did", async () => {
  const m = model();
  const losses: number[] = [];
  const { epochs } = await fit(
    m,
    data,
    options({ batchSize: 5, callbacks: [{ onStep: (e) => (losses.push(e.loss) === 3 ? "stop" : undefined) }] }),
  );
  expect(Math.abs(epochs[0]!.loss - weightedMean(losses))).toBeLessThan(1e-6);
  expect(3 * 5).toBeLessThan(ROWS);
  m.dispose();
});

it("a callback may read the model, predict and evaluate between steps, and change values in place", async () => {
  const m = model();
  const { loss } = await evaluate(m, data, { loss: "crossEntropy" });
  const start = m.stateDict();
  const history = await fit(
    m,
    data,
    options({
      batchSize: "all",
      epochs: 2,
      optimizer: { type: "sgd", lr: 0.5 },
      callbacks: [{ onEpochEnd: () => m.loadStateDict(start) }],
    }),
  );
  expect(Math.abs(history.epochs[1]!.loss - loss)).toBeLessThan(1e-6);
  expect(m.stateDict()).toEqual(start);
  m.dispose();
});
