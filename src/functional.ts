/** Everything as functions and classes, without the methods on Tensor: for bundlers that drop what is not used. */
export { type BackwardOptions, backward } from "./autograd/backward";
export { noGrad } from "./autograd/graph";
export * from "./core/errors";
export type { ProfileRow, Program } from "./core/program";
export { type InitOptions, init, type RuntimeInfo, runtimeInfo } from "./core/runtime";
export { type MemoryInfo, memory } from "./core/storage";
export type { Input, Raw } from "./data/column";
export type { DataSet } from "./data/dataset";
export { decodeIdx, type IdxArray, readIdx } from "./data/idx";
export { type SplitOptions, splitIndices } from "./data/split";
export { crossEntropy, type Loss, type LossOptions, mse } from "./loss/losses";
export { accuracy, type Metric, type MetricSpec } from "./metrics/metrics";
export {
  ELU,
  GELU,
  type GELUOptions,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Step,
  Tanh,
} from "./nn/activations";
export { Dropout } from "./nn/dropout";
export { Flatten, Linear, type LinearOptions } from "./nn/layers";
export { Module, type StateDict } from "./nn/module";
export { BatchNorm1d, type BatchNormOptions, LayerNorm, type LayerNormOptions, RMSNorm } from "./nn/norm";
export { Buffer, Parameter } from "./nn/parameter";
export { Sequential, type Stage } from "./nn/sequential";
export { type Approximate, elu, gelu, hardtanh, leakyRelu, logSigmoid, mish, prelu, selu, silu, softplus, step } from "./ops/activation";
export { add, div, eq, eqI32, ge, gt, le, lt, maximum, minimum, mul, ne, sub } from "./ops/binary";
export { type Context, defineOp, type Forward, type OpRecord } from "./ops/define";
export { dropout } from "./ops/dropout";
export { linear, matmul } from "./ops/matmul";
export { layerNorm, rmsNorm } from "./ops/norm";
export { Generator, generator, manualSeed, mask, rand, randn, randperm } from "./ops/random";
export { mean, sum } from "./ops/reduce";
export { argmax, clamp, gatherRows, max, min, where } from "./ops/select";
export { clone, concat, detach, expand, permute, reshape, rows, slice, transpose } from "./ops/shape";
export { logSoftmax, softmax } from "./ops/softmax";
export { abs, exp, log, neg, pow, reciprocal, relu, sigmoid, sign, sqrt, square, tanh, toF32 } from "./ops/unary";
export { Adam, type AdamOptions, AdamW } from "./optim/adam";
export type { OptimizerConfig } from "./optim/index";
export { type GroupOptions, Optimizer, type Schedule } from "./optim/optimizer";
export { SGD, type SGDOptions } from "./optim/sgd";
export {
  Perceptron,
  type PerceptronOptions,
  type PerceptronResult,
  type PerceptronTraining,
  type TraceRow,
} from "./perceptron/perceptron";
export { ThresholdUnit, type UnitWeights } from "./perceptron/threshold";
export { arange, full, ones, type TensorOptions, tensor, zeros } from "./tensor/create";
export type { Shape } from "./tensor/shape";
export { type DType, isTensor, type Nested, scope, Tensor } from "./tensor/tensor";
export { type EvaluateOptions, evaluate } from "./train/evaluate";
export { fit } from "./train/fit";
export type { Callback, EpochRecord, FitContext, FitOptions, History, StepEvent, Verdict } from "./train/options";
export { type Prediction, type PredictOptions, type Predictor, predict, predictor } from "./train/predict";
export { type RunOptions, type TrainStep, type TrainStepOptions, trainStep } from "./train/step";
