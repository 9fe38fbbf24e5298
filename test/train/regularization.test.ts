import { describe, expect, it } from "vitest";
import {
  add,
  BatchNorm1d,
  crossEntropy,
  type FitOptions,
  fit,
  Linear,
  type Module,
  manualSeed,
  OptionError,
  PReLU,
  penalty,
  type Regularization,
  Sequential,
  SGD,
  scope,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "../ops/operands";
import { bits, data, model, options, ROWS, x, y } from "../small";

noLeaks();

const KINDS: Regularization[] = [{ l1: 0.05 }, { l2: 0.3 }, { l1: 0.02, l2: 0.1 }];
const named = (m: Module) => Object.fromEntries(m.namedParameters().map(([name, p]) => [name, p.data() as Float32Array]));

describe.each(KINDS.map((k) => [JSON.stringify(k), k] as const))("regularization %s", (_, regularization) => {
  const { l1 = 0, l2 = 0 } = regularization;

  it("penalty() is l1 sum |w| + l2 / 2 sum w^2 over the weights in float64, relative 1e-6; its gradient l1 sign(w) + l2 w, 1e-7; biases have none", () => {
    const m = model();
    m.parameters()[0]!.set((m.parameters()[0]!.data() as Float32Array).map((v, k) => (k < 3 ? 0 : v)));
    const values = named(m);
    scope(() => {
      const total = penalty(m, regularization);
      let expected = 0;
      for (const name of ["0.weight", "2.weight"]) for (const w of values[name]!) expected += l1 * Math.abs(w) + (l2 / 2) * w * w;
      expect(Math.abs(total.item() / expected - 1)).toBeLessThan(1e-6);
      total.backward();
      for (const [name, p] of m.namedParameters()) {
        if (name.endsWith("bias")) expect(p.grad).toBeUndefined();
        else {
          const off = (p.grad!.data() as Float32Array).map((g, k) => g - (l1 * Math.sign(values[name]![k]!) + l2 * values[name]![k]!));
          expect(Math.max(...off.map(Math.abs))).toBeLessThan(1e-7);
        }
        p.grad?.dispose();
        p.grad = undefined;
      }
    });
    m.dispose();
  });

  it("a step follows the gradient of loss + penalty(), to 1e-6; the loss it returns is without", () => {
    const m = model();
    const before = named(m);
    const [inputs, labels] = [tensor(x, [ROWS, 2]), tensor(y)];
    const plain = scope(() => {
      const loss = crossEntropy(m.forward(inputs), labels);
      add(loss, penalty(m, regularization)).backward();
      return loss.item();
    });
    const grads = Object.fromEntries(m.namedParameters().map(([name, p]) => [name, p.grad!.data()]));
    const optimizer = new SGD(m.parameters(), { lr: 1 });
    optimizer.zeroGrad();
    const step = trainStep(m, { loss: "crossEntropy", optimizer, regularization });
    expect(step(data.x, y)).toBe(plain);
    for (const [name, after] of Object.entries(named(m)))
      expect(Math.max(...after.map((v, k) => Math.abs(before[name]![k]! - v - grads[name]![k]!))), name).toBeLessThan(1e-6);
    for (const t of [step, optimizer, m, inputs, labels]) t.dispose();
  });

  it("fit, recorded and eager, streamed, trainStep and trainStep.run give the same bits, with Adam and clipping", async () => {
    const results: unknown[] = [];
    const optimizer = { type: "adam", lr: 0.02 } as const;
    const clip = { norm: 0.2 };
    const all = { batchSize: "all", shuffle: false, epochs: 6, optimizer, clip, regularization } as const;
    for (const more of [{}, { eager: true }, { source: "stream" }] as const) {
      const m = model();
      await fit(m, data, options({ ...all, ...more }));
      results.push(bits(m));
      m.dispose();
    }
    for (const steps of [1, 6]) {
      const m = model();
      const step = trainStep(m, { loss: "crossEntropy", optimizer, clip, regularization });
      for (let k = 0; k < 6; k += steps)
        if (steps === 1) step(data.x, y);
        else step.run(data, { steps });
      results.push(bits(m));
      step.dispose();
      m.dispose();
    }
    for (const other of results.slice(1)) expect(other).toEqual(results[0]);
  });

  it("is added once for a group of accumulated batches, means or sums: the parameters of one batch of all their rows, to 2e-6", async () => {
    const run = async (more: Partial<FitOptions>) => {
      const m = model();
      await fit(m, data, options({ optimizer: { type: "sgd", lr: 0.05, momentum: 0.9 }, epochs: 4, regularization, ...more }));
      const values = m.parameters().flatMap((p) => [...p.data()]);
      m.dispose();
      return values;
    };
    for (const loss of ["crossEntropy", crossEntropy.with({ reduction: "sum" })] as const) {
      const [pieces, whole] = [await run({ loss, batchSize: 4, accumulate: 3 }), await run({ loss, batchSize: 12 })];
      expect(Math.max(...pieces.map((v, k) => Math.abs(v - whole[k]!)))).toBeLessThan(2e-6);
    }
  });
});

it("for SGD, l2 does to a net without biases what weightDecay does, to 1e-6", async () => {
  const run = async (more: Partial<FitOptions>) => {
    manualSeed(1);
    const m = new Sequential(new Linear(2, 5, { bias: false }), new Linear(5, 3, { bias: false }));
    await fit(m, data, options({ epochs: 5, ...more }));
    const values = m.parameters().flatMap((p) => [...p.data()]);
    m.dispose();
    return values;
  };
  const sgd = { type: "sgd", lr: 0.1, momentum: 0.9 } as const;
  const [l2, decay] = [
    await run({ optimizer: sgd, regularization: { l2: 0.02 } }),
    await run({ optimizer: { ...sgd, weightDecay: 0.02 } }),
  ];
  expect(Math.max(...l2.map((v, k) => Math.abs(v - decay[k]!)))).toBeLessThan(1e-6);
});

it("which parameters count: weights of two dimensions or more, not frozen ones, or those selected", () => {
  manualSeed(3);
  const m = new Sequential(new Linear(2, 4), new BatchNorm1d(4), new PReLU(4), new Linear(4, 4), new Linear(4, 3));
  const frozen = m.children()[3]![1] as Linear;
  frozen.weight.requiresGrad = false;
  const moved = (regularization?: Regularization) => {
    const twin = m.clone();
    const optimizer = new SGD(twin.parameters(), { lr: 1 });
    const step = trainStep(twin, { loss: "crossEntropy", optimizer, ...(regularization === undefined ? {} : { regularization }) });
    step(data.x, y);
    const values = named(twin);
    for (const t of [step, optimizer, twin]) t.dispose();
    return values;
  };
  const plain = moved();
  const changed = (regularization: Regularization) => {
    const values = moved(regularization);
    return Object.keys(plain).filter((name) => String(values[name]) !== String(plain[name]));
  };
  expect(changed({ l2: 0.5 })).toEqual(["0.weight", "4.weight"]);
  expect(changed({ l1: 0.5, select: (name) => name.endsWith("0.bias") })).toEqual(["0.bias"]);
  m.dispose();
});

it("l1 makes the weights that explain nothing smaller than two steps of it, 2 lr l1, and leaves the others within 0.1; without, none is that small", async () => {
  const next = random(5);
  const rows = 64;
  const inputs = Float32Array.from({ length: rows * 20 }, () => 2 * next() - 1);
  // only the first three of twenty inputs count
  const truth = (k: number) => [2, -1.5, 1][k] ?? 0;
  const targets = Float32Array.from({ length: rows }, (_, r) => {
    let sum = 0.1 * (2 * next() - 1);
    for (let k = 0; k < 20; k++) sum += truth(k) * inputs[20 * r + k]!;
    return sum;
  });
  const lr = 0.05;
  const l1 = 0.03;
  const run = async (regularization?: Regularization) => {
    manualSeed(1);
    const m = new Linear(20, 1);
    const given = regularization === undefined ? {} : { regularization };
    const set = { x: { data: inputs, shape: [rows, 20] }, y: targets };
    await fit(m, set, { loss: "mse", optimizer: { type: "sgd", lr }, epochs: 600, batchSize: "all", ...given });
    const w = [...m.weight.data()];
    m.dispose();
    return w;
  };
  const [sparse, plain] = [await run({ l1 }), await run()];
  const small = (w: number[]) => w.slice(3).filter((v) => Math.abs(v) < 2 * lr * l1).length;
  expect(small(sparse)).toBe(17);
  expect(small(plain)).toBeLessThan(8);
  for (let k = 0; k < 3; k++) expect(Math.abs(sparse[k]! - truth(k))).toBeLessThan(0.1);
});

describe("says what cannot be", () => {
  it.each([
    [{ l1: -1 }, "regularization.l1 must lie in [0, Infinity), got -1"],
    [{ l2: Number.NaN }, "regularization.l2 must lie in [0, Infinity)"],
    [{ l3: 1 } as object, "takes { l1, l2, select }"],
    [{ l2: 1, select: () => false }, "no parameter is selected"],
  ])("%j", async (regularization, says) => {
    const m = model();
    await expect(fit(m, data, options({ regularization }))).rejects.toThrow(OptionError);
    await expect(fit(m, data, options({ regularization }))).rejects.toThrow(says);
    expect(() => penalty(m, regularization)).toThrow(OptionError);
    const lbfgs = { type: "lbfgs" } as const;
    expect(() => trainStep(m, { loss: "crossEntropy", optimizer: lbfgs, regularization: { l2: 1 } })).toThrow("leave regularization out");
    m.dispose();
  });
});
