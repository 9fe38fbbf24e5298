import { NonFiniteError } from "../core/errors";
import type { Program } from "../core/program";
import { structure } from "../tensor/tensor";
import { badState, blame } from "./blame";
import { diagnose, diagnoseEagerly } from "./diagnose";
import type { Feed } from "./feed";
import { pathsOf } from "./programs";
import { inPieces, searchStep } from "./search";
import { type Position, Shadow } from "./shadow";
import type { Trainer } from "./trainer";

/** How the rows of an epoch are cut into steps. */
export interface Cut {
  readonly rows: number;
  readonly batch: number;
  /** Steps an epoch. */
  readonly steps: number;
}

export function cut(rows: number, batch: number, lastBatch: "keep" | "drop"): Cut {
  const size = Math.min(batch, rows);
  return { rows, batch: size, steps: lastBatch === "drop" ? Math.floor(rows / size) : Math.ceil(rows / size) };
}

/** Rows of a step: the last may have fewer. */
export const rowsOf = (c: Cut, step: number): number => Math.min(c.batch, c.rows - step * c.batch);

/** Milliseconds between two copies of what a step changes. */
const SHADOW_MS = 250;

/**
 * Runs the steps of a training run in slices of about the given time. The only place that decides how many steps one call runs, when the event loop gets its
 * turn, and what happens when a loss is not finite.
 */
export class Runner {
  private readonly shadow: Shadow;
  /** Milliseconds a step, from the last slice. */
  private pace = Infinity;
  position: Position = { epoch: 0, step: 0, total: 0 };
  /** Sums over the epoch so far. */
  readonly sums: Float64Array;
  rows = 0;
  /** When the epoch began. */
  begun = 0;
  /** Set where the run goes on within an epoch. */
  goesOn = false;
  flops = 0;
  /** Loss of the last step. */
  lastLoss = Number.NaN;

  constructor(
    private readonly trainer: Trainer,
    private readonly feed: Feed,
    private readonly cut: Cut,
    private readonly order: (epoch: number) => Int32Array | undefined,
    private readonly options: { eager: boolean; yieldMs: number; eachStep: boolean },
  ) {
    this.shadow = new Shadow(trainer.changing, trainer.optimizer!);
    this.sums = trainer.sumsOfFigures();
  }

  /** Whether steps run as programs. */
  get recorded(): boolean {
    return !this.options.eager;
  }

  private key = (rows: number) => `train ${rows}`;
  private batch = (rows: number) => () => this.feed.batch(rows, this.trainer.cursor);

  /** The program for batches of so many rows; undefined when steps have to run eagerly. */
  private program(rows: number): Program | undefined {
    if (this.options.eager) return undefined;
    const program = this.trainer.program(this.key(rows), true, this.batch(rows));
    if (program === undefined) this.goEager();
    return program;
  }

  private goEager(): void {
    this.options.eager = true;
    console.warn(
      `neurite: forward() does not do the same each time (${this.trainer.difference}), so steps run one op at a time. ` +
        "Keep random numbers and decisions on values out of forward(), or pass { eager: true } to silence this",
    );
  }

  /** Loss and metrics over the epoch so far. */
  get figures(): { loss: number; metrics: Record<string, number> } {
    return this.trainer.means(this.sums);
  }

  /** Starts an epoch: the order of rows, the sums, and a look at whether forward still does what was recorded. */
  begin(epoch: number): void {
    if (!this.goesOn) {
      this.position = { epoch, step: 0, total: this.position.total };
      this.sums.fill(0);
      this.rows = 0;
      this.begun = performance.now();
    }
    this.goesOn = false;
    this.setOrder(epoch);
    if (epoch > 0 && !this.options.eager)
      if (!this.trainer.stillSame(this.key(this.cut.batch), true, this.batch(this.cut.batch))) this.goEager();
  }

  private setOrder(epoch: number): void {
    const order = this.order(epoch);
    if (order !== undefined) this.feed.setOrder(order);
  }

  /** Whether a step ends a group of accumulated batches; the last of an epoch always does. */
  private updates(step: number): boolean {
    return (step + 1) % this.trainer.accumulate === 0 || step + 1 === this.cut.steps;
  }

  private fill(entry: number, step: number): void {
    const { batch, steps } = this.cut;
    const { accumulate } = this.trainer;
    // random numbers see a group of accumulated batches as one
    const group = Math.floor(step / accumulate);
    const update = this.position.epoch * Math.ceil(steps / accumulate) + group;
    this.trainer.fillRow(entry, this.feed.cursor(step * batch), update, this.updates(step), (step - group * accumulate) * batch);
  }

  /** Updates so far. */
  get updatesDone(): number {
    const groups = (steps: number) => Math.floor(steps / this.trainer.accumulate);
    const whole = groups(this.cut.steps - 1) + 1;
    const { epoch, step } = this.position;
    return epoch * whole + (step === this.cut.steps ? whole : groups(step));
  }

  /** Runs the next slice of the epoch, of at most so many steps; returns how many it did. Throws NonFiniteError with the model as after the last good step. */
  async slice(most = Infinity): Promise<number> {
    const now = performance.now();
    const { step } = this.position;
    this.trainer.refresh();
    // steps are done again as they were: a parameter frozen since would not be
    if (step === 0 || now - this.shadow.takenAt > SHADOW_MS || structure.version !== this.seen) this.remember();
    const rows = rowsOf(this.cut, step);
    const program = this.program(rows);
    const { yieldMs, eachStep } = this.options;
    const left = rows < this.cut.batch ? 1 : Math.floor((this.cut.rows - step * this.cut.batch) / this.cut.batch);
    const paced = Math.max(1, Math.floor(yieldMs / this.pace));
    const wanted = eachStep || program === undefined ? 1 : Math.min(left, paced, most, this.trainer.most);
    const count = Math.max(1, Math.floor(this.feed.reach(step * this.cut.batch, wanted * rows) / rows));
    const start = performance.now();
    if (this.trainer.optimizer!.search !== undefined) {
      this.fill(-1, step);
      await searchStep(this.trainer, program, this.batch(rows), yieldMs, (loss) => this.nonFinite(this.position.total, loss), this.shadow);
    } else if (program !== undefined && this.pace < 2 * yieldMs) {
      for (let k = 0; k < count; k++) this.fill(k, step + k);
      this.trainer.run(program, count);
    } else if (program === undefined) {
      this.eagerly(step, rows);
    } else {
      this.fill(-1, step);
      await inPieces(yieldMs)(program, this.updates(step) ? undefined : program.begin("update"));
    }
    this.pace = (performance.now() - start) / count;
    if (program !== undefined) this.flops += count * this.flopsOf(program);
    this.account(count, rows);
    if (this.position.step === this.cut.steps) this.settle();
    return count;
  }

  private eagerly(step: number, rows: number): void {
    const optimizer = this.trainer.optimizer!;
    const before = optimizer.snapshot();
    this.fill(-1, step);
    try {
      this.trainer.eager(true, this.batch(rows));
    } catch (error) {
      // forward() failed: this step was not done
      optimizer.restore(before);
      throw error;
    }
  }

  private seen = -1;

  private remember(): void {
    this.settle();
    this.shadow.take(this.position);
    this.seen = structure.version;
  }

  private flopCache: { program: Program; flops: number } | undefined;
  private flopsOf(program: Program): number {
    if (this.flopCache?.program !== program)
      this.flopCache = { program, flops: program.instructions.reduce((sum, _, k) => sum + program.flops(k), 0) };
    return this.flopCache.flops;
  }

  private account(count: number, rows: number): void {
    const { trainer } = this;
    const bad = trainer.firstBad(count);
    if (bad >= 0) throw this.nonFinite(this.position.total + bad, trainer.figure(bad, 0));
    this.lastLoss = trainer.figure(count - 1, 0);
    trainer.addFigures(count, rows, this.sums);
    this.rows += count * rows;
    this.position.step += count;
    this.position.total += count;
  }

  /** Throws NonFiniteError, with the model as after the last good step, where an update has left a value that is not finite. */
  settle(): void {
    const name = badState(this.trainer.parts.model);
    if (name === undefined) return;
    const { total } = this.position;
    if (this.shadow.takenAt > -Infinity) throw this.nonFinite(total, this.lastLoss);
    throw new NonFiniteError(`${name} of the model holds NaN or Infinity before the first step; initialise or load it anew`, 0, name, "");
  }

  private nonFinite(failed: number, loss: number): NonFiniteError {
    const { model } = this.trainer.parts;
    const stepOf = (total: number) => this.shadow.position.step + total - this.shadow.position.total;
    /** The program of a step, its row filled. */
    const prepare = (entry: number, total: number) => {
      const step = stepOf(total);
      const rows = rowsOf(this.cut, step);
      this.feed.reach(step * this.cut.batch, rows);
      const program = this.program(rows);
      this.fill(program === undefined ? -1 : entry, step);
      return { program, batch: this.batch(rows) };
    };
    return blame(
      {
        model,
        restore: () => this.shadow.restore().total,
        again: (total) => {
          const { program, batch } = prepare(0, total);
          if (program === undefined) this.trainer.eager(true, batch);
          else this.trainer.run(program, 1);
        },
        explain: (total, culprit) => {
          const { program, batch } = prepare(-1, total);
          const failure = { step: total + 1, loss, culprit };
          if (program !== undefined) return diagnose(program, failure);
          return diagnoseEagerly(failure, pathsOf(model), (marks) => this.trainer.eager(true, batch, marks));
        },
      },
      failed,
    );
  }

  dispose(): void {
    this.shadow.dispose();
  }
}
