import { describe, expect, it } from "vitest";
import { type Callback, earlyStopping, evaluate, fit, OptionError, type StateDict, stopWhenPerfect } from "../../src/index";
import { noLeaks } from "../leaks";
import { data, model, options } from "../small";

noLeaks();

describe("earlyStopping", () => {
  it("ends a run that gets worse after `patience` epochs, with the weights of the best epoch", async () => {
    const m = model();
    let first: StateDict | undefined;
    const look: Callback = { onEpochEnd: ({ epoch }) => void (epoch === 1 && (first = m.stateDict())) };
    // the greatest loss is the first: as "max", every later epoch is worse
    const stop = earlyStopping({ monitor: "loss", mode: "max", patience: 3 });
    const history = await fit(m, data, options({ epochs: 50, batchSize: "all", callbacks: [look, stop] }));
    expect(history.epochs).toHaveLength(4);
    expect(history.stopped).toBe("callback");
    expect(history.reason).toContain("loss did not improve for 3 epochs");
    expect(m.stateDict()).toEqual(first);
    m.dispose();
  });

  it("names the range of options, and a figure that is missing", async () => {
    expect(() => earlyStopping({ patience: 0 })).toThrow(OptionError);
    expect(() => earlyStopping({ minDelta: -1 })).toThrow("[0, Infinity)");
    const m = model();
    await expect(fit(m, data, options({ callbacks: [earlyStopping({ monitor: "validation.loss" })] }))).rejects.toThrow(OptionError);
    m.dispose();
  });
});

describe("stopWhenPerfect", () => {
  it("ends once every training example is right, and says so", async () => {
    const m = model();
    const history = await fit(m, { x: data.x, y: data.y.map(() => 1) }, options({ epochs: 200, callbacks: [stopWhenPerfect()] }));
    expect(history.stopped).toBe("callback");
    expect(history.epochs.length).toBeLessThan(200);
    expect(history.reason).toContain("no training example is wrong");
    const { accuracy } = await evaluate(m, { x: data.x, y: data.y.map(() => 1) }, { loss: "crossEntropy", metrics: ["accuracy"] });
    expect(accuracy).toBe(1);
    m.dispose();
  });
});
