import { OptionError } from "../core/errors";
import { cosPi, power, wholePower } from "./arithmetic";
import { checkRange } from "./check";

/**
 * The rate of each optimizer step, counted from 0: a function of the step alone. Those below also carry the JSON that makes them again. For epochs, multiply: an epoch
 * has ceil(ceil(rows / batchSize) / accumulate) updates, so a step every 10 epochs is stepDecay(lr, { every: 10 * updates }).
 */
export interface Schedule {
  (step: number): number;
  readonly config?: ScheduleConfig;
}

/** A schedule as JSON. */
export type ScheduleConfig =
  | { type: "constant"; lr: number }
  | ({ type: "stepDecay"; lr: number } & StepDecayOptions)
  | ({ type: "multiStep"; lr: number } & MultiStepOptions)
  | { type: "exponential"; lr: number; gamma: number }
  | ({ type: "cosine"; lr: number } & CosineOptions)
  | ({ type: "cosineRestarts"; lr: number } & CosineRestartsOptions)
  | ({ type: "polynomial"; lr: number } & PolynomialOptions)
  | ({ type: "oneCycle"; lr: number } & OneCycleOptions)
  | ({ type: "warmup"; steps: number; next: ScheduleConfig } & WarmupOptions);

const named = (f: (step: number) => number, config: ScheduleConfig): Schedule => Object.assign(f, { config });

function checkLr(type: string, lr: number): void {
  checkRange(`${type}: lr`, lr, 0);
}

function checkSteps(what: string, steps: number, least = 1): void {
  if (!Number.isInteger(steps) || steps < least) throw new OptionError(`${what} must be a whole number of ${least} or more, got ${steps}`);
}

/** Always the same. */
export function constant(lr: number): Schedule {
  checkLr("constant", lr);
  return named(() => lr, { type: "constant", lr });
}

export interface StepDecayOptions {
  /** Steps between two changes. */
  every: number;
  /** Default 0.1. */
  gamma?: number;
}

/** lr * gamma^floor(step / every): torch.optim.lr_scheduler.StepLR. */
export function stepDecay(lr: number, options: StepDecayOptions): Schedule {
  const { every, gamma = 0.1 } = options;
  checkLr("stepDecay", lr);
  checkSteps("stepDecay: every", every);
  checkRange("stepDecay: gamma", gamma, 0);
  return named((step) => lr * wholePower(gamma, Math.floor(step / every)), { type: "stepDecay", lr, every, gamma });
}

export interface MultiStepOptions {
  /** The steps at which the rate changes, ascending. */
  milestones: readonly number[];
  /** Default 0.1. */
  gamma?: number;
}

/** lr times gamma for each milestone passed: torch's MultiStepLR. */
export function multiStep(lr: number, options: MultiStepOptions): Schedule {
  const { milestones, gamma = 0.1 } = options;
  checkLr("multiStep", lr);
  checkRange("multiStep: gamma", gamma, 0);
  for (const [k, m] of milestones.entries()) {
    checkSteps(`multiStep: milestones[${k}]`, m, 0);
    if (k > 0 && m < milestones[k - 1]!) throw new OptionError(`multiStep: milestones must ascend, got ${m} after ${milestones[k - 1]}`);
  }
  const passed = (step: number) => milestones.reduce((n, m) => n + (step >= m ? 1 : 0), 0);
  return named((step) => lr * wholePower(gamma, passed(step)), { type: "multiStep", lr, milestones: [...milestones], gamma });
}

/** lr * gamma^step: torch's ExponentialLR. */
export function exponential(lr: number, { gamma }: { gamma: number }): Schedule {
  checkLr("exponential", lr);
  checkRange("exponential: gamma", gamma, 0);
  return named((step) => lr * wholePower(gamma, step), { type: "exponential", lr, gamma });
}

export interface CosineOptions {
  /** Steps from lr to `min`. */
  steps: number;
  /** Default 0. */
  min?: number;
}

const halfCosine = (from: number, to: number, share: number): number => to + ((from - to) * (1 + cosPi(share))) / 2;

/** Half a cosine from lr down to `min` (Loshchilov & Hutter 2017): torch's CosineAnnealingLR, but past `steps` it stays at `min` where torch's rises again. */
export function cosine(lr: number, options: CosineOptions): Schedule {
  const { steps, min = 0 } = options;
  checkLr("cosine", lr);
  checkSteps("cosine: steps", steps);
  checkRange("cosine: min", min, 0);
  return named((step) => halfCosine(lr, min, Math.min(1, step / steps)), { type: "cosine", lr, steps, min });
}

export interface CosineRestartsOptions {
  /** Steps of the first period. */
  steps: number;
  /** How many times longer each period is than the one before: a whole number. Default 1. */
  factor?: number;
  /** Default 0. */
  min?: number;
}

/** Half cosines one after another, each from lr to `min`: torch's CosineAnnealingWarmRestarts. */
export function cosineRestarts(lr: number, options: CosineRestartsOptions): Schedule {
  const { steps, factor = 1, min = 0 } = options;
  checkLr("cosineRestarts", lr);
  checkSteps("cosineRestarts: steps", steps);
  checkSteps("cosineRestarts: factor", factor);
  checkRange("cosineRestarts: min", min, 0);
  const rate = (step: number) => {
    if (factor === 1) return halfCosine(lr, min, (step % steps) / steps);
    let [begin, length] = [0, steps];
    for (; step >= begin + length; length *= factor) begin += length;
    return halfCosine(lr, min, (step - begin) / length);
  };
  return named(rate, { type: "cosineRestarts", lr, steps, factor, min });
}

export interface PolynomialOptions {
  /** Steps from lr to `end`. */
  steps: number;
  /** 1 is a straight line. Default 1. */
  power?: number;
  /** Rate from step `steps` on. Default 0. */
  end?: number;
}

/** end + (lr - end) (1 - step / steps)^power, then `end`: torch's PolynomialLR, whose end is 0. */
export function polynomial(lr: number, options: PolynomialOptions): Schedule {
  const { steps, power: exponent = 1, end = 0 } = options;
  checkLr("polynomial", lr);
  checkSteps("polynomial: steps", steps);
  checkRange("polynomial: power", exponent, 0);
  checkRange("polynomial: end", end, 0);
  const rate = (step: number) => (step >= steps ? end : end + (lr - end) * power(1 - step / steps, exponent));
  return named(rate, { type: "polynomial", lr, steps, power: exponent, end });
}

/** A straight line from lr to `end` (default 0) within `steps`. */
export function linearDecay(lr: number, options: Omit<PolynomialOptions, "power">): Schedule {
  return polynomial(lr, { ...options, power: 1 });
}

export interface OneCycleOptions {
  /** Steps of the whole cycle. */
  steps: number;
  /** Share of them in which the rate rises. Default 0.3. */
  pctStart?: number;
  /** Half cosines or straight lines. Default "cos". */
  anneal?: "cos" | "linear";
  /** The first rate is lr / divFactor. Default 25. */
  divFactor?: number;
  /** The last is the first / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
}

/** Up to lr and far down again (Smith & Topin 2019): torch's OneCycleLR with max_lr = lr, the momentum staying as it is. Past `steps` the last rate. */
export function oneCycle(lr: number, options: OneCycleOptions): Schedule {
  const { steps, pctStart = 0.3, anneal = "cos", divFactor = 25, finalDivFactor = 1e4 } = options;
  checkLr("oneCycle", lr);
  checkSteps("oneCycle: steps", steps, 2);
  checkRange("oneCycle: pctStart", pctStart, 0, 1, true);
  checkRange("oneCycle: divFactor", divFactor, 1);
  checkRange("oneCycle: finalDivFactor", finalDivFactor, 1);
  if (anneal !== "cos" && anneal !== "linear") throw new OptionError(`oneCycle: anneal must be "cos" or "linear", got ${String(anneal)}`);
  const between = anneal === "cos" ? halfCosine : (from: number, to: number, share: number) => from + (to - from) * share;
  const [first, top] = [lr / divFactor, pctStart * steps - 1];
  const last = first / finalDivFactor;
  const rate = (step: number) => {
    if (step <= top) return between(first, lr, step / top);
    return between(lr, last, Math.min(1, (step - top) / (steps - 1 - top)));
  };
  return named(rate, { type: "oneCycle", lr, steps, pctStart, anneal, divFactor, finalDivFactor });
}

export interface WarmupOptions {
  /** Share of the full rate in step 0. Default 1 / 3, as in torch's LinearLR. */
  start?: number;
}

/**
 * A straight rise from start * then(0) to then(0) within `steps`, and from there `then`, which counts its own steps from 0: warmup(100, cosine(1e-3, { steps: 900 })).
 * torch: SequentialLR of a LinearLR and another.
 */
export function warmup(steps: number, then: Schedule, options: WarmupOptions = {}): Schedule {
  const { start = 1 / 3 } = options;
  checkSteps("warmup: steps", steps);
  checkRange("warmup: start", start, 0, 1, true);
  const rate = (step: number) => (step < steps ? then(0) * (start + ((1 - start) * step) / steps) : then(step - steps));
  return then.config === undefined ? rate : named(rate, { type: "warmup", steps, start, next: then.config });
}

/** The schedule a description tells of. */
export function resolveSchedule(config: ScheduleConfig): Schedule {
  switch (config.type) {
    case "constant":
      return constant(config.lr);
    case "stepDecay":
      return stepDecay(config.lr, config);
    case "multiStep":
      return multiStep(config.lr, config);
    case "exponential":
      return exponential(config.lr, config);
    case "cosine":
      return cosine(config.lr, config);
    case "cosineRestarts":
      return cosineRestarts(config.lr, config);
    case "polynomial":
      return polynomial(config.lr, config);
    case "oneCycle":
      return oneCycle(config.lr, config);
    case "warmup":
      return warmup(config.steps, resolveSchedule(config.next), config);
    default:
      throw new OptionError(`lr: unknown schedule "${String((config as { type: unknown }).type)}"`);
  }
}
