import { Op } from "../../assembly/opcodes";
import { emit, type Ref } from "../core/emit";
import { OptionError } from "../core/errors";
import type { Parameter } from "../nn/parameter";
import type { Tensor } from "../tensor/tensor";
import { checkRange, checkRate, type GroupOptions, Optimizer, type ParameterGroup } from "./optimizer";

export interface SGDOptions extends GroupOptions {
  /** In [0, 1). Default 0. */
  momentum?: number;
  /** Default 0. */
  dampening?: number;
  /** Look ahead along the momentum; needs momentum and no dampening. */
  nesterov?: boolean;
}

const [MOMENTUM, NESTEROV] = [1, 2];

/**
 * Stochastic gradient descent as in PyTorch: g += weightDecay p; buffer = momentum buffer + (1 - dampening) g (the first step: g); p -= lr buffer,
 * or with nesterov p -= lr (g + momentum buffer). In Sutskever's form and most lectures the rate stands inside the velocity instead.
 */
export class SGD extends Optimizer<SGDOptions> {
  static override readonly type = "sgd";
  readonly width = 8;

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<SGDOptions>[], options: SGDOptions = {}) {
    super(params, { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, ...options });
    for (const { options: o } of this.groups) {
      checkRate("SGD", o.lr);
      checkRange("SGD: momentum", o.momentum!, 0, 1);
      checkRange("SGD: dampening", o.dampening!, 0, 1, true);
      checkRange("SGD: weightDecay", o.weightDecay!, 0);
      if (o.nesterov === true && (o.momentum === 0 || o.dampening !== 0))
        throw new OptionError("SGD: nesterov needs a momentum above 0 and a dampening of 0");
    }
  }

  protected stateCount(o: SGDOptions): number {
    return o.momentum === 0 ? 0 : 1;
  }

  protected fill(o: SGDOptions, _group: number, row: Float32Array, at: number): void {
    const first = this.stepCount === 0;
    row[at] = this.rate(o);
    row[at + 1] = first ? 0 : o.momentum!;
    row[at + 2] = first ? 1 : 1 - o.dampening!;
    row[at + 3] = o.weightDecay!;
    row[at + 4] = o.momentum!;
  }

  protected update(o: SGDOptions, list: readonly { p: Tensor; g: Tensor; state: readonly Tensor[] }[], hyper: Ref): void {
    const flags = (o.momentum === 0 ? 0 : MOMENTUM!) | (o.nesterov === true ? NESTEROV! : 0);
    emit(Op.SGD, hyper, flags, ...list.flatMap(({ p, g, state }) => [p.ref, g.ref, state[0]?.ref ?? 0, p.size]));
  }
}
