import { Op } from "../../assembly/opcodes";
import { OptionError } from "../core/errors";
import type { GroupOptions, Params } from "./groups";
import { Optimizer } from "./optimizer";

export interface RpropOptions extends GroupOptions {
  /** Factors of the step size where the gradient's sign turns, in (0, 1), and where it stays, above 1. Default [0.5, 1.2]. */
  etas?: readonly [number, number];
  /** Least and largest step size, 0 or more. Default [1e-6, 50]. */
  stepSizes?: readonly [number, number];
}

/**
 * Riedmiller & Braun 1993, as torch.optim.Rprop: each item has a step size, at first lr, and goes by it against the sign of its gradient; where the sign turns, the size
 * shrinks and the item rests for a step. For full batches. Default lr 0.01, which counts in the first step alone.
 */
export class Rprop extends Optimizer<RpropOptions> {
  static override readonly type: string = "rprop";
  protected readonly op = Op.RPROP;

  constructor(params: Params<RpropOptions>, options: RpropOptions = {}) {
    super(params, { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], weightDecay: 0, ...options });
  }

  protected check({ etas: [minus, plus] = [0, 0], stepSizes: [least, most] = [0, 0] }: RpropOptions): void {
    if (!(minus > 0 && minus < 1 && plus > 1 && plus < Infinity))
      throw new OptionError(`${this.constructor.name}: etas must lie in (0, 1) and (1, Infinity), got ${minus} and ${plus}`);
    this.range("stepSizes[0]", least, 0);
    this.range("stepSizes[1]", most, least);
  }

  protected slots(): readonly string[] {
    return ["prev", "step_size"];
  }

  protected override initial(o: RpropOptions, slot: number): number {
    return slot === 0 ? 0 : this.rate(o);
  }

  protected fill(o: RpropOptions, _running: number, row: Float32Array, at: number): void {
    row[at] = o.etas![0];
    row[at + 1] = o.etas![1];
    row[at + 2] = o.stepSizes![0];
    row[at + 3] = o.stepSizes![1];
  }
}

export interface LionOptions extends GroupOptions {
  /** Weight of the momentum in the step, and its decay, each in [0, 1). Default [0.9, 0.99]. */
  betas?: readonly [number, number];
}

/**
 * Evolved sign momentum (Chen et al. 2023, algorithm 2): p *= 1 - lr weightDecay; p -= lr sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g. Default lr 1e-4:
 * steps are as long as the rate, so it should be 3 to 10 times smaller than Adam's.
 */
export class Lion extends Optimizer<LionOptions> {
  static override readonly type: string = "lion";
  protected override readonly decoupled = true;
  protected readonly op = Op.LION;

  constructor(params: Params<LionOptions>, options: LionOptions = {}) {
    super(params, { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, ...options });
  }

  protected check(o: LionOptions): void {
    for (const k of [0, 1] as const) this.range(`betas[${k}]`, o.betas?.[k], 0, 1);
  }

  protected slots(): readonly string[] {
    return ["exp_avg"];
  }

  protected fill(o: LionOptions, _running: number, row: Float32Array, at: number): void {
    const lr = this.now[0]!;
    row[at] = lr;
    row[at + 1] = o.betas![0];
    row[at + 2] = 1 - o.betas![0];
    row[at + 3] = o.betas![1];
    row[at + 4] = 1 - o.betas![1];
    row[at + 5] = 1 - lr * o.weightDecay!;
  }
}
