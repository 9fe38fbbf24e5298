import { describe, expect, it } from "vitest";
import {
  Adam,
  cosine,
  cosineRestarts,
  exponential,
  fit,
  multiStep,
  OptionError,
  oneCycle,
  Parameter,
  polynomial,
  SGD,
  StateError,
  stepDecay,
  tensor,
  warmup,
} from "../../src/index";
import { resolveOptimizer } from "../../src/optim/index";
import { noLeaks } from "../leaks";
import { bits, data, failing, model, options } from "../small";

noLeaks();

describe("a hyper-parameter out of range is an OptionError that names it and the range", () => {
  it.each([
    [{ type: "sgd", lr: -1 }, "lr", "[0, Infinity)"],
    [{ type: "sgd", lr: Infinity }, "lr", "[0, Infinity)"],
    [{ type: "sgd", lr: "fast" }, "lr", "fast"],
    [{ type: "sgd", momentum: 1 }, "momentum", "[0, 1)"],
    [{ type: "sgd", dampening: 1.1 }, "dampening", "[0, 1]"],
    [{ type: "sgd", momentum: 0.5, dampening: 0.5, nesterov: true }, "nesterov", "dampening of 0"],
    [{ type: "sgd", weightDecay: Number.NaN }, "weightDecay", "NaN"],
    [{ type: "momentum", momentum: 1 }, "momentum", "[0, 1)"],
    [{ type: "nag", momentum: -0.1 }, "momentum", "[0, 1)"],
    [{ type: "adagrad", lrDecay: -1 }, "lrDecay", "[0, Infinity)"],
    [{ type: "adagrad", initialAccumulatorValue: -1 }, "initialAccumulatorValue", "[0, Infinity)"],
    [{ type: "adagrad", eps: -1 }, "eps", "[0, Infinity)"],
    [{ type: "adadelta", rho: 1.5 }, "rho", "[0, 1]"],
    [{ type: "rmsprop", alpha: 1 }, "alpha", "[0, 1)"],
    [{ type: "rmsprop", momentum: 1 }, "momentum", "[0, 1)"],
    [{ type: "adam", betas: [1, 0.9] }, "betas[0]", "[0, 1)"],
    [{ type: "adam", betas: [0.9] }, "betas[1]", "undefined"],
    [{ type: "adamw", weightDecay: -0.1 }, "weightDecay", "[0, Infinity)"],
    [{ type: "adamax", eps: -1e-8 }, "eps", "[0, Infinity)"],
    [{ type: "nadam", momentumDecay: -1 }, "momentumDecay", "[0, Infinity)"],
    [{ type: "radam", betas: [0.9, 1] }, "betas[1]", "[0, 1)"],
    [{ type: "rprop", etas: [1, 1.2] }, "etas", "(0, 1) and (1, Infinity)"],
    [{ type: "rprop", etas: [0.5, 1] }, "etas", "(0, 1) and (1, Infinity)"],
    [{ type: "rprop", stepSizes: [1, 0.5] }, "stepSizes[1]", "[1, Infinity)"],
    [{ type: "lion", betas: [0.9, 1] }, "betas[1]", "[0, 1)"],
    [{ type: "sdg" }, "sdg", "known are sgd"],
    [{ type: "sgd", lr: { type: "cosinus", lr: 1 } }, "lr", "cosinus"],
  ])("%j", async (config, name, range) => {
    const p = new Parameter([2]);
    await failing(() => resolveOptimizer(config as never, [p]), OptionError, name, range);
    p.dispose();
  });

  it.each([
    [() => stepDecay(-1, { every: 2 }), "lr"],
    [() => stepDecay(1, { every: 0 }), "every"],
    [() => multiStep(1, { milestones: [3, 2] }), "ascend"],
    [() => exponential(1, { gamma: -1 }), "gamma"],
    [() => cosine(1, { steps: 1.5 }), "steps"],
    [() => cosineRestarts(1, { steps: 2, factor: 0 }), "factor"],
    [() => polynomial(1, { steps: 3, power: -1 }), "power"],
    [() => oneCycle(1, { steps: 10, pctStart: 2 }), "pctStart"],
    [() => oneCycle(1, { steps: 10, anneal: "cosine" as never }), "anneal"],
    [() => warmup(0, cosine(1, { steps: 3 })), "steps"],
  ] as const)("%s", async (make, name) => {
    await failing(make, OptionError, name);
  });

  it.each([{ norm: 0 }, { norm: -1 }, { value: Number.NaN }, {}, { norm: 1, value: 1 }, { size: 1 }])("clip %j", async (clip) => {
    const m = model();
    await failing(() => fit(m, data, options({ clip: clip as never })), OptionError, "clip", "above 0");
    m.dispose();
  });

  it("a group's", async () => {
    const [p, q] = [new Parameter([1]), new Parameter([1])];
    await failing(() => new SGD([{ params: [p] }, { params: [q], momentum: 2 }], { lr: 1 }), OptionError, "momentum");
    p.dispose();
    q.dispose();
  });
});

describe("the rate", () => {
  it("may be read and set, of all groups or of one; a rate that cannot be is an OptionError at once or at its step", () => {
    const [p, q] = [new Parameter([1]), new Parameter([1])];
    const opt = new SGD([{ params: [p] }, { params: [q], lr: 0.5 }], { lr: 1 });
    const step = () => {
      p.grad = tensor([1]);
      q.grad = tensor([1]);
      opt.step();
      opt.zeroGrad();
      return [p.item(), q.item()];
    };
    expect(step()).toEqual([-1, -0.5]);
    expect(opt.lr).toBe(1);
    opt.lr = 2;
    expect(step()).toEqual([-3, -2.5]);
    opt.groups[1]!.options.lr = 0.25;
    expect(step()).toEqual([-5, -2.75]);
    opt.lr = (k) => k;
    expect(step()).toEqual([-8, -5.75]);
    opt.lr = { type: "exponential", lr: 16, gamma: 0.5 };
    expect(step()).toEqual([-9, -6.75]);
    expect(() => {
      opt.lr = -1;
    }).toThrow(OptionError);
    opt.lr = () => Number.NaN;
    expect(step).toThrow(/lr of step 5 .*NaN/);
    expect(opt.stepCount).toBe(5);
    opt.zeroGrad();
    opt.dispose();
    p.dispose();
    q.dispose();
  });

  it("set by a callback counts from the next slice on, recorded or not", async () => {
    const run = async (eager: boolean) => {
      const m = model();
      const opt = new SGD(m.parameters(), { lr: 0.1, momentum: 0.9 });
      const onEpochEnd = () => {
        opt.lr *= 0.5;
      };
      await fit(m, data, options({ optimizer: opt, epochs: 3, eager, callbacks: [{ onEpochEnd }] }));
      expect(opt.lr).toBeCloseTo(0.0125, 10);
      const result = bits(m);
      opt.dispose();
      m.dispose();
      return result;
    };
    const still = model();
    const constant = new SGD(still.parameters(), { lr: 0.1, momentum: 0.9 });
    await fit(still, data, options({ optimizer: constant, epochs: 3 }));
    const recorded = await run(false);
    expect(recorded).toEqual(await run(true));
    expect(recorded).not.toEqual(bits(still));
    constant.dispose();
    still.dispose();
  });
});

describe("loadStateDict", () => {
  it.each([
    ["another kind", (m: Parameter[]) => new SGD(m), /"adam".*"sgd"/],
    ["another number of groups", (m: Parameter[]) => new Adam(m.map((p) => ({ params: [p] }))), /1 groups.*2/],
    ["another number of parameters", (m: Parameter[]) => new Adam(m.slice(1)), /2 parameters.*1/],
    ["other sizes", (m: Parameter[]) => new Adam([...m].reverse()), /exp_avg of parameter 0 has 2 values, the parameter 3/],
  ] as const)("of %s: StateError, nothing changed", async (_, make, message) => {
    const params = [new Parameter([2]), new Parameter([3])];
    const saved = new Adam(params);
    const opt = make(params);
    const state = saved.stateDict();
    await failing(() => opt.loadStateDict(state), StateError, message);
    expect(opt.stepCount).toBe(0);
    saved.dispose();
    opt.dispose();
    for (const p of params) p.dispose();
  });

  it("takes over options of each group, schedules included", () => {
    const p = new Parameter([2]);
    const a = new Adam([p], { lr: warmup(4, cosine(0.1, { steps: 8 })), betas: [0.8, 0.9] });
    const b = new Adam([p]);
    b.loadStateDict(JSON.parse(JSON.stringify(a.stateDict(), (_, v) => (v instanceof Float32Array ? [...v] : (v as unknown)))));
    expect(b.groups[0]!.options.betas).toEqual([0.8, 0.9]);
    expect(b.stateDict()).toEqual(a.stateDict());
    a.dispose();
    b.dispose();
    p.dispose();
  });
});
