import { Op } from "../../../assembly/opcodes";
import { emit } from "../../core/emit";
import { OptionError, ShapeError } from "../../core/errors";
import { normalInto, uniformInto } from "../../ops/random";
import { showShape } from "../../tensor/shape";
import type { Tensor } from "../../tensor/tensor";
import { type ConfiguredInitializer, defineInitializer, type Initializer, number, oneOf } from "./define";
import { calculateGain, fansOf, NONLINEARITIES, type Nonlinearity } from "./fans";
import { orthogonalInto } from "./orthogonal";
import { truncatedInto } from "./truncated";

export interface UniformOptions {
  /** Default -1. */
  low?: number;
  /** Default 1. */
  high?: number;
}

export interface NormalOptions {
  /** Default 0. */
  mean?: number;
  /** Of 0 or more. Default 1. */
  std?: number;
}

export interface TruncatedNormalOptions extends NormalOptions {
  /** Default mean - 2 std, as PyTorch's a is with its own mean and std. */
  low?: number;
  /** Default mean + 2 std. */
  high?: number;
}

export interface GainOptions {
  /** A factor, for instance calculateGain("tanh"). Default 1. */
  gain?: number;
}

export interface HeOptions {
  /** Keep the size of the signal ("fanIn", default) or of the gradients ("fanOut"). */
  mode?: "fanIn" | "fanOut";
  /** The activation behind the layer: calculateGain. Default "relu". */
  nonlinearity?: Nonlinearity;
  /** Of leakyRelu: PyTorch's a. Default 0.01. */
  negativeSlope?: number;
}

const checkOrder = (type: string, low: number, high: number): void => {
  if (!(low <= high)) throw new OptionError(`${type}: low must be at most high, got ${low} and ${high}`);
};

const uniform = defineInitializer<UniformOptions>({
  type: "uniform",
  checks: { low: number(), high: number() },
  together: ({ low = -1, high = 1 }) => checkOrder("uniform", low, high),
  fill: (t, { low = -1, high = 1 }) => uniformInto(t, low, high),
});

const normal = defineInitializer<NormalOptions>({
  type: "normal",
  checks: { mean: number(), std: number(0) },
  fill: (t, { mean = 0, std = 1 }) => normalInto(t, mean, std),
});

const bounds = ({ mean = 0, std = 1, low = mean - 2 * std, high = mean + 2 * std }: TruncatedNormalOptions) => ({ mean, std, low, high });

const truncatedNormal = defineInitializer<TruncatedNormalOptions>({
  type: "truncatedNormal",
  checks: { mean: number(), std: number(0, true), low: number(), high: number() },
  together: (options) => {
    const { low, high } = bounds(options);
    if (!(low < high)) throw new OptionError(`truncatedNormal: low must be below high, got ${low} and ${high}`);
  },
  fill: (t, options) => {
    const { mean, std, low, high } = bounds(options);
    truncatedInto(t, mean, std, low, high);
  },
});

const fill = (t: Tensor, value: number): void => emit(Op.FILL, t.ref, t.size, value);

const constant = defineInitializer<{ value?: number }>({
  type: "constant",
  checks: { value: number() },
  fill: (t, { value = 0 }) => fill(t, value),
});
const zeros = defineInitializer({ type: "zeros", checks: {}, fill: (t) => fill(t, 0) });
const ones = defineInitializer({ type: "ones", checks: {}, fill: (t) => fill(t, 1) });

/** An initialiser, uniform and normal, of a given standard deviation. */
function scaled<O extends object>(
  name: string,
  checks: { readonly [K in keyof O]-?: ReturnType<typeof number> },
  std: (t: Tensor, options: O) => number,
) {
  return {
    uniform: defineInitializer<O>({
      type: `${name}Uniform`,
      checks,
      fill: (t, options) => {
        const bound = Math.sqrt(3) * std(t, options);
        uniformInto(t, -bound, bound);
      },
    }),
    normal: defineInitializer<O>({ type: `${name}Normal`, checks, fill: (t, options) => normalInto(t, 0, std(t, options)) }),
  };
}

const lecun = scaled("lecun", {}, (t) => 1 / Math.sqrt(fansOf("lecun", t.shape).fanIn));

const glorot = scaled<GainOptions>("glorot", { gain: number() }, (t, { gain = 1 }) => {
  const { fanIn, fanOut } = fansOf("glorot", t.shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
});

const HE = { mode: oneOf("fanIn", "fanOut"), nonlinearity: oneOf(...NONLINEARITIES), negativeSlope: number() };
const he = scaled<HeOptions>("he", HE, (t, { mode = "fanIn", nonlinearity = "relu", negativeSlope }) => {
  return calculateGain(nonlinearity, negativeSlope) / Math.sqrt(fansOf("he", t.shape)[mode]);
});

const orthogonal = defineInitializer<GainOptions>({
  type: "orthogonal",
  checks: { gain: number() },
  fill: (t, { gain = 1 }) => orthogonalInto(t, gain),
});

const eye = defineInitializer({
  type: "eye",
  checks: {},
  fill: (t) => {
    if (t.rank !== 2) throw new ShapeError(`eye: needs two dimensions, got ${showShape(t.shape)}`);
    const columns = t.shape[1]!;
    t.set(Float32Array.from({ length: t.size }, (_, k) => (Math.floor(k / columns) === k % columns ? 1 : 0)));
  },
});

/**
 * Initialisers by name; each fills a tensor of f32 in place, `initializers.heNormal(layer.weight)`, and `with` sets its options. Weights are (out, in, ...), fans as in
 * fansOf. Random numbers come from the global generator (manualSeed), or as initialize() says. Options out of range are an OptionError, shapes without fans a ShapeError.
 *
 * - `uniform` in [low, high), [-1, 1) by default; `normal`; `truncatedNormal`: normal numbers, those outside [low, high] drawn again
 * - `constant` (default 0), `zeros`, `ones`; `eye`: 1 on the diagonal of a matrix
 * - `lecunUniform` `lecunNormal`: variance 1 / fanIn (LeCun et al., Efficient backprop, 1998)
 * - `glorotUniform` `glorotNormal`, also as `xavierUniform` `xavierNormal`: variance gain^2 2 / (fanIn + fanOut) (Glorot and Bengio 2010)
 * - `heUniform` `heNormal`, also as `kaimingUniform` `kaimingNormal`: variance calculateGain^2 / fan (He et al. 2015)
 * - `orthogonal`: rows, or columns where there are more rows, orthonormal times gain (Saxe et al. 2014)
 *
 * The normal ones are not truncated: as torch.nn.init, other than Keras.
 */
export const initializers = {
  uniform,
  normal,
  truncatedNormal,
  constant,
  zeros,
  ones,
  eye,
  lecunUniform: lecun.uniform,
  lecunNormal: lecun.normal,
  glorotUniform: glorot.uniform,
  glorotNormal: glorot.normal,
  xavierUniform: glorot.uniform,
  xavierNormal: glorot.normal,
  heUniform: he.uniform,
  heNormal: he.normal,
  kaimingUniform: he.uniform,
  kaimingNormal: he.normal,
  orthogonal,
} as const;

export type InitializerName = keyof typeof initializers;

type OptionsOf<I> = I extends ConfiguredInitializer<infer O> ? O : never;

/** An initialiser as JSON: its type and options, { type: "uniform", low: 0 }. */
export type InitializerConfig = { [K in InitializerName]: { type: K } & OptionsOf<(typeof initializers)[K]> }[InitializerName];

/** What layers and initialize() take: an initialiser or a function of your own that fills a tensor, the name of one, or its description. */
export type InitializerSpec = Initializer | InitializerName | InitializerConfig;

/** An initialiser itself, or a built-in one by name or description. Throws OptionError. */
export function resolveInitializer(what: string, given: InitializerSpec): Initializer {
  if (typeof given === "function") return given;
  const { type, ...options } = typeof given === "string" ? { type: given } : (given ?? {});
  if (!Object.hasOwn(initializers, type))
    throw new OptionError(`${what}: unknown initialiser ${JSON.stringify(type)}; known are ${Object.keys(initializers).join(", ")}`);
  const found = initializers[type] as ConfiguredInitializer;
  return Object.keys(options).length === 0 ? found : found.with(options);
}

/** An initialiser as JSON; undefined for a function without config. */
export function initializerConfig(f: Initializer | undefined): { type: string } | undefined {
  return f?.config === undefined || f.type === undefined ? undefined : { type: f.type, ...f.config };
}
