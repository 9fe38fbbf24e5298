import { Op } from "../../assembly/opcodes";
import { OptionError } from "../core/errors";
import type { Parameter } from "../nn/parameter";
import type { GroupOptions, ParameterGroup } from "./groups";
import { Optimizer } from "./optimizer";

export interface SGDOptions extends GroupOptions {
  /** In [0, 1). Default 0. */
  momentum?: number;
  /** In [0, 1]. Default 0. */
  dampening?: number;
  /** Look ahead along the momentum (Nesterov 1983); needs momentum and no dampening. Default false. */
  nesterov?: boolean;
}

const [MOMENTUM, NESTEROV] = [1, 2];

/**
 * Stochastic gradient descent as torch.optim.SGD: g += weightDecay p; v = momentum v + (1 - dampening) g (the first step: v = g); p -= lr v, or with nesterov
 * p -= lr (g + momentum v). The rate stands outside the velocity: a new rate changes the whole step at once. Lectures mostly put it inside: see Momentum. Default lr 1e-3.
 */
export class SGD extends Optimizer<SGDOptions> {
  static override readonly type: string = "sgd";
  protected readonly op = Op.SGD;

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<SGDOptions>[], options: SGDOptions = {}) {
    super(params, { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, ...options });
  }

  protected check(o: SGDOptions): void {
    this.range("momentum", o.momentum, 0, 1);
    this.range("dampening", o.dampening, 0, 1, true);
    if (o.nesterov === true && (o.momentum === 0 || o.dampening !== 0))
      throw new OptionError(`${this.constructor.name}: nesterov needs a momentum above 0 and a dampening of 0`);
  }

  protected slots(o: SGDOptions): readonly string[] {
    return o.momentum === 0 ? [] : ["momentum_buffer"];
  }

  protected override flags(o: SGDOptions): number {
    return (o.momentum === 0 ? 0 : MOMENTUM!) | (o.nesterov === true ? NESTEROV! : 0);
  }

  protected fill(o: SGDOptions, _running: number, row: Float32Array, at: number): void {
    const first = this.stepCount === 0;
    row[at] = this.now[0]!;
    row[at + 1] = o.momentum!;
    row[at + 2] = first ? 1 : 1 - o.dampening!;
    row[at + 3] = o.momentum!;
    row[at + 4] = 1;
  }
}

export interface MomentumOptions extends GroupOptions {
  /** gamma, in [0, 1). Default 0.9. */
  momentum?: number;
  /** Take the gradient at p - gamma v instead of p. Default false. */
  nesterov?: boolean;
}

/**
 * Momentum as lectures write it: v = gamma v + lr g; p -= v (Rumelhart, Hinton & Williams 1986). With a constant rate the same as SGD's, whose v lacks the factor
 * lr; when the rate changes, what v has gathered keeps its old rate here, and takes the new one there. Default lr 1e-3.
 */
export class Momentum extends Optimizer<MomentumOptions> {
  static override readonly type: string = "momentum";
  protected readonly op = Op.SGD;

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<MomentumOptions>[], options: MomentumOptions = {}) {
    super(params, { lr: 1e-3, momentum: 0.9, weightDecay: 0, nesterov: false, ...options });
  }

  protected check(o: MomentumOptions): void {
    this.range("momentum", o.momentum, 0, 1);
  }

  protected slots(): readonly string[] {
    return ["momentum_buffer"];
  }

  protected override flags(o: MomentumOptions): number {
    return MOMENTUM! | (o.nesterov === true ? NESTEROV! : 0);
  }

  protected fill(o: MomentumOptions, _running: number, row: Float32Array, at: number): void {
    const lr = this.now[0]!;
    row[at] = 1;
    row[at + 1] = o.momentum!;
    row[at + 2] = lr;
    row[at + 3] = o.momentum!;
    row[at + 4] = lr;
  }
}

/**
 * Nesterov's accelerated gradient as lectures write it: v = gamma v + lr grad E(w - gamma v); w -= v. What the parameters hold between steps is w - gamma v, the point
 * where the next gradient is taken (Sutskever et al. 2013). With a constant rate the same as SGD with nesterov.
 */
export class NAG extends Momentum {
  static override readonly type: string = "nag";

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<MomentumOptions>[], options: MomentumOptions = {}) {
    super(params, { nesterov: true, ...options });
  }
}
