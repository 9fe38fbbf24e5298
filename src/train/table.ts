import type { Ref } from "../core/emit";
import type { Program } from "../core/program";
import { heap } from "../core/runtime";
import { Storage } from "../core/storage";
import type { Done } from "../core/team";
import type { Optimizer } from "../optim/optimizer";
import { ROW, rowBytes } from "./layout";

/** Steps that one call may run, at most. */
export const TABLE_STEPS = 2048;

/**
 * The numbers in which steps differ, a row a step, and the figures that the steps leave. Instructions look at `row`; a run of many steps
 * copies one row of the table there before each.
 */
export class StepTable {
  /** The row, the table, the figures. */
  readonly block: Storage;
  private readonly bytes: number;
  private readonly row: number;
  private readonly table: number;
  private readonly output: number;

  constructor(
    /** Figures a step leaves. */
    readonly width: number,
    private readonly optimizer: Optimizer | undefined,
    key: readonly [number, number],
  ) {
    this.bytes = rowBytes(optimizer?.rowWords ?? 0);
    this.block = new Storage((1 + TABLE_STEPS) * this.bytes + 4 * TABLE_STEPS * width, "program");
    this.row = this.block.address;
    this.table = this.row + this.bytes;
    this.output = this.table + TABLE_STEPS * this.bytes;
    this.prefill(key);
  }

  /** Writes what is the same in every step, so that fill() need not: keys, and where the figures go. */
  private prefill(key: readonly [number, number]): void {
    const { u32 } = heap();
    const one = (address: number, entry: number) => {
      const w = address / 4;
      u32.fill(0, w, w + this.bytes / 4);
      u32[w + ROW.results] = this.output + 4 * this.width * entry;
      u32[w + ROW.generator] = key[0];
      u32[w + ROW.generator + 1] = key[1];
    };
    one(this.row, 0);
    for (let k = 0; k < TABLE_STEPS; k++) one(this.table + k * this.bytes, k);
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
  }
}
