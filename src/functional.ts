/** Everything as functions and classes, without the methods on Tensor: for bundlers that drop what is not used. */
export { type BackwardOptions, backward } from "./autograd/backward";
export { noGrad } from "./autograd/graph";
export * from "./core/errors";
export type { InitOptions } from "./core/options";
export type { ProfileRow } from "./core/profile";
export type { Instruction, Program, Section } from "./core/program";
export { init, type RuntimeInfo, runtimeInfo } from "./core/runtime";
export { shutdown } from "./core/shutdown";
export { type MemoryInfo, memory } from "./core/storage";
export type { Threads } from "./core/threads";
export type { Input, Raw } from "./data/column";
export type { DataSet } from "./data/dataset";
export { decodeIdx, type IdxArray, type IdxArrays, readIdx } from "./data/idx";
export { type SplitOptions, splitIndices } from "./data/split";
export { type BuildOptions, fromConfig, type ModuleClass, registerModule } from "./io/build";
export { loadCheckpoint, saveCheckpoint } from "./io/checkpoint";
export { describe, type ModuleConfig } from "./io/describe";
export type { SafeData, SafeDType } from "./io/dtypes";
export { writeFileAtomic } from "./io/file";
export {
  type IncompatibleKeys,
  type LoadWeightsOptions,
  load,
  loadModel,
  loadWeights,
  type SaveOptions,
  save,
  saveModel,
} from "./io/model";
export type { CheckpointPlace } from "./io/places";
export { readSafetensors, type SafeInput, type SafeTensor, type SafeTensors, writeSafetensors } from "./io/safetensors";
export { type BinaryLogitOptions, type BinaryOptions, bce, bceWithLogits } from "./loss/binary";
export {
  type ClassOptions,
  type CrossEntropyOptions,
  crossEntropy,
  crossEntropyOnProbabilities,
  type HingeOptions,
  hinge,
  nll,
} from "./loss/classes";
export { type ConfiguredLoss, type Loss, type LossOptions, oneHot } from "./loss/define";
export type { LossConfig, LossName, LossSpec } from "./loss/losses";
export {
  type BinaryHingeOptions,
  binaryHinge,
  type HuberOptions,
  huber,
  klDiv,
  mae,
  mse,
  type SmoothL1Options,
  smoothL1,
  squaredError,
} from "./loss/numbers";
export {
  accuracy,
  type BinaryAccuracy,
  binaryAccuracy,
  type Metric,
  type MetricName,
  type MetricSpec,
  rmse,
  topK,
} from "./metrics/metrics";
export {
  type Classes,
  type ClassFigures,
  type ClassificationReport,
  classificationReport,
  confusionMatrix,
  type Outputs,
  r2,
} from "./metrics/results";
export {
  bootstrap,
  type CalibrationBin,
  calibration,
  type Interval,
  logLoss,
  type Probabilities,
  type RocPoint,
  rocAuc,
  rocAucOvr,
  rocCurve,
} from "./metrics/scores";
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
export type { ConfiguredInitializer, Initializer } from "./nn/init/define";
export { calculateGain, type Nonlinearity } from "./nn/init/fans";
export { type InitializeOptions, initialize } from "./nn/init/initialize";
export {
  type GainOptions,
  type HeOptions,
  type InitializerConfig,
  type InitializerName,
  type InitializerSpec,
  initializers,
  type NormalOptions,
  type TruncatedNormalOptions,
  type UniformOptions,
} from "./nn/init/initializers";
export { Flatten, Linear, type LinearOptions } from "./nn/layers";
export { type ActivationName, type MlpOptions, mlp } from "./nn/mlp";
export { Module, type StateDict } from "./nn/module";
export { BatchNorm1d, type BatchNormOptions, LayerNorm, type LayerNormOptions, RMSNorm } from "./nn/norm";
export { Buffer, Parameter } from "./nn/parameter";
export { Sequential, type Stage } from "./nn/sequential";
export { type Approximate, elu, gelu, hardtanh, leakyRelu, logSigmoid, mish, prelu, selu, silu, softplus, step } from "./ops/activation";
export { add, div, eq, eqI32, ge, gt, le, lt, maximum, minimum, mul, ne, sub } from "./ops/binary";
export { type Context, type DefinedOp, defineOp, type Forward, type OpRecord, type Value } from "./ops/define";
export { dropout } from "./ops/dropout";
export type { Reduction } from "./ops/loss";
export { linear, matmul } from "./ops/matmul";
export { layerNorm, rmsNorm } from "./ops/norm";
export { Generator, generator, manualSeed, mask, rand, randn, randperm } from "./ops/random";
export { type Dims, mean, sum } from "./ops/reduce";
export { argmax, clamp, gatherRows, max, min, where } from "./ops/select";
export { clone, concat, detach, expand, permute, reshape, rows, slice, transpose } from "./ops/shape";
export { logSoftmax, softmax } from "./ops/softmax";
export { abs, exp, log, neg, pow, reciprocal, relu, sigmoid, sign, sqrt, square, tanh, toF32 } from "./ops/unary";
export { Adam, Adamax, type AdamOptions, AdamW, type MomentOptions, NAdam, type NAdamOptions, RAdam } from "./optim/adam";
export { Adadelta, type AdadeltaOptions, Adagrad, type AdagradOptions, RMSprop, type RMSpropOptions } from "./optim/adaptive";
export { AveragedModel, type AveragedOptions } from "./optim/averaged";
export { type Clip, clipGradNorm, clipGradValue } from "./optim/clip";
export type { Group, GroupOptions, ParameterGroup, Params } from "./optim/groups";
export type { OptimizerConfig } from "./optim/index";
export { LBFGS, type LBFGSOptions } from "./optim/lbfgs";
export { gradientNorms } from "./optim/norms";
export { Optimizer } from "./optim/optimizer";
export { penalty, type Regularization } from "./optim/regularization";
export {
  type CosineOptions,
  type CosineRestartsOptions,
  constant,
  cosine,
  cosineRestarts,
  exponential,
  linearDecay,
  type MultiStepOptions,
  multiStep,
  type OneCycleOptions,
  oneCycle,
  type PolynomialOptions,
  polynomial,
  type Schedule,
  type ScheduleConfig,
  type StepDecayOptions,
  stepDecay,
  type WarmupOptions,
  warmup,
} from "./optim/schedules";
export { Momentum, type MomentumOptions, NAG, SGD, type SGDOptions } from "./optim/sgd";
export { Lion, type LionOptions, Rprop, type RpropOptions } from "./optim/signs";
export type { OptimizerState } from "./optim/state";
export {
  Perceptron,
  type PerceptronOptions,
  type PerceptronResult,
  type PerceptronTraining,
  type TraceRow,
} from "./perceptron/perceptron";
export { ThresholdUnit, type UnitWeights } from "./perceptron/threshold";
export { arange, full, type Numbers, ones, type TensorOptions, tensor, zeros } from "./tensor/create";
export type { Shape } from "./tensor/shape";
export { type DType, isTensor, type Nested, scope, Tensor } from "./tensor/tensor";
export { type Cost, costOf } from "./train/cost";
export { type EvaluateOptions, evaluate } from "./train/evaluate";
export { type ExplainOptions, explain } from "./train/explain";
export type { ExplainedLayer, ExplainedParameter, ExplainedUnit, ExplainedWeight, Explanation } from "./train/explanation";
export type { RunOptions, TrainStep, TrainStepOptions } from "./train/faces";
export type { SourceMode } from "./train/feed";
export { fit } from "./train/fit";
export { type EarlyStoppingOptions, earlyStopping, type MonitorOptions, stopWhenPerfect } from "./train/monitor";
export type { Callback, CheckpointOptions, EpochRecord, FitContext, FitOptions, History, StepEvent, Verdict } from "./train/options";
export { type PlateauState, type ReduceOnPlateau, type ReduceOnPlateauOptions, reduceOnPlateau } from "./train/plateau";
export { type Prediction, type PredictOptions, predict, type SampledPrediction } from "./train/predict";
export { type Predictor, predictor } from "./train/predictor";
export { type Corruption, type PretrainHistory, type PretrainOptions, pretrain } from "./train/pretrain";
export type { ProgressOutput, ProgressUpdate } from "./train/progress";
export { trainStep } from "./train/step";
