import { OptionError } from "../core/errors";
import type { DataSet } from "../data/dataset";
import type { CheckpointPlace } from "../io/places";
import type { LossSpec } from "../loss/losses";
import type { MetricSpec } from "../metrics/metrics";
import type { Module } from "../nn/module";
import type { AveragedModel, AveragedOptions } from "../optim/averaged";
import type { Clip } from "../optim/clip";
import type { OptimizerConfig } from "../optim/index";
import type { Optimizer } from "../optim/optimizer";
import type { Regularization } from "../optim/regularization";
import type { SourceMode } from "./feed";
import type { ProgressOutput, ProgressUpdate } from "./progress";

export interface EpochRecord {
  /** Counted from 1. */
  epoch: number;
  /** Mean over the epoch's rows (their sum, where the loss has `reduction: "sum"`), each batch's as it was before its update. */
  loss: number;
  /** Metrics, over the epoch's rows likewise. */
  [metric: string]: number | Record<string, number> | undefined;
  validation?: Record<string, number>;
  /** Rate of the epoch's last step, of the first group of parameters. */
  lr: number;
  seconds: number;
  samplesPerSecond: number;
}

/** What a run did: plain JSON. */
export interface History {
  epochs: EpochRecord[];
  /** Updates done: batches, or groups of them with `accumulate`. */
  steps: number;
  /** Why it ended. */
  stopped: "finished" | "aborted" | "callback";
  /** What the callback that ended it said. */
  reason?: string;
  /** Whether steps ran as recorded programs. */
  recorded: boolean;
  seconds: number;
  /** Floating-point operations of all recorded steps. */
  flops: number;
  /** Seconds of processor time of the calling thread's process, where the platform tells. */
  cpuSeconds?: number;
}

export interface StepEvent {
  /** Counted from 1 over the whole run; with `accumulate`, batches. */
  step: number;
  epoch: number;
  loss: number;
}

/** What a callback may return to end the run after this step or epoch; { stop: why } puts the reason into the history. */
export type Verdict = "stop" | { readonly stop: string } | undefined | void;

/** The run a callback is part of. */
export interface FitContext {
  readonly model: Module;
  readonly optimizer: Optimizer;
  /** Epochs asked for. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The averaged weights, where they are asked for. */
  readonly ema?: AveragedModel;
  /** Loss and metrics over the training data with the weights (the averaged ones with `ema`) as they are at the call, in evaluation mode. Default: the metrics of the run. */
  evaluate(metrics?: readonly MetricSpec[]): Promise<Record<string, number> & { loss: number }>;
}

/** Called one after the other in the order of the list, each awaited; what one throws ends the run with that error. */
export interface Callback {
  /** Before the first step. */
  onStart?(context: FitContext): void | Promise<void>;
  /** After every step; asks for a slice a step, so leave it out where speed counts. */
  onStep?(event: StepEvent): Verdict | Promise<Verdict>;
  /** After every epoch and its validation; also after one that onStep cut short, not after one that the signal did. */
  onEpochEnd?(record: EpochRecord): Verdict | Promise<Verdict>;
  /** At the end, unless the run failed. */
  onEnd?(history: History): void | Promise<void>;
  /** What it carries from step to step, for checkpoints: plain objects of numbers, strings and typed arrays. */
  stateDict?(): unknown;
  /** Before onStart of a run that goes on: what stateDict() gave. */
  loadStateDict?(state: unknown): void;
}

/** Where checkpoints go and when they are written; when the signal aborts, one is written too. */
export interface CheckpointOptions extends CheckpointPlace {
  /**
   * How much may be lost: an epoch (default), steps (batches), or seconds of this run; of runs whose seconds are over at one time, one after the other writes, and
   * the others train on meanwhile.
   */
  every?: "epoch" | { steps: number } | { seconds: number };
  /**
   * When the last epoch is done: "write" one more (default), so that a run of more epochs can go on from there; "skip" it, where the model is saved anyway; or
   * "remove" all of them once every onEnd has run, also where a callback ended the run. A process killed before the model is saved then starts again from nothing.
   */
  atEnd?: "write" | "skip" | "remove";
}

export interface FitOptions {
  /**
   * A loss, a built-in one by name, or its description: `crossEntropy`, `"mse"`, `crossEntropy.with({ labelSmoothing: 0.1 })`,
   * `{ type: "huber", delta: 2 }`. With `reduction: "sum"` an update follows the gradient of the sum over its rows (times their weights), also over accumulated
   * batches, and figures of the loss are sums: of a step over its rows, of an epoch or an evaluation over all.
   */
  loss: LossSpec;
  /** An optimizer, or its description: { type: "adam", lr: 1e-3 }. */
  optimizer: Optimizer | OptimizerConfig;
  /** Passes over the data. Default 1. */
  epochs?: number;
  /** Rows of a step: a number, or "all". Default 32. */
  batchSize?: number | "all";
  /** A new order of rows each epoch. Default true. */
  shuffle?: boolean;
  /** Key of this run's random numbers. Default: one draw from the global generator. */
  seed?: number;
  /** What becomes of the rows left over at the end of an epoch. Default "keep": a smaller step. */
  lastBatch?: "keep" | "drop";
  /**
   * Batches whose gradients are averaged before each update, over their rows (by weight, where rows have weights): k batches of n rows give the update of one
   * of k n, also where the last group of an epoch has fewer. A loss with `reduction: "sum"` has them added instead; one of your own should be a mean over rows. Batch
   * norm still sees the small batches. Default 1.
   */
  accumulate?: number;
  /**
   * Scales the gradients of an update to a norm of at most `norm`, all of them taken as one vector, or moves each item into [-value, value]: clipGradNorm and
   * clipGradValue. Default: as they are.
   */
  clip?: Clip;
  /**
   * A penalty on weights, l1 sum |w| + l2 / 2 sum w^2: l1 sign(w) + l2 w is added to their gradients once an update, before clipping. The loss that is reported is
   * without it (`penalty(model, ...)` computes it), so that it can be compared with validation. For SGD, l2 does to these weights what weightDecay does to all
   * parameters; in other optimizers both pass through the update alike, but for AdamW and Lion, whose decay is apart from the gradient. With l1, sign(0) is 0 and
   * weights that the loss does not need swing about 0 by less than the size of a step: small, not exactly 0.
   */
  regularization?: Regularization;
  /**
   * An exponential moving average of the weights, updated with each step of the optimizer; validation and FitContext.evaluate() look at it. With options the model
   * itself has the averaged weights at the end, once every onEnd has run (not where the run failed); an AveragedModel of your own keeps them, and the model its.
   */
  ema?: AveragedOptions | AveragedModel;
  validation?: DataSet;
  /**
   * Files from which the run can go on, each written atomically: { dir: "runs/a", every: "epoch", keep: 3 }. A run that a callback ends leaves no last one, since it
   * comes to the same end again.
   */
  checkpoint?: CheckpointOptions;
  /**
   * Goes on from a checkpoint, to the same bits as a run that never stopped: true from the newest of `checkpoint` (from the start where there is none yet), or from a
   * file, or the newest in a folder. Rows, batchSize, accumulate, shuffle and callbacks with a state have to be those of before; `epochs` may be more.
   */
  resume?: boolean | string | URL;
  metrics?: readonly MetricSpec[];
  callbacks?: readonly Callback[];
  /** Ends the run after the step at hand, or in the middle of a validation; fit resolves, with stopped: "aborted". */
  signal?: AbortSignal;
  /** A bar on a terminal, a line an epoch elsewhere; or where to write; or a function that is told about ten times a second. Default false: silent. */
  progress?: boolean | ProgressOutput | ((update: ProgressUpdate) => void);
  /** Milliseconds after which the event loop gets a turn. Default 16. */
  yieldEveryMs?: number;
  /** Run every op from TypeScript, for forwards that read values or branch on them. Default: recorded, and eagerly where that is impossible. */
  eager?: boolean;
  /** Data in linear memory as a whole, or streamed in by windows. Default: resident up to 512 MB. */
  source?: SourceMode;
  /** Let NaN and Infinity in the data through. */
  allowNonFinite?: boolean;
  /**
   * Most bytes of linear memory this run may have in use, its model and what is resident of its data included. Known from the plan before the first step: else
   * QuotaError, which names what takes how much, and nothing has changed. What callbacks ask for, and temporaries of steps that run one op at a time, come on top.
   */
  maxBytes?: number;
}

/** Throws OptionError unless value is a whole number of `least` or more. */
export function whole(what: string, value: number, least = 1): number {
  if (!Number.isInteger(value) || value < least) throw new OptionError(`${what} must be a whole number of ${least} or more, got ${value}`);
  return value;
}

/** Throws OptionError unless value is among those allowed. */
export function oneOf<T extends string>(what: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value))
    throw new OptionError(`${what} must be ${allowed.map((a) => `"${a}"`).join(" or ")}, got ${JSON.stringify(value)}`);
  return value;
}
