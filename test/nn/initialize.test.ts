import { describe, expect, it } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { bits } from "../small";

noLeaks();

const { initializers, Linear, Sequential } = n;

describe("Linear", () => {
  it("starts as before without options: uniform in +-1/sqrt(in), weight first, then bias", () => {
    n.manualSeed(9);
    const m = new Linear(4, 3);
    const bound = Math.fround(0.5);
    n.manualSeed(9);
    const expected = ["weight", "bias"].map((name) => {
      const t = n.zeros(name === "weight" ? [3, 4] : [3]);
      return [...initializers.uniform(t, { low: -bound, high: bound }).data()];
    });
    expect([[...m.weight.data()], [...m.bias!.data()]]).toEqual(expected);
    expect(m.config).toEqual({ inFeatures: 4, outFeatures: 3, bias: true });
    m.dispose();
  });

  it("takes a name, a description, an initialiser or a function, for weight and bias each", () => {
    n.manualSeed(9);
    const made = [
      new Linear(4, 4, { init: "eye", biasInit: "ones" }),
      new Linear(2, 2, { init: { type: "constant", value: 2 }, bias: false }),
      new Linear(2, 2, { init: initializers.orthogonal, biasInit: (t: n.Tensor) => t.set([5, 6]) }),
      new Linear(2, 2, { biasInit: "zeros" }),
    ] as const;
    expect(made[0].weight.toArray()).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ]);
    expect([...made[0].bias!.data()]).toEqual([1, 1, 1, 1]);
    expect([...made[1].weight.data()]).toEqual([2, 2, 2, 2]);
    expect([...made[2].bias!.data()]).toEqual([5, 6]);
    const [a, b, c, d] = [...made[2].weight.data()] as [number, number, number, number];
    expect(a * c + b * d).toBeCloseTo(0, 6);
    expect([...made[3].bias!.data()]).toEqual([0, 0]);
    expect(new Set(made[3].weight.data()).size).toBe(4);
    for (const m of made) m.dispose();
  });

  it("has a config that rebuilds it, clones with it, and shows it in the summary", () => {
    const m = new Linear(2, 3, { init: initializers.heNormal.with({ mode: "fanOut" }), biasInit: "zeros" });
    const config = JSON.parse(JSON.stringify(m.config)) as typeof m.config;
    expect(config).toEqual({
      inFeatures: 2,
      outFeatures: 3,
      bias: true,
      init: { type: "heNormal", mode: "fanOut" },
      biasInit: { type: "zeros" },
    });
    const { inFeatures, outFeatures, ...options } = config;
    n.manualSeed(3);
    const a = new Linear(inFeatures, outFeatures, options as n.LinearOptions);
    n.manualSeed(3);
    const b = new Linear(2, 3, { init: { type: "heNormal", mode: "fanOut" }, biasInit: "zeros" });
    expect(bits(a)).toEqual(bits(b));
    const twin = a.clone();
    expect(twin.config).toEqual(config);
    expect(bits(twin)).toEqual(bits(a));
    expect(m.summary()).toContain("Linear(inFeatures=2, outFeatures=3, bias=true, init=heNormal(mode=fanOut), biasInit=zeros)");
    for (const x of [m, a, b, twin]) x.dispose();
  });

  it("of a function of one's own leaves it out of the config", () => {
    const m = new Linear(2, 2, { init: (t) => t.set([1, 2, 3, 4]) });
    expect(m.config).toEqual({ inFeatures: 2, outFeatures: 2, bias: true });
    m.dispose();
  });

  it("refuses an unknown name, a bad option, and a bias initialiser without a bias, and keeps no memory", () => {
    const before = n.memory().byKind.parameter;
    expect(() => new Linear(2, 2, { init: "xavier" as never })).toThrow(/Linear: init: unknown initialiser "xavier"/);
    expect(() => new Linear(2, 2, { biasInit: { type: "normal", std: -1 } })).toThrow(n.OptionError);
    expect(() => new Linear(2, 2, { bias: false, biasInit: "zeros" })).toThrow(/biasInit is given, but bias is false/);
    expect(() => new Linear(2, 2, { biasInit: "glorotUniform" })).toThrow(n.ShapeError);
    expect(n.memory().byKind.parameter).toEqual(before);
  });
});

class Own extends n.Module {
  readonly table = new n.Parameter([4, 2]);
  readonly scale = new n.Parameter([2]);
  readonly parts = [{ none: 1 }, new Linear(2, 2)] as const;
  readonly head = { bias: new n.Parameter([2]) };
  forward(x: n.Tensor): n.Tensor {
    return x;
  }
}

describe("initialize", () => {
  it("fills weights and biases; normalisation, slopes and other vectors keep their values", () => {
    const m = new Sequential(
      new Linear(2, 4),
      new n.BatchNorm1d(4),
      new n.PReLU(4),
      new n.LayerNorm([2, 2]),
      new n.RMSNorm([2, 2]),
      new Sequential(new Own()),
      new Linear(4, 1, { bias: false }),
    );
    const before = m.stateDict();
    expect(n.initialize(m, "ones", { bias: { type: "constant", value: 7 } })).toBe(m);
    const kept = ["1.weight", "1.bias", "2.weight", "3.weight", "3.bias", "4.weight", "5.0.scale"];
    for (const [name, p] of m.namedParameters()) {
      const values = new Set(p.data());
      if (kept.includes(name)) expect([...p.data()], name).toEqual([...before[name]!.data]);
      else expect(values, name).toEqual(new Set([name.endsWith("bias") ? 7 : 1]));
    }
    expect(m.namedParameters().length).toBe(kept.length + 7);
    m.dispose();
  });

  it("sets biases to 0 by default", () => {
    const m = n.initialize(new Linear(3, 3), "heNormal");
    expect([...m.bias!.data()]).toEqual([0, 0, 0]);
    m.dispose();
  });

  const net = (...more: n.Module[]) => new Sequential(new Linear(5, 8), new n.Tanh(), new Linear(8, 8), ...more);
  for (const name of ["uniform", "glorotUniform", "heNormal", "truncatedNormal", "orthogonal"] as const)
    it(`${name}: same seed, same bits, whatever was drawn before and whatever layers stand elsewhere; another seed, others`, () => {
      const options = { seed: 12, bias: "uniform" } as const;
      const [a, b, c, d] = [
        net(),
        net(new n.ReLU(), new Linear(8, 3)),
        net(),
        new Sequential(new n.Tanh(), new n.ReLU(), new Linear(8, 8)),
      ];
      n.initialize(a, name, options);
      n.rand([100]).dispose();
      n.manualSeed(77);
      n.initialize(b, name, options);
      n.initialize(c, name, { ...options, seed: 13 });
      n.initialize(d, name, options);
      const [mine, longer, other] = [bits(a), bits(b), bits(c)];
      for (const path of Object.keys(mine)) {
        expect(longer[path], path).toEqual(mine[path]);
        expect(other[path], path).not.toEqual(mine[path]);
      }
      const alone = bits(d);
      expect(alone).toEqual({ "2.weight": mine["2.weight"], "2.bias": mine["2.bias"] });
      for (const m of [a, b, c, d]) m.dispose();
    });

  it("gives each parameter numbers of its own, also those of one shape", () => {
    const m = new Sequential(new Linear(4, 4), new Linear(4, 4));
    n.initialize(m, "normal", { seed: 1, bias: "normal" });
    const all = m.parameters().flatMap((p) => [...p.data()]);
    expect(new Set(all).size).toBe(all.length);
    m.dispose();
  });

  it("leaves the global generator alone when it has a seed, and draws from it when not", () => {
    const next = (seed?: number) => {
      n.manualSeed(4);
      const m = new Linear(2, 2, { init: "zeros", biasInit: "zeros" });
      n.initialize(m, "uniform", seed === undefined ? {} : { seed });
      m.dispose();
      return [...n.rand([3]).data()];
    };
    n.manualSeed(4);
    const untouched = [...n.rand([3]).data()];
    expect(next(1)).toEqual(untouched);
    expect(next()).not.toEqual(untouched);
  });

  it("uniform numbers of a seed are these, with every arithmetic", () => {
    const m = new Linear(2, 2);
    n.initialize(m, "uniform", { seed: 7 });
    expect([...m.weight.data()].map((v) => v * 2 ** 23)).toEqual([4778645, 1335180, 683693, -6402034]);
    m.dispose();
  });

  it("refuses bad seeds, names and shapes, and gives its memory back", () => {
    const m = new Own();
    const before = n.memory().byKind.state;
    expect(() => n.initialize(m, "uniform", { seed: -1 })).toThrow(n.OptionError);
    expect(() => n.initialize(m, "nothing" as never)).toThrow(/initialize: unknown initialiser "nothing"/);
    expect(() => n.initialize(m, "uniform", { bias: "heNormal", seed: 1 })).toThrow(n.ShapeError);
    expect(n.memory().byKind.state).toEqual(before);
    m.dispose();
  });
});
