import { describe, expect, it } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { data, failing, model, ROWS, x, y } from "../small";

noLeaks();

const labels = (...list: number[]) => n.tensor(Int32Array.from(list));
const outputs = () =>
  n.tensor([
    [0.1, 0.7, 0.2],
    [0.5, 0.2, 0.3],
    [0.2, 0.3, 0.5],
    [0.4, 0.4, 0.2],
  ]);

describe("a batch", () => {
  it("accuracy: of class indices, one-hot and soft labels, with and without weights", () => {
    n.scope(() => {
      const soft = n.tensor([
        [0, 0.6, 0.4],
        [0.2, 0.5, 0.3],
        [0, 0, 1],
        [1, 0, 0],
      ]);
      expect(n.accuracy(outputs(), labels(1, 1, 2, 0)).item()).toBe(0.75);
      expect(n.accuracy(outputs(), soft).item()).toBe(0.75);
      expect(n.accuracy(outputs(), n.oneHot(labels(1, 1, 2, 0), 3)).item()).toBe(0.75);
      expect(n.accuracy(outputs(), labels(1, 1, 2, 0), n.tensor([1, 2, 1, 0])).item()).toBe(0.5);
      expect(n.accuracy(outputs(), labels(1, 1, 2, 0), n.zeros([4])).item()).toBe(0);
    });
  });
  it("accuracy of one logit a row: its sign against 0 and 1", () => {
    n.scope(() => {
      for (const u of [n.tensor([-1, 2, 3, -4]), n.tensor([[-1], [2], [3], [-4]])])
        for (const t of [n.tensor([0, 1, 0, 0]), labels(0, 1, 0, 0)]) expect(n.accuracy(u, t).item()).toBe(0.75);
    });
  });
  it("top k: ties go to the lower class, so top 1 is accuracy; NaN is never right", () => {
    n.scope(() => {
      const y4 = labels(2, 1, 0, 1);
      expect(n.topK(1)(outputs(), y4).item()).toBe(n.accuracy(outputs(), y4).item());
      expect(n.topK(2)(outputs(), y4).item()).toBe(0.5);
      expect(n.topK(3)(outputs(), y4).item()).toBe(1);
      const same = n.zeros([3, 3]);
      expect(
        [1, 2, 3].map(
          (k) =>
            n
              .topK(k)(same, labels(0, 1, 2))
              .item() * 3,
        ),
      ).toEqual([1, 2, 3].map((v) => Math.fround(v / 3) * 3));
      expect(
        n
          .topK(3)(n.tensor([[Number.NaN, 1, 2]]), labels(0))
          .item(),
      ).toBe(0);
    });
  });
  it("binaryAccuracy: every output by itself, at a threshold", () => {
    n.scope(() => {
      const t = n.tensor([
        [0, 1],
        [1, 1],
      ]);
      const logits = n.tensor([
        [-1, 0.2],
        [0.4, -3],
      ]);
      expect(n.binaryAccuracy(logits, t).item()).toBe(0.75);
      expect(n.binaryAccuracy.with({ threshold: 0.5 })(logits, t).item()).toBe(0.25);
    });
  });
  it("what does not fit is a typed error", () => {
    n.scope(() => {
      expect(() => n.accuracy(outputs(), n.zeros([4]))).toThrow(n.ShapeError);
      expect(() => n.topK(4)(outputs(), labels(0, 0, 0, 0))).toThrow(/k goes from 1 to 3/);
      expect(() => n.topK(0)).toThrow(n.OptionError);
      expect(() => n.binaryAccuracy(outputs(), n.zeros([4]))).toThrow(n.ShapeError);
      expect(() => n.binaryAccuracy.with({ threshold: Number.NaN })).toThrow(/threshold/);
    });
  });
});

describe("a data set", () => {
  it("every metric is exact over unequal batches, to 1e-6: the root of the mean, not the mean of roots", async () => {
    const m = model();
    const hot = { x: data.x, y: Array.from(y, (c) => [0, 1, 2].map((k) => (k === c ? 1 : 0))) };
    const metrics = ["rmse", "mae", "mse", "accuracy", "top2", "huber"] as const;
    const whole = await n.evaluate(m, hot, { loss: "mse", metrics, batchSize: ROWS });
    const parts = await n.evaluate(m, hot, { loss: "mse", metrics, batchSize: 7 });
    const { data: p } = await n.predict(m, { data: x, shape: [ROWS, 2] });
    const errors = Array.from(p, (v, k) => v - hot.y.flat()[k]!);
    const mse = errors.reduce((s, e) => s + e * e, 0) / errors.length;
    expect(Math.abs(whole.rmse! - Math.sqrt(mse))).toBeLessThan(1e-6);
    expect(Math.abs(whole.mae! - errors.reduce((s, e) => s + Math.abs(e), 0) / errors.length)).toBeLessThan(1e-6);
    expect(whole.mse).toBeCloseTo(whole.loss, 6);
    for (const name of metrics) expect(Math.abs(parts[name]! - whole[name]!), name).toBeLessThan(1e-6);
    m.dispose();
  });
  it("a metric of classes beyond what there is, or of an unknown name, is an OptionError", async () => {
    const m = model();
    await failing(() => n.evaluate(m, data, { loss: "crossEntropy", metrics: ["top9"] }), n.OptionError, "top9", "3 classes");
    await failing(() => n.evaluate(m, data, { loss: "crossEntropy", metrics: ["top0"] }), n.OptionError, "top0", "unknown");
    await failing(() => n.evaluate(m, data, { loss: "crossEntropy", metrics: ["toString" as "mae"] }), n.OptionError, "toString");
    m.dispose();
  });
});
