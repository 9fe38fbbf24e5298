import { NonFiniteError, WorkerError } from "../core/errors";
import type { Program } from "../core/program";
import { engine } from "../core/runtime";
import { structure } from "../tensor/tensor";
import { badState, blame } from "./blame";
import { type Cut, rowsOf } from "./cut";
import type { Batch, Feed } from "./feed";
import { insist } from "./insist";
import { replay } from "./replay";
import { inPieces, searchStep } from "./search";
import { type Position, Shadow } from "./shadow";
import type { Trainer } from "./trainer";

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

  /** Records all that it will run. */
  record(): void {
    for (const rows of [this.cut.batch, rowsOf(this.cut, this.cut.steps - 1)]) this.program(rows);
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
    // from here on nobody but workers and callbacks may change the model
    if (engine().team !== undefined && this.shadow.takenAt === -Infinity) this.remember();
    const order = this.order(epoch);
    if (order !== undefined) this.feed.setOrder(order);
    if (epoch > 0 && !this.options.eager)
      if (!this.trainer.stillSame(this.key(this.cut.batch), true, this.batch(this.cut.batch))) this.goEager();
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

  /** Waits, as Shadow.during(). */
  away<T>(work: Promise<T>): Promise<T> {
    return this.shadow.during(work);
  }

  /** Runs the next slice of the epoch, of at most so many steps. Throws NonFiniteError with the model as after the last good step, WorkerError. */
  async slice(most = Infinity): Promise<void> {
    const { total } = this.position;
    const work = async () => {
      while (this.position.total < total) await this.oneSlice(total - this.position.total);
      await this.oneSlice(most);
    };
    await insist(work, () => this.restore());
  }

  /** Back to the last copy. */
  private restore(): void {
    this.position = this.shadow.restore();
    this.sums.set(this.atCopy.sums);
    this.rows = this.atCopy.rows;
    this.flops = this.atCopy.flops;
  }

  private readonly shutdowns = engine().shutdowns;

  private async oneSlice(most: number): Promise<void> {
    if (engine().shutdowns > this.shutdowns) throw new WorkerError("shutdown() was called while this run waited for its turn");
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
    let ms: number | undefined;
    const onTeam = engine().team !== undefined;
    if (this.trainer.optimizer!.search !== undefined) {
      this.fill(-1, step);
      const run = onTeam ? async (p: Program) => void (await this.away(p.onTeam()!)) : inPieces(yieldMs);
      await searchStep(this.trainer, program, this.batch(rows), run, (loss) => this.nonFinite(this.position.total, loss), this.shadow);
    } else if (program !== undefined && (onTeam || this.pace < 2 * yieldMs)) {
      for (let k = 0; k < count; k++) this.fill(k, step + k);
      ms = await this.away(this.trainer.runAway(program, count));
    } else if (program === undefined) {
      this.eagerly(step, rows);
    } else {
      this.fill(-1, step);
      await inPieces(yieldMs)(program, this.updates(step) ? undefined : program.begin("update"));
    }
    this.pace = (ms ?? performance.now() - start) / count;
    if (program !== undefined) this.flops += count * program.totalFlops;
    this.account(count, rows);
    if (this.position.step === this.cut.steps) this.settle();
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
    this.atCopy = { sums: this.sums.slice(), rows: this.rows, flops: this.flops };
  }

  /** Figures at the time of the copy. */
  private atCopy = { sums: new Float64Array(), rows: 0, flops: 0 };

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

  /** Step `total` of the run once more, counted from 0: its program and batch, its row filled, as entry -1 where it is to be run in parts. */
  private prepare(total: number, inParts: boolean): { program: Program | undefined; batch: () => Batch } {
    const step = this.shadow.position.step + total - this.shadow.position.total;
    const rows = rowsOf(this.cut, step);
    this.feed.reach(step * this.cut.batch, rows);
    const program = this.program(rows);
    this.fill(program === undefined || inParts ? -1 : 0, step);
    return { program, batch: this.batch(rows) };
  }

  private nonFinite(failed: number, loss: number): NonFiniteError {
    return blame(
      replay(this.trainer, this.shadow, loss, (total, inParts) => this.prepare(total, inParts)),
      failed,
    );
  }

  dispose(): void {
    this.shadow.dispose();
  }
}
