import { OptionError } from "../core/errors";
import {
  type Approximate,
  checkApproximate,
  checkNumber,
  checkRange,
  checkSoftplus,
  elu,
  gelu,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  prelu,
  selu,
  silu,
  softplus,
  step,
} from "../ops/activation";
import { logSoftmax, softmax } from "../ops/softmax";
import { relu, sigmoid, tanh } from "../ops/unary";
import type { Tensor } from "../tensor/tensor";
import { Module } from "./module";
import { Parameter } from "./parameter";

// Activations as modules. Each keeps the shape of x; formulas, derivatives and sources stand at the functions.

/** max(x, 0) */
export class ReLU extends Module {
  static override readonly type = "ReLU";
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** 1 / (1 + e^-x) */
export class Sigmoid extends Module {
  static override readonly type = "Sigmoid";
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  static override readonly type = "Tanh";
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** Softmax along a dimension, the last by default. Losses take logits: leave it out of a model that is trained with crossEntropy. */
export class Softmax extends Module {
  static override readonly type = "Softmax";
  constructor(readonly dim = -1) {
    super();
  }
  override get config() {
    return { dim: this.dim };
  }
  forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }
}

/** Logarithm of softmax along a dimension, the last by default. */
export class LogSoftmax extends Module {
  static override readonly type = "LogSoftmax";
  constructor(readonly dim = -1) {
    super();
  }
  override get config() {
    return { dim: this.dim };
  }
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }
}

/** Threshold unit: 1 where x > 0, else 0. Derivative 0, or with straightThrough 1 everywhere. */
export class Step extends Module {
  static override readonly type = "Step";
  constructor(readonly straightThrough = false) {
    super();
  }
  override get config() {
    return { straightThrough: this.straightThrough };
  }
  forward(x: Tensor): Tensor {
    return step(x, this.straightThrough);
  }
}

/** x where x > 0, else negativeSlope x. */
export class LeakyReLU extends Module {
  static override readonly type = "LeakyReLU";
  constructor(readonly negativeSlope = 0.01) {
    super();
    checkNumber("LeakyReLU", "negativeSlope", negativeSlope);
  }
  override get config() {
    return { negativeSlope: this.negativeSlope };
  }
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

/**
 * x where x > 0, else w x with a learned w: one number, or one for each channel (dimension 1 of x). weight (numParameters) starts at init. Weight decay
 * pulls the slopes to 0, towards ReLU: He et al. 2015 train them without; a parameter group can.
 */
export class PReLU extends Module {
  static override readonly type = "PReLU";
  static override readonly keepsValues = true;
  readonly weight: Parameter;
  constructor(
    readonly numParameters = 1,
    readonly init = 0.25,
  ) {
    super();
    if (!Number.isInteger(numParameters) || numParameters < 1)
      throw new OptionError(`PReLU: numParameters must be a whole number of 1 or more, got ${numParameters}`);
    checkNumber("PReLU", "init", init);
    this.weight = new Parameter([numParameters]);
    this.weight.set(new Float32Array(numParameters).fill(init));
  }
  override get config() {
    return { numParameters: this.numParameters, init: this.init };
  }
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}

/** x where x > 0, else alpha (e^x - 1). */
export class ELU extends Module {
  static override readonly type = "ELU";
  constructor(readonly alpha = 1) {
    super();
    checkNumber("ELU", "alpha", alpha);
  }
  override get config() {
    return { alpha: this.alpha };
  }
  forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/** 1.0507010 times ELU with alpha = 1.6732632: self-normalising. */
export class SELU extends Module {
  static override readonly type = "SELU";
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

export interface GELUOptions {
  /** "none" (default): with the normal distribution itself; "tanh": with an approximation of it. */
  approximate?: Approximate;
}

/** x Phi(x), Phi the normal distribution. */
export class GELU extends Module {
  static override readonly type = "GELU";
  readonly approximate: Approximate;
  constructor({ approximate = "none" }: GELUOptions = {}) {
    super();
    checkApproximate("GELU", approximate);
    this.approximate = approximate;
  }
  override get config() {
    return { approximate: this.approximate };
  }
  forward(x: Tensor): Tensor {
    return gelu(x, this.approximate);
  }
}

/** x sigmoid(x) */
export class SiLU extends Module {
  static override readonly type = "SiLU";
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** x tanh(ln(1 + e^x)) */
export class Mish extends Module {
  static override readonly type = "Mish";
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** ln(1 + e^(beta x)) / beta; x itself where beta x > threshold. */
export class Softplus extends Module {
  static override readonly type = "Softplus";
  constructor(
    readonly beta = 1,
    readonly threshold = 20,
  ) {
    super();
    checkSoftplus("Softplus", beta, threshold);
  }
  override get config() {
    return { beta: this.beta, threshold: this.threshold };
  }
  forward(x: Tensor): Tensor {
    return softplus(x, this.beta, this.threshold);
  }
}

/** x between minVal and maxVal. */
export class Hardtanh extends Module {
  static override readonly type = "Hardtanh";
  constructor(
    readonly minVal = -1,
    readonly maxVal = 1,
  ) {
    super();
    checkRange("Hardtanh", minVal, maxVal);
  }
  override get config() {
    return { minVal: this.minVal, maxVal: this.maxVal };
  }
  forward(x: Tensor): Tensor {
    return hardtanh(x, this.minVal, this.maxVal);
  }
}

/** ln(1 / (1 + e^-x)) */
export class LogSigmoid extends Module {
  static override readonly type = "LogSigmoid";
  forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}
