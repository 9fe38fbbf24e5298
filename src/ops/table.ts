/** Every op, once. Tests walk this list: each op with a gradient is checked against finite differences. */
import * as activation from "./activation";
import * as binary from "./binary";
import * as dropout from "./dropout";
import * as loss from "./loss";
import * as matmul from "./matmul";
import * as norm from "./norm";
import * as pair from "./pair";
import * as reduce from "./reduce";
import * as select from "./select";
import * as shape from "./shape";
import * as softmax from "./softmax";
import * as unary from "./unary";

export const OPS = {
  add: binary.addOp,
  sub: binary.subOp,
  mul: binary.mulOp,
  div: binary.divOp,
  maximum: binary.maximumOp,
  minimum: binary.minimumOp,
  eq: binary.eqOp,
  ne: binary.neOp,
  gt: binary.gtOp,
  ge: binary.geOp,
  lt: binary.ltOp,
  le: binary.leOp,
  eqI32: binary.eqI32Op,
  neg: unary.negOp,
  abs: unary.absOp,
  sign: unary.signOp,
  square: unary.squareOp,
  sqrt: unary.sqrtOp,
  reciprocal: unary.reciprocalOp,
  exp: unary.expOp,
  log: unary.logOp,
  relu: unary.reluOp,
  sigmoid: unary.sigmoidOp,
  tanh: unary.tanhOp,
  step: activation.stepOp,
  leakyRelu: activation.leakyReluOp,
  prelu: activation.preluOp,
  elu: activation.eluOp,
  selu: activation.seluOp,
  gelu: activation.geluOp,
  silu: activation.siluOp,
  mish: activation.mishOp,
  softplus: activation.softplusOp,
  hardtanh: activation.hardtanhOp,
  logSigmoid: activation.logSigmoidOp,
  toF32: unary.toF32Op,
  where: select.whereOp,
  max: select.maxOp,
  min: select.minOp,
  argmax: select.argmaxOp,
  gatherRows: select.gatherRowsOp,
  sum: reduce.sumOp,
  clone: shape.cloneOp,
  reshape: shape.reshapeOp,
  permute: shape.permuteOp,
  slice: shape.sliceOp,
  concat: shape.concatOp,
  expand: shape.expandOp,
  matmul: matmul.matmulOp,
  linear: matmul.linearOp,
  softmax: softmax.softmaxOp,
  logSoftmax: softmax.logSoftmaxOp,
  batchNorm: norm.batchNormOp,
  dropout: dropout.dropoutOp,
  crossEntropy: loss.crossEntropyOp,
  squaredError: loss.squaredErrorOp,
  absoluteError: pair.absoluteErrorOp,
  huber: pair.huberOp,
  logProbability: pair.logProbabilityOp,
  probability: pair.probabilityOp,
  divergence: pair.divergenceOp,
  binary: pair.binaryOp,
  binaryLogit: pair.binaryLogitOp,
} as const;

export type OpName = keyof typeof OPS;
