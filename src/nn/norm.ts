import { OptionError, ShapeError } from "../core/errors";
import { layerNorm, normalizeChannels, rmsNorm } from "../ops/norm";
import { type Shape, showShape, sizeOf } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import { isTraining, Module } from "./module";
import { Buffer, Parameter } from "./parameter";

export interface BatchNormOptions {
  /** Added to the variance; above 0. Default 1e-5. */
  eps?: number;
  /** How far the running statistics move towards a batch's, 0 to 1; null: they are the average over all batches. Default 0.1. */
  momentum?: number | null;
  /** Learnable weight and bias for each channel. Default true. */
  affine?: boolean;
  /** Running statistics, used in evaluation; without, evaluation too uses those of the batch. Default true. */
  trackRunningStats?: boolean;
}

export interface LayerNormOptions {
  /** Added to the variance; above 0. Default 1e-5. */
  eps?: number;
  /** Learnable weight (and bias) for each item. Default true. */
  elementwiseAffine?: boolean;
  /** Default true. */
  bias?: boolean;
}

function checkEps(name: string, eps: number): void {
  if (!(eps > 0 && eps < Infinity)) throw new OptionError(`${name}: eps must be a finite number above 0, got ${eps}`);
}

function filled(shape: Shape, value: number): Parameter {
  return new Parameter(shape).set(new Float32Array(sizeOf(shape)).fill(value));
}

/**
 * y = (x - mean) / sqrt(variance + eps) weight + bias for each channel of x (batch, channels) or (batch, channels, length); the result has the shape of x.
 *
 * In training mean and variance (biased) are those of the batch, and the running ones move: running = (1 - momentum) running + momentum batch, the variance
 * unbiased there. In evaluation the running ones are used. State: weight, bias, running_mean, running_var, num_batches_tracked (f32, exact to 2^24), as in
 * PyTorch. With `accumulate`, each piece is normalised by itself and moves the running statistics.
 *
 * Throws OptionError for eps or momentum out of range, ShapeError for other shapes and, where the batch's own statistics are used, for one value a channel.
 * Ioffe and Szegedy 2015; PyTorch's nn.BatchNorm1d.
 */
export class BatchNorm1d extends Module {
  static override readonly type = "BatchNorm1d";
  static override readonly keepsValues = true;
  readonly eps: number;
  readonly momentum: number | null;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly running_mean: Buffer | undefined;
  readonly running_var: Buffer | undefined;
  readonly num_batches_tracked: Buffer | undefined;

  constructor(
    readonly numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true }: BatchNormOptions = {},
  ) {
    super();
    if (!Number.isInteger(numFeatures) || numFeatures < 1)
      throw new OptionError(`BatchNorm1d: numFeatures must be a whole number of 1 or more, got ${numFeatures}`);
    checkEps("BatchNorm1d", eps);
    if (momentum !== null && !(momentum >= 0 && momentum <= 1))
      throw new OptionError(`BatchNorm1d: momentum must lie in [0, 1], or be null for the average over all batches, got ${momentum}`);
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? filled([numFeatures], 1) : undefined;
    this.bias = affine ? filled([numFeatures], 0) : undefined;
    this.running_mean = trackRunningStats ? new Buffer([numFeatures]) : undefined;
    this.running_var = trackRunningStats ? new Buffer([numFeatures]).set(new Float32Array(numFeatures).fill(1)) : undefined;
    this.num_batches_tracked = trackRunningStats ? new Buffer([]) : undefined;
  }

  override get config() {
    const { numFeatures, eps, momentum } = this;
    return { numFeatures, eps, momentum, affine: this.weight !== undefined, trackRunningStats: this.running_mean !== undefined };
  }

  forward(x: Tensor): Tensor {
    const { numFeatures, eps, momentum, running_mean: mean, running_var: variance, num_batches_tracked: count } = this;
    if ((x.rank !== 2 && x.rank !== 3) || x.shape[1] !== numFeatures)
      throw new ShapeError(`BatchNorm1d: x is ${showShape(x.shape)}, expected [batch, ${numFeatures}] or [batch, ${numFeatures}, length]`);
    const affine = this.weight === undefined ? undefined : ([this.weight, this.bias!] as const);
    const running = mean === undefined ? undefined : { mean, variance: variance!, count: count! };
    if (running !== undefined && !isTraining(this)) return normalizeChannels(x, affine, { eps, given: running });
    if (x.size / numFeatures < 2)
      throw new ShapeError(
        `BatchNorm1d: x is ${showShape(x.shape)}: the variance of ${x.size / numFeatures} values a channel says nothing in training. Use batches of two rows ` +
          'or more (a smaller last batch: { lastBatch: "drop" } in fit), or evaluation mode',
      );
    return normalizeChannels(x, affine, running === undefined ? { eps } : { eps, track: { running, momentum } });
  }
}

const shapeOf = (name: string, given: number | Shape): Shape => {
  const shape = typeof given === "number" ? [given] : [...given];
  if (shape.length === 0 || !shape.every((d) => Number.isInteger(d) && d > 0))
    throw new OptionError(`${name}: normalizedShape must be whole numbers of 1 or more, got ${showShape(shape)}`);
  return shape;
};

/**
 * y = (x - mean) / sqrt(variance + eps) weight + bias over the last dimensions of x (..., ...normalizedShape), the same in training and evaluation; variance
 * biased; weight and bias of normalizedShape, 1 and 0 at first. Throws OptionError, ShapeError. Ba, Kiros and Hinton 2016; PyTorch's nn.LayerNorm.
 */
export class LayerNorm extends Module {
  static override readonly type = "LayerNorm";
  static override readonly keepsValues = true;
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;

  constructor(normalizedShape: number | Shape, { eps = 1e-5, elementwiseAffine = true, bias = true }: LayerNormOptions = {}) {
    super();
    this.normalizedShape = shapeOf("LayerNorm", normalizedShape);
    checkEps("LayerNorm", eps);
    this.eps = eps;
    this.weight = elementwiseAffine ? filled(this.normalizedShape, 1) : undefined;
    this.bias = elementwiseAffine && bias ? filled(this.normalizedShape, 0) : undefined;
  }

  override get config() {
    const { normalizedShape, eps } = this;
    return { normalizedShape, eps, elementwiseAffine: this.weight !== undefined, bias: this.bias !== undefined };
  }

  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }
}

/** y = x / sqrt(mean of squares + eps) weight over the last dimensions. Throws OptionError, ShapeError. Zhang and Sennrich 2019. */
export class RMSNorm extends Module {
  static override readonly type = "RMSNorm";
  static override readonly keepsValues = true;
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly weight: Parameter | undefined;

  constructor(normalizedShape: number | Shape, { eps = 1e-5, elementwiseAffine = true }: Omit<LayerNormOptions, "bias"> = {}) {
    super();
    this.normalizedShape = shapeOf("RMSNorm", normalizedShape);
    checkEps("RMSNorm", eps);
    this.eps = eps;
    this.weight = elementwiseAffine ? filled(this.normalizedShape, 1) : undefined;
  }

  override get config() {
    return { normalizedShape: this.normalizedShape, eps: this.eps, elementwiseAffine: this.weight !== undefined };
  }

  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight, this.eps);
  }
}
