import { describe, expect, it } from "vitest";
import {
  AveragedModel,
  type AveragedOptions,
  BatchNorm1d,
  crossEntropy,
  earlyStopping,
  evaluate,
  type FitOptions,
  fit,
  LBFGS,
  Linear,
  type Module,
  manualSeed,
  mul,
  NonFiniteError,
  OptionError,
  predict,
  Sequential,
  SGD,
  type StateDict,
  StateError,
  scope,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, model, options, ROWS, x, y } from "../small";

noLeaks();

const flat = (m: Module) => m.parameters().flatMap((p) => [...p.data()]);
const normed = () => {
  manualSeed(2);
  return new Sequential(new Linear(2, 6), new BatchNorm1d(6), new Linear(6, 3));
};

/** Runs fit with an average of one's own; the model's parameters after each update. */
async function averaged(given: AveragedOptions, more: Partial<FitOptions> = {}, make: () => Module = model) {
  const m = make();
  const ema = new AveragedModel(m, given);
  const weights: number[][] = [];
  const accumulate = more.accumulate ?? 1;
  const look = { onStep: ({ step }: { step: number }) => void (step % accumulate === 0 && weights.push(flat(m))) };
  const optimizer = { type: "sgd", lr: 0.5, momentum: 0.9 } as const;
  await fit(m, data, options({ optimizer, epochs: 8, ema, callbacks: [look], ...more }));
  const result = { values: flat(ema), weights, count: ema.n_averaged.item() };
  ema.dispose();
  m.dispose();
  return result;
}

describe("after each update the average is decay average + (1 - decay) weights in float64 within 1e-6, the first a copy", () => {
  const warm = (decay: number) => (n: number) => Math.min(decay, 1 - (1 + n) ** (-2 / 3));
  it.each([
    [{ decay: 0.9 }, {}, () => 0.9],
    [{ decay: 0.999 }, {}, () => 0.999],
    [{ decay: 0.3 }, { accumulate: 3, batchSize: 2 }, () => 0.3],
    [{ decay: 0 }, {}, () => 0],
    [{ decay: 0.9, useWarmup: true }, {}, warm(0.9)],
    [{}, { eager: true }, () => 0.999],
  ] as [AveragedOptions, Partial<FitOptions>, (n: number) => number][])("%j %j", async (given, more, decay) => {
    const { values, weights, count } = await averaged(given, more);
    expect(count).toBe(weights.length);
    const expected = weights[0]!.slice();
    for (const [n, w] of weights.entries())
      if (n > 0) for (const [k, v] of w.entries()) expected[k] = decay(n) * expected[k]! + (1 - decay(n)) * v;
    expect(values.length).toBe(expected.length);
    expect(Math.max(...values.map((v, k) => Math.abs(v - expected[k]!)))).toBeLessThan(1e-6);
    // it is not the last weights
    if (decay(5) > 0) expect(Math.max(...values.map((v, k) => Math.abs(v - weights.at(-1)![k]!)))).toBeGreaterThan(1e-3);
  });
});

it("fit, recorded and eager, trainStep, trainStep.run and a loop of one's own give the same bits", async () => {
  const results: unknown[] = [];
  const run = async (train: (m: Module, optimizer: SGD, ema: AveragedModel) => unknown) => {
    const m = normed();
    const ema = new AveragedModel(m, { decay: 0.8, useWarmup: true });
    const optimizer = new SGD(m.parameters(), { lr: 0.3, momentum: 0.9 });
    await train(m, optimizer, ema);
    results.push(bits(ema));
    for (const thing of [optimizer, ema, m]) thing.dispose();
  };
  const all = { batchSize: "all", shuffle: false, epochs: 7 } as const;
  await run((m, optimizer, ema) => fit(m, data, options({ ...all, optimizer, ema })));
  await run((m, optimizer, ema) => fit(m, data, options({ ...all, optimizer, ema, eager: true })));
  for (const steps of [1, 7])
    await run((m, optimizer, ema) => {
      const step = trainStep(m, { loss: "crossEntropy", optimizer, ema });
      for (let k = 0; k < 7; k += steps) {
        if (steps === 1) step(data.x, y);
        else step.run(data, { steps });
      }
      step.dispose();
    });
  await run((m, optimizer, ema) => {
    for (let k = 0; k < 7; k++)
      scope(() => {
        optimizer.zeroGrad();
        crossEntropy(m.forward(tensor(x, [ROWS, 2])), tensor(y)).backward();
        optimizer.step();
        ema.updateParameters(m);
      });
    optimizer.zeroGrad();
  });
  expect(results).toHaveLength(5);
  for (const other of results.slice(1)) expect(other).toEqual(results[0]);
});

describe("in a run", () => {
  it("with options the model has the averaged weights at the end; with an AveragedModel the model keeps its own", async () => {
    const [a, b, plain] = [normed(), normed(), normed()];
    const ema = new AveragedModel(b, { decay: 0.7 });
    await fit(a, data, options({ epochs: 3, ema: { decay: 0.7 } }));
    await fit(b, data, options({ epochs: 3, ema }));
    await fit(plain, data, options({ epochs: 3 }));
    expect(bits(a)).toEqual(bits(ema.module));
    expect(bits(b)).toEqual(bits(plain));
    expect(bits(a)).not.toEqual(bits(b));
    ema.copyTo(b);
    expect(bits(b)).toEqual(bits(a));
    expect(await predict(ema, data.x)).toEqual(await predict(a, data.x));
    for (const m of [a, b, plain, ema]) m.dispose();
  });

  it("validation and FitContext.evaluate() look at the averaged weights, the epoch's own loss at the model's", async () => {
    const [m, twin] = [normed(), normed()];
    const ema = new AveragedModel(m, { decay: 0.9 });
    const seen: number[][] = [];
    let look: () => Promise<{ loss: number }>;
    const callback = {
      onStart: (c: { evaluate: typeof look; ema?: AveragedModel }) => {
        look = c.evaluate;
        expect(c.ema).toBe(ema);
      },
      onEpochEnd: async () => {
        const { loss } = await evaluate(ema, data, { loss: "crossEntropy" });
        seen.push([loss, (await look()).loss]);
      },
    };
    const common = options({ epochs: 3, validation: data, shuffle: false });
    const history = await fit(m, data, { ...common, ema, callbacks: [callback] });
    const plain = await fit(twin, data, common);
    expect(history.epochs.map((e) => [e.validation?.loss, e.validation?.loss])).toEqual(seen);
    expect(history.epochs.map((e) => e.loss)).toEqual(plain.epochs.map((e) => e.loss));
    expect(history.epochs[2]!.validation).not.toEqual(plain.epochs[2]!.validation);
    for (const t of [m, twin, ema]) t.dispose();
  });

  it("running statistics are the model's at the last update, or averaged with useBuffers", async () => {
    const states: StateDict[] = [];
    for (const useBuffers of [false, true]) {
      const m = normed();
      const ema = new AveragedModel(m, { decay: 0.9, useBuffers });
      await fit(m, data, options({ epochs: 4, ema }));
      states.push(ema.module.stateDict());
      for (const name of ["1.running_mean", "1.running_var", "1.num_batches_tracked"]) {
        const [own, its] = [m.stateDict()[name], ema.module.stateDict()[name]];
        if (useBuffers) expect(its).not.toEqual(own);
        else expect(its).toEqual(own);
      }
      m.dispose();
      ema.dispose();
    }
    expect(states[1]!["0.weight"]).toEqual(states[0]!["0.weight"]);
  });

  it("earlyStopping puts back the averaged weights of the best epoch, and the model's with them", async () => {
    for (const own of [true, false]) {
      const m = normed();
      const ema = new AveragedModel(m, { decay: 0.5 });
      let first: unknown;
      const look = { onEpochEnd: ({ epoch }: { epoch: number }) => void (epoch === 1 && (first = [bits(ema.module), bits(m)])) };
      // as "max", every later epoch is worse
      const stop = earlyStopping({ monitor: "loss", mode: "max", patience: 2 });
      const common = options({ epochs: 20, batchSize: "all" });
      if (own) {
        await fit(m, data, { ...common, ema, callbacks: [look, stop] });
        expect([bits(ema.module), bits(m)]).toEqual(first);
      } else {
        await fit(m, data, { ...common, ema: { decay: 0.5 }, callbacks: [stop] });
        const once = normed();
        await fit(once, data, { ...common, epochs: 1, ema: { decay: 0.5 } });
        expect(bits(m)).toEqual(bits(once));
        once.dispose();
      }
      m.dispose();
      ema.dispose();
    }
  });

  it("that turns non-finite leaves the average as after the last good step", async () => {
    const bad = x.slice();
    bad[2 * 20] = 3e38;
    bad[2 * 20 + 1] = 3e38;
    const set = { x: { data: bad, shape: [ROWS, 2] }, y };
    const failing = async (stopAt?: number) => {
      manualSeed(1);
      const m = new Sequential((t) => mul(t, 4), new Linear(2, 16), new Linear(16, 3));
      const ema = new AveragedModel(m, { decay: 0.9 });
      const callbacks =
        stopAt === undefined ? [] : [{ onStep: (e: { step: number }) => (e.step === stopAt ? ("stop" as const) : undefined) }];
      const common = options({ shuffle: false, optimizer: { type: "sgd", lr: 0.1 }, batchSize: 4 });
      const error = await fit(m, set, { ...common, ema, callbacks }).catch((e) => e);
      const state = { bits: bits(ema), error };
      m.dispose();
      ema.dispose();
      return state;
    };
    const failed = await failing();
    expect(failed.error).toBeInstanceOf(NonFiniteError);
    const { step } = failed.error as NonFiniteError;
    expect(step).toBeGreaterThan(2);
    expect(failed.bits).toEqual((await failing(step)).bits);
  });
});

describe("the model", () => {
  it("has its state under PyTorch's names, goes on from it, and has a JSON config", () => {
    const m = model();
    const [a, b] = [new AveragedModel(m, { decay: 0.9 }), new AveragedModel(m, { decay: 0.9 })];
    expect(Object.keys(a.stateDict())).toEqual([...Object.keys(m.stateDict()).map((n) => `module.${n}`), "n_averaged"]);
    expect(a.config).toEqual({ decay: 0.9, useBuffers: false, useWarmup: false });
    a.updateParameters(m);
    for (const p of m.parameters()) p.set((p.data() as Float32Array).map((v) => v + 1));
    b.loadStateDict(a.stateDict());
    for (const e of [a, b]) e.updateParameters(m);
    expect(bits(b)).toEqual(bits(a));
    expect(a.n_averaged.item()).toBe(2);
    expect(a.parameters().some((p) => p.requiresGrad)).toBe(false);
    for (const t of [m, a, b]) t.dispose();
  });

  it("names what cannot be", async () => {
    const [m, other] = [model(), normed()];
    expect(() => new AveragedModel(m, { decay: 1 })).toThrow("decay must lie in [0, 1), got 1");
    expect(() => new AveragedModel(m, { decay: -0.1 })).toThrow(OptionError);
    expect(() => new AveragedModel(m, { decy: 0.9 } as object)).toThrow('unknown option "decy"');
    const ema = new AveragedModel(other);
    for (const f of [() => ema.updateParameters(m), () => ema.copyTo(m)]) expect(f).toThrow(StateError);
    expect(() => trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 }, ema })).toThrow(
      "averages another model: 0.weight",
    );
    await expect(fit(m, data, options({ ema }))).rejects.toThrow(StateError);
    await expect(fit(m, data, options({ ema: other as object }))).rejects.toThrow("got another module");
    const lbfgs = new LBFGS(m.parameters());
    await expect(fit(m, data, options({ optimizer: lbfgs, batchSize: "all", ema: {} }))).rejects.toThrow("leave ema out");
    for (const t of [m, other, ema, lbfgs]) t.dispose();
  });
});
