import { Op } from "../../assembly/opcodes";
import { power } from "./arithmetic";
import type { GroupOptions, Params } from "./groups";
import { Optimizer } from "./optimizer";

export interface MomentOptions extends GroupOptions {
  /** Decay of both moving averages, each in [0, 1). Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Of 0 or more. Default 1e-8. */
  eps?: number;
}

export interface AdamOptions extends MomentOptions {
  /** Divide by the largest second moment so far (Reddi, Kale & Kumar 2018). Default false. */
  amsgrad?: boolean;
}

export interface NAdamOptions extends MomentOptions {
  /** Of 0 or more. Default 4e-3. */
  momentumDecay?: number;
}

/** What optimizers with two moving averages share. Running numbers: beta1^t, beta2^t, as repeated products. */
abstract class Moments<O extends MomentOptions> extends Optimizer<O> {
  protected readonly op: Op = Op.ADAM;

  protected check(o: O): void {
    for (const k of [0, 1] as const) this.range(`betas[${k}]`, o.betas?.[k], 0, 1);
    this.range("eps", o.eps, 0);
  }

  protected slots(_options: O): readonly string[] {
    return ["exp_avg", "exp_avg_sq"];
  }

  protected override running(_options: O): readonly number[] {
    return [1, 1, 1, 1];
  }

  /**
   * The row but for the factors of the step. Nothing that varies passes through arguments or results here: a number that does is boxed at each step where the
   * engine does not inline the call.
   */
  protected averages(o: O, row: Float32Array, at: number): void {
    // by index: taking a pair apart boxes its numbers
    const b1 = o.betas![0];
    const b2 = o.betas![1];
    row[at + 2] = o.eps!;
    row[at + 3] = b1;
    row[at + 4] = 1 - b1;
    row[at + 5] = b2;
    row[at + 6] = 1 - b2;
    row[at + 7] = 1;
    row[at + 8] = 0;
  }
}

/**
 * Adam (Kingma & Ba 2015) as torch.optim.Adam: g += weightDecay p; m and v are moving averages of g and g^2;
 * p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps). Default lr 1e-3.
 */
export class Adam extends Moments<AdamOptions> {
  static override readonly type: string = "adam";

  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false, ...options });
  }

  protected override slots(o: AdamOptions): readonly string[] {
    return o.amsgrad === true ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"];
  }

  protected override flags(o: AdamOptions): number {
    return o.amsgrad === true ? 1 : 0;
  }

  protected fill(o: AdamOptions, running: number, row: Float32Array, at: number): void {
    const { counters } = this;
    const p1 = (counters[running]! *= o.betas![0]);
    const p2 = (counters[running + 1]! *= o.betas![1]);
    this.averages(o, row, at);
    const lr = this.now[0]!;
    row[at] = lr / (1 - p1);
    row[at + 1] = 1 / Math.sqrt(1 - p2);
    row[at + 7] = this.decoupled ? 1 - lr * o.weightDecay! : 1;
  }
}

/** Adam with the decay taken from the parameter itself (Loshchilov & Hutter 2019), as torch.optim.AdamW: p *= 1 - lr weightDecay. Default weightDecay 0.01. */
export class AdamW extends Adam {
  static override readonly type: string = "adamw";
  protected override readonly decoupled = true;

  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, { weightDecay: 0.01, ...options });
  }
}

/**
 * Adam with Nesterov momentum (Dozat 2016) as torch.optim.NAdam: mu_t = beta1 (1 - 0.96^(t momentumDecay) / 2), M_t = mu_1 ... mu_t;
 * p -= lr ((1 - mu_t) / (1 - M_t) g + mu_(t+1) / (1 - M_(t+1)) m) / (sqrt(v / (1 - beta2^t)) + eps). Default lr 2e-3.
 */
export class NAdam extends Moments<NAdamOptions> {
  static override readonly type: string = "nadam";

  constructor(params: Params<NAdamOptions>, options: NAdamOptions = {}) {
    super(params, { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3, ...options });
  }

  protected override check(o: NAdamOptions): void {
    super.check(o);
    this.range("momentumDecay", o.momentumDecay, 0);
  }

  /** A momentumDecay and 0.96 to its power: the series takes longer than the rest of a step. */
  private readonly ratio = new Float64Array([0, 1]);

  /** Running numbers: mu_1 ... mu_t, beta2^t, 0.96^(t momentumDecay). */
  protected fill(o: NAdamOptions, running: number, row: Float32Array, at: number): void {
    const { counters } = this;
    const lr = this.now[0]!;
    const b1 = o.betas![0];
    if (this.ratio[0] !== o.momentumDecay!) this.ratio.set([o.momentumDecay!, power(0.96, o.momentumDecay!)]);
    const ratio = this.ratio[1]!;
    const decayed = (counters[running + 2]! *= ratio);
    const mu = b1 * (1 - 0.5 * decayed);
    const next = b1 * (1 - 0.5 * decayed * ratio);
    const product = (counters[running]! *= mu);
    const p2 = (counters[running + 1]! *= o.betas![1]);
    this.averages(o, row, at);
    row[at + 1] = 1 / Math.sqrt(1 - p2);
    row[at] = (lr * next) / (1 - product * next);
    row[at + 8] = (lr * (1 - mu)) / (1 - product);
  }
}

/**
 * Rectified Adam (Liu et al. 2020) as torch.optim.RAdam: rho = 2 / (1 - beta2) - 1, r_t = rho - 2 t beta2^t / (1 - beta2^t); while r_t <= 5: p -= lr / (1 - beta1^t) m,
 * then times the rectification and sqrt(1 - beta2^t) / (sqrt(v) + eps). Default lr 1e-3.
 */
export class RAdam extends Moments<MomentOptions> {
  static override readonly type: string = "radam";

  constructor(params: Params<MomentOptions>, options: MomentOptions = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, ...options });
  }

  protected fill(o: MomentOptions, running: number, row: Float32Array, at: number): void {
    const { counters } = this;
    const b2 = o.betas![1];
    const p1 = (counters[running]! *= o.betas![0]);
    const p2 = (counters[running + 1]! *= b2);
    const most = 2 / (1 - b2) - 1;
    const now = most - (2 * (this.stepCount + 1) * p2) / (1 - p2);
    const size = this.now[0]! / (1 - p1);
    this.averages(o, row, at);
    if (now > 5) {
      const rectified = Math.sqrt(((now - 4) * (now - 2) * most) / ((most - 4) * (most - 2) * now));
      row[at + 1] = 1;
      row[at] = size * rectified * Math.sqrt(1 - p2);
    } else {
      // divided by 0 sqrt(v) + 1
      row[at + 1] = 0;
      row[at + 2] = 1;
      row[at] = size;
    }
  }
}

/**
 * Adam by the largest gradient instead of the mean square (Kingma & Ba 2015, section 7.1) as torch.optim.Adamax: u = max(beta2 u, |g| + eps);
 * p -= lr / (1 - beta1^t) m / u. Default lr 2e-3.
 */
export class Adamax extends Moments<MomentOptions> {
  static override readonly type: string = "adamax";
  protected override readonly op = Op.ADAMAX;

  constructor(params: Params<MomentOptions>, options: MomentOptions = {}) {
    super(params, { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, ...options });
  }

  protected override slots(): readonly string[] {
    return ["exp_avg", "exp_inf"];
  }

  protected fill(o: MomentOptions, running: number, row: Float32Array, at: number): void {
    const b1 = o.betas![0];
    row[at] = this.now[0]! / (1 - (this.counters[running]! *= b1));
    row[at + 1] = o.eps!;
    row[at + 2] = b1;
    row[at + 3] = 1 - b1;
    row[at + 4] = o.betas![1];
  }
}
