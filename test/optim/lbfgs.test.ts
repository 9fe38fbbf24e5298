import { describe, expect, test } from "vitest";
import {
  crossEntropy,
  Dropout,
  fit,
  LBFGS,
  type LBFGSOptions,
  Linear,
  log,
  manualSeed,
  mse,
  NonFiniteError,
  OptionError,
  Parameter,
  Sequential,
  square,
  sum,
  Tanh,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { distance, type GoldenArray, type Named, read, toTensor } from "../golden/files";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options, ROWS, x, y } from "../small";

noLeaks();

interface Golden {
  net: { x: GoldenArray; y: GoldenArray; parameters: Named<GoldenArray> };
  runs: { name: string; optimizer: string; options: LBFGSOptions; steps: number; losses: number[]; parameters: Named<GoldenArray> }[];
}
const golden = read<Golden>("optimizers.json");

function parameter(values: readonly number[]): Parameter {
  const p = new Parameter([values.length]);
  p.set(values);
  return p;
}

/** Steps with a closure over a loss of one parameter; losses before each step. */
function minimise(p: Parameter, opt: LBFGS, loss: (p: Parameter) => Tensor, steps: number): number[] {
  const closure = () => {
    opt.zeroGrad();
    const l = loss(p);
    l.backward();
    return l;
  };
  const losses = Array.from({ length: steps }, () => opt.step(closure));
  opt.zeroGrad();
  return losses;
}

/** 100 (b - a^2)^2 + (1 - a)^2. */
const rosenbrock = (p: Tensor): Tensor => {
  const [a, b] = [p.slice(0, 1, 0), p.slice(1, 2, 0)];
  return sum(square(b.sub(square(a))))
    .mul(100)
    .add(sum(square(a.sub(1))));
};

describe.each(golden.runs.filter((r) => r.optimizer === "LBFGS").map((r) => [r.name, r] as const))("%s", (_, run) => {
  const make = () => {
    const m = new Sequential(new Linear(5, 9), new Tanh(), new Linear(9, 3));
    m.loadStateDict(golden.net.parameters);
    return { m, opt: new LBFGS(m.parameters(), run.options) };
  };

  test(`losses and parameters of ${run.steps} steps within 1e-5 of PyTorch, relative to the largest item; the same bits by closure, trainStep, its run and fit`, async () => {
    const [inputs, target] = [toTensor(golden.net.x), toTensor(golden.net.y)];
    const set = { x: inputs, y: target };
    const results: unknown[] = [];
    const one = async (how: (m: Sequential, opt: LBFGS) => ArrayLike<number> | Promise<ArrayLike<number>>) => {
      const { m, opt } = make();
      const losses = await how(m, opt);
      results.push([Array.from(losses), bits(m)]);
      const values = Object.fromEntries(Object.entries(m.stateDict()).map(([name, { data: d }]) => [name, d]));
      opt.dispose();
      m.dispose();
      return { losses, values };
    };
    const { losses, values } = await one((m, opt) => {
      const closure = () => {
        opt.zeroGrad();
        const l = mse(m.forward(inputs), target);
        l.backward();
        return l;
      };
      const list = run.losses.map(() => opt.step(closure));
      opt.zeroGrad();
      return list;
    });
    expect(distance(losses, run.losses)).toBeLessThan(1e-5);
    for (const [name, { data: expected }] of Object.entries(run.parameters))
      expect(distance(values[name]!, expected), name).toBeLessThan(1e-5);
    const more = { loss: mse, batchSize: "all", shuffle: false, epochs: run.steps } as const;
    for (const how of [{}, { eager: true }, { yieldEveryMs: 0.001 }])
      await one(async (m, optimizer) => (await fit(m, set, { ...more, ...how, optimizer })).epochs.map((e) => e.loss));
    await one((m, optimizer) => {
      const step = trainStep(m, { loss: mse, optimizer });
      const list = run.losses.map(() => step(inputs, target));
      step.dispose();
      return list;
    });
    await one((m, optimizer) => {
      const step = trainStep(m, { loss: mse, optimizer });
      const list = step.run(set, { steps: run.steps });
      step.dispose();
      return list;
    });
    for (const other of results.slice(1)) expect(other).toEqual(results[0]);
  });
});

test("Rosenbrock's valley from (-1.2, 1) to 1e-8 within 60 iterations, with the line search", () => {
  const p = parameter([-1.2, 1]);
  const opt = new LBFGS([p], { lineSearchFn: "strong_wolfe", maxIter: 60, maxEval: 200 });
  minimise(p, opt, rosenbrock, 1);
  expect(rosenbrock(p).item()).toBeLessThan(1e-8);
  opt.dispose();
  p.dispose();
});

test("a quadratic of 6 dimensions from 112 to 1e-6 within 12 iterations, with a history of 6", () => {
  const c = tensor([1, 2, 3, 5, 8, 13]);
  const p = parameter([3, -2, 1, 4, -1, 2]);
  const opt = new LBFGS([p], { lineSearchFn: "strong_wolfe", maxIter: 12, maxEval: 40, historySize: 6 });
  const loss = (q: Tensor) => sum(square(q.sub(1)).mul(c));
  minimise(p, opt, loss, 1);
  expect(loss(p).item()).toBeLessThan(1e-6);
  opt.dispose();
  p.dispose();
});

test("where the loss is not finite further on, the line search comes back: log(x) - like barrier, minimum within 1e-4", () => {
  const p = parameter([0.01]);
  const opt = new LBFGS([p], { lr: 50, lineSearchFn: "strong_wolfe", maxIter: 40, maxEval: 100 });
  // x - log(x), NaN below 0; its minimum is at 1
  minimise(p, opt, (q) => sum(q.sub(log(q))), 3);
  expect(p.item()).toBeCloseTo(1, 4);
  opt.dispose();
  p.dispose();
});

test("without a line search a loss that is not finite ends the step with NonFiniteError, the parameters as before that iteration", () => {
  const p = parameter([2]);
  const opt = new LBFGS([p], { lr: 100 });
  expect(() => minimise(p, opt, (q) => sum(log(q)), 1)).toThrow(NonFiniteError);
  expect(p.item()).toBe(2);
  opt.zeroGrad();
  opt.dispose();
  p.dispose();
});

test("goes on from stateDict() to the bit", () => {
  const p = parameter([-1.2, 1]);
  const opt = new LBFGS([p], { lineSearchFn: "strong_wolfe", maxIter: 4, historySize: 3 });
  minimise(p, opt, rosenbrock, 3);
  const q = parameter([...p.data()]);
  const other = new LBFGS([q]);
  other.loadStateDict(structuredClone(opt.stateDict()));
  expect(other.stepCount).toBe(3);
  expect(minimise(q, other, rosenbrock, 3)).toEqual(minimise(p, opt, rosenbrock, 3));
  expect([...q.data()]).toEqual([...p.data()]);
  for (const d of [opt, other, p, q]) d.dispose();
});

test("a dropout mask is the same at every point of a step: fit recorded and eager give the same bits", async () => {
  const run = async (eager: boolean) => {
    manualSeed(2);
    const m = new Sequential(new Linear(2, 16), new Tanh(), new Dropout(0.3), new Linear(16, 3));
    const optimizer = { type: "lbfgs", lineSearchFn: "strong_wolfe", maxIter: 5 } as const;
    const { epochs } = await fit(m, data, options({ optimizer, epochs: 4, batchSize: "all", eager }));
    const result = [bits(m), epochs.map((e) => e.loss)];
    m.dispose();
    return result;
  };
  expect(await run(true)).toEqual(await run(false));
});

test("fit({ optimizer: { type: 'lbfgs' } }) fits the small problem in 10 steps", async () => {
  const m = model();
  const history = await fit(m, data, options({ optimizer: { type: "lbfgs", lineSearchFn: "strong_wolfe" }, epochs: 10, batchSize: "all" }));
  expect(history.epochs.at(-1)!.loss).toBeLessThan(1e-3);
  m.dispose();
});

test("frozen parameters stay as they are", async () => {
  const m = model();
  m.parameters()[0]!.requiresGrad = false;
  const before = bits(m);
  await fit(m, data, options({ optimizer: { type: "lbfgs" }, epochs: 2, batchSize: "all" }));
  expect(bits(m)["0.weight"]).toEqual(before["0.weight"]);
  expect(bits(m)["2.weight"]).not.toEqual(before["2.weight"]);
  m.dispose();
});

test("a first loss that is not finite: NonFiniteError that names the layer, the model as before", async () => {
  const m = model();
  const before = bits(m);
  const loss = Object.assign((o: Tensor, t: Tensor) => crossEntropy(log(o), t), { target: "class" as const });
  await expect(fit(m, data, options({ loss, optimizer: { type: "lbfgs" }, batchSize: "all" }))).rejects.toThrow(/"log" in loss/);
  expect(bits(m)).toEqual(before);
  m.dispose();
});

describe("errors", () => {
  test.each([
    { maxIter: 0 },
    { historySize: 1.5 },
    { toleranceGrad: -1 },
    { lineSearchFn: "armijo" },
    { weightDecay: 0.1 },
    { maximize: true },
  ])("%j", async (given) => {
    const p = new Parameter([2]);
    await failing(() => new LBFGS([p], given as LBFGSOptions), OptionError, Object.keys(given)[0]!);
    p.dispose();
  });

  test("batches, accumulation and clipping are refused, with the way out", async () => {
    const m = model();
    const optimizer = { type: "lbfgs" } as const;
    await failing(() => fit(m, data, options({ optimizer })), OptionError, 'batchSize: "all"');
    await failing(() => fit(m, data, options({ optimizer, batchSize: "all", clip: { norm: 1 } })), OptionError, "clip");
    await failing(() => trainStep(m, { loss: "crossEntropy", optimizer, clip: { norm: 1 } }), OptionError, "clip");
    const step = trainStep(m, { loss: "crossEntropy", optimizer });
    expect(() => step.run(data, { steps: 1, batchSize: ROWS / 2 })).toThrow(OptionError);
    step(data.x, y);
    step.dispose();
    m.dispose();
  });

  test("step() without a function", async () => {
    const m = model();
    const opt = new LBFGS(m.parameters());
    crossEntropy(m.forward(tensor(x, [ROWS, 2])), tensor(y)).backward();
    await failing(() => opt.step(), OptionError, "zeroGrad");
    opt.zeroGrad();
    opt.dispose();
    m.dispose();
  });
});
