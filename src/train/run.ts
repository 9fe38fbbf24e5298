import type { NonFiniteError } from "../core/errors";
import type { Program } from "../core/program";
import { turn } from "../core/scheduler";
import { diagnose, plainNonFinite } from "./diagnose";
import type { Feed } from "./feed";
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
  /** Sums over the epoch so far: loss and metrics by weight, and the weight. */
  readonly sums: Float64Array;
  rows = 0;
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
    this.sums = new Float64Array(2 + trainer.parts.metrics.length);
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

  /** Starts an epoch: the order of rows, the sums, and a look at whether forward still does what was recorded. */
  begin(epoch: number): void {
    this.position = { epoch, step: 0, total: this.position.total };
    this.setOrder(epoch);
    this.sums.fill(0);
    this.rows = 0;
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

  private fill(entry: number, step: number, total: number): void {
    this.trainer.fillRow(entry, this.feed.cursor(step * this.cut.batch), total, this.updates(step));
  }

  /** Runs the next slice of the epoch; returns how many steps it did. Throws NonFiniteError with the model as after the last good step. */
  async slice(): Promise<number> {
    const now = performance.now();
    const { step, total } = this.position;
    if (step === 0 || now - this.shadow.takenAt > SHADOW_MS) this.shadow.take(this.position);
    const rows = rowsOf(this.cut, step);
    const program = this.program(rows);
    const { yieldMs, eachStep } = this.options;
    const left = rows < this.cut.batch ? 1 : Math.floor((this.cut.rows - step * this.cut.batch) / this.cut.batch);
    const paced = Math.max(1, Math.floor(yieldMs / this.pace));
    const wanted = eachStep || program === undefined ? 1 : Math.min(left, paced, this.trainer.most);
    const count = Math.max(1, Math.floor(this.feed.reach(step * this.cut.batch, wanted * rows) / rows));
    const start = performance.now();
    if (program !== undefined && this.pace < 2 * yieldMs) {
      for (let k = 0; k < count; k++) this.fill(k, step + k, total + k);
      this.trainer.run(program, count);
    } else if (program === undefined) {
      this.fill(-1, step, total);
      this.trainer.eager(true, this.batch(rows));
    } else await this.inPieces(program, step, total);
    this.pace = (performance.now() - start) / count;
    if (program !== undefined) this.flops += count * this.flopsOf(program);
    this.account(program, count, rows);
    return count;
  }

  private flopCache: { program: Program; flops: number } | undefined;
  private flopsOf(program: Program): number {
    if (this.flopCache?.program !== program)
      this.flopCache = { program, flops: program.instructions.reduce((sum, _, k) => sum + program.flops(k), 0) };
    return this.flopCache.flops;
  }

  /** A step too long for one turn of the event loop: some instructions at a time. */
  private async inPieces(program: Program, step: number, total: number): Promise<void> {
    this.fill(-1, step, total);
    const end = this.updates(step) ? program.instructions.length : program.begin("update");
    let since = performance.now();
    for (let k = 0; k < end; k++) {
      program.run(k, k + 1);
      if (performance.now() - since < this.options.yieldMs) continue;
      await turn();
      since = performance.now();
    }
  }

  private account(program: Program | undefined, count: number, rows: number): void {
    const { trainer } = this;
    for (let k = 0; k < count; k++) {
      const loss = trainer.figure(k, 0);
      if (!Number.isFinite(loss)) throw this.nonFinite(program, this.position.total + k, loss);
      this.lastLoss = loss;
      trainer.addFigures(k, rows, this.sums);
    }
    this.rows += count * rows;
    this.position.step += count;
    this.position.total += count;
  }

  /** Goes back to the shadow and forward again to just before the step that failed. */
  private rewind(failed: number): void {
    const from = this.shadow.restore();
    for (let total = from.total, step = from.step; total < failed; total++, step++) {
      const rows = rowsOf(this.cut, step);
      this.feed.reach(step * this.cut.batch, rows);
      const program = this.program(rows);
      this.fill(program === undefined ? -1 : 0, step, total);
      if (program === undefined) this.trainer.eager(true, this.batch(rows));
      else this.trainer.run(program, 1);
    }
  }

  private nonFinite(program: Program | undefined, failed: number, loss: number): NonFiniteError {
    const step = this.position.step + failed - this.position.total;
    this.rewind(failed);
    if (program === undefined) return plainNonFinite(failed + 1, loss);
    const kept = this.trainer.optimizer!.snapshot();
    this.feed.reach(step * this.cut.batch, rowsOf(this.cut, step));
    this.fill(-1, step, failed);
    const error = diagnose(program, failed + 1, loss);
    this.trainer.optimizer!.restore(kept);
    return error;
  }

  dispose(): void {
    this.shadow.dispose();
  }
}
