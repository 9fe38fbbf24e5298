import { describe, expect, it } from "vitest";
import { type DataSet, evaluate, type FitOptions, fit, mse, SGD, trainStep } from "../../src/index";
import { noLeaks } from "../leaks";
import { data, model, options, ROWS } from "../small";

noLeaks();

const targets = Float32Array.from({ length: 3 * ROWS }, (_, k) => Math.sin(k));
const numbers: DataSet = { x: data.x, y: { data: targets, shape: [ROWS, 3] } };
const sampleWeight = Float32Array.from({ length: ROWS }, (_, k) => [0.25, 3, 0, 1][k % 4]!);
const sum = { reduction: "sum" } as const;

async function trained(given: DataSet, more: Partial<FitOptions>) {
  const m = model();
  const { epochs } = await fit(m, given, options({ shuffle: true, ...more }));
  const values = m.parameters().flatMap((p) => [...p.data()]);
  m.dispose();
  return { values, losses: epochs.map((e) => e.loss) };
}

const worst = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((v, k) => Math.abs(v - b[k]!)));

describe('a loss with reduction "sum"', () => {
  for (const [name, loss, summed, given, count] of [
    ["mse", "mse", mse.with(sum), numbers, 3],
    ["crossEntropy", "crossEntropy", { type: "crossEntropy", ...sum }, data, 1],
  ] as const)
    it(`${name}: a rate r moves the parameters as a mean does at r times the items of a batch, to 1e-5; figures are sums over the epoch's rows, to 1e-5`, async () => {
      const lr = 0.05;
      // the batches of 24 rows: 8 each
      const mean = await trained(given, { loss, epochs: 3, optimizer: { type: "sgd", lr } });
      const added = await trained(given, { loss: summed, epochs: 3, optimizer: { type: "sgd", lr: lr / (8 * count) } });
      expect(worst(added.values, mean.values)).toBeLessThan(1e-5);
      for (const [k, l] of added.losses.entries()) expect(Math.abs(l / (ROWS * count) / mean.losses[k]! - 1)).toBeLessThan(1e-5);
    });

  it("accumulated batches add up, to 2e-6: gradients and figures are those of one batch of all their rows, weighted rows too", async () => {
    for (const given of [numbers, { ...numbers, sampleWeight }]) {
      const common = { loss: mse.with(sum), epochs: 3, optimizer: { type: "sgd", lr: 0.003, momentum: 0.9 } } as const;
      const whole = await trained(given, { ...common, batchSize: 12 });
      const pieces = await trained(given, { ...common, batchSize: 3, accumulate: 4 });
      expect(worst(pieces.values, whole.values)).toBeLessThan(2e-6);
      expect(worst(pieces.losses, whole.losses)).toBeLessThan(1e-4);
    }
  });

  it("with sampleWeight, a row of weight 2 counts as two rows, a row of weight 0 as none, to 1e-5", async () => {
    const each = Array.from({ length: ROWS }, (_, k) => [0, 1, 2][k % 3]!);
    const rows = each.flatMap((n, k) => Array.from({ length: n }, () => k));
    const repeated: DataSet = {
      x: { data: Float32Array.from(rows.flatMap((r) => [...data.x.data.subarray(2 * r, 2 * r + 2)])), shape: [rows.length, 2] },
      y: { data: Float32Array.from(rows.flatMap((r) => [...targets.subarray(3 * r, 3 * r + 3)])), shape: [rows.length, 3] },
    };
    const common = { loss: mse.with(sum), epochs: 4, batchSize: "all", optimizer: { type: "sgd", lr: 0.002 } } as const;
    const weighted = await trained({ ...numbers, sampleWeight: each }, common);
    const plain = await trained(repeated, common);
    expect(worst(weighted.values, plain.values)).toBeLessThan(1e-5);
    expect(worst(weighted.losses, plain.losses) / plain.losses[0]!).toBeLessThan(1e-5);
  });

  it("evaluate gives the sum over the data set, whatever the batches, to 1e-5; trainStep that of its batch", async () => {
    const m = model();
    const mean = (await evaluate(m, numbers, { loss: mse })).loss;
    for (const batchSize of [5, 24, 256]) {
      const { loss } = await evaluate(m, numbers, { loss: mse.with(sum), batchSize });
      expect(Math.abs(loss / (mean * 3 * ROWS) - 1)).toBeLessThan(1e-5);
    }
    const optimizer = new SGD(m.parameters(), { lr: 0 });
    const step = trainStep(m, { loss: mse.with(sum), optimizer });
    expect(Math.abs(step(data.x, { data: targets, shape: [ROWS, 3] }) / (mean * 3 * ROWS) - 1)).toBeLessThan(1e-5);
    step.dispose();
    optimizer.dispose();
    m.dispose();
  });
});
