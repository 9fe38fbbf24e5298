import type { Ref } from "../core/emit";
import type { Program } from "../core/program";
import { engine, heap } from "../core/runtime";
import { Storage } from "../core/storage";
import type { Done } from "../core/team";
import type { Optimizer } from "../optim/optimizer";
import { ROW, rowBytes } from "./layout";

/** Steps that one call may run, at most: on this thread, and on workers, whose every call costs messages to and fro. */
const MOST = 2048;
const MOST_ON_TEAM = 16384;

/**
 * The numbers in which steps differ, a row a step, and the figures that the steps leave. Instructions look at `row`; a run of many steps
 * copies one row of the table there before each.
 */
export class StepTable {
  /** The row. */
  readonly block: Storage;
  private readonly bytes: number;
  private row: number;
  /** The table, then the figures: as many as were needed so far. */
  private rows: Storage;
  private capacity = 32;
  private table = 0;
  private output = 0;

  constructor(
    /** Figures a step leaves. */
    readonly width: number,
    private readonly optimizer: Optimizer | undefined,
    private readonly key: readonly [number, number],
  ) {
    this.bytes = rowBytes(optimizer?.rowWords ?? 0);
    this.block = new Storage(this.bytes, "program");
    this.row = this.block.address;
    this.rows = this.settle();
    this.constants(this.row, 0);
  }

  /** Most steps of one run(). */
  get most(): number {
    return engine().team === undefined ? MOST : MOST_ON_TEAM;
  }

  /** Bytes that runs of so many steps will have made of it. */
  bytesFor(steps: number): number {
    let { capacity } = this;
    while (capacity < Math.min(steps, this.most)) capacity *= 2;
    return capacity * (this.bytes + 4 * this.width);
  }

  /** Memory for `capacity` rows. */
  private settle(): Storage {
    const rows = new Storage(this.capacity * (this.bytes + 4 * this.width), "program");
    this.table = rows.address;
    this.output = this.table + this.capacity * this.bytes;
    for (let k = 0; k < this.capacity; k++) this.constants(this.table + k * this.bytes, k);
    return rows;
  }

  /** After shutdown() it is elsewhere. */
  private moved(): void {
    this.row = this.block.address;
    this.table = this.rows.address;
    this.output = this.table + this.capacity * this.bytes;
    this.constants(this.row, 0);
    for (let k = 0; k < this.capacity; k++) this.constants(this.table + k * this.bytes, k);
  }

  /** Twice as many rows, those there are with what fill() wrote. */
  private grow(): void {
    const [before, from, w] = [this.rows, this.table / 4, this.bytes / 4];
    const filled = this.capacity;
    this.capacity *= 2;
    this.rows = this.settle();
    const { u32 } = heap();
    const to = this.table / 4;
    for (let k = 0; k < filled; k++) {
      const results = u32[to + k * w + ROW.results]!;
      u32.copyWithin(to + k * w, from + k * w, from + (k + 1) * w);
      u32[to + k * w + ROW.results] = results;
    }
    before.release();
  }

  /** Writes what is the same in every step, so that fill() need not: keys, and where the figures go. */
  private constants(address: number, entry: number): void {
    const { u32 } = heap();
    const w = address / 4;
    u32.fill(0, w, w + this.bytes / 4);
    u32[w + ROW.results] = this.output + 4 * this.width * entry;
    u32[w + ROW.generator] = this.key[0];
    u32[w + ROW.generator + 1] = this.key[1];
  }

  /** Where instructions find a word of the row. */
  at(word: number): Ref {
    return { storage: this.block, offset: 4 * word };
  }

  /**
   * Writes the row of one step: into the table, or (`entry` -1) where the instructions look. `step` and `firstRow` are those of random numbers: the update it
   * belongs to, and the place of its first row among that update's rows.
   */
  fill(entry: number, cursor: number, step: number, update: boolean, firstRow: number): void {
    if (this.row !== this.block.address) this.moved();
    while (entry >= this.capacity) this.grow();
    const w = (entry < 0 ? this.row : this.table + entry * this.bytes) / 4;
    const { u32, f32 } = heap();
    // the last run() may have left the place of another step's figures there
    if (entry < 0) u32[w + ROW.results] = this.output;
    u32[w + ROW.flags] = update ? 1 : 0;
    u32[w + ROW.cursor] = cursor;
    u32[w + ROW.generator + 2] = step;
    u32[w + ROW.generator + 3] = firstRow;
    if (update) this.optimizer?.advance(f32, w + ROW.hyper);
  }

  /** Whether the step whose row was filled as entry -1 ends with an update. */
  get updates(): boolean {
    return heap().u32[this.row / 4 + ROW.flags] !== 0;
  }

  /** Runs the first `count` rows of the table. */
  run(program: Program, count: number): void {
    program.steps(this.table, this.bytes, this.row, count);
  }

  /** The same on the team's workers; undefined where there is no team. */
  onTeam(program: Program, count: number): Promise<Done> | undefined {
    return program.onTeam({ table: this.table, rowBytes: this.bytes, row: this.row, count, update: program.begin("update") });
  }

  /** Runs the step whose row was filled as entry -1; its update, from instruction `update` on, only if its loss is finite. Returns whether it did. */
  guarded(program: Program, update: number): boolean {
    return program.guarded(update, this.output);
  }

  /** The same on the team's workers, which there must be. */
  async guardedOnTeam(program: Program, update: number): Promise<boolean> {
    return (await program.onTeam({ update, guard: this.output })!).steps === 1;
  }

  /** A figure of a step of the last run: 0 the loss, then the metrics. */
  figure(entry: number, k: number): number {
    return heap().f32[this.output / 4 + entry * this.width + k]!;
  }

  /** The first of `count` steps whose loss is not finite, or -1. */
  firstBad(count: number): number {
    const { f32 } = heap();
    const from = this.output / 4;
    for (let k = 0; k < count; k++) {
      // Number.isFinite() boxes its argument on some engines
      const loss = f32[from + k * this.width]!;
      if (!(loss > -Infinity && loss < Infinity)) return k;
    }
    return -1;
  }

  /**
   * Adds the figures of the first `count` steps to sums, each times what the step counts: its `rows`, or where steps leave the sums of their rows' weights
   * (`weighted`), those. A loss that is a sum (`total`) is added as it is. One loop, and no variable that is
   * now a float, now an integer: V8 would box them, 16 bytes a step.
   */
  addFigures(
    count: number,
    rows: number,
    { metrics, weighted, total }: { metrics: number; weighted: boolean; total: boolean },
    sums: Float64Array,
  ): void {
    const { f32 } = heap();
    const last = 1 + metrics;
    for (let k = 0, at = this.output / 4; k < count; k++, at += this.width) {
      const loss = f32[at]!;
      sums[0]! += total ? loss : weighted ? f32[at + last]! * loss : rows * loss;
      for (let m = 1; m < last; m++) sums[m]! += weighted ? f32[at + last + 1]! * f32[at + m]! : rows * f32[at + m]!;
      if (!weighted) continue;
      sums[last]! += f32[at + last]!;
      sums[last + 1]! += f32[at + last + 1]!;
    }
    if (weighted) return;
    sums[last]! += count * rows;
    sums[last + 1]! += count * rows;
  }

  /** Copies the figures of the first step aside; what it returns puts them back. */
  keepFigures(): () => void {
    const at = this.output / 4;
    const kept = heap().f32.slice(at, at + this.width);
    return () => heap().f32.set(kept, at);
  }

  /** The losses of the first `count` steps of the last run, from `losses[at]` on. */
  losses(losses: Float32Array, at: number, count: number): void {
    const { f32 } = heap();
    const from = this.output / 4;
    for (let k = 0; k < count; k++) losses[at + k] = f32[from + k * this.width]!;
  }

  dispose(): void {
    this.block.release();
    this.rows.release();
  }
}
