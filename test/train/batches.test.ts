import { describe, expect, it } from "vitest";
import { DataError, fit, Generator, Linear, Module, manualSeed, randperm, type Tensor } from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options, ROWS } from "../small";

noLeaks();

/** Keeps what each eager forward saw. */
class Seen extends Module {
  readonly inner = new Linear(1, 1);
  readonly batches: number[][] = [];
  forward(x: Tensor): Tensor {
    if (x.storage.plan < 0) this.batches.push([...x.data()]);
    return this.inner.forward(x);
  }
}

/** The row numbers of every step of a run over ten rows. */
async function batches(more: Partial<Parameters<typeof fit>[2]>): Promise<number[][]> {
  manualSeed(1);
  const m = new Seen();
  const numbers = Array.from({ length: 10 }, (_, k) => [k]);
  await fit(m, { x: numbers, y: numbers }, { loss: "mse", optimizer: { type: "sgd", lr: 1e-3 }, eager: true, seed: 4, ...more });
  m.dispose();
  return m.batches;
}

const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
const ten = Array.from({ length: 10 }, (_, k) => k);

describe("how an epoch is cut", () => {
  it("in the order of the data, the rest as a smaller step by default", async () => {
    expect(await batches({ shuffle: false, batchSize: 4 })).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });
  it("the rest dropped", async () => {
    expect(await batches({ shuffle: false, batchSize: 4, lastBatch: "drop" })).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
  });
  it("shuffled and dropped: other rows go each epoch", async () => {
    const seen = await batches({ batchSize: 4, lastBatch: "drop", epochs: 20 });
    expect(seen.every((b) => b.length === 4)).toBe(true);
    expect(new Set(seen.flat()).size).toBe(10);
  });
  it("a batch larger than the set, and all: one step of every row", async () => {
    for (const batchSize of [11, 1000, "all"] as const)
      for (const lastBatch of ["keep", "drop"] as const) expect((await batches({ batchSize, lastBatch })).map(sorted)).toEqual([ten]);
  });
  it("32 rows a step by default", async () => {
    const m = new Linear(1, 1);
    const x = Array.from({ length: 70 }, (_, k) => [k / 70]);
    expect((await fit(m, { x, y: x }, { loss: "mse", optimizer: { type: "sgd" } })).steps).toBe(3);
    m.dispose();
  });
  it("no epochs: no step, the model as it was", async () => {
    const m = model();
    const before = bits(m);
    const history = await fit(m, data, options({ epochs: 0 }));
    expect(history).toMatchObject({ epochs: [], steps: 0, stopped: "finished", flops: 0 });
    expect(bits(m)).toEqual(before);
    m.dispose();
  });
  it("no rows: a DataError", () => {
    const m = model();
    return failing(() => fit(m, { x: [], y: [] }, options()), DataError, "no rows").finally(() => m.dispose());
  });
});

describe("the order of rows", () => {
  it("is that of randperm at the epoch, keyed by the seed", async () => {
    const seen = await batches({ batchSize: 4, epochs: 3 });
    const random = new Generator(4);
    const expected = [0, 1, 2].flatMap((epoch) => {
      random.step = epoch;
      const order = [...randperm(10, random, -1)];
      return [order.slice(0, 4), order.slice(4, 8), order.slice(8)];
    });
    random.dispose();
    expect(seen).toEqual(expected);
  });
  it("has every row once an epoch, another order each epoch and for each seed, the same for the same seed", async () => {
    const epochs = async (seed: number) => {
      const seen = await batches({ batchSize: 4, epochs: 3, seed });
      return [0, 1, 2].map((e) => seen.slice(3 * e, 3 * e + 3).flat());
    };
    const [a, b, c] = [await epochs(1), await epochs(1), await epochs(2)];
    for (const order of a) expect(sorted(order)).toEqual(ten);
    expect(new Set([...a, ...c].map(String)).size).toBe(6);
    expect(b).toEqual(a);
  });
});

describe("the history", () => {
  it("is plain JSON with the documented fields and nothing else", async () => {
    const m = model();
    const history = await fit(m, data, options({ epochs: 2, metrics: ["accuracy"], validation: data }));
    expect(JSON.parse(JSON.stringify(history))).toEqual(history);
    expect(Object.keys(history).sort()).toEqual(["cpuSeconds", "epochs", "flops", "recorded", "seconds", "steps", "stopped"]);
    expect(history).toMatchObject({ steps: 6, stopped: "finished", recorded: true });
    expect(history.epochs.map((e) => Object.keys(e).sort())).toEqual(
      [1, 2].map(() => ["accuracy", "epoch", "loss", "lr", "samplesPerSecond", "seconds", "validation"]),
    );
    expect(Object.keys(history.epochs[0]!.validation!)).toEqual(["loss", "accuracy"]);
    // forward 2 (2 * 8 + 8 * 3) a row at least, and the same again for the weights' gradients
    expect(history.flops).toBeGreaterThan(2 * 2 * ROWS * 2 * (2 * 8 + 8 * 3));
    m.dispose();
  });

  it("the loss of an epoch is the mean over its rows, each batch's as before its update: 1e-6", async () => {
    const m = model();
    const steps: number[] = [];
    const { epochs } = await fit(m, data, options({ batchSize: 7, callbacks: [{ onStep: (e) => void steps.push(e.loss) }] }));
    const rows = [7, 7, 7, 3];
    const mean = steps.reduce((sum, l, k) => sum + l * rows[k]!, 0) / ROWS;
    expect(Math.abs(epochs[0]!.loss - mean)).toBeLessThan(1e-6);
    m.dispose();
  });
});
