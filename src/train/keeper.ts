import { OptionError } from "../core/errors";
import { runtimeInfo } from "../core/runtime";
import { shared } from "../core/shared";
import { checkpointBytes } from "../io/checkpoint";
import { described, entriesOf } from "../io/entries";
import type { CheckpointFiles } from "../io/places";
import type { Module } from "../nn/module";
import { EpochTable } from "./epoch-table";
import { cpuSeconds } from "./epochs";
import type { Callback } from "./options";
import { type CheckpointOptions, type History, oneOf, whole } from "./options";
import type { RunState, Saved, Settings } from "./resume";
import type { Runner } from "./run";
import type { Trainer } from "./trainer";

interface Kept {
  /** Asked for. */
  readonly epochs: number;
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

/** Whether a run of the process is writing one whose time has come: others train on meanwhile, so that many that began together neither wait nor write at one time. */
const timed = shared("checkpoints", () => ({ writing: false }));

/** Writes the checkpoints of a run when they are due. */
export class Keeper {
  /** What came before, where the run goes on. */
  readonly past: Pick<History, "epochs" | "seconds" | "cpuSeconds"> | undefined;
  /** True while callbacks are told: some may have taken in what others have not. */
  telling = false;
  private readonly pauses: ReturnType<typeof pauses>;
  private readonly end: NonNullable<CheckpointOptions["atEnd"]>;
  private readonly table = new EpochTable();
  private readonly started = performance.now();
  private readonly cpu = cpuSeconds() ?? 0;
  /** Epochs whose end every callback has been told. */
  private done: number;
  private last: { total: number; at: number; key: string };

  constructor(
    private readonly kept: Kept,
    private readonly files: CheckpointFiles | undefined,
    { every, atEnd = "write" }: Pick<CheckpointOptions, "every" | "atEnd">,
    saved: Saved | undefined,
  ) {
    this.pauses = pauses(every);
    this.end = oneOf("fit: checkpoint.atEnd", atEnd, ["write", "skip", "remove"]);
    this.past = saved && { ...saved.run.history, epochs: saved.epochs };
    this.done = this.past?.epochs.length ?? 0;
    this.last = { total: kept.runner.position.total, at: this.started, key: this.key() };
  }

  /** Steps the next slice may have. */
  get most(): number {
    return Math.max(1, this.pauses.steps - (this.kept.runner.position.total - this.last.total));
  }

  private get isDue(): boolean {
    if (this.kept.runner.position.total - this.last.total >= this.pauses.steps) return true;
    return performance.now() - this.last.at >= this.pauses.ms && !timed.writing;
  }

  /** After a slice. At the end of an epoch the end of it is waited for. */
  async afterSlice(history: History): Promise<void> {
    const { runner, settings } = this.kept;
    if (this.isDue && runner.position.step < settings.stepsPerEpoch && history.stopped === "finished") await this.inTime(history);
  }

  /** After an epoch's end was told. What a callback has ended is not kept: a run that goes on comes to the same decision again. */
  async afterEpoch(history: History): Promise<void> {
    this.done = history.epochs.length;
    const last = this.done === this.kept.epochs && this.end !== "write";
    if ((this.isDue || this.pauses.epoch) && history.stopped === "finished" && !last) await this.inTime(history);
  }

  private async inTime(history: History): Promise<void> {
    const counted = this.pauses.ms < Infinity;
    if (counted) timed.writing = true;
    try {
      await this.write(history);
    } finally {
      if (counted) timed.writing = false;
    }
  }

  async atEnd(history: History): Promise<void> {
    const wanted = history.stopped === "aborted" || (history.stopped === "finished" && this.end === "write");
    if (wanted && !this.telling && this.key() !== this.last.key) await this.write(history);
  }

  /** Once everybody knows that the run has ended. */
  async over(history: History): Promise<void> {
    if (this.end === "remove" && history.stopped !== "aborted") await this.files?.clear();
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
    this.table.follow(history.epochs.slice(0, this.done));
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
        epochs: this.table.packed,
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
