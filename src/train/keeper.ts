import { OptionError } from "../core/errors";
import { runtimeInfo } from "../core/runtime";
import { checkpointBytes } from "../io/checkpoint";
import { described, entriesOf } from "../io/entries";
import type { CheckpointFiles } from "../io/places";
import type { Module } from "../nn/module";
import { cpuSeconds } from "./epochs";
import type { Callback } from "./options";
import { type CheckpointOptions, type History, whole } from "./options";
import type { RunState, Saved, Settings } from "./resume";
import type { Runner } from "./run";
import type { Trainer } from "./trainer";

interface Kept {
  readonly runner: Runner;
  readonly trainer: Trainer;
  readonly settings: Settings;
  readonly seed: number;
  readonly callbacks: readonly Callback[];
}

/** Steps and milliseconds between two checkpoints; Infinity where an epoch's end alone counts. */
function pauses(every: CheckpointOptions["every"] = "epoch"): { steps: number; ms: number; epoch: boolean } {
  if (every === "epoch") return { steps: Infinity, ms: Infinity, epoch: true };
  const { steps, seconds, ...rest } = (typeof every === "object" && every !== null ? every : { wrong: every }) as {
    steps?: number;
    seconds?: number;
  };
  if ((steps === undefined) === (seconds === undefined) || Object.keys(rest).length > 0)
    throw new OptionError(`fit: checkpoint.every must be "epoch", { steps } or { seconds }, got ${JSON.stringify(every)}`);
  if (steps !== undefined) return { steps: whole("fit: checkpoint.every.steps", steps), ms: Infinity, epoch: false };
  if (!(seconds! >= 0)) throw new OptionError(`fit: checkpoint.every.seconds must be a number of 0 or more, got ${seconds}`);
  return { steps: Infinity, ms: 1000 * seconds!, epoch: false };
}

/** Writes the checkpoints of a run when they are due. */
export class Keeper {
  /** What came before, where the run goes on. */
  readonly past: RunState["history"] | undefined;
  /** True while callbacks are told: some may have taken in what others have not. */
  telling = false;
  private readonly pauses: ReturnType<typeof pauses>;
  private readonly started = performance.now();
  private readonly cpu = cpuSeconds() ?? 0;
  /** Epochs whose end every callback has been told. */
  private done: number;
  private last: { total: number; at: number; key: string };

  constructor(
    private readonly kept: Kept,
    private readonly files: CheckpointFiles | undefined,
    every: CheckpointOptions["every"],
    saved: Saved | undefined,
  ) {
    this.pauses = pauses(every);
    this.past = saved?.run.history;
    this.done = this.past?.epochs.length ?? 0;
    this.last = { total: kept.runner.position.total, at: this.started, key: this.key() };
  }

  /** Steps the next slice may have. */
  get most(): number {
    return Math.max(1, this.pauses.steps - (this.kept.runner.position.total - this.last.total));
  }

  private get isDue(): boolean {
    return this.kept.runner.position.total - this.last.total >= this.pauses.steps || performance.now() - this.last.at >= this.pauses.ms;
  }

  /** After a slice. At the end of an epoch the end of it is waited for. */
  async afterSlice(history: History): Promise<void> {
    const { runner, settings } = this.kept;
    if (this.isDue && runner.position.step < settings.stepsPerEpoch && history.stopped === "finished") await this.write(history);
  }

  /** After an epoch's end was told. What a callback has ended is not kept: a run that goes on comes to the same decision again. */
  async afterEpoch(history: History): Promise<void> {
    this.done = history.epochs.length;
    if ((this.isDue || this.pauses.epoch) && history.stopped === "finished") await this.write(history);
  }

  async atEnd(history: History): Promise<void> {
    if (history.stopped !== "callback" && !this.telling && this.key() !== this.last.key) await this.write(history);
  }

  /** Where the run is: at the beginning of the next epoch, once the end of one was told. */
  private position(): RunState["position"] {
    const { position } = this.kept.runner;
    return this.done > position.epoch ? { epoch: this.done, step: 0, total: position.total } : { ...position };
  }

  private key(): string {
    return JSON.stringify(this.position());
  }

  private async write(history: History): Promise<void> {
    if (this.files === undefined) return;
    const { runner, trainer, settings, seed, callbacks } = this.kept;
    // a model that holds NaN is not worth keeping
    runner.settle();
    const { model, ema } = trainer.parts;
    const optimizer = trainer.optimizer!;
    const position = this.position();
    const run: RunState = {
      settings,
      seed,
      arithmetic: runtimeInfo().arithmetic,
      position,
      sums: runner.sums.slice(),
      rows: runner.rows,
      flops: runner.flops,
      lastLoss: runner.lastLoss,
      epochSeconds: (performance.now() - runner.begun) / 1000,
      history: {
        epochs: history.epochs.slice(0, this.done),
        seconds: (this.past?.seconds ?? 0) + (performance.now() - this.started) / 1000,
        cpuSeconds: (this.past?.cpuSeconds ?? 0) + (cpuSeconds() ?? 0) - this.cpu,
      },
      optimizer: optimizer.stateDict(),
      lastRate: optimizer.lastRate[0]!,
      waiting: position.step % settings.accumulate === 0 ? [] : trainer.waiting.map((t) => t.data() as Float32Array),
      ema: ema?.stateDict() ?? null,
      callbacks: callbacks.filter((c) => c.stateDict !== undefined).map((c) => c.stateDict!()),
    };
    const bytes = bytesOf(model, run);
    await this.files.write(bytes, position.total);
    this.last = { total: position.total, at: performance.now(), key: this.key() };
  }
}

const bytesOf = (model: Module, run: RunState): Uint8Array => checkpointBytes({ run }, described(model), entriesOf(model, "model."));
