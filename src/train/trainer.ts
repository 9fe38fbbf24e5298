import { gradEnabled, noGrad } from "../autograd/graph";
import { withSink } from "../core/emit";
import { DisposedError, StateError } from "../core/errors";
import type { Instruction, Program } from "../core/program";
import { firstDifference, Recorder } from "../core/recorder";
import { heap } from "../core/runtime";
import { Storage } from "../core/storage";
import { inMode, type Module } from "../nn/module";
import type { Optimizer } from "../optim/optimizer";
import { recordingScope, scope, structure, type Tensor } from "../tensor/tensor";
import { evaluationBody, figuresOf, type Marks, type Parts, trainingBody } from "./body";
import type { Batch } from "./feed";
import { ROW, rowBytes } from "./layout";
import { type GradientSums, gradientSums } from "./sums";

/** Steps that one call may run, at most: the length of the step table. */
const TABLE_STEPS = 2048;
/** Programs kept a trainer; the least recently used goes first. */
const KEPT = 6;

interface Recorded {
  readonly program: Program;
  readonly list: readonly Instruction[];
}

/** Names of a model's parts for messages and program listings. */
export function pathsOf(model: Module): (label: object) => string {
  return (label) => {
    for (const [path, m] of model.namedModules())
      if (m === label) return path === "" ? m.constructor.name : `${path} (${m.constructor.name})`;
    return label.constructor.name;
  };
}

/**
 * Records and runs the steps of one model: the row they read, the step table, the results, and a program for each shape of batch.
 */
export class Trainer {
  readonly parts: Parts;
  readonly rowBytes: number;
  /** The row, the table, the results. */
  private readonly block: Storage;
  private readonly programs = new Map<string, Recorded>();
  private readonly sums: GradientSums | undefined;
  /** Parameters the optimizer does not know, said once. */
  private readonly warned = new Set<string>();
  private builtFor = -1;
  private signature = "";
  /** First differing instruction of two recordings of the same forward, once seen. */
  difference: string | undefined;

  constructor(
    parts: Omit<Parts, "row">,
    readonly optimizer: Optimizer | undefined,
    readonly key: readonly [number, number],
    readonly accumulate = 1,
  ) {
    const words = optimizer?.rowWords ?? 0;
    this.rowBytes = rowBytes(words);
    this.block = new Storage((1 + TABLE_STEPS) * this.rowBytes + 4 * TABLE_STEPS * figuresOf(parts), "program");
    this.parts = { ...parts, row: this.block };
    heap().i32.fill(0, this.block.address / 4, (this.block.address + this.rowBytes) / 4);
    if (accumulate > 1) {
      this.sums = gradientSums(accumulate);
    }
  }

  /** Figures a step leaves. */
  get width(): number {
    return figuresOf(this.parts);
  }

  /** Most steps of one run(). */
  get most(): number {
    return TABLE_STEPS;
  }

  private get table(): number {
    return this.block.address + this.rowBytes;
  }

  private get output(): number {
    return this.table + TABLE_STEPS * this.rowBytes;
  }

  /** Where the instructions find the position of their batch. */
  get cursor() {
    return { storage: this.block, offset: 4 * ROW.cursor };
  }

  /** The random numbers of this trainer. */
  get generator() {
    return { storage: this.block, offset: 4 * ROW.generator };
  }

  /** Drops the programs if a parameter was replaced, frozen or freed since they were recorded. */
  refresh(): void {
    if (this.builtFor === structure.version) return;
    this.builtFor = structure.version;
    const parts = this.parts.model.namedParameters();
    for (const [name, p] of parts) if (p.disposed) throw new DisposedError(`${name} of this model was disposed; build the model anew`);
    const signature = parts.map(([name, p]) => `${name}@${p.storage.address}${p.requiresGrad ? "+" : "-"}`).join();
    if (signature === this.signature) return;
    this.signature = signature;
    this.drop();
    this.checkOptimizer(parts);
  }

  private checkOptimizer(parts: readonly [string, Tensor][]): void {
    if (this.optimizer === undefined) return;
    const own = new Set<Tensor>(parts.map(([, p]) => p));
    for (const [k, p] of this.optimizer.parameters.entries())
      if (!own.has(p)) throw new StateError(`parameter ${k} of the optimizer is not part of the model; make it with model.parameters()`);
    const trained = new Set<Tensor>(this.optimizer.parameters);
    for (const [name, p] of parts)
      if (p.requiresGrad && !trained.has(p) && !this.warned.has(name)) {
        this.warned.add(name);
        console.warn(`neurite: ${name} is trainable but the optimizer does not know it; it stays as it is`);
      }
  }

  private recordOnce(training: boolean, batch: () => Batch): Recorder {
    const recorder = new Recorder();
    try {
      recordingScope(() => withSink(recorder, () => this.body(training, recorder, batch)));
    } catch (error) {
      recorder.abandon();
      throw error;
    }
    return recorder;
  }

  private body(
    training: boolean,
    marks: { section: "gradient" | "state" | "update"; label: string | undefined },
    batch: () => Batch,
  ): void {
    if (training) trainingBody(this.parts, this.optimizer!, marks, batch, this.sums);
    else evaluationBody(this.parts, marks, batch);
  }

  /**
   * The program for a kind of step, recorded at first need: twice, to see whether forward always does the same. undefined when it does not.
   */
  program(key: string, training: boolean, batch: () => Batch): Program | undefined {
    this.refresh();
    const known = this.programs.get(key);
    if (known !== undefined) {
      this.programs.delete(key);
      this.programs.set(key, known);
      return known.program;
    }
    const first = this.recordOnce(training, batch);
    if (!this.repeats(first, training, batch)) {
      first.abandon();
      return undefined;
    }
    const program = first.finish(pathsOf(this.parts.model));
    this.programs.set(key, { program, list: [...first.instructions] });
    if (this.programs.size > KEPT) {
      const [oldest, { program: old }] = this.programs.entries().next().value!;
      old.dispose();
      this.programs.delete(oldest);
    }
    return program;
  }

  /** Whether a second recording gives the same. */
  private repeats(first: Recorder, training: boolean, batch: () => Batch): boolean {
    let second: Recorder | undefined;
    try {
      second = this.recordOnce(training, batch);
      return this.same(first.instructions, second.instructions);
    } catch (error) {
      first.abandon();
      throw error;
    } finally {
      second?.abandon();
    }
  }

  /** Records once more and compares; false when forward now does something else. */
  stillSame(key: string, training: boolean, batch: () => Batch): boolean {
    this.refresh();
    const known = this.programs.get(key);
    if (known === undefined) return true;
    const again = this.recordOnce(training, batch);
    const same = this.same(known.list, again.instructions);
    again.abandon();
    if (!same) this.drop();
    return same;
  }

  private same(a: readonly Instruction[], b: readonly Instruction[]): boolean {
    const k = firstDifference(a, b);
    if (k < 0) return true;
    const paths = pathsOf(this.parts.model);
    const label = (a[k] ?? b[k])!.label;
    this.difference = `instruction ${k}${label === undefined ? "" : ` in ${typeof label === "string" ? label : paths(label)}`}`;
    return false;
  }

  /** How many numbers the model gives for a row: the classes, where targets are classes. */
  outputs(batch: () => Batch): number {
    const recorder = new Recorder();
    try {
      const forward = () => noGrad(() => inMode(false, () => this.parts.model.forward(...batch().inputs)));
      return recordingScope(() => withSink(recorder, () => forward().shape.at(-1) ?? 1));
    } finally {
      recorder.abandon();
    }
  }

  /** Writes the row of one step: into the table, or (`entry` -1) where the instructions look. */
  fillRow(entry: number, cursor: number, step: number, update: boolean): void {
    const base = entry < 0 ? this.block.address : this.table + entry * this.rowBytes;
    const h = heap();
    const w = base / 4;
    h.u32[w + ROW.flags] = update ? 1 : 0;
    h.u32[w + ROW.results] = this.output + 4 * this.width * Math.max(0, entry);
    h.u32[w + ROW.cursor] = cursor;
    h.u32[w + ROW.generator] = this.key[0];
    h.u32[w + ROW.generator + 1] = this.key[1];
    h.u32[w + ROW.generator + 2] = step;
    h.u32[w + ROW.generator + 3] = 0;
    if (update) this.optimizer?.advance(h.f32, w + ROW.hyper);
  }

  /** Runs the first `count` rows of the table. */
  run(program: Program, count: number): void {
    program.steps(this.table, this.rowBytes, this.block.address, count);
  }

  /** Runs one step whose row was filled as entry -1, without recording. */
  eager(training: boolean, batch: () => Batch, marks: Marks = { section: "gradient", label: undefined }): void {
    if (!gradEnabled()) throw new StateError("training inside noGrad() is not possible");
    scope(() => this.body(training, marks, batch));
  }

  /** A figure of a step of the last run: 0 the loss, then the metrics. */
  figure(entry: number, k: number): number {
    return heap().f32[this.output / 4 + entry * this.width + k]!;
  }

  /** Adds the figures of a step of so many rows to sums, each times the step's weight, and that weight in the last place. */
  addFigures(entry: number, rows: number, sums: Float64Array): void {
    const last = 1 + this.parts.metrics.length;
    const weight = this.parts.weighted === true ? this.figure(entry, last) : rows;
    for (let k = 0; k < last; k++) sums[k]! += weight * this.figure(entry, k);
    sums[last]! += weight;
  }

  /** Everything a step changes. */
  get changing(): Tensor[] {
    const { model } = this.parts;
    const sums = this.sums === undefined ? [] : this.optimizer!.parameters.map((p) => this.sums!.of(p));
    for (const { params, options } of this.optimizer?.groups ?? []) for (const p of params) this.optimizer!.stateOf(p, options);
    return [...model.parameters(), ...model.namedBuffers().map(([, b]) => b), ...(this.optimizer?.state ?? []), ...sums];
  }

  private drop(): void {
    for (const { program } of this.programs.values()) program.dispose();
    this.programs.clear();
  }

  dispose(): void {
    this.drop();
    this.sums?.dispose();
    this.block.release();
  }
}
