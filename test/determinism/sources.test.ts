import { describe, expect, test } from "vitest";
import { type DataSet, type FitOptions, fit, Linear, manualSeed, type OptimizerConfig, ReLU, Sequential, tensor } from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "../ops/operands";

noLeaks();

const WIDTH = 11;
const next = random(23);
const bytesOf = (rows: number) => Uint8Array.from({ length: rows * WIDTH }, () => Math.floor(256 * next()));
const labelsOf = (rows: number) => Int32Array.from({ length: rows }, () => Math.floor(3 * next()));

async function train(data: DataSet, options: Partial<FitOptions> = {}): Promise<Float32Array[]> {
  manualSeed(1);
  const model = new Sequential(new Linear(WIDTH, 9), new ReLU(), new Linear(9, 3));
  const optimizer: OptimizerConfig = { type: "sgd", lr: 0.05, momentum: 0.9 };
  await fit(model, data, { loss: "crossEntropy", optimizer, epochs: 3, batchSize: 16, seed: 2, ...options });
  const parameters = model.parameters().map((p) => p.data() as Float32Array);
  model.dispose();
  return parameters;
}

describe("where the data lies and how it is given changes no bit", () => {
  const rows = 70;
  const bytes = bytesOf(rows);
  const y = labelsOf(rows);
  const shape = [rows, WIDTH];
  const [scale, offset] = [1 / 255, -0.5];
  // as the kernel reads them: one rounding for the product, one for the sum
  const floats = Float32Array.from(bytes, (b) => Math.fround(b * Math.fround(scale)) + Math.fround(offset));
  const x = { data: floats, shape };

  test.each(["resident", "stream"] as const)("%s: bytes with scale and offset are the floats prepared the same way", async (source) => {
    expect(await train({ x: { data: bytes, shape, scale, offset }, y }, { source })).toEqual(await train({ x, y }));
    const plain = { data: Float32Array.from(bytes), shape };
    expect(await train({ x: { data: bytes, shape }, y }, { source, epochs: 1 })).toEqual(await train({ x: plain, y }, { epochs: 1 }));
  });

  test("stream, resident, one op at a time, with a rest, in tiny slices", async () => {
    const expected = await train({ x, y });
    for (const more of [{ source: "stream" }, { source: "stream", eager: true }, { source: "stream", yieldEveryMs: 0.01 }] as const)
      expect(await train({ x, y }, more), JSON.stringify(more)).toEqual(expected);
  });

  test("a tensor, nested arrays, float64 numbers, labels as plain numbers", async () => {
    const expected = await train({ x, y });
    const t = tensor(floats, shape);
    const nested = Array.from({ length: rows }, (_, r) => [...floats.subarray(r * WIDTH, (r + 1) * WIDTH)]);
    expect(await train({ x: t, y: tensor(y) })).toEqual(expected);
    expect(await train({ x: nested, y: [...y] })).toEqual(expected);
    expect(await train({ x: { data: Float64Array.from(floats), shape }, y: Uint8Array.from(y) })).toEqual(expected);
    expect(await train({ x: t, y }, { source: "stream" })).toEqual(expected);
    t.dispose();
  });

  test("a stream of more windows than one", async () => {
    // a window holds 4 MB of rows
    const many = 2 ** 22 / (4 * 1024) + 100;
    const wide = Float32Array.from({ length: many * 1024 }, () => next() - 0.5);
    const targets = Float32Array.from({ length: many }, () => next());
    const run = async (source: "stream" | "resident") => {
      manualSeed(1);
      const model = new Linear(1024, 1);
      const data = { x: { data: wide, shape: [many, 1024] }, y: targets };
      const history = await fit(model, data, {
        loss: "mse",
        optimizer: { type: "sgd", lr: 1e-3 },
        epochs: 2,
        batchSize: 32,
        seed: 3,
        source,
      });
      const weight = model.weight.data();
      model.dispose();
      return [history.epochs.map((e) => e.loss), weight];
    };
    expect(await run("stream")).toEqual(await run("resident"));
  });
});
