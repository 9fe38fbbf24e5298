import { Op } from "../../assembly/opcodes";
import { emit, type Opcode } from "../core/emit";
import { OptionError, ShapeError } from "../core/errors";
import { showShape } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { elementwise, minimum, mul } from "./binary";
import { consume, defineOp, expectDType } from "./define";
import { reshape } from "./shape";

// Activations with numbers beside the operand. All keep the shape. relu, sigmoid and tanh are in unary.ts. The gradient reads x.

/** The two numbers that a pair of kernels takes. */
type Numbers = readonly [a: number, b: number];

const shaped = <const N extends string, A>(name: N, pair: (attrs: A) => readonly [Opcode, Opcode], numbers: (attrs: A) => Numbers) =>
  defineOp<N, A>({
    name,
    forward: ([x], attrs) => {
      expectDType(name, "f32", x!);
      const out = empty(x!.shape);
      emit(pair(attrs)[0], out.ref, x!.ref, x!.size, ...numbers(attrs));
      return { out };
    },
    uses: { inputs: [0] },
    gradient: ({ inputs: [x], attrs }, dy) => {
      const dx = empty(x!.shape);
      emit(pair(attrs)[1], dx.ref, dy.ref, x!.ref, x!.size, ...numbers(attrs));
      return [dx];
    },
  });

const none = (): Numbers => [0, 0];
/** Klambauer et al. 2017: of 32 digits as PyTorch has them. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export type Approximate = "none" | "tanh";

export const leakyReluOp = shaped(
  "leakyRelu",
  () => [Op.LEAKY_RELU, Op.LEAKY_RELU_GRAD],
  ({ negativeSlope }: { negativeSlope: number }) => [negativeSlope, 0],
);
export const eluOp = shaped(
  "elu",
  () => [Op.ELU, Op.ELU_GRAD],
  ({ alpha }: { alpha: number }) => [alpha, 1],
);
export const seluOp = shaped(
  "selu",
  (_: undefined) => [Op.ELU, Op.ELU_GRAD],
  () => [SELU_ALPHA * SELU_SCALE, SELU_SCALE],
);
export const geluOp = shaped(
  "gelu",
  ({ approximate }: { approximate: Approximate }) => (approximate === "tanh" ? [Op.GELU_TANH, Op.GELU_TANH_GRAD] : [Op.GELU, Op.GELU_GRAD]),
  none,
);
export const siluOp = shaped("silu", (_: undefined) => [Op.SILU, Op.SILU_GRAD], none);
export const mishOp = shaped("mish", (_: undefined) => [Op.MISH, Op.MISH_GRAD], none);
export const softplusOp = shaped(
  "softplus",
  () => [Op.SOFTPLUS, Op.SOFTPLUS_GRAD],
  ({ beta, threshold }: { beta: number; threshold: number }) => [beta, threshold],
);
/** softplus with beta = -1: x itself below -20, where they differ by less than a rounding. */
export const logSigmoidOp = shaped(
  "logSigmoid",
  (_: undefined) => [Op.SOFTPLUS, Op.SOFTPLUS_GRAD],
  () => [-1, 20],
);
export const hardtanhOp = shaped(
  "hardtanh",
  () => [Op.HARDTANH, Op.HARDTANH_GRAD],
  ({ min, max }: { min: number; max: number }) => [min, max],
);
export const stepOp = defineOp<"step", { straightThrough: boolean }>({
  name: "step",
  forward: ([x]) => {
    expectDType("step", "f32", x!);
    const out = empty(x!.shape);
    emit(Op.STEP, out.ref, x!.ref, x!.size, 0, 0);
    return { out };
  },
  gradient: ({ attrs }, dy) => {
    if (attrs.straightThrough) return [dy];
    const dx = empty(dy.shape);
    emit(Op.FILL, dx.ref, dx.size, 0);
    return [dx];
  },
});
/** The weight broadcasts to x. */
export const preluOp = defineOp<"prelu", undefined>({
  name: "prelu",
  forward: ([x, weight]) => ({ out: elementwise(Op.PRELU, "prelu", x!, weight!) }),
  uses: { inputs: [0, 1] },
  gradient: ({ inputs: [x, weight], needs }, dy) => [
    needs[0] ? mul(dy, elementwise(Op.PRELU_SLOPE, "prelu", x!, weight!)) : undefined,
    needs[1] ? mul(dy, minimum(x!, 0)) : undefined,
  ],
});

/** Throws OptionError unless the value is a finite number. */
export function checkNumber(name: string, what: string, value: number): void {
  if (!Number.isFinite(value)) throw new OptionError(`${name}: ${what} must be a finite number, got ${value}`);
}

export function checkSoftplus(name: string, beta: number, threshold: number): void {
  if (!(beta > 0 && beta < Infinity)) throw new OptionError(`${name}: beta must be a number above 0, got ${beta}`);
  if (Number.isNaN(threshold)) throw new OptionError(`${name}: threshold must be a number, got NaN`);
}

export function checkRange(name: string, min: number, max: number): void {
  if (!(min < max)) throw new OptionError(`${name}: min must be below max, got ${min} and ${max}`);
}

export function checkApproximate(name: string, approximate: string): asserts approximate is Approximate {
  if (approximate !== "none" && approximate !== "tanh")
    throw new OptionError(`${name}: approximate must be "none" or "tanh", got ${JSON.stringify(approximate)}`);
}

/**
 * The threshold unit: 1 where x > 0, else 0; any shape. Its derivative is 0, so nothing in front of it learns; with `straightThrough` the gradient passes
 * as if it were the identity (Bengio, Léonard, Courville 2013).
 */
export const step = (x: Tensor, straightThrough = false): Tensor => stepOp([x], { straightThrough });

/** x where x > 0, else negativeSlope x; derivative 1 or negativeSlope (at 0 too). Any shape. PyTorch's leaky_relu. */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  checkNumber("leakyRelu", "negativeSlope", negativeSlope);
  return leakyReluOp([x], { negativeSlope });
}

/**
 * x where x > 0, else w x, w the weight of the item's channel: weight holds one number, or one for each channel, dimension 1 of x (N, C, ...). Derivatives:
 * 1 or w by x; min(x, 0) by w, summed over what shares it. ShapeError for another number of weights. He et al. 2015; PyTorch's prelu.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const channels = x.rank < 2 ? 1 : x.shape[1]!;
  if (weight.size !== 1 && (weight.rank !== 1 || weight.size !== channels))
    throw new ShapeError(
      `prelu: weight ${showShape(weight.shape)} for x ${showShape(x.shape)}; it must hold 1 number, or ${channels}: one for each channel (dimension 1 of x)`,
    );
  const shape = weight.size === 1 ? [] : [channels, ...x.shape.slice(2).map(() => 1)];
  return consume(reshape(weight, shape), (w) => preluOp([x, w], undefined));
}

/**
 * x where x > 0, else alpha (e^x - 1); derivative 1, or alpha e^x (at 0: alpha). Any shape. Error at most 2.5 2^-24 of the result. Clevert et al. 2016;
 * PyTorch's elu.
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  checkNumber("elu", "alpha", alpha);
  return eluOp([x], { alpha });
}

/** 1.0507010 times elu with alpha = 1.6732632: keeps mean 0 and variance 1 through layers (weights of variance 1 / in). Klambauer et al. 2017; PyTorch's selu. */
export const selu = (x: Tensor): Tensor => seluOp([x], undefined);

/**
 * x Phi(x), Phi the normal distribution = (1 + erf(x / sqrt 2)) / 2; derivative Phi(x) + x phi(x). Error at most 8 2^-24 of the result, also far below 0.
 * With approximate "tanh" x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. Any shape. Hendrycks and Gimpel 2016; PyTorch's gelu.
 */
export function gelu(x: Tensor, approximate: Approximate = "none"): Tensor {
  checkApproximate("gelu", approximate);
  return geluOp([x], { approximate });
}

/** x sigmoid(x), also named swish; derivative s (1 + x (1 - s)), s = sigmoid(x). Any shape. Elfwing et al. 2017; PyTorch's silu. */
export const silu = (x: Tensor): Tensor => siluOp([x], undefined);

/** x tanh(ln(1 + e^x)). Derivative t + x (1 - t^2) sigmoid(x), t the hyperbolic tangent. Any shape. Misra 2019; PyTorch's mish. */
export const mish = (x: Tensor): Tensor => mishOp([x], undefined);

/** ln(1 + e^(beta x)) / beta, and x itself where beta x > threshold; derivative sigmoid(beta x), or 1. beta > 0, any shape. PyTorch's softplus. */
export function softplus(x: Tensor, beta = 1, threshold = 20): Tensor {
  checkSoftplus("softplus", beta, threshold);
  return softplusOp([x], { beta, threshold });
}

/** x between min and max; derivative 1 inside, 0 outside and at both ends. min < max, any shape. PyTorch's hardtanh. */
export function hardtanh(x: Tensor, min = -1, max = 1): Tensor {
  checkRange("hardtanh", min, max);
  return hardtanhOp([x], { min, max });
}

/** ln(sigmoid(x)) = -ln(1 + e^-x), exact to 2.1 2^-24 of itself where sigmoid(x) is 0 or 1; derivative sigmoid(-x). Any shape. PyTorch's logsigmoid. */
export const logSigmoid = (x: Tensor): Tensor => logSigmoidOp([x], undefined);
