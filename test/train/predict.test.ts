import { describe, expect, it } from "vitest";
import {
  concat,
  evaluate,
  fit,
  Linear,
  Module,
  manualSeed,
  mul,
  predict,
  predictor,
  Sequential,
  ShapeError,
  softmax,
  type Tensor,
  tanh,
  tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options, ROWS, x, y } from "../small";
import { crossEntropies, forward, hits, rowsOf, weightedMean } from "./reference";

noLeaks();

const rows = rowsOf(x, 2);
const worst = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((v, k) => Math.abs(v - actual[k]!)), actual.length === expected.length ? 0 : Infinity);

describe("against a loop in float64, to 1e-6", () => {
  it("predict: any batch size, eager, streamed, from nested arrays or a tensor", async () => {
    const m = model();
    const expected = forward(m, rows).flat();
    for (const more of [
      {},
      { batchSize: 1 },
      { batchSize: 7 },
      { batchSize: ROWS },
      { batchSize: 1000 },
      { eager: true },
      { source: "stream", batchSize: 5 },
    ] as const) {
      const { data: values, shape } = await predict(m, data.x, more);
      expect(shape).toEqual([ROWS, 3]);
      expect(worst(values, expected)).toBeLessThan(1e-6);
    }
    const t = tensor(x, [ROWS, 2]);
    expect(worst((await predict(m, t)).data, expected)).toBeLessThan(1e-6);
    expect(worst((await predict(m, rows)).data, expected)).toBeLessThan(1e-6);
    t.dispose();
    m.dispose();
  });

  it("evaluate: any batch size, eager, streamed", async () => {
    const m = model();
    const logits = forward(m, rows);
    const expected = [weightedMean(crossEntropies(logits, y)), weightedMean(hits(logits, y))];
    for (const more of [
      {},
      { batchSize: 1 },
      { batchSize: 7 },
      { batchSize: 1000 },
      { eager: true },
      { source: "stream", batchSize: 5 },
    ] as const) {
      const { loss, accuracy } = await evaluate(m, data, { loss: "crossEntropy", metrics: ["accuracy"], ...more });
      expect(worst([loss, accuracy!], expected)).toBeLessThan(1e-6);
    }
    m.dispose();
  });

  it("predictor: batches of one and of three, into a given array, after training too", async () => {
    const m = model();
    const [one, three] = [predictor(m), predictor(m, { batch: 3 })];
    const out = new Float32Array(9);
    for (let round = 0; round < 2; round++) {
      const expected = forward(m, rows);
      expect(worst(one(rows[5]!), expected[5]!)).toBeLessThan(1e-6);
      expect(three(rows.slice(3, 6).flat(), out)).toBe(out);
      expect(worst(out, expected.slice(3, 6).flat())).toBeLessThan(1e-6);
      await fit(m, data, options({ epochs: 3 }));
    }
    for (const o of [one, three, m]) o.dispose();
  });
});

it("predict, a predictor and forward give the same bits, and change nothing", async () => {
  const m = model();
  const before = bits(m);
  const t = tensor(x, [ROWS, 2]);
  const direct = [...m.eval().forward(t).data()];
  const f = predictor(m);
  expect([...(await predict(m, t, { batchSize: 1 })).data]).toEqual(rows.flatMap((r) => [...f(r)]));
  expect([...(await predict(m, t)).data]).toEqual(direct);
  expect(bits(m)).toEqual(before);
  f.dispose();
  t.dispose();
  m.dispose();
});

/** Two inputs of different widths: softmax(a w + b) gates tanh(c v). */
class Gate extends Module {
  readonly gate = new Linear(2, 3);
  readonly value = new Linear(1, 3);
  forward(a: Tensor, c: Tensor): Tensor {
    return mul(softmax(this.gate.forward(a)), tanh(this.value.forward(c)));
  }
}

describe("several inputs", () => {
  const make = () => {
    manualSeed(3);
    return new Gate();
  };
  const c = { data: Float32Array.from({ length: ROWS }, (_, k) => k / ROWS - 0.5), shape: [ROWS, 1] };
  const run = options({ epochs: 4, batchSize: 7, metrics: ["accuracy"] });

  it("as an array, as a record in its order, with a tensor among them, joined in one: the same bits", async () => {
    class Joined extends Module {
      readonly inner = make();
      forward(both: Tensor): Tensor {
        return this.inner.forward(both.slice(0, 2, 1), both.slice(2, 3, 1));
      }
    }
    const t = tensor(c.data, c.shape);
    const both = {
      data: Float32Array.from({ length: 3 * ROWS }, (_, k) =>
        k % 3 < 2 ? x[2 * Math.floor(k / 3) + (k % 3)]! : c.data[Math.floor(k / 3)]!,
      ),
      shape: [ROWS, 3],
    };
    const results: unknown[] = [];
    for (const [m, given] of [
      [make(), [data.x, c]],
      [make(), { a: data.x, c }],
      [make(), [rows, t]],
      [new Joined(), both],
    ] as const) {
      const history = await fit(m, { x: given as never, y }, run);
      const { data: out } = await predict(m, given as never);
      const { loss, accuracy } = await evaluate(m, { x: given as never, y }, { loss: "crossEntropy", metrics: ["accuracy"] });
      results.push([Object.values(bits(m)), history.epochs.map((e) => e.loss), [...out], loss, accuracy]);
      m.dispose();
    }
    t.dispose();
    for (const r of results) expect(r).toEqual(results[0]);
  });

  it("of other lengths, or missing, are named", async () => {
    const m = make();
    const short = { data: c.data.slice(1), shape: [ROWS - 1, 1] };
    await failing(() => fit(m, { x: [data.x, short], y }, run), ShapeError, "x[1] has 23 rows, x[0] has 24");
    await failing(() => fit(m, { x: { left: data.x, right: short }, y }, run), ShapeError, "x.right has 23 rows, x.left has 24");
    m.dispose();
  });

  it("concat of inputs inside forward is trained through", async () => {
    class Both extends Module {
      readonly out = new Linear(3, 3);
      forward(a: Tensor, b: Tensor): Tensor {
        return this.out.forward(concat([a, b], 1));
      }
    }
    manualSeed(1);
    const m = new Both();
    const history = await fit(m, { x: [data.x, c], y }, options({ epochs: 60, optimizer: { type: "adam", lr: 0.1 } }));
    expect(history.epochs.at(-1)!.loss).toBeLessThan(0.5 * history.epochs[0]!.loss);
    m.dispose();
  });
});

it("a model with a function as its last stage predicts what it gives", async () => {
  manualSeed(1);
  const m = new Sequential(new Linear(2, 3), (t) => softmax(t));
  const { data: p } = await predict(m, data.x);
  for (let r = 0; r < ROWS; r++) expect(Math.abs(p[3 * r]! + p[3 * r + 1]! + p[3 * r + 2]! - 1)).toBeLessThan(1e-6);
  m.dispose();
});
