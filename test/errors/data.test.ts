import { describe, it } from "vitest";
import { DataError, evaluate, fit, OptionError, predict, ShapeError, tensor, trainStep } from "../../src/index";
import { noLeaks } from "../leaks";
import { data, failing, model, options, ROWS, x, y } from "../small";

noLeaks();

/** fit on data that must be refused; the model is given back. */
const refused =
  (given: Parameters<typeof fit>[1], more = {}) =>
  async () => {
    const m = model();
    try {
      await fit(m, given, options(more));
    } finally {
      m.dispose();
    }
  };
const withLabel = (at: number, label: number) => Array.from(y, (v, k) => (k === at ? label : v));
const withValue = (at: number, value: number) => ({ data: x.map((v, k) => (k === at ? value : v)), shape: [ROWS, 2] });

describe("labels", () => {
  it("above the classes: named with their place and the range", () =>
    failing(refused({ x: data.x, y: withLabel(5, 3) }), DataError, "y", "item 5", "3", "0 to 2"));
  it("negative", () => failing(refused({ x: data.x, y: withLabel(7, -1) }), DataError, "item 7", "-1", "0 to 2"));
  it("fractional", () => failing(refused({ x: data.x, y: withLabel(2, 1.5) }), DataError, "item 2", "1.5", "whole numbers"));
  it("NaN", () => failing(refused({ x: data.x, y: withLabel(2, Number.NaN) }), DataError, "item 2", "NaN"));
  it("in a validation set", () => failing(refused(data, { validation: { x: data.x, y: withLabel(1, 9) } }), DataError, "item 1", "9"));
  const rows = (f: (row: number, k: number) => number, width = 3) =>
    Array.from(y, (_, row) => Array.from({ length: width }, (_, k) => f(row, k)));
  it("probabilities for other classes than there are outputs", () =>
    failing(refused({ x: data.x, y: rows(() => 0.25, 4) }), ShapeError, "y", "4 numbers a row", "3 outputs", "one class index a row"));
  it("probabilities below 0", () =>
    failing(refused({ x: data.x, y: rows((r, k) => (r === 4 ? [1.5, -0.5, 0][k]! : k % 2)) }), DataError, "y", "row 4, item 1", "-0.5"));
  it("probabilities that do not sum to 1", () =>
    failing(
      refused({ x: data.x, y: rows((r, k) => (k === 0 ? 1 : r === 6 ? 0.01 : 0)) }),
      DataError,
      "y",
      "row 6 sums to 1.0",
      "sum to 1",
    ));
  it("probabilities that are NaN, also where NaN is let through", () =>
    failing(
      refused({ x: data.x, y: rows((r, k) => (r === 6 ? Number.NaN : k % 2)) }, { allowNonFinite: true }),
      DataError,
      "row 6",
      "NaN",
    ));
  it("beyond the outputs of a loss of numbers, when they are integers", () =>
    failing(refused({ x: data.x, y: withLabel(5, 3) }, { loss: "mse" }), DataError, "item 5", "class 3", "0 to 2"));
  it("all of them ignored", () =>
    failing(
      refused({ x: data.x, y: Array.from(y, () => -1) }, { loss: { type: "crossEntropy", ignoreIndex: -1 } }),
      DataError,
      "all labels are -1",
    ));
  it("negative, without an ignored one: ignoreIndex is named", () =>
    failing(refused({ x: data.x, y: withLabel(7, -100) }), DataError, "item 7", "ignoreIndex"));
  it("not -1 or 1, for binaryHinge", () =>
    failing(
      refused({ x: data.x, y: rows((r, k) => (r === 1 && k === 1 ? 0 : 1)) }, { loss: "binaryHinge" }),
      DataError,
      "item 4",
      "-1 or 1",
    ));
  it("outside 0 to 1, for bceWithLogits", () =>
    failing(refused({ x: data.x, y: rows((r, k) => r + k) }, { loss: "bceWithLogits" }), DataError, "item 2", "from 0 to 1"));
  it("missing", () => failing(refused({ x: data.x }), DataError, "y is missing"));
  it("in trainStep", async () => {
    const m = model();
    await failing(
      () => {
        const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 } });
        try {
          step(data.x, withLabel(3, 3));
        } finally {
          step.dispose();
        }
      },
      DataError,
      "item 3",
      "0 to 2",
    );
    m.dispose();
  });
  it("in evaluate", async () => {
    const m = model();
    await failing(() => evaluate(m, { x: data.x, y: withLabel(3, 3) }, { loss: "crossEntropy" }), DataError, "item 3");
    m.dispose();
  });
});

describe("values that are not finite", () => {
  it("NaN: named with row and item", () =>
    failing(refused({ x: withValue(9, Number.NaN), y }), DataError, "x", "row 4", "item 1", "NaN", "allowNonFinite"));
  it("Infinity", () => failing(refused({ x: withValue(0, -Infinity), y }), DataError, "row 0", "-Infinity"));
  it("in a tensor", async () => {
    const t = tensor(withValue(9, Number.NaN).data, [ROWS, 2]);
    await failing(refused({ x: t, y }), DataError, "row 4", "item 1", "NaN");
    t.dispose();
  });
  it("in a float target", () =>
    failing(
      refused({ x: data.x, y: Array.from({ length: ROWS }, (_, k) => [k, k, k === 3 ? Number.NaN : 0]) }, { loss: "mse" }),
      DataError,
      "y",
      "row 3",
    ));
  it("in sampleWeight", () =>
    failing(refused({ ...data, sampleWeight: [...y].map((_, k) => (k === 4 ? Infinity : 1)) }), DataError, "sampleWeight", "row 4"));
  it("in predict", async () => {
    const m = model();
    await failing(() => predict(m, withValue(3, Number.NaN)), DataError, "row 1");
    m.dispose();
  });
});

describe("shapes of data", () => {
  it("no rows", () => failing(refused({ x: [], y: [] }), DataError, "empty"));
  it("no rows in a typed array", () =>
    failing(refused({ x: { data: new Float32Array(0), shape: [0, 2] }, y: new Int32Array(0) }), DataError, "empty"));
  it("ragged rows", () => failing(refused({ x: [[1, 2], [3]], y: [0, 1] }), ShapeError, "ragged", /\[1\]/));
  it("a string among numbers", () =>
    failing(
      refused({
        x: [
          [1, 2],
          [3, "4" as unknown as number],
        ],
        y: [0, 1],
      }),
      DataError,
      /\[1\]\[1\]/,
      "4",
    ));
  it("x longer than y", () => failing(refused({ x: data.x, y: y.slice(1) }), ShapeError, "y has 23 rows", "x has 24"));
  it("sampleWeight of another length", () =>
    failing(refused({ ...data, sampleWeight: [1, 2] }), ShapeError, "sampleWeight has 2 rows", "24"));
  it("a shape of another size", () => failing(refused({ x: { data: x, shape: [ROWS, 3] }, y }), ShapeError, "x", /\[24, 3\]/, "72", "48"));
  it("a flat array where the layer wants two features", () =>
    failing(refused({ x: Float32Array.from(y), y }), ShapeError, "linear", /\[8\]|\[1\]/, /\[8, 2\]/));
  it("a target of another width in a float loss", () =>
    failing(refused({ x: data.x, y: Float32Array.from(y) }, { loss: "mse" }), ShapeError, "mse", /\[8, 3\]/, /\[8\]/));
  it("no x", () => failing(refused({ y } as never), DataError, "without x"));
  it("null", () => failing(refused(null as never), DataError, "without x"));
  it("a string", () => failing(refused({ x: "abc" as never, y }), DataError, "x", "abc"));
});

describe("options", () => {
  for (const batchSize of [0, -1, 2.5, Number.NaN])
    it(`batchSize ${batchSize}`, () => failing(refused(data, { batchSize }), OptionError, "batchSize", String(batchSize)));
  for (const epochs of [-1, 0.5]) it(`epochs ${epochs}`, () => failing(refused(data, { epochs }), OptionError, "epochs"));
  it("accumulate 0", () => failing(refused(data, { accumulate: 0 }), OptionError, "accumulate"));
  for (const seed of [-1, 0.5, 2 ** 53]) it(`seed ${seed}`, () => failing(refused(data, { seed }), OptionError, "seed"));
  it("an unknown loss", () => failing(refused(data, { loss: "hinje" }), OptionError, "hinje", "crossEntropy"));
  it("an unknown optimizer", () => failing(refused(data, { optimizer: { type: "adma" } }), OptionError, "adma", "adam"));
  it("an unknown metric", () => failing(refused(data, { metrics: ["accurcy"] }), OptionError, "accurcy"));
  it("an unknown last batch", () => failing(refused(data, { lastBatch: "pad" }), OptionError, "lastBatch", "pad"));
  it("an unknown source", () => failing(refused(data, { source: "disk" }), OptionError, "source", "disk"));
  it("a negative rate", () => failing(refused(data, { optimizer: { type: "sgd", lr: -1 } }), OptionError, "lr", "-1"));
  it("batchSize 0 in predict", async () => {
    const m = model();
    await failing(() => predict(m, data.x, { batchSize: 0 }), OptionError, "batchSize");
    await failing(() => evaluate(m, data, { loss: "crossEntropy", batchSize: 0 }), OptionError, "batchSize");
    m.dispose();
  });
});
