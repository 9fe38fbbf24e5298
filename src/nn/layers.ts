import { OptionError, ShapeError } from "../core/errors";
import { linear } from "../ops/matmul";
import { uniformInto } from "../ops/random";
import { reshape } from "../ops/shape";
import { showShape, sizeOf } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import { Module } from "./module";
import { Parameter } from "./parameter";

export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
}

/**
 * y = x w^T + b: x (..., in), weight (out, in), bias (out), y (..., out). Both start uniform in +-1/sqrt(in), as PyTorch's.
 */
export class Linear extends Module {
  static override readonly type = "Linear";
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true }: LinearOptions = {},
  ) {
    super();
    for (const [name, n] of [
      ["inFeatures", inFeatures],
      ["outFeatures", outFeatures],
    ] as const)
      if (!Number.isInteger(n) || n < 1) throw new OptionError(`Linear: ${name} must be a whole number of 1 or more, got ${n}`);
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = new Parameter([outFeatures, inFeatures]);
    uniformInto(this.weight, -bound, bound);
    this.bias = bias ? new Parameter([outFeatures]) : undefined;
    if (this.bias !== undefined) uniformInto(this.bias, -bound, bound);
  }

  override get config() {
    return { inFeatures: this.inFeatures, outFeatures: this.outFeatures, bias: this.bias !== undefined };
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

/** (batch, ...) to (batch, everything else). */
export class Flatten extends Module {
  static override readonly type = "Flatten";
  forward(x: Tensor): Tensor {
    if (x.rank < 1) throw new ShapeError(`Flatten: needs a batch dimension, got shape ${showShape(x.shape)}`);
    return reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
  }
}
