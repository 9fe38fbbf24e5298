import { OptionError, ShapeError } from "../core/errors";
import { linear } from "../ops/matmul";
import { uniformInto } from "../ops/random";
import { reshape } from "../ops/shape";
import { showShape, sizeOf } from "../tensor/shape";
import type { Tensor } from "../tensor/tensor";
import type { Initializer } from "./init/define";
import { type InitializerSpec, initializerConfig, resolveInitializer } from "./init/initializers";
import { Module } from "./module";
import { Parameter } from "./parameter";

export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
  /** What the weight starts with: an initialiser, its name or its description. Default: uniform in +-1/sqrt(in). */
  init?: InitializerSpec;
  /** The same for the bias. */
  biasInit?: InitializerSpec;
}

/**
 * y = x w^T + b: x (..., in), weight (out, in), bias (out), y (..., out). Both start uniform in +-1/sqrt(in), as PyTorch's, or as `init` and `biasInit` say.
 */
export class Linear extends Module {
  static override readonly type = "Linear";
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  private readonly init: Initializer | undefined;
  private readonly biasInit: Initializer | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true, init, biasInit }: LinearOptions = {},
  ) {
    super();
    for (const [name, n] of [
      ["inFeatures", inFeatures],
      ["outFeatures", outFeatures],
    ] as const)
      if (!Number.isInteger(n) || n < 1) throw new OptionError(`Linear: ${name} must be a whole number of 1 or more, got ${n}`);
    if (!bias && biasInit !== undefined) throw new OptionError("Linear: biasInit is given, but bias is false; leave one of them out");
    this.init = init === undefined ? undefined : resolveInitializer("Linear: init", init);
    this.biasInit = biasInit === undefined ? undefined : resolveInitializer("Linear: biasInit", biasInit);
    this.weight = new Parameter([outFeatures, inFeatures]);
    this.bias = bias ? new Parameter([outFeatures]) : undefined;
    const bound = 1 / Math.sqrt(inFeatures);
    const usual = (p: Parameter) => uniformInto(p, -bound, bound);
    try {
      (this.init ?? usual)(this.weight);
      if (this.bias !== undefined) (this.biasInit ?? usual)(this.bias);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  override get config() {
    const { inFeatures, outFeatures, bias } = this;
    const [init, biasInit] = [initializerConfig(this.init), initializerConfig(this.biasInit)];
    return { inFeatures, outFeatures, bias: bias !== undefined, ...(init && { init }), ...(biasInit && { biasInit }) };
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
