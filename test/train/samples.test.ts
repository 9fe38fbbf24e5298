import { describe, expect, it } from "vitest";
import {
  BatchNorm1d,
  Dropout,
  dropout,
  fit,
  Linear,
  Module,
  manualSeed,
  OptionError,
  predict,
  Sequential,
  Tanh,
  type Tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, options, ROWS } from "../small";

noLeaks();

const net = (seed = 1) => {
  manualSeed(seed);
  return new Sequential(
    new Linear(2, 16),
    new BatchNorm1d(16),
    new Tanh(),
    new Dropout(0.4),
    new Linear(16, 8),
    new Dropout(0.2),
    new Linear(8, 3),
  );
};
const P = 0.3;
const WIDTH = 6;
/** Dropout of the input of a linear output, as one can compute it. */
const linear = () => {
  manualSeed(5);
  return new Sequential(new Dropout(P), new Linear(WIDTH, 2));
};
const row = Float32Array.from({ length: WIDTH }, (_, k) => Math.cos(3 * k) + 0.5);
const one = { data: row, shape: [1, WIDTH] };

/** Outputs of a linear net for all 2^n masks, with their probabilities, in float64. */
function enumerated(m: Sequential): { probability: number; y: number[] }[] {
  const layer = m.children()[1]![1] as Linear;
  const [w, b] = [layer.weight.data(), layer.bias!.data()];
  return Array.from({ length: 2 ** WIDTH }, (_, mask) => {
    const kept = Array.from({ length: WIDTH }, (_, k) => (mask >> k) & 1);
    const y = [0, 1].map((o) => kept.reduce((sum, on, k) => sum + (on * row[k]! * w[o * WIDTH + k]!) / (1 - P), b[o]!));
    return { probability: kept.reduce((product, on) => product * (on === 1 ? 1 - P : P), 1), y };
  });
}

describe("on a net with linear output", () => {
  it("all 2^6 masks average to the test-time output within 1e-6, and each sample is one of them within 1e-6", async () => {
    const m = linear();
    const all = enumerated(m);
    const { data: test } = await predict(m, one);
    for (const o of [0, 1])
      expect(Math.abs(all.reduce((sum, { probability, y }) => sum + probability * y[o]!, 0) - test[o]!)).toBeLessThan(1e-6);
    const seen = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const { data: y } = await predict(m, one, { samples: 1, seed });
      const k = all.findIndex((a) => Math.hypot(a.y[0]! - y[0]!, a.y[1]! - y[1]!) < 1e-6);
      expect(k).toBeGreaterThanOrEqual(0);
      seen.add(k);
    }
    expect(seen.size).toBeGreaterThan(15);
    m.dispose();
  });

  it("the mean of n samples is the test-time output within 5 standard errors, n 100, 1000 and 10,000; std that over all masks within 5 %", async () => {
    const m = linear();
    const all = enumerated(m);
    const { data: test } = await predict(m, one);
    for (const samples of [100, 1000, 10_000]) {
      const { data: mean, std, shape } = await predict(m, one, { samples, seed: 2 });
      expect(shape).toEqual([1, 2]);
      for (const o of [0, 1]) {
        const deviation = Math.sqrt(all.reduce((sum, { probability, y }) => sum + probability * (y[o]! - test[o]!) ** 2, 0));
        expect(Math.abs(mean[o]! - test[o]!)).toBeLessThan((5 * deviation) / Math.sqrt(samples));
        if (samples === 10_000) expect(Math.abs(std[o]! / deviation - 1)).toBeLessThan(0.05);
      }
    }
    m.dispose();
  });
});

describe("samples", () => {
  it("mean and standard deviation (n - 1) are those of the single outputs in float64, relative 1e-6", async () => {
    const m = net();
    const each: number[][] = [];
    const watched = new Sequential(m, (t) => {
      each.push([...t.data()]);
      return t;
    });
    const { data: mean, std } = await predict(watched, data.x, { samples: 20, seed: 1, eager: true });
    expect(each).toHaveLength(20);
    for (let k = 0; k < 3 * ROWS; k++) {
      const values = each.map((y) => y[k]!);
      const average = values.reduce((a, b) => a + b) / 20;
      const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - average) ** 2, 0) / 19);
      expect(Math.abs(mean[k]! - average)).toBeLessThan(1e-6 * Math.max(1, Math.abs(average)));
      expect(Math.abs(std[k]! / deviation - 1)).toBeLessThan(1e-6);
    }
    m.dispose();
  });

  it("are the same bits recorded, eager, streamed and in small slices; for any batch size to 1e-6; others with another seed", async () => {
    const m = net();
    const expected = await predict(m, data.x, { samples: 10, seed: 3 });
    for (const more of [{ eager: true }, { source: "stream" }, { yieldEveryMs: 0 }] as const)
      expect(await predict(m, data.x, { samples: 10, seed: 3, ...more })).toEqual(expected);
    // other products for other numbers of rows, the same masks
    for (const batchSize of [1, 5, 7]) {
      const { data: mean, std } = await predict(m, data.x, { samples: 10, seed: 3, batchSize });
      expect(Math.max(...mean.map((v, k) => Math.abs(v - expected.data[k]!)))).toBeLessThan(1e-6);
      expect(Math.max(...std.map((v, k) => Math.abs(v - expected.std[k]!)))).toBeLessThan(1e-6);
    }
    expect(await predict(m, data.x, { samples: 10, seed: 4 })).not.toEqual(expected);
    const seeded = async () => {
      manualSeed(8);
      return await predict(m, data.x, { samples: 10 });
    };
    expect(await seeded()).toEqual(await seeded());
    m.dispose();
  });

  it("leave model, mode and running statistics as they are, and batch norm in evaluation", async () => {
    const m = net();
    await fit(m, data, options());
    const before = bits(m);
    const both = await predict(m, data.x, { samples: 5, seed: 1 });
    const single = await predict(m, { data: data.x.data.slice(0, 2), shape: [1, 2] }, { samples: 5, seed: 1 });
    // a row alone would be an error for batch norm in training, and other than in its batch
    single.data.forEach((v, k) => {
      expect(Math.abs(v - both.data[k]!)).toBeLessThan(1e-6);
    });
    expect(bits(m)).toEqual(before);
    expect(m.training).toBe(true);
    expect((await predict(m, data.x)).data).not.toEqual(both.data);
    m.dispose();
  });

  it("of one: std 0; of dropout with p = 0: std 0; of the function dropout() too", async () => {
    class Own extends Module {
      readonly inner = new Linear(2, 3);
      forward(x: Tensor): Tensor {
        return dropout(this.inner.forward(x), 0.5);
      }
    }
    manualSeed(1);
    const [m, none, own] = [net(), new Sequential(new Dropout(0), new Linear(2, 3)), new Own()];
    const zero = new Float32Array(3 * ROWS);
    expect((await predict(m, data.x, { samples: 1 })).std).toEqual(zero);
    expect((await predict(none, data.x, { samples: 9 })).std).toEqual(zero);
    expect((await predict(own, data.x, { samples: 9, seed: 1 })).std.every((v) => v > 0)).toBe(true);
    for (const t of [m, none, own]) t.dispose();
  });

  it("below 1, or of a model that draws nothing, are an OptionError", async () => {
    const m = net();
    for (const samples of [0, -1, 1.5, Number.NaN])
      await failing(() => predict(m, data.x, { samples }), OptionError, "samples must be a whole number of 1 or more");
    await failing(() => predict(m, data.x, { samples: 2, seed: -1 }), OptionError, "seed");
    m.dispose();
    const plain = new Sequential(new Linear(2, 3));
    for (const eager of [false, true])
      await failing(() => predict(plain, data.x, { samples: 10, eager }), OptionError, "draws no random numbers", "add Dropout");
    plain.dispose();
  });
});
