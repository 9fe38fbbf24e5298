import { describe, expect, it } from "vitest";
import {
  BatchNorm1d,
  type Callback,
  earlyStopping,
  evaluate,
  fit,
  Linear,
  OptionError,
  Sequential,
  type StateDict,
  stopWhenPerfect,
} from "../../src/index";
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

describe("stopWhenPerfect looks at the whole training set in evaluation mode", () => {
  it("and goes on where the running average of the epoch says 1", async () => {
    // in training each batch has mean 0 and every row is right; the running mean is far from 100 for some epochs, and all rows are taken for one class
    const m = new Sequential(new BatchNorm1d(1, { affine: false }), new Linear(1, 2));
    const linear = m.children()[1]![1] as Linear;
    linear.weight.set([-1, 1]);
    linear.bias!.set([0, 0]);
    const x = Float32Array.from({ length: 8 }, (_, k) => 100 + (k % 2 === 0 ? -1 : 1));
    const set = { x: { data: x, shape: [8, 1] }, y: Int32Array.from({ length: 8 }, (_, k) => k % 2) };
    const callbacks = [stopWhenPerfect()];
    const history = await fit(m, set, {
      loss: "crossEntropy",
      optimizer: { type: "sgd", lr: 0 },
      epochs: 200,
      batchSize: "all",
      metrics: ["accuracy"],
      callbacks,
    });
    expect(history.epochs.every((e) => e.accuracy === 1)).toBe(true);
    expect(history.stopped).toBe("callback");
    // 100 * 0.9^k < 1: the running mean is between the classes
    expect(history.epochs).toHaveLength(Math.ceil(Math.log(0.01) / Math.log(0.9)));
    m.dispose();
  });

  it("and ends an epoch whose running average, of the weights before each update, is below 1; rows that no batch takes count", async () => {
    const m = model();
    const seen: number[] = [];
    const look: Callback = {
      async onEpochEnd() {
        seen.push((await evaluate(m, data, { loss: "crossEntropy", metrics: ["accuracy"] })).accuracy!);
      },
    };
    const history = await fit(
      m,
      data,
      options({
        epochs: 400,
        batchSize: 7,
        optimizer: { type: "adam", lr: 0.1 },
        lastBatch: "drop",
        metrics: ["accuracy"],
        callbacks: [look, stopWhenPerfect()],
      }),
    );
    expect(history.stopped).toBe("callback");
    expect(seen.indexOf(1)).toBe(seen.length - 1);
    expect(history.epochs.at(-1)!.accuracy).toBeLessThan(1);
    m.dispose();
  });
});
