import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { evaluate, fit, Linear, Module, manualSeed, predict, predictor, RecordingError, type Tensor, trainStep } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options } from "../small";

// forwards below make tensors of their own, which belong to whoever wrote them: the collector's
noLeaks({ droppedGraphs: true });

let warn: MockInstance;
beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

/** A linear layer that does something else around its product. */
class Around extends Module {
  readonly layer: Linear;
  calls = 0;
  constructor(private readonly around: (x: Tensor, calls: number) => Tensor) {
    super();
    manualSeed(1);
    this.layer = new Linear(2, 3);
  }
  forward(x: Tensor): Tensor {
    return this.layer.forward(this.around(x, this.calls++));
  }
}

describe("values asked for while a step is recorded", () => {
  const asking: [string, (x: Tensor) => unknown, string][] = [
    ["item()", (x) => x.sum().item(), "item"],
    ["data()", (x) => x.data(), "data"],
    ["toArray()", (x) => x.toArray(), "toArray"],
    ["set()", (x) => x.set(new Float32Array(x.size)), "set"],
    ["backward()", (x) => x.sum().backward(), "backward"],
  ];
  for (const [name, ask, word] of asking)
    it(`${name}: a RecordingError that says what else to do`, async () => {
      const m = new Around((x) => {
        ask(x);
        return x;
      });
      const start = bits(m);
      await failing(() => fit(m, data, options()), RecordingError, word, /eager: true|return the loss/);
      expect(bits(m)).toEqual(start);
      m.dispose();
    });

  it("fit({ eager: true }) lets forward read values and branch on them", async () => {
    const m = new Around((x) => (x.sum().item() > 0 ? x : x.neg()));
    const { epochs, recorded } = await fit(m, data, options({ epochs: 5, eager: true }));
    expect(recorded).toBe(false);
    expect(epochs[4]!.loss).toBeLessThan(epochs[0]!.loss);
    m.dispose();
  });

  it("predict and evaluate take eager too", async () => {
    const m = new Around((x) => (x.sum().item() > 1e9 ? x.neg() : x));
    await expect(predict(m, data.x)).rejects.toThrow(RecordingError);
    const { shape } = await predict(m, data.x, { eager: true });
    expect(shape).toEqual([24, 3]);
    await expect(evaluate(m, data, { loss: "crossEntropy" })).rejects.toThrow(RecordingError);
    expect(Number.isFinite((await evaluate(m, data, { loss: "crossEntropy", eager: true })).loss)).toBe(true);
    m.dispose();
  });
});

describe("a forward that does not do the same each time", () => {
  it("Math.random: trains eagerly, warns once and names the instruction and its layer", async () => {
    const m = new Around((x) => x.mul(1 + 0.01 * Math.random()));
    const { epochs, recorded } = await fit(m, data, options({ epochs: 30, optimizer: { type: "adam", lr: 0.05 } }));
    expect(recorded).toBe(false);
    expect(epochs[29]!.loss).toBeLessThan(0.7 * epochs[0]!.loss);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/instruction \d+ in Around.*eager: true/);
    m.dispose();
  });

  it("a branch that alternates gives the bits of the eager run", async () => {
    // recordings call forward too: what counts is which branch a step takes, and steps are known to the batch
    const run = async (eager: boolean) => {
      const m = new Around((x, calls) => (calls % 2 === 0 ? x.mul(2) : x.mul(3)));
      const { recorded } = await fit(m, data, options({ eager, epochs: 4 }));
      const end = bits(m);
      m.dispose();
      return { recorded, end };
    };
    const [a, b] = [await run(false), await run(true)];
    expect(a.recorded).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(Object.keys(a.end)).toEqual(Object.keys(b.end));
  });

  it("a change that comes with the third epoch is noticed", async () => {
    let epoch = 1;
    const m = new Around((x) => (epoch < 3 ? x : x.mul(0)));
    const losses: number[] = [];
    const { recorded, epochs } = await fit(m, data, options({ epochs: 4, callbacks: [{ onEpochEnd: (e) => void (epoch = e.epoch + 1) }] }));
    losses.push(...epochs.map((e) => e.loss));
    expect(recorded).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
    // with an input of nothing but zeros the features cannot tell the classes apart
    expect(losses[3]).toBeGreaterThan(losses[1]!);
    m.dispose();
  });

  it("the same forward each time: no warning", async () => {
    const m = new Around((x) => x.mul(2).add(1));
    const { recorded } = await fit(m, data, options({ epochs: 3 }));
    expect(recorded).toBe(true);
    expect(warn).not.toHaveBeenCalled();
    m.dispose();
  });

  it("a tensor made at the first call and kept is a constant", async () => {
    let kept: Tensor | undefined;
    const m = new Around((x) => {
      kept ??= x.detach().mul(0).add(1).rows(0, 1);
      return x;
    });
    await expect(fit(m, data, options({ epochs: 2 }))).resolves.toBeDefined();
    m.dispose();
    expect(kept).toBeDefined();
  });

  it("trainStep and predictor throw: they have no eager way", async () => {
    const m = new Around((x) => x.mul(Math.random()));
    const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 } });
    expect(() => step(data.x, data.y)).toThrow(/instruction \d+ in Around.*backward\(\)/);
    step.dispose();
    await failing(() => predictor(m, { inputShape: [2] }), RecordingError, "eager: true");
    m.dispose();
  });

  it("predict runs such a forward eagerly", async () => {
    const m = new Around((x) => x.mul(1 + 1e-9 * Math.random()));
    const { data: values } = await predict(m, data.x);
    expect(values.every(Number.isFinite)).toBe(true);
    m.dispose();
  });
});

it("a constant tensor of the model is read at every step, and stays the user's", async () => {
  const { tensor } = await import("../../src/index");
  const scale = tensor([2, 0.5]);
  const m = new Around((x) => x.mul(scale));
  const { recorded } = await fit(m, data, options({ epochs: 2 }));
  expect(recorded).toBe(true);
  expect([...scale.data()]).toEqual([2, 0.5]);
  m.dispose();
  scale.dispose();
  model().dispose();
});
