import { describe, expect, it, test } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, options } from "../small";

noLeaks();

const PLAIN = [n.ReLU, n.Sigmoid, n.Tanh, n.SELU, n.SiLU, n.Mish, n.LogSigmoid] as const;

test("type and config rebuild each module; defaults are PyTorch's", () => {
  const all: [n.Module, string, Record<string, unknown>][] = [
    ...PLAIN.map((M): [n.Module, string, Record<string, unknown>] => [new M(), M.type, {}]),
    [new n.Step(), "Step", { straightThrough: false }],
    [new n.LeakyReLU(), "LeakyReLU", { negativeSlope: 0.01 }],
    [new n.PReLU(), "PReLU", { numParameters: 1, init: 0.25 }],
    [new n.ELU(), "ELU", { alpha: 1 }],
    [new n.GELU(), "GELU", { approximate: "none" }],
    [new n.Softplus(), "Softplus", { beta: 1, threshold: 20 }],
    [new n.Hardtanh(), "Hardtanh", { minVal: -1, maxVal: 1 }],
    [new n.Softmax(), "Softmax", { dim: -1 }],
    [new n.LogSoftmax(), "LogSoftmax", { dim: -1 }],
  ];
  expect(all.map(([m]) => (m.constructor as typeof n.Module).type)).toEqual(all.map(([, type]) => type));
  expect(all.map(([m]) => m.config)).toEqual(all.map(([, , config]) => config));
  for (const [m] of all) m.dispose();
});

describe("step", () => {
  const x = () => n.tensor([-2, 0, 0.5, 3], [4], { requiresGrad: true });

  it("is 1 above 0 and 0 elsewhere; nothing of the gradient passes", () => {
    n.scope(() => {
      const t = x();
      const y = n.step(t);
      expect([...y.data()]).toEqual([0, 0, 1, 1]);
      y.backward(n.tensor([1, NaN, Infinity, 4]));
      expect([...t.grad!.data()]).toEqual([0, 0, 0, 0]);
    });
  });

  it("lets the gradient through unchanged when asked", () => {
    n.scope(() => {
      const t = x();
      new n.Step(true).forward(t).backward(n.tensor([1, 2, 3, 4]));
      expect([...t.grad!.data()]).toEqual([1, 2, 3, 4]);
    });
  });
});

describe("PReLU", () => {
  it("has one slope a channel, counted along dimension 1, for any number of dimensions behind it", () => {
    n.scope(() => {
      const m = new n.PReLU(2);
      m.weight.set([0.5, -2]);
      expect([...m.forward(n.tensor([-1, -1, 3, -3], [2, 2])).data()]).toEqual([-0.5, 2, 3, 6]);
      expect([...m.forward(n.tensor([-1, 1, -2, 2, -4, 4, -8, 8], [2, 2, 1, 2])).data()]).toEqual([-0.5, 1, 4, 2, -2, 4, 16, 8]);
      m.dispose();
    });
  });

  it("complains about another number of channels, with both shapes", () => {
    n.scope(() => {
      const m = new n.PReLU(3);
      expect(() => m.forward(n.zeros([2, 4]))).toThrow(/prelu: weight \[3\] for x \[2, 4\].*1 number, or 4/);
      expect(() => m.forward(n.zeros([3]))).toThrow(n.ShapeError);
      m.dispose();
    });
  });

  it("learns its slopes in fit, with the bits of the eager loop", async () => {
    const model = () => {
      n.manualSeed(5);
      return new n.Sequential(new n.Linear(2, 4), new n.PReLU(4), new n.Linear(4, 3));
    };
    const [a, b] = [model(), model()];
    const before = bits(a);
    await n.fit(a, data, options());
    await n.fit(b, data, options({ eager: true }));
    expect(bits(a)["1.weight"]).not.toEqual(before["1.weight"]);
    expect(bits(a)).toEqual(bits(b));
    a.dispose();
    b.dispose();
  });
});

test.each([
  ["GELU", () => new n.GELU(), () => new n.GELU({ approximate: "tanh" })],
  ["SiLU and Mish", () => new n.SiLU(), () => new n.Mish()],
  ["ELU and softplus", () => new n.ELU(), () => new n.Softplus()],
])("%s: recorded training has the bits of the eager one", async (_, first, second) => {
  const state = async (eager: boolean) => {
    n.manualSeed(6);
    const model = new n.Sequential(new n.Linear(2, 5), first(), new n.Linear(5, 5), second(), new n.Linear(5, 3));
    await n.fit(model, data, options({ eager }));
    const all = bits(model);
    model.dispose();
    return all;
  };
  expect(await state(false)).toEqual(await state(true));
});

test("methods give what functions give", () => {
  n.scope(() => {
    const x = n.tensor([-1.5, -0.25, 0.75, 2]);
    const w = n.tensor([0.1]);
    const pairs: [n.Tensor, n.Tensor][] = [
      [x.step(), n.step(x)],
      [x.leakyRelu(0.2), n.leakyRelu(x, 0.2)],
      [x.prelu(w), n.prelu(x, w)],
      [x.elu(0.5), n.elu(x, 0.5)],
      [x.selu(), n.selu(x)],
      [x.gelu("tanh"), n.gelu(x, "tanh")],
      [x.silu(), n.silu(x)],
      [x.mish(), n.mish(x)],
      [x.softplus(2), n.softplus(x, 2)],
      [x.hardtanh(-1, 1), n.hardtanh(x)],
      [x.logSigmoid(), n.logSigmoid(x)],
    ];
    for (const [a, b] of pairs) expect(a.data()).toEqual(b.data());
  });
});

test.each([
  ["leakyRelu", () => n.leakyRelu(n.zeros([1]), NaN), "negativeSlope must be a finite number, got NaN"],
  ["LeakyReLU", () => new n.LeakyReLU(Infinity), "negativeSlope must be a finite number, got Infinity"],
  ["PReLU", () => new n.PReLU(0), "numParameters must be a whole number of 1 or more, got 0"],
  ["ELU", () => new n.ELU(NaN), "alpha must be a finite number, got NaN"],
  ["Softplus", () => new n.Softplus(0), "beta must be a number above 0, got 0"],
  ["softplus", () => n.softplus(n.zeros([1]), -1), "beta must be a number above 0, got -1"],
  ["Hardtanh", () => new n.Hardtanh(1, 1), "min must be below max, got 1 and 1"],
  ["GELU", () => new n.GELU({ approximate: "erf" as "tanh" }), 'approximate must be "none" or "tanh", got "erf"'],
])("%s refuses what it cannot use: %#", (name, make, message) => {
  n.scope(() => {
    expect(make).toThrow(n.OptionError);
    expect(make).toThrow(`${name}: ${message}`);
  });
});

test("an i32 operand is a DTypeError that says what to do", () => {
  n.scope(() => {
    const x = n.tensor([1, 2], [2], { dtype: "i32" });
    expect(() => n.gelu(x)).toThrow(/gelu: operand 1 is i32, expected f32; toF32\(\) converts/);
    expect(() => n.step(x)).toThrow(n.DTypeError);
    expect(() => n.prelu(x, n.tensor([1]))).toThrow(n.DTypeError);
  });
});
