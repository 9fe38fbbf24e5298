import { beforeEach, describe, expect, it, test } from "vitest";
import * as n from "../../src/index";
import { resolveInitializer } from "../../src/nn/init/initializers";
import { noLeaks } from "../leaks";

noLeaks();
beforeEach(() => n.manualSeed(5));

const { initializers } = n;
const SHAPE = [160, 250] as const;
const N = 160 * 250;

/** The values that an initialiser gives, as numbers. */
function values(given: n.InitializerSpec, shape: readonly number[] = SHAPE): number[] {
  const t = n.zeros(shape);
  resolveInitializer("test", given)(t);
  const list = [...t.data()];
  t.dispose();
  return list;
}
const moment = (v: readonly number[], k: number, centre = 0) => v.reduce((s, x) => s + (x - centre) ** k, 0) / v.length;

/** Largest distance between the empirical distribution function and `cdf`. */
function kolmogorovSmirnov(sample: readonly number[], cdf: (x: number) => number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  return sorted.reduce((d, x, i) => Math.max(d, cdf(x) - i / sample.length, (i + 1) / sample.length - cdf(x)), 0);
}
/** Beyond this the distance is in one sample of ten thousand. */
const FAR = 2.2 / Math.sqrt(N);

/** Upper tail of the normal distribution times e^(x^2 / 2), to 1e-7 relative: Lentz's continued fraction, or a sum near 0. */
function scaledTail(x: number): number {
  if (x < 2) {
    let [sum, term] = [x, x];
    for (let k = 1; k < 80; k++) sum += term *= (x * x) / (2 * k + 1);
    return Math.exp((x * x) / 2) / 2 - sum / Math.sqrt(2 * Math.PI);
  }
  let f = 0;
  for (let k = 200; k > 0; k--) f = k / (x + f);
  return 1 / (x + f) / Math.sqrt(2 * Math.PI);
}
/** Distribution function of a normal number between a >= 0 and b. */
const upperCdf = (a: number, b: number) => {
  const mass = (x: number) => scaledTail(a) - Math.exp((a * a - x * x) / 2) * scaledTail(x);
  return (x: number) => mass(x) / mass(b);
};

describe("uniform", () => {
  it("lies in [-1, 1] by default, and in any range, mean and variance within 5 standard errors", () => {
    for (const [config, low, high] of [
      [{}, -1, 1],
      [{ low: 0 }, 0, 1],
      [{ low: -0.25, high: 3 }, -0.25, 3],
    ] as const) {
      const v = values(initializers.uniform.with(config));
      const width = high - low;
      expect(Math.min(...v)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...v)).toBeLessThanOrEqual(high);
      expect(Math.max(...v) - Math.min(...v)).toBeGreaterThan(0.999 * width);
      expect(Math.abs(moment(v, 1) - (low + high) / 2)).toBeLessThan((5 * width) / Math.sqrt(12 * N));
      // variance of a squared uniform number around its mean: w^4 / 180
      expect(Math.abs(moment(v, 2, (low + high) / 2) - width ** 2 / 12)).toBeLessThan((5 * width ** 2) / Math.sqrt(180 * N));
    }
  });
});

test("constant, zeros, ones, eye", () => {
  expect(values("zeros", [2, 2])).toEqual([0, 0, 0, 0]);
  expect(values("ones", [3])).toEqual([1, 1, 1]);
  expect(values({ type: "constant", value: -2.5 }, [2])).toEqual([-2.5, -2.5]);
  expect(values("eye", [2, 3])).toEqual([1, 0, 0, 0, 1, 0]);
  expect(values("eye", [3, 2])).toEqual([1, 0, 0, 1, 0, 0]);
});

describe("normal and those of a given variance: mean and variance within 5 standard errors", () => {
  const fan = { in: 250, out: 160 };
  const cases: [n.InitializerSpec, mean: number, variance: number, uniform: boolean][] = [
    ["normal", 0, 1, false],
    [{ type: "normal", mean: -2, std: 0.1 }, -2, 0.01, false],
    ["lecunUniform", 0, 1 / fan.in, true],
    ["lecunNormal", 0, 1 / fan.in, false],
    ["glorotUniform", 0, 2 / (fan.in + fan.out), true],
    ["xavierNormal", 0, 2 / (fan.in + fan.out), false],
    [{ type: "glorotNormal", gain: 3 }, 0, 18 / (fan.in + fan.out), false],
    ["heUniform", 0, 2 / fan.in, true],
    ["kaimingNormal", 0, 2 / fan.in, false],
    [{ type: "heNormal", mode: "fanOut" }, 0, 2 / fan.out, false],
    [{ type: "heUniform", nonlinearity: "tanh" }, 0, 25 / 9 / fan.in, true],
    [{ type: "heUniform", nonlinearity: "leakyRelu", negativeSlope: Math.sqrt(5) }, 0, 1 / 3 / fan.in, true],
  ];
  for (const [given, mean, variance, uniform] of cases)
    it(JSON.stringify(given), () => {
      const v = values(given);
      expect(Math.abs(moment(v, 1) - mean)).toBeLessThan(5 * Math.sqrt(variance / N));
      // fourth moment of a uniform number 9/5, of a normal one 3 variance^2
      expect(Math.abs(moment(v, 2, mean) - variance)).toBeLessThan(5 * variance * Math.sqrt((uniform ? 0.8 : 2) / N));
      const bound = Math.sqrt(3 * variance) * (1 + 1e-6);
      expect(v.every((x) => Math.abs(x) <= bound)).toBe(uniform);
    });
});

describe("truncatedNormal has the distribution function of what is left of the normal one (Kolmogorov-Smirnov, p 1e-4)", () => {
  const normal = (x: number) => (x < 0 ? Math.exp(-x * x * 0.5) * scaledTail(-x) : 1 - Math.exp(-x * x * 0.5) * scaledTail(x));
  const inside = (a: number, b: number) => (x: number) => (normal(x) - normal(a)) / (normal(b) - normal(a));
  const cases: [string, n.TruncatedNormalOptions, cdf: (x: number) => number, low: number, high: number][] = [
    ["two standard deviations by default", {}, inside(-2, 2), -2, 2],
    ["of a mean and a std", { mean: 3, std: 0.5 }, (x) => inside(-2, 2)((x - 3) / 0.5), 2, 4],
    ["narrow", { low: -0.1, high: 0.3 }, inside(-0.1, 0.3), -0.1, 0.3],
    ["on one side", { low: 0, high: 9 }, inside(0, 9), 0, 9],
    ["off the middle", { low: 1, high: 8 }, inside(1, 8), 1, 8],
    ["far out above", { low: 6, high: 1000 }, upperCdf(6, 12), 6, 1000],
    ["far out below", { mean: 1, low: -1e6, high: -99 }, (x) => 1 - upperCdf(100, 101)(1 - x), -1e6, -99],
    ["narrow and far out", { low: 5, high: 5.1 }, upperCdf(5, 5.1), 5, 5.1],
  ];
  for (const [name, options, cdf, low, high] of cases)
    it(name, () => {
      const v = values(initializers.truncatedNormal.with(options));
      expect(Math.min(...v)).toBeGreaterThanOrEqual(Math.fround(low));
      expect(Math.max(...v)).toBeLessThanOrEqual(Math.fround(high));
      expect(kolmogorovSmirnov(v, cdf)).toBeLessThan(FAR);
    });

  it("fills a tensor of nothing", () => expect(values("truncatedNormal", [0, 3])).toEqual([]));
});

describe("with, type and config", () => {
  it("go round as JSON, and the options of one call hold for it alone", () => {
    const configured = initializers.heNormal.with({ mode: "fanOut" }).with({ nonlinearity: "tanh" });
    const json = JSON.parse(JSON.stringify({ type: configured.type, ...configured.config })) as n.InitializerConfig;
    expect(json).toEqual({ type: "heNormal", mode: "fanOut", nonlinearity: "tanh" });
    const both = [configured, json].map((given) => {
      n.manualSeed(1);
      return values(given, [4, 5]);
    });
    expect(both[0]).toEqual(both[1]);
    const t = n.zeros([2]);
    expect(initializers.constant(t, { value: 3 })).toBe(t);
    expect([...t.data()]).toEqual([3, 3]);
    expect([...initializers.constant(t).data()]).toEqual([0, 0]);
  });

  it("every name resolves to an initialiser of that type, xavier and kaiming being glorot and he", () => {
    for (const [name, f] of Object.entries(initializers)) {
      expect(f.type).toBe(name.replace("xavier", "glorot").replace("kaiming", "he"));
      expect(resolveInitializer("test", name as n.InitializerName)).toBe(f);
    }
  });
});

test("filling tells backward that what it saved has changed", () => {
  const w = new n.Parameter([2]);
  const y = w.mul(w);
  initializers.ones(w);
  expect(() => y.backward(n.tensor([1, 1]))).toThrow(/changed/);
  w.dispose();
});

describe("a bad option is an OptionError with what is allowed, a shape without fans a ShapeError", () => {
  const bad =
    (given: object): (() => unknown) =>
    () =>
      resolveInitializer("Linear: init", given as n.InitializerConfig);
  const cases: [string, () => unknown, new (...a: never[]) => Error, RegExp][] = [
    [
      "an unknown name",
      () => resolveInitializer("Linear: init", "he" as never),
      n.OptionError,
      /Linear: init: unknown initialiser "he"; known are.*heUniform/,
    ],
    ["a name of Object's", () => resolveInitializer("x", "toString" as never), n.OptionError, /unknown initialiser/],
    ["an unknown option", bad({ type: "heNormal", slope: 1 }), n.OptionError, /heNormal: unknown option "slope"; known are mode/],
    [
      "an option of an initialiser without",
      bad({ type: "zeros", value: 1 }),
      n.OptionError,
      /zeros: unknown option "value"; known are none/,
    ],
    ["low above high", bad({ type: "uniform", low: 2 }), n.OptionError, /uniform: low must be at most high, got 2 and 1/],
    ["an infinite bound", bad({ type: "uniform", high: Infinity }), n.OptionError, /uniform: high must be a finite number, got Infinity/],
    ["a negative std", bad({ type: "normal", std: -1 }), n.OptionError, /normal: std must be a finite number of 0 or more, got -1/],
    ["std 0 of a truncated one", bad({ type: "truncatedNormal", std: 0 }), n.OptionError, /std must be a finite number above 0, got 0/],
    ["an empty range", bad({ type: "truncatedNormal", low: 2 }), n.OptionError, /low must be below high, got 2 and 2/],
    ["another mode", bad({ type: "heNormal", mode: "fan_in" }), n.OptionError, /mode must be "fanIn" or "fanOut", got "fan_in"/],
    [
      "another nonlinearity",
      bad({ type: "heNormal", nonlinearity: "gelu" }),
      n.OptionError,
      /nonlinearity must be "linear" or.*got "gelu"/,
    ],
    ["a gain that is none", bad({ type: "orthogonal", gain: Number.NaN }), n.OptionError, /gain must be a finite number, got NaN/],
    [
      "a gain for an unknown activation",
      () => n.calculateGain("gelu" as never),
      n.OptionError,
      /unknown nonlinearity "gelu"; known are linear/,
    ],
    ["a slope that is none", () => n.calculateGain("leakyRelu", Infinity), n.OptionError, /negativeSlope must be a finite number/],
    ["fans of a vector", () => values("glorotUniform", [4]), n.ShapeError, /glorot: fans need a weight of two dimensions.*\[4\]/],
    ["orthogonal of a vector", () => values("orthogonal", [4]), n.ShapeError, /orthogonal: needs two dimensions or more, got \[4\]/],
    ["eye of three dimensions", () => values("eye", [2, 2, 2]), n.ShapeError, /eye: needs two dimensions, got \[2, 2, 2\]/],
    ["integers", () => initializers.zeros(n.tensor(Int32Array.from([1]))), n.DTypeError, /zeros.*i32, expected f32/],
  ];
  for (const [name, f, type, says] of cases)
    it(name, () =>
      n.scope(() => {
        expect(f).toThrow(type);
        expect(f).toThrow(says);
      }),
    );
});
