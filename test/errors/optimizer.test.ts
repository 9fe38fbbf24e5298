import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import {
  Adam,
  crossEntropy,
  DisposedError,
  fit,
  GradientError,
  Linear,
  Module,
  OptionError,
  Parameter,
  SGD,
  StateError,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options, x, y } from "../small";

noLeaks();

let warn: MockInstance;
beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

describe("an optimizer", () => {
  let p: Parameter;
  beforeAll(() => {
    p = new Parameter([2]);
  });
  afterAll(() => p.dispose());

  it("of no parameters", () => failing(() => new SGD([]), StateError, "no parameters", /model\.parameters\(\)/));
  it("of something that is no Parameter", () => failing(() => new SGD([tensor([1])] as never), StateError, /Parameter|no parameters/));
  it("of a parameter twice", async () => {
    const m = model();
    await failing(() => new Adam([...m.parameters(), m.parameters()[0]!]), StateError, "twice", /\[8, 2\]/);
    m.dispose();
  });
  it("of a disposed parameter", async () => {
    const m = model();
    const list = m.parameters();
    m.dispose();
    await failing(() => new SGD(list), DisposedError, "disposed", /\[8, 2\]/);
  });
  for (const [name, make] of [
    ["a negative rate", () => new SGD([p], { lr: -0.1 })],
    ["a rate that is NaN", () => new Adam([p], { lr: Number.NaN })],
    ["momentum 1", () => new SGD([p], { momentum: 1 })],
    ["nesterov without momentum", () => new SGD([p], { nesterov: true })],
    ["a beta of 1", () => new Adam([p], { betas: [0.9, 1] })],
    ["a negative decay", () => new Adam([p], { weightDecay: -1 })],
  ] as const)
    it(`with ${name}`, () => failing(make, OptionError));
  it("step() without gradients", () => failing(() => new SGD([p]).step(), StateError, /backward\(\)/));
  it("step() after dispose", () => {
    const opt = new SGD([p]);
    opt.dispose();
    opt.dispose();
    expect(() => opt.step()).toThrow(DisposedError);
  });
  it("step() after its parameter was disposed", () => {
    const q = new Parameter([3]);
    const opt = new SGD([q]);
    q.square().sum().backward();
    q.dispose();
    expect(() => opt.step()).toThrow(/\[3\].*disposed/);
  });
});

describe("fit with an optimizer", () => {
  it("of another model", async () => {
    const [m, other] = [model(), model(2)];
    const opt = new SGD(other.parameters(), { lr: 0.1 });
    await failing(
      () => fit(m, data, options({ optimizer: opt })).finally(() => opt.dispose()),
      StateError,
      "not part of the model",
      /parameters\(\)/,
    );
    m.dispose();
    other.dispose();
  });

  it("that was disposed", async () => {
    const m = model();
    const opt = new SGD(m.parameters(), { lr: 0.1, momentum: 0.9 });
    opt.dispose();
    await failing(() => fit(m, data, options({ optimizer: opt })), DisposedError, "SGD was disposed");
    m.dispose();
  });

  it("that lacks a parameter: a warning with its name, once, and the parameter stays as it is", async () => {
    const m = model();
    const before = bits(m);
    const opt = new SGD(m.parameters().slice(1), { lr: 0.1 });
    await fit(m, data, options({ optimizer: opt, epochs: 3 }));
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toMatch(/0\.weight.*trainable/);
    expect(bits(m)["0.weight"]).toEqual(before["0.weight"]);
    expect(bits(m)["2.weight"]).not.toEqual(before["2.weight"]);
    opt.dispose();
    m.dispose();
  });

  it("that lacks a frozen parameter: no warning", async () => {
    const m = model();
    m.parameters()[0]!.requiresGrad = false;
    const opt = new SGD(m.parameters().slice(1), { lr: 0.1 });
    await fit(m, data, options({ optimizer: opt }));
    expect(warn).not.toHaveBeenCalled();
    opt.dispose();
    m.dispose();
  });
});

/** A parameter that parameters() does not find. */
class Hidden extends Module {
  readonly layer = new Linear(2, 3);
  readonly held = new Map([["scale", new Parameter([3])]]);
  forward(given: Tensor): Tensor {
    return this.layer.forward(given).add(this.held.get("scale")!);
  }
  override dispose(): void {
    super.dispose();
    this.held.get("scale")!.dispose();
  }
}

describe("a model", () => {
  for (const eager of [false, true])
    it(`${eager ? "eager" : "recorded"}: with a Parameter in forward that parameters() does not find`, async () => {
      const m = new Hidden();
      await failing(() => fit(m, data, options({ eager })), StateError, /Parameter \[3\]/, /parameters\(\)/, "field");
      m.dispose();
    });

  for (const eager of [false, true])
    it(`${eager ? "eager" : "recorded"}: with everything frozen`, async () => {
      const m = model();
      for (const p of m.parameters()) p.requiresGrad = false;
      const before = bits(m);
      await failing(() => fit(m, data, options({ eager })), GradientError, "frozen");
      expect(bits(m)).toEqual(before);
      m.dispose();
    });

  it("with everything frozen, in the loop spelled out", () => {
    const m = model();
    for (const p of m.parameters()) p.requiresGrad = false;
    const l = crossEntropy(m.forward(tensor(x, [24, 2])), tensor(y));
    expect(() => l.backward()).toThrow(/frozen/);
    m.dispose();
  });

  it("that was disposed: fit, trainStep and forward say so with a parameter's name or shape", async () => {
    const m = model();
    const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 } });
    step(data.x, y);
    m.dispose();
    m.dispose();
    expect(() => step(data.x, y)).toThrow(/0\.weight.*disposed/);
    step.dispose();
    expect(() => m.forward(tensor([[1, 2]]))).toThrow(DisposedError);
    await failing(() => fit(m, data, options({ optimizer: { type: "sgd", lr: 0.1 } })), DisposedError, "disposed");
  });

  it("that is disposed while fit runs: fit rejects, memory comes back", async () => {
    const m = model();
    const running = fit(m, data, options({ epochs: 1000, callbacks: [{ onStep: ({ step }) => (step === 5 ? m.dispose() : undefined) }] }));
    await expect(running).rejects.toThrow(/0\.weight.*disposed/);
  });
});
