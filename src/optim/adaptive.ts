import { Op } from "../../assembly/opcodes";
import type { GroupOptions, Params } from "./groups";
import { Optimizer } from "./optimizer";

export interface AdagradOptions extends GroupOptions {
  /** Of 0 or more: step t has the rate lr / (1 + (t - 1) lrDecay). Default 0. */
  lrDecay?: number;
  /** What the sum of squares starts from, 0 or more. Default 0. */
  initialAccumulatorValue?: number;
  /** Of 0 or more. Default 1e-10. */
  eps?: number;
}

/** Duchi, Hazan & Singer 2011, as torch.optim.Adagrad: s += g^2; p -= lr g / (sqrt(s) + eps). Default lr 0.01. */
export class Adagrad extends Optimizer<AdagradOptions> {
  static override readonly type: string = "adagrad";
  protected readonly op = Op.ADAGRAD;

  constructor(params: Params<AdagradOptions>, options: AdagradOptions = {}) {
    super(params, { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, ...options });
  }

  protected check(o: AdagradOptions): void {
    this.range("lrDecay", o.lrDecay, 0);
    this.range("initialAccumulatorValue", o.initialAccumulatorValue, 0);
    this.range("eps", o.eps, 0);
  }

  protected slots(): readonly string[] {
    return ["sum"];
  }

  protected override initial(o: AdagradOptions): number {
    return o.initialAccumulatorValue!;
  }

  protected fill(o: AdagradOptions, _running: number, row: Float32Array, at: number): void {
    row[at] = this.now[0]! / (1 + this.stepCount * o.lrDecay!);
    row[at + 1] = o.eps!;
  }
}

export interface AdadeltaOptions extends GroupOptions {
  /** Decay of both moving averages, in [0, 1]. Default 0.9. */
  rho?: number;
  /** Of 0 or more. Default 1e-6. */
  eps?: number;
}

/**
 * Zeiler 2012, as torch.optim.Adadelta: v = rho v + (1 - rho) g^2; d = g sqrt(u + eps) / sqrt(v + eps); u = rho u + (1 - rho) d^2; p -= lr d. Default lr 1.
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  static override readonly type: string = "adadelta";
  protected readonly op = Op.ADADELTA;

  constructor(params: Params<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(params, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, ...options });
  }

  protected check(o: AdadeltaOptions): void {
    this.range("rho", o.rho, 0, 1, true);
    this.range("eps", o.eps, 0);
  }

  protected slots(): readonly string[] {
    return ["square_avg", "acc_delta"];
  }

  protected fill(o: AdadeltaOptions, _running: number, row: Float32Array, at: number): void {
    row[at] = this.now[0]!;
    row[at + 1] = o.eps!;
    row[at + 2] = o.rho!;
    row[at + 3] = 1 - o.rho!;
  }
}

export interface RMSpropOptions extends GroupOptions {
  /** Decay of the moving averages, in [0, 1). Default 0.99. */
  alpha?: number;
  /** Of 0 or more. Default 1e-8. */
  eps?: number;
  /** In [0, 1). Default 0. */
  momentum?: number;
  /** Divide by the standard deviation instead of the root of the mean square. Default false. */
  centered?: boolean;
}

const [MOMENTUM, CENTERED] = [1, 2];

/**
 * Tieleman & Hinton 2012, as torch.optim.RMSprop: v = alpha v + (1 - alpha) g^2; s = g / (sqrt(v) + eps); p -= lr s, with momentum: b = momentum b + s; p -= lr b.
 * Centered (Graves 2013): v less the square of the moving average of g, at least 0. Default lr 0.01.
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  static override readonly type: string = "rmsprop";
  protected readonly op = Op.RMSPROP;

  constructor(params: Params<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(params, { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false, ...options });
  }

  protected check(o: RMSpropOptions): void {
    this.range("alpha", o.alpha, 0, 1);
    this.range("eps", o.eps, 0);
    this.range("momentum", o.momentum, 0, 1);
  }

  protected slots(o: RMSpropOptions): readonly string[] {
    return ["square_avg", o.centered === true ? "grad_avg" : "", o.momentum === 0 ? "" : "momentum_buffer"];
  }

  protected override flags(o: RMSpropOptions): number {
    return (o.momentum === 0 ? 0 : MOMENTUM!) | (o.centered === true ? CENTERED! : 0);
  }

  protected fill(o: RMSpropOptions, _running: number, row: Float32Array, at: number): void {
    row[at] = this.now[0]!;
    row[at + 1] = o.eps!;
    row[at + 2] = o.alpha!;
    row[at + 3] = 1 - o.alpha!;
    row[at + 4] = o.momentum!;
  }
}
