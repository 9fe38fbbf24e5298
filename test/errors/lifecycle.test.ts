import { describe, expect, it } from "vitest";
import {
  DisposedError,
  evaluate,
  fit,
  Linear,
  memory,
  OptionError,
  predict,
  predictor,
  ShapeError,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { data, failing, model, options, ROWS, x, y } from "../small";

noLeaks();

describe("use after dispose", () => {
  it("of a trainStep", () => {
    const m = model();
    const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "adam" } });
    step(data.x, y);
    step.dispose();
    step.dispose();
    expect(() => step(data.x, y)).toThrow(DisposedError);
    expect(() => step(data.x, y)).toThrow(/trainStep|training step/);
    expect(() => step.run(data, { steps: 1 })).toThrow(DisposedError);
    m.dispose();
  });

  it("of a trainStep: the asynchronous call rejects", async () => {
    const m = model();
    const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "adam" } });
    step.dispose();
    await expect(step.async(data.x, y)).rejects.toThrow(DisposedError);
    m.dispose();
  });

  it("of a predictor", () => {
    const m = model();
    const f = predictor(m);
    f([1, 2]);
    f.dispose();
    f.dispose();
    expect(() => f([1, 2])).toThrow(DisposedError);
    expect(() => f([1, 2])).toThrow(/predictor/);
    m.dispose();
  });

  it("of a model behind a predictor", () => {
    const m = model();
    const f = predictor(m);
    m.dispose();
    expect(() => f([1, 2])).toThrow(DisposedError);
    f.dispose();
  });

  it("of a program", () => {
    const m = model();
    const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "adam" } });
    step(data.x, y);
    const program = step.program!;
    step.dispose();
    expect(() => program.run()).toThrow(DisposedError);
    m.dispose();
  });

  it("of a model in predict and evaluate", async () => {
    const m = model();
    m.dispose();
    await expect(predict(m, data.x)).rejects.toThrow(DisposedError);
    await expect(evaluate(m, data, { loss: "crossEntropy" })).rejects.toThrow(DisposedError);
  });

  it("of a tensor given as data", async () => {
    const m = model();
    const t = tensor(x, [ROWS, 2]);
    t.dispose();
    await failing(() => fit(m, { x: t, y }, options()), DisposedError, /\[24, 2\]/, "disposed");
    m.dispose();
  });
});

describe("a predictor", () => {
  it("names the numbers it takes and gives", async () => {
    const m = model();
    const f = predictor(m, { batch: 2 });
    expect(() => f([1, 2])).toThrow(/4 numbers.*\[2, 2\].*got 2/);
    expect(() => f([1, 2, 3, 4], new Float32Array(5))).toThrow(/6 numbers.*got 5/);
    expect([...f([1, 2, 3, 4])].length).toBe(6);
    f.dispose();
    await failing(() => predictor(m, { batch: 0 }), OptionError, "batch");
    await failing(() => predictor(m, { inputShape: [3] }), ShapeError, "linear", /\[1, 3\]/);
    m.dispose();
  });
});

describe("a layer", () => {
  for (const [a, b] of [
    [0, 1],
    [1, -1],
    [1.5, 1],
    [Number.NaN, 1],
  ] as const)
    it(`Linear(${a}, ${b}) is refused and nothing stays behind`, () => {
      const before = memory();
      expect(() => new Linear(a, b)).toThrow(OptionError);
      expect(memory()).toEqual(before);
    });

  it("that does not fit the one before is named by its shapes", async () => {
    const m = model();
    await failing(() => predict(m, { data: new Float32Array(9), shape: [3, 3] }), ShapeError, "linear", /\[3, 3\]/, /\[8, 2\]/);
    m.dispose();
  });
});
