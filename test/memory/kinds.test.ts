import { describe, expect, it } from "vitest";
import {
  Adam,
  evaluate,
  fit,
  Linear,
  type MemoryInfo,
  Module,
  memory,
  predict,
  predictor,
  scope,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { data, model, options, ROWS, x, y } from "../small";

noLeaks();

const kinds = () => memory().byKind;

/** What a use leaves, kind by kind: nothing. */
async function leavesNothing(use: () => unknown): Promise<void> {
  const before = kinds();
  await use();
  expect(kinds()).toEqual(before);
}

describe("memory() tells who owns what", () => {
  it("parameters of a model, until it is disposed", () => {
    const before = kinds();
    const m = model();
    expect(kinds().parameter).toEqual({ tensors: before.parameter.tensors + 4, bytes: before.parameter.bytes + 4 * (16 + 8 + 24 + 3) });
    m.dispose();
    expect(kinds()).toEqual(before);
  });

  it("state of an optimizer, until it is disposed", () => {
    const m = model();
    const before = kinds();
    const opt = new Adam(m.parameters());
    for (const p of m.parameters()) p.grad = tensor(new Float32Array(p.size), p.shape);
    opt.step();
    // two moments a parameter, and the row of numbers of a step
    expect(kinds().state.tensors - before.state.tensors).toBe(9);
    opt.zeroGrad();
    opt.dispose();
    expect(kinds()).toEqual(before);
    m.dispose();
  });

  it("sums up", () => {
    const t = tensor([1, 2, 3]);
    const { byKind, tensors, bytes } = memory();
    const sum = (pick: (k: MemoryInfo["byKind"]["eager"]) => number) => Object.values(byKind).reduce((total, k) => total + pick(k), 0);
    expect([tensors, bytes]).toEqual([sum((k) => k.tensors), sum((k) => k.bytes)]);
    t.dispose();
  });
});

describe("leaves nothing behind", () => {
  for (const eager of [false, true])
    for (const source of ["resident", "stream"] as const)
      it(`fit with everything, ${eager ? "eager" : "recorded"}, ${source}`, async () => {
        const m = model();
        await leavesNothing(() =>
          fit(
            m,
            { ...data, sampleWeight: new Float32Array(ROWS).fill(2) },
            options({ epochs: 3, batchSize: 7, accumulate: 2, eager, source, validation: data, metrics: ["accuracy"] }),
          ),
        );
        m.dispose();
      });

  it("evaluate, predict, predictor", async () => {
    const m = model();
    await leavesNothing(() => evaluate(m, data, { loss: "crossEntropy", metrics: ["accuracy"], batchSize: 7 }));
    await leavesNothing(() => predict(m, data.x, { batchSize: 7 }));
    await leavesNothing(() => {
      const f = predictor(m, { batch: 2 });
      f([1, 2, 3, 4]);
      void f.program.toString();
      f.dispose();
    });
    m.dispose();
  });

  it("trainStep over several shapes, run() and an optimizer of its own", async () => {
    const m = model();
    await leavesNothing(() => {
      const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "adam" } });
      step(data.x, y);
      step({ data: x.slice(0, 10), shape: [5, 2] }, y.slice(0, 5));
      step.run(data, { steps: 3, batchSize: 8 });
      void step.program?.profile(1);
      step.dispose();
    });
    m.dispose();
  });

  it("an aborted fit", async () => {
    const m = model();
    const controller = new AbortController();
    await leavesNothing(() =>
      fit(
        m,
        data,
        options({
          epochs: 100,
          signal: controller.signal,
          callbacks: [{ onStep: (e) => (e.step === 5 ? controller.abort() : undefined) }],
        }),
      ),
    );
    m.dispose();
  });

  it("a clone, a summary, a state dict", async () => {
    const m = model();
    await leavesNothing(() => {
      m.clone().dispose();
      m.summary([4, 2]);
      m.loadStateDict(m.stateDict());
    });
    m.dispose();
  });
});

describe("a tensor given as data", () => {
  for (const source of ["resident", "stream"] as const)
    it(`${source}: stays the user's, usable after fit, and goes when disposed`, async () => {
      const before = kinds();
      const m = model();
      const [xs, ys] = [tensor(x, [ROWS, 2]), tensor(y)];
      await fit(m, { x: xs, y: ys }, options({ source, validation: { x: xs, y: ys } }));
      expect(kinds().data).toEqual(before.data);
      expect(kinds().eager.tensors).toBe(before.eager.tensors + 2);
      expect([...xs.data()]).toEqual([...x]);
      expect([...ys.data()]).toEqual([...y]);
      xs.dispose();
      ys.dispose();
      m.dispose();
      expect(kinds()).toEqual(before);
    });

  it("two runs at once share it", async () => {
    const before = kinds();
    const models = [model(1), model(2)];
    const xs = tensor(x, [ROWS, 2]);
    await Promise.all(models.map((m, k) => fit(m, { x: xs, y }, options({ epochs: 2 + 3 * k }))));
    expect(kinds().data).toEqual(before.data);
    expect([...xs.data()]).toEqual([...x]);
    for (const d of [...models, xs]) d.dispose();
    expect(kinds()).toEqual(before);
  });

  it("disposed while fit runs: the run keeps it to its end", async () => {
    const before = kinds();
    const [m, twin] = [model(), model()];
    const xs = tensor(x, [ROWS, 2]);
    const { epochs } = await fit(
      m,
      { x: xs, y },
      options({ epochs: 3, callbacks: [{ onStep: (e) => (e.step === 2 ? xs.dispose() : undefined) }] }),
    );
    const { epochs: expected } = await fit(twin, data, options({ epochs: 3 }));
    expect(epochs.map((e) => e.loss)).toEqual(expected.map((e) => e.loss));
    m.dispose();
    twin.dispose();
    expect(kinds()).toEqual(before);
  });
});

it("a constant tensor of a model is pinned while programs read it, and the user's afterwards", async () => {
  const before = kinds();
  const scale = tensor([1, 2]);
  class Scaled extends Module {
    readonly layer = new Linear(2, 3);
    forward(given: Tensor): Tensor {
      return this.layer.forward(given.mul(scale));
    }
  }
  const m = new Scaled();
  const f = predictor(m, { inputShape: [2] });
  expect(kinds().eager.tensors).toBe(before.eager.tensors);
  f.dispose();
  expect(kinds().eager.tensors).toBe(before.eager.tensors + 1);
  scope(() => expect([...scale.add(0).data()]).toEqual([1, 2]));
  scale.dispose();
  m.dispose();
  expect(kinds()).toEqual(before);
});
