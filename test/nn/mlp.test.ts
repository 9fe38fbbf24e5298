import { describe, expect, it, test } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { bits, data, options } from "../small";

noLeaks();

/** What it is made of, and gone. */
function layers(sizes: readonly number[], given?: n.MlpOptions): string[] {
  const m = n.mlp(sizes, given);
  const list = m.stages.map((s) =>
    s instanceof n.Module ? `${s.constructor.name} ${Object.values(s.config)[0] ?? ""}`.trim() : "function",
  );
  m.dispose();
  return list;
}

test("1600-100-100-100-10 has 181,310 parameters, and its summary says so", () => {
  const m = n.mlp([1600, 100, 100, 100, 10]);
  expect(m.parameters().reduce((sum, p) => sum + p.size, 0)).toBe(181_310);
  const rows = [
    "path layer output parameters",
    "0 Linear(inFeatures=1600, outFeatures=100, bias=true) [64, 100] 160,100",
    "1 ReLU [64, 100] 0",
    "2 Linear(inFeatures=100, outFeatures=100, bias=true) [64, 100] 10,100",
    "3 ReLU [64, 100] 0",
    "4 Linear(inFeatures=100, outFeatures=100, bias=true) [64, 100] 10,100",
    "5 ReLU [64, 100] 0",
    "6 Linear(inFeatures=100, outFeatures=10, bias=true) [64, 10] 1,010",
    "181,310 parameters",
  ];
  const lines = m.summary([64, 1600]).split("\n");
  expect(lines.map((line) => line.replace(/ +/g, " "))).toEqual(rows);
  // columns are aligned
  expect(new Set(lines.slice(0, -1).map((line) => line.length)).size).toBe(1);
  m.dispose();
});

describe("the order of the stages", () => {
  it("is Linear, activation, ..., Linear", () => {
    expect(layers([2, 3, 4])).toEqual(["Linear 2", "ReLU", "Linear 3"]);
    expect(layers([2, 3])).toEqual(["Linear 2"]);
  });

  it("is Linear, norm, activation, dropout", () => {
    const whole = ["Linear 2", "BatchNorm1d 3", "Tanh", "Dropout 0.5", "Linear 3", "BatchNorm1d 4", "Tanh", "Dropout 0.5", "Linear 4"];
    expect(layers([2, 3, 4, 1], { batchNorm: true, activation: "tanh", dropout: 0.5 })).toEqual(whole);
    expect(layers([2, 3, 4, 1], { batchNorm: "before", activation: "tanh", dropout: 0.5 })).toEqual(whole);
    expect(layers([2, 3, 1], { layerNorm: true })).toEqual(["Linear 2", "LayerNorm 3", "ReLU", "Linear 3"]);
  });

  it("has the norm behind the activation when asked", () => {
    expect(layers([2, 3, 1], { batchNorm: "after", dropout: 0.1 })).toEqual([
      "Linear 2",
      "ReLU",
      "BatchNorm1d 3",
      "Dropout 0.1",
      "Linear 3",
    ]);
    expect(layers([2, 3, 1], { layerNorm: "after" })).toEqual(["Linear 2", "ReLU", "LayerNorm 3", "Linear 3"]);
  });

  it("takes a share for each hidden layer, none where it is 0, and an activation of the outputs", () => {
    expect(layers([2, 3, 4, 1], { dropout: [0, 0.25], outputActivation: "sigmoid" })).toEqual([
      "Linear 2",
      "ReLU",
      "Linear 3",
      "ReLU",
      "Dropout 0.25",
      "Linear 4",
      "Sigmoid",
    ]);
  });
});

describe("activations", () => {
  it("by every name", () => {
    const names: n.ActivationName[] = ["relu", "leakyRelu", "prelu", "elu", "selu", "gelu", "silu", "mish", "softplus", "hardtanh"];
    names.push("sigmoid", "tanh", "logSigmoid", "softmax", "logSoftmax", "step");
    for (const name of names) expect(layers([1, 1, 1], { activation: name })[1]!.split(" ")[0]!.toLowerCase()).toBe(name.toLowerCase());
  });

  it("a module is cloned, so that each layer has its own parameters", () => {
    const m = n.mlp([2, 3, 3, 1], { activation: new n.PReLU(1, 0.1) });
    const slopes = m.stages.filter((s) => s instanceof n.PReLU);
    expect(slopes.map((s) => s.config.init)).toEqual([0.1, 0.1]);
    expect(slopes[0]!.weight).not.toBe(slopes[1]!.weight);
    m.dispose();
  });

  it("a function serves all", () => {
    const f = (x: n.Tensor) => n.leakyRelu(x, 0.3);
    expect(layers([2, 3, 3, 1], { activation: f })).toEqual(["Linear 2", "function", "Linear 3", "function", "Linear 3"]);
  });
});

test("bias, init and biasInit are every Linear's", () => {
  const m = n.mlp([2, 3, 1], { init: "ones", biasInit: { type: "constant", value: 2 } });
  expect(m.parameters().map((p) => [...new Set(p.data())])).toEqual([[1], [2], [1], [2]]);
  m.dispose();
  const without = n.mlp([2, 3, 1], { bias: false });
  expect(without.namedParameters().map(([name]) => name)).toEqual(["0.weight", "2.weight"]);
  without.dispose();
});

test("is the Sequential one would write: same seed, same bits, also after training", async () => {
  n.manualSeed(3);
  const short = n.mlp([2, 8, 3], { activation: "tanh", batchNorm: true, dropout: 0.2 });
  n.manualSeed(3);
  const long = new n.Sequential(new n.Linear(2, 8), new n.BatchNorm1d(8), new n.Tanh(), new n.Dropout(0.2), new n.Linear(8, 3));
  for (const m of [short, long]) await n.fit(m, data, options({ epochs: 3 }));
  expect(bits(short)).toEqual(bits(long));
  short.dispose();
  long.dispose();
});

describe("an option out of range is an OptionError that says what is allowed", () => {
  const cases: [string, () => unknown, RegExp][] = [
    ["one size", () => n.mlp([3]), /mlp: sizes must be two or more whole numbers.*got \[3\]/],
    ["a size of 0", () => n.mlp([3, 0, 1]), /got \[3, 0, 1\]/],
    [
      "an unknown activation",
      () => n.mlp([1, 1], { activation: "swish" as never }),
      /activation: unknown activation "swish"; known are relu, /,
    ],
    ["a name of Object's", () => n.mlp([1, 1], { activation: "toString" as never }), /unknown activation/],
    [
      "no activation at all",
      () => n.mlp([1, 1], { outputActivation: 3 as never }),
      /outputActivation must be a name, a module or a function, got 3/,
    ],
    [
      "another place",
      () => n.mlp([1, 1], { batchNorm: "behind" as never }),
      /batchNorm must be true, false, "before" or "after".*"behind"/,
    ],
    ["both norms", () => n.mlp([1, 1], { batchNorm: true, layerNorm: true }), /batchNorm or layerNorm, not both/],
    ["dropout of 1", () => n.mlp([1, 2, 1], { dropout: 1 }), /mlp: dropout: p must lie in \[0, 1\), got 1/],
    ["too many shares", () => n.mlp([1, 2, 1], { dropout: [0.1, 0.1] }), /2 shares for 1 hidden layers/],
    ["an unknown option", () => n.mlp([1, 2], { batchnorm: true } as never), /unknown option "batchnorm"; known are activation/],
    ["an unknown initialiser", () => n.mlp([1, 2], { init: "he" as never }), /Linear: init: unknown initialiser "he"/],
  ];
  for (const [name, f, says] of cases)
    it(name, () => {
      const before = n.memory().byKind.parameter;
      expect(f).toThrow(n.OptionError);
      expect(f).toThrow(says);
      expect(n.memory().byKind.parameter).toEqual(before);
    });
});

describe("the summary's hint", () => {
  const hinted = (m: n.Module, input?: n.Shape) => {
    const text = m.summary(input);
    m.dispose();
    return /hint: Dropout \((.*?)\) stands before BatchNorm1d \((.*?)\).*\n.*variance shift.*behind the last BatchNorm1d \((.*?)\)/
      .exec(text)
      ?.slice(1);
  };
  const { Sequential, Dropout, BatchNorm1d, Linear } = n;

  it("names the Dropout before a BatchNorm1d, and where it may stand", () => {
    expect(hinted(n.mlp([2, 3, 3, 3, 1], { batchNorm: true, dropout: 0.5 }))).toEqual(["3", "5", "9"]);
    expect(hinted(new Sequential(new Sequential(new Dropout(0.1)), new Linear(2, 2), new BatchNorm1d(2)), [3, 2])).toEqual([
      "0.0",
      "2",
      "2",
    ]);
  });

  it("is silent where Dropout is last, drops nothing, or nothing is normalised over the batch", () => {
    expect(hinted(n.mlp([2, 3, 3, 1], { batchNorm: true, dropout: [0, 0.5] }))).toBeUndefined();
    expect(hinted(new Sequential(new Dropout(0), new BatchNorm1d(2)))).toBeUndefined();
    expect(hinted(n.mlp([2, 3, 3, 1], { layerNorm: true, dropout: 0.5 }))).toBeUndefined();
  });

  it("goes by the order of running once the shape of the input is given", () => {
    class Turned extends n.Module {
      readonly dropout = new Dropout(0.5);
      readonly norm = new BatchNorm1d(2);
      forward(x: n.Tensor): n.Tensor {
        return this.dropout.forward(this.norm.forward(x));
      }
    }
    expect(hinted(new Turned(), [4, 2])).toBeUndefined();
  });
});

describe("with a seed", () => {
  const make = (seed: number, sizes = [2, 5, 4, 3], more: n.MlpOptions = {}) => n.mlp(sizes, { seed, ...more });
  const values = (m: n.Module) => {
    const all = bits(m);
    m.dispose();
    return all;
  };

  it("is the same each time, whatever was drawn before, and another with another seed", () => {
    const first = values(make(7));
    n.rand([3]).dispose();
    expect(values(make(7))).toEqual(first);
    expect(values(make(8))).not.toEqual(first);
    expect(values(make(2 ** 40 + 7))).not.toEqual(first);
    for (const init of ["heNormal", "orthogonal"] as const)
      expect(values(make(7, [2, 5, 3], { init, biasInit: "uniform" }))).toEqual(values(make(7, [2, 5, 3], { init, biasInit: "uniform" })));
  });

  it("draws nothing from the global generator, and no two layers alike", () => {
    n.manualSeed(1);
    const expected = values(n.mlp([2, 3]));
    n.manualSeed(1);
    const m = make(7, [4, 4, 4]);
    const [a, b] = [m.parameters()[0]!.toArray(), m.parameters()[2]!.toArray()];
    m.dispose();
    expect(a).not.toEqual(b);
    expect(values(n.mlp([2, 3]))).toEqual(expected);
  });

  it("has first values that depend on the layer's place alone", () => {
    const [a, b] = [make(7, [2, 5, 3]), make(7, [2, 5, 4], { activation: "tanh" })];
    expect(a.stateDict()["0.weight"]).toEqual(b.stateDict()["0.weight"]);
    expect(a.stateDict()["0.bias"]).toEqual(b.stateDict()["0.bias"]);
    a.dispose();
    b.dispose();
  });

  it("that is none is an OptionError, and nothing is left", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => make(seed)).toThrow(n.OptionError);
  });
});
