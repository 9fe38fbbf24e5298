import { Op } from "../../assembly/opcodes";

/** An activation with its two numbers, its derivative, and the opcodes of both; in float64. */
export interface Activation {
  readonly name: string;
  readonly op: Op;
  readonly gradient: Op;
  readonly a: number;
  readonly b: number;
  readonly f: (x: number) => number;
  readonly slope: (x: number) => number;
}

/** The normal distribution: a series, and in the lower tail a continued fraction, both to about 1e-13 of themselves. */
export function normal(x: number): number {
  if (x > 3) return 1 - normal(-x);
  if (x < -3) {
    let fraction = 0;
    for (let k = 200; k > 0; k--) fraction = k / (-x + fraction);
    return density(x) / (-x + fraction);
  }
  let [term, sum] = [x, x];
  for (let k = 1; k < 80; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + density(x) * sum;
}

/** Of the normal distribution. */
const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const inner = (x: number) => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

/** tanh(ln(1 + e^x)) and its derivative. */
function tanhOfSoftplus(x: number): [number, number] {
  if (x > 30) return [1, 0];
  const e = Math.exp(x);
  const d = e * (e + 2);
  return [d / (d + 2), (4 * e * (e + 1)) / (d + 2) ** 2];
}

const elu = (name: string, a: number, b: number): Activation => ({
  name,
  op: Op.ELU,
  gradient: Op.ELU_GRAD,
  a,
  b,
  f: (x) => (x > 0 ? b * x : a * Math.expm1(x)),
  slope: (x) => (x > 0 ? b : a * Math.exp(x)),
});
const softplus = (name: string, a: number, b: number): Activation => ({
  name,
  op: Op.SOFTPLUS,
  gradient: Op.SOFTPLUS_GRAD,
  a,
  b,
  f: (x) => (a * x > b ? x : (Math.max(a * x, 0) + Math.log1p(Math.exp(-Math.abs(a * x)))) / a),
  slope: (x) => (a * x > b ? 1 : sigmoid(a * x)),
});

export const SMOOTH: readonly Activation[] = [
  elu("elu", 1, 1),
  elu("elu with alpha 0.3", Math.fround(0.3), 1),
  elu("selu", Math.fround(1.0507009873554805 * 1.6732632423543772), Math.fround(1.0507009873554805)),
  {
    name: "gelu",
    op: Op.GELU,
    gradient: Op.GELU_GRAD,
    a: 0,
    b: 0,
    f: (x) => x * normal(x),
    slope: (x) => normal(x) + x * density(x),
  },
  {
    name: "gelu (tanh)",
    op: Op.GELU_TANH,
    gradient: Op.GELU_TANH_GRAD,
    a: 0,
    b: 0,
    f: (x) => x * sigmoid(inner(x)),
    slope: (x) => {
      const s = sigmoid(inner(x));
      return s + x * s * sigmoid(-inner(x)) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    },
  },
  {
    name: "silu",
    op: Op.SILU,
    gradient: Op.SILU_GRAD,
    a: 0,
    b: 0,
    f: (x) => x * sigmoid(x),
    slope: (x) => sigmoid(x) + x * sigmoid(x) * sigmoid(-x),
  },
  {
    name: "mish",
    op: Op.MISH,
    gradient: Op.MISH_GRAD,
    a: 0,
    b: 0,
    f: (x) => x * tanhOfSoftplus(x)[0],
    slope: (x) => tanhOfSoftplus(x)[0] + x * tanhOfSoftplus(x)[1],
  },
  softplus("softplus", 1, 20),
  softplus("softplus with beta 2, threshold 3", 2, 3),
  softplus("logSigmoid", -1, 20),
];
