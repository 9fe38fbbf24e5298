import { OptionError } from "../core/errors";
import type { DataSet } from "../data/dataset";
import type { Loss } from "../loss/losses";
import type { MetricSpec } from "../metrics/metrics";
import type { OptimizerConfig } from "../optim/index";
import type { Optimizer } from "../optim/optimizer";
import type { SourceMode } from "./feed";
import type { ProgressOutput } from "./progress";

export interface EpochRecord {
  /** Counted from 1. */
  epoch: number;
  /** Mean over the epoch's rows, each batch's as it was before its update. */
  loss: number;
  /** Metrics, over the epoch's rows likewise. */
  [metric: string]: number | Record<string, number> | undefined;
  validation?: Record<string, number>;
  seconds: number;
  samplesPerSecond: number;
}

/** What a run did: plain JSON. */
export interface History {
  epochs: EpochRecord[];
  /** Updates done. */
  steps: number;
  /** Why it ended. */
  stopped: "finished" | "aborted" | "callback";
  /** Whether steps ran as recorded programs. */
  recorded: boolean;
  seconds: number;
  /** Floating-point operations of all recorded steps. */
  flops: number;
  /** Seconds of processor time of the calling thread's process, where the platform tells. */
  cpuSeconds?: number;
}

export interface StepEvent {
  /** Counted from 1 over the whole run. */
  step: number;
  epoch: number;
  loss: number;
}

/** What a callback may return to end the run after this step or epoch. */
export type Verdict = "stop" | undefined | void;

export interface Callback {
  onStart?(): void | Promise<void>;
  /** After every step; asks for a slice a step, so leave it out where speed counts. */
  onStep?(event: StepEvent): Verdict | Promise<Verdict>;
  onEpochEnd?(record: EpochRecord): Verdict | Promise<Verdict>;
  onEnd?(history: History): void | Promise<void>;
}

export interface FitOptions {
  loss: Loss | "crossEntropy" | "mse";
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
  /** Batches whose gradients are averaged before each update. Default 1. */
  accumulate?: number;
  validation?: DataSet;
  metrics?: readonly MetricSpec[];
  callbacks?: readonly Callback[];
  signal?: AbortSignal;
  /** A bar on a terminal, a line an epoch elsewhere; or where to write. Default false: silent. */
  progress?: boolean | ProgressOutput;
  /** Milliseconds after which the event loop gets a turn. Default 16. */
  yieldEveryMs?: number;
  /** Run every op from TypeScript, for forwards that read values or branch on them. Default: recorded, and eagerly where that is impossible. */
  eager?: boolean;
  /** Data in linear memory as a whole, or streamed in by windows. Default: resident up to 512 MB. */
  source?: SourceMode;
  /** Let NaN and Infinity in the data through. */
  allowNonFinite?: boolean;
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
