import { gradEnabled, noGrad } from "../autograd/graph";
import { withSink } from "../core/emit";
import { DisposedError, StateError } from "../core/errors";
import type { Program } from "../core/program";
import { Recorder } from "../core/recorder";
import { inMode } from "../nn/module";
import { drawingFrom } from "../ops/random";
import type { Optimizer } from "../optim/optimizer";
import { recordingScope, scope, structure, type Tensor } from "../tensor/tensor";
import { evaluationBody, figuresOf, type Marks, type Parts, storesWeights, trainingBody } from "./body";
import type { Batch } from "./feed";
import { ROW } from "./layout";
import { barePaths, Programs } from "./programs";
import { type GradientSums, gradientSums } from "./sums";
import { StepTable } from "./table";
import { isSum } from "./weights";

/**
 * Records and runs the steps of one model: a program for each shape of batch, and the table of what differs between steps.
 */
export class Trainer {
  readonly parts: Parts;
  private readonly table: StepTable;
  private readonly programs: Programs;
  private readonly sums: GradientSums | undefined;
  /** Parameters the optimizer does not know, said once. */
  private readonly warned = new Set<string>();
  /** Whether the loss of a batch is a sum. */
  private readonly summed: boolean;
  private builtFor = -1;
  private signature = "";

  constructor(
    parts: Omit<Parts, "row">,
    readonly optimizer: Optimizer | undefined,
    readonly key: readonly [number, number],
    readonly accumulate = 1,
    planned?: (bytes: number) => void,
  ) {
    this.table = new StepTable(figuresOf(parts), optimizer, key);
    this.parts = { ...parts, row: this.table.block };
    this.programs = new Programs(parts.model, planned);
    this.summed = isSum(parts.loss);
    if (accumulate > 1) this.sums = gradientSums();
  }

  /** Figures a step leaves. */
  get width(): number {
    return this.table.width;
  }

  /** Most steps of one run(). */
  get most(): number {
    return this.table.most;
  }

  /** Bytes of what differs between so many steps. */
  tableBytes(steps: number): number {
    return this.table.bytesFor(steps);
  }

  /** Where the instructions find the position of their batch. */
  get cursor() {
    return this.table.at(ROW.cursor);
  }

  /** The random numbers of this trainer. */
  get generator() {
    return this.table.at(ROW.generator);
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
    this.programs.clear();
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

  private body(training: boolean, marks: Marks, batch: () => Batch): void {
    drawingFrom(this.generator, barePaths(this.parts.model), () => {
      if (training) trainingBody(this.parts, this.optimizer!, marks, batch, this.sums);
      else evaluationBody(this.parts, marks, batch);
    });
  }

  /** The program for a kind of step, recorded at first need; undefined when forward does not always do the same. */
  program(key: string, training: boolean, batch: () => Batch): Program | undefined {
    this.refresh();
    return this.programs.get(key, () => this.recordOnce(training, batch));
  }

  /** Records once more and compares; false when forward now does something else. */
  stillSame(key: string, training: boolean, batch: () => Batch): boolean {
    this.refresh();
    return this.programs.stillSame(key, () => this.recordOnce(training, batch));
  }

  /** First differing instruction of two recordings of the same forward, once seen. */
  get difference(): string | undefined {
    return this.programs.difference;
  }

  /** How many numbers the model gives for a row: the classes, where targets are classes. */
  outputs(batch: () => Batch, eager = false): number {
    const forward = () => noGrad(() => inMode(false, () => this.parts.model.forward(...batch().inputs)));
    if (eager) return scope(() => forward().shape.at(-1) ?? 1);
    const recorder = new Recorder();
    try {
      return recordingScope(() => withSink(recorder, () => forward().shape.at(-1) ?? 1));
    } finally {
      recorder.abandon();
    }
  }

  /** Writes the row of one step; see StepTable.fill. */
  fillRow(entry: number, cursor: number, step: number, update: boolean, firstRow = 0): void {
    this.table.fill(entry, cursor, step, update, firstRow);
  }

  /** Runs the first `count` rows of the table. */
  run(program: Program, count: number): void {
    this.table.run(program, count);
  }

  /** The same, on the team where there is one. Resolves with the milliseconds it took. */
  async runAway(program: Program, count: number): Promise<number> {
    const away = this.table.onTeam(program, count);
    if (away !== undefined) return (await away).ms;
    const start = performance.now();
    this.table.run(program, count);
    return performance.now() - start;
  }

  /** Runs one step whose row was filled as entry -1, without recording. */
  eager(training: boolean, batch: () => Batch, marks: Marks = { section: "gradient", label: undefined, updates: true }): void {
    if (!gradEnabled()) throw new StateError("training inside noGrad() is not possible");
    marks.updates = this.table.updates;
    scope(() => this.body(training, marks, batch));
  }

  /** Runs one step, its update only if its loss is finite; see StepTable.guarded. */
  guarded(program: Program, update: number): boolean {
    return this.table.guarded(program, update);
  }

  /** The same by workers. */
  guardedAway(program: Program, update: number): Promise<boolean> {
    return this.table.guardedOnTeam(program, update);
  }

  /** A figure of a step of the last run: 0 the loss, then the metrics. */
  figure(entry: number, k: number): number {
    return this.table.figure(entry, k);
  }

  /** Copies the figures of the first step aside; what it returns puts them back. */
  keepFigures(): () => void {
    return this.table.keepFigures();
  }

  /** The losses of the first `count` steps of the last run, from `losses[at]` on. */
  copyLosses(losses: Float32Array, at: number, count: number): void {
    this.table.losses(losses, at, count);
  }

  /** Room for sums of figures: the loss, the metrics, and what the loss and what the metrics are divided by. */
  sumsOfFigures(): Float64Array {
    return new Float64Array(3 + this.parts.metrics.length);
  }

  /** The first of `count` steps of the last run whose loss is not finite, or -1. */
  firstBad(count: number): number {
    return this.table.firstBad(count);
  }

  /** Adds the figures of the first `count` steps of the last run, of so many rows each, to sums. */
  addFigures(count: number, rows: number, sums: Float64Array): void {
    this.table.addFigures(
      count,
      rows,
      { metrics: this.parts.metrics.length, weighted: storesWeights(this.parts), total: this.summed },
      sums,
    );
  }

  /** The loss and the metrics that these sums stand for. */
  means(sums: Float64Array): { loss: number; metrics: Record<string, number> } {
    const { metrics } = this.parts;
    const last = 1 + metrics.length;
    const mean = (k: number) => sums[k + 1]! / (sums[last + 1]! || 1);
    const finished = metrics.map(([name, { finish }], k): [string, number] => [name, finish === undefined ? mean(k) : finish(mean(k))]);
    const loss = this.summed ? sums[0]! : sums[0]! / (sums[last]! || 1);
    return { loss, metrics: Object.fromEntries(finished) };
  }

  /** Sums of gradients that wait for an update: of each parameter of the optimizer, and of the weights. */
  get waiting(): Tensor[] {
    return this.sums === undefined ? [] : [...this.optimizer!.parameters.map((p) => this.sums!.of(p)), this.sums.weight];
  }

  /** Everything a step changes. */
  get changing(): Tensor[] {
    const { model, ema } = this.parts;
    // made now, where the first recording would make them
    if (this.sums !== undefined) for (const p of this.optimizer!.parameters) this.sums.of(p);
    for (const { params, options } of this.optimizer?.groups ?? []) for (const p of params) this.optimizer!.stateOf(p, options);
    const own = [model, ...(ema === undefined ? [] : [ema])].flatMap((m) => [...m.parameters(), ...m.namedBuffers().map(([, b]) => b)]);
    return [...own, ...(this.optimizer?.state ?? []), ...(this.sums?.all ?? [])];
  }

  dispose(): void {
    this.programs.clear();
    this.sums?.dispose();
    this.table.dispose();
  }
}
