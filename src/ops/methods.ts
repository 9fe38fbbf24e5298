/**
 * Attaches the ops to Tensor as methods, and declares their types. The one file of the ops with a side effect: the root entry imports it,
 * the functional entry does not.
 */
import { type BackwardOptions, backward } from "../autograd/backward";
import { Tensor } from "../tensor/tensor";
import * as activation from "./activation";
import * as binary from "./binary";
import type { Value } from "./define";
import * as matmul from "./matmul";
import * as reduce from "./reduce";
import * as select from "./select";
import * as shape from "./shape";
import * as softmax from "./softmax";
import * as unary from "./unary";

const METHODS = {
  add: binary.add,
  sub: binary.sub,
  mul: binary.mul,
  div: binary.div,
  maximum: binary.maximum,
  minimum: binary.minimum,
  eq: binary.eq,
  ne: binary.ne,
  gt: binary.gt,
  ge: binary.ge,
  lt: binary.lt,
  le: binary.le,
  neg: unary.neg,
  abs: unary.abs,
  sign: unary.sign,
  square: unary.square,
  sqrt: unary.sqrt,
  reciprocal: unary.reciprocal,
  exp: unary.exp,
  log: unary.log,
  pow: unary.pow,
  relu: unary.relu,
  sigmoid: unary.sigmoid,
  tanh: unary.tanh,
  step: activation.step,
  leakyRelu: activation.leakyRelu,
  prelu: activation.prelu,
  elu: activation.elu,
  selu: activation.selu,
  gelu: activation.gelu,
  silu: activation.silu,
  mish: activation.mish,
  softplus: activation.softplus,
  hardtanh: activation.hardtanh,
  logSigmoid: activation.logSigmoid,
  toF32: unary.toF32,
  clamp: select.clamp,
  max: select.max,
  min: select.min,
  argmax: select.argmax,
  gatherRows: select.gatherRows,
  sum: reduce.sum,
  mean: reduce.mean,
  clone: shape.clone,
  detach: shape.detach,
  reshape: shape.reshape,
  permute: shape.permute,
  transpose: shape.transpose,
  slice: shape.slice,
  rows: shape.rows,
  expand: shape.expand,
  matmul: matmul.matmul,
  softmax: softmax.softmax,
  logSoftmax: softmax.logSoftmax,
} as const;

type Methods = { [K in keyof typeof METHODS]: Method<(typeof METHODS)[K]> };
type Method<F> = F extends (x: Tensor, ...rest: infer R) => Tensor
  ? (...rest: R) => Tensor
  : F extends (a: Value, b: Value) => Tensor
    ? (other: Value) => Tensor
    : never;

declare module "../tensor/tensor" {
  interface Tensor extends Methods {
    /** Gradients of this scalar for every leaf behind it, added to their `grad`. */
    backward(seed?: Tensor, options?: BackwardOptions): void;
  }
}

for (const [name, f] of Object.entries(METHODS) as [string, (...args: unknown[]) => Tensor][])
  Object.defineProperty(Tensor.prototype, name, {
    configurable: true,
    writable: true,
    value(this: Tensor, ...rest: unknown[]) {
      return f(this, ...rest);
    },
  });
Object.defineProperty(Tensor.prototype, "backward", {
  configurable: true,
  writable: true,
  value(this: Tensor, seed?: Tensor, options?: BackwardOptions) {
    backward(this, seed, options);
  },
});
