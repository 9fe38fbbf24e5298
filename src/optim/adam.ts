import { Op } from "../../assembly/opcodes";
import { emit, type Ref } from "../core/emit";
import type { Parameter } from "../nn/parameter";
import type { Tensor } from "../tensor/tensor";
import { checkRange, checkRate, type GroupOptions, Optimizer, type ParameterGroup, RUNNING } from "./optimizer";

export interface AdamOptions extends GroupOptions {
  /** Decay of both moving averages, in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Default 1e-8. */
  eps?: number;
}

const [DECOUPLED, L2] = [1, 2];

/**
 * Adam, Kingma & Ba 2015, as in PyTorch: m and v are moving averages of g and g^2, p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps).
 * weightDecay adds to the gradient.
 */
export class Adam extends Optimizer<AdamOptions> {
  static override readonly type: string = "adam";
  readonly width = 12;
  protected readonly decoupled: boolean = false;

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<AdamOptions>[], options: AdamOptions = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, ...options });
    const name = this.constructor.name;
    for (const [k, { options: o }] of this.groups.entries()) {
      checkRate(name, o.lr);
      for (const [j, beta] of o.betas!.entries()) checkRange(`${name}: betas[${j}]`, beta, 0, 1);
      checkRange(`${name}: eps`, o.eps!, 0);
      checkRange(`${name}: weightDecay`, o.weightDecay!, 0);
      this.counters.fill(1, powers(k), powers(k) + 2);
    }
  }

  protected stateCount(): number {
    return 2;
  }

  protected fill(o: AdamOptions, group: number, row: Float32Array, at: number): void {
    // by index: taking a pair apart boxes its numbers
    const b1 = o.betas![0];
    const b2 = o.betas![1];
    const lr = this.rate(o);
    // beta^t as a repeated product: Math.pow differs between engines
    const k = powers(group);
    const p1 = (this.counters[k]! *= b1);
    const p2 = (this.counters[k + 1]! *= b2);
    row[at] = lr / (1 - p1);
    row[at + 1] = Math.sqrt(1 - p2);
    row[at + 2] = o.eps!;
    row[at + 3] = b1;
    row[at + 4] = 1 - b1;
    row[at + 5] = b2;
    row[at + 6] = 1 - b2;
    row[at + 7] = o.weightDecay!;
    row[at + 8] = 1 - lr * o.weightDecay!;
  }

  protected update(o: AdamOptions, list: readonly { p: Tensor; g: Tensor; state: readonly Tensor[] }[], hyper: Ref): void {
    const flags = o.weightDecay === 0 ? 0 : this.decoupled ? DECOUPLED! : L2!;
    emit(Op.ADAM, hyper, flags, ...list.flatMap(({ p, g, state: [m, v] }) => [p.ref, g.ref, m!.ref, v!.ref, p.size]));
  }
}

/** Adam with the decay taken from the parameter itself (Loshchilov & Hutter 2019): p *= 1 - lr weightDecay. Default weightDecay 0.01. */
export class AdamW extends Adam {
  static override readonly type: string = "adamw";
  protected override readonly decoupled = true;

  constructor(params: Iterable<Parameter> | readonly ParameterGroup<AdamOptions>[], options: AdamOptions = {}) {
    super(params, { weightDecay: 0.01, ...options });
  }
}

/** Where a group keeps beta1^t and beta2^t among the counters. */
const powers = (group: number) => 1 + RUNNING * group;
