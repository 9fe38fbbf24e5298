import { describe, expect, test } from "vitest";
import {
  add,
  Dropout,
  dropout,
  type FitOptions,
  Flatten,
  fit,
  Linear,
  Module,
  manualSeed,
  mul,
  NonFiniteError,
  OptionError,
  randn,
  reshape,
  Sequential,
  scope,
  sum,
  Tanh,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { inMode } from "../../src/nn/module";
import { noLeaks } from "../leaks";
import { bits, data, y as labels, x as points, ROWS } from "../small";

noLeaks();

const ones = (rows: number, cols: number) => tensor(new Float32Array(rows * cols).fill(1), [rows, cols]);

describe("the layer", () => {
  test("returns its input itself in evaluation, and with p = 0", () => {
    const x = ones(3, 4);
    expect(new Dropout(0.9).eval().forward(x)).toBe(x);
    expect(new Dropout(0).forward(x)).toBe(x);
    expect(inMode(false, () => new Dropout(0.9).forward(x))).toBe(x);
  });

  test("drops in evaluation where it is told to, and there only", () => {
    const layer = new Dropout(0.5).eval();
    const y = inMode(false, () => layer.forward(ones(20, 20)), true);
    expect(new Set(y.data())).toEqual(new Set([0, 2]));
    expect(layer.forward(y)).toBe(y);
  });

  test("gives 0 or x / (1 - p), and the gradient passes where the value did", () => {
    manualSeed(4);
    const x = tensor(
      Float32Array.from({ length: 60 }, (_, k) => k + 1),
      [4, 15],
      { requiresGrad: true },
    );
    const y = new Dropout(0.25).forward(x);
    sum(y).backward();
    const [values, slopes] = [y.data(), x.grad!.data()];
    const scale = Math.fround(1 / 0.75);
    values.forEach((v, k) => {
      expect([0, scale]).toContain(slopes[k]);
      expect(v).toBe(Math.fround((k + 1) * slopes[k]!));
    });
    expect(new Set(slopes).size).toBe(2);
  });

  test("keeps the mean and the share kept within 5 standard errors, for p 0.1, 0.5 and 0.9", () => {
    manualSeed(11);
    for (const p of [0.1, 0.5, 0.9]) {
      const n = 40_000;
      const y = dropout(ones(200, 200), p).data() as Float32Array;
      const mean = y.reduce((s, v) => s + v, 0) / n;
      // variance of one item: 1 / (1 - p) - 1
      expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt((1 / (1 - p) - 1) / n));
      const kept = y.filter((v) => v !== 0).length / n;
      expect(Math.abs(kept - (1 - p))).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
    }
  });

  test.each([1, -0.1, 1.5, Number.NaN])("p = %d is an OptionError that names the range", (p) => {
    expect(() => new Dropout(p)).toThrow(OptionError);
    expect(() => new Dropout(p)).toThrow("p must lie in [0, 1)");
    expect(() => dropout(ones(1, 1), p)).toThrow("p must lie in [0, 1)");
  });

  test("has a JSON config", () => {
    expect(new Dropout(0.3).config).toEqual({ p: 0.3 });
    expect(Dropout.type).toBe("Dropout");
  });
});

test("on a net with linear output all 2^8 masks, weighted by their probability, average to the test-time output within 1e-5", () => {
  manualSeed(5);
  const out = new Linear(8, 3);
  const layer = new Dropout(0.3);
  scope(() => {
    const x = randn([1, 8]);
    const expected = out.forward(layer.eval().forward(x)).data();
    const mean = [0, 0, 0];
    const seen = new Set<string>();
    for (let mask = 0; mask < 256; mask++) {
      const kept = Array.from({ length: 8 }, (_, k) => (mask >> k) & 1);
      const probability = kept.reduce((product, k) => product * (k === 1 ? 0.7 : 0.3), 1);
      const y = out
        .forward(
          mul(
            x,
            tensor(
              kept.map((k) => k / 0.7),
              [1, 8],
            ),
          ),
        )
        .data();
      y.forEach((v, k) => {
        mean[k]! += probability * v;
      });
      seen.add(y.join());
    }
    for (const [k, m] of mean.entries()) expect(Math.abs(m - expected[k]!)).toBeLessThan(1e-5);
    layer.train();
    for (let k = 0; k < 50; k++) expect(seen.has(out.forward(layer.forward(x)).data().join())).toBe(true);
  });
  out.dispose();
});

const net = (seed = 1) => {
  manualSeed(seed);
  return new Sequential(new Linear(2, 16), new Tanh(), new Dropout(0.4), new Linear(16, 8), new Dropout(0.2), new Linear(8, 3));
};
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  loss: "crossEntropy",
  optimizer: { type: "adam", lr: 0.01 },
  batchSize: 8,
  epochs: 4,
  seed: 3,
  ...more,
});
async function trained(more: Partial<FitOptions> = {}) {
  const model = net();
  const history = await fit(model, data, options(more));
  const result = { bits: bits(model), losses: history.epochs.map((e) => e.loss), recorded: history.recorded };
  model.dispose();
  return result;
}

describe("training", () => {
  test("recorded, op by op, streamed and in small slices gives the same bits", async () => {
    const expected = await trained();
    expect(expected.recorded).toBe(true);
    for (const more of [{ eager: true }, { source: "stream" }, { yieldEveryMs: 0 }] as const) {
      const { bits: b, losses } = await trained(more);
      expect(b).toEqual(expected.bits);
      expect(losses).toEqual(expected.losses);
    }
  });

  test("the same seed gives the same history, another seed another one", async () => {
    const [a, b, c] = [await trained({ shuffle: false }), await trained({ shuffle: false }), await trained({ shuffle: false, seed: 4 })];
    expect(a).toEqual(b);
    expect(c.losses).not.toEqual(a.losses);
  });

  test("trainStep one step at a time gives the same bits as run()", () => {
    const each = [0, 1].map((way) => {
      const model = net();
      manualSeed(9);
      const step = trainStep(model, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 } });
      const losses =
        way === 0
          ? Array.from({ length: 6 }, (_, k) => {
              const at = (k % 3) * 8;
              return step(tensor(points.slice(2 * at, 2 * at + 16), [8, 2]), labels.slice(at, at + 8));
            })
          : [...step.run(data, { steps: 4, batchSize: 8 }), ...step.run({ ...data }, { steps: 2, batchSize: 8 })];
      const result = { losses: way === 0 ? losses : losses.slice(0, 4), bits: bits(model) };
      step.dispose();
      model.dispose();
      return result;
    });
    expect(each[1]!.losses).toEqual(each[0]!.losses.slice(0, 4));
  });

  test("after a step that is not finite, the steps before it are done again to the same bits", async () => {
    const bad = points.slice();
    bad[2 * 20] = 3e38;
    bad[2 * 20 + 1] = 3e38;
    const set = { x: { data: bad, shape: [ROWS, 2] }, y: labels };
    const big = () => {
      manualSeed(1);
      return new Sequential(new Linear(2, 16), new Dropout(0.4), new Linear(16, 3));
    };
    const [failed, stopped] = [big(), big()];
    const error = await fit(failed, set, options({ shuffle: false, optimizer: { type: "sgd", lr: 0.1 }, batchSize: 4 })).catch((e) => e);
    expect(error).toBeInstanceOf(NonFiniteError);
    const { step } = error as NonFiniteError;
    expect(step).toBe(5);
    const stop = { onStep: (e: { step: number }) => (e.step === step ? ("stop" as const) : undefined) };
    await fit(stopped, set, options({ shuffle: false, optimizer: { type: "sgd", lr: 0.1 }, batchSize: 4, callbacks: [stop] }));
    expect(bits(failed)).toEqual(bits(stopped));
    failed.dispose();
    stopped.dispose();
  });
});

/** What dropout layers gave, batch by batch, in a fit run op by op on ones. */
async function masks(make: (seen: (x: Tensor) => Tensor) => Module, more: Partial<FitOptions>, rows = 12): Promise<number[]> {
  const list: number[] = [];
  manualSeed(1);
  const model = make((x) => {
    list.push(...x.data());
    return x;
  });
  const set = { x: { data: new Float32Array(rows * 5).fill(1), shape: [rows, 5] }, y: new Float32Array(rows) };
  await fit(model, set, { loss: "mse", optimizer: { type: "sgd", lr: 0 }, epochs: 2, shuffle: false, seed: 3, eager: true, ...more });
  model.dispose();
  return list;
}

describe("the numbers of a run", () => {
  const one = (seen: (x: Tensor) => Tensor) => new Sequential(new Dropout(0.5), seen, new Linear(5, 1));

  test("do not depend on how a batch is split into accumulated pieces", async () => {
    const whole = await masks(one, { batchSize: 8 });
    expect(await masks(one, { batchSize: 4, accumulate: 2 })).toEqual(whole);
    expect(await masks(one, { batchSize: 2, accumulate: 4 })).toEqual(whole);
    expect(await masks(one, { batchSize: 1, accumulate: 8 })).toEqual(whole);
    expect(await masks(one, { batchSize: 4 })).not.toEqual(whole);
  });

  test("differ from row to row, step to step and epoch to epoch", async () => {
    const list = await masks((seen) => new Sequential(new Dropout(0.5), seen, new Linear(5, 1)), { batchSize: 2 }, 60);
    const rows = Array.from({ length: 120 }, (_, r) => list.slice(5 * r, 5 * r + 5).join());
    // 32 patterns of 5 items, all about equally often
    expect(new Set(rows).size).toBeGreaterThan(25);
    expect(rows.slice(0, 60)).not.toEqual(rows.slice(60));
  });

  test("are those of the layer's path: two layers, and two uses of one layer, draw apart", async () => {
    class Twice extends Module {
      readonly inner = new Dropout(0.5);
      readonly out = new Linear(5, 1);
      constructor(readonly seen: (x: Tensor) => Tensor) {
        super();
      }
      forward(x: Tensor): Tensor {
        return this.out.forward(add(this.seen(this.inner.forward(x)), this.seen(this.inner.forward(x))));
      }
    }
    for (const make of [
      (seen: (x: Tensor) => Tensor) => new Twice(seen),
      (seen: (x: Tensor) => Tensor) => {
        const [a, b] = [new Dropout(0.5), new Dropout(0.5)];
        return new Sequential(
          (x) => add(x, mul(a.forward(x), 0)),
          a,
          seen,
          (x) => add(mul(x, 0), 1),
          b,
          seen,
          new Linear(5, 1),
        );
      },
    ]) {
      const list = await masks(make, { batchSize: "all", epochs: 1 });
      expect(list.length).toBe(120);
      expect(list.slice(0, 60)).not.toEqual(list.slice(60));
    }
  });

  test("do not depend on the split where a row has two dimensions or none", async () => {
    const deep = (seen: (x: Tensor) => Tensor) =>
      new Sequential((x) => reshape(x, [x.shape[0]!, 5, 1]), new Dropout(0.5), seen, new Flatten(), new Linear(5, 1));
    const none = (seen: (x: Tensor) => Tensor) =>
      new Sequential(
        new Linear(5, 1),
        (x) => add(mul(reshape(x, [x.shape[0]!]), 0), 1),
        new Dropout(0.5),
        seen,
        (x) => reshape(x, [x.shape[0]!, 1]),
      );
    for (const make of [deep, none])
      expect(await masks(make, { batchSize: 3, accumulate: 2 })).toEqual(await masks(make, { batchSize: 6 }));
  });
});

test("a user's noise layer is recorded, with the numbers it has op by op", async () => {
  class Noise extends Module {
    forward(x: Tensor): Tensor {
      return add(x, mul(randn(x.shape), 0.1));
    }
  }
  const run = async (eager: boolean) => {
    manualSeed(1);
    const model = new Sequential(new Noise(), new Linear(2, 3));
    const { recorded, epochs } = await fit(model, data, options({ eager }));
    model.dispose();
    return { recorded, losses: epochs.map((e) => e.loss) };
  };
  const [recorded, eager] = [await run(false), await run(true)];
  expect(recorded.recorded).toBe(true);
  expect(eager.losses).toEqual(recorded.losses);
  expect(new Set(eager.losses).size).toBe(4);
});
