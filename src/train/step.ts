import { DataError, RecordingError, ShapeError } from "../core/errors";
import type { Program } from "../core/program";
import { heap } from "../core/runtime";
import { turn } from "../core/scheduler";
import { type Column, checkLabels, column, type Input } from "../data/column";
import { columnsOf, type DataSet } from "../data/dataset";
import { type Loss, resolveLoss } from "../loss/losses";
import type { Module } from "../nn/module";
import { randomBits } from "../ops/random";
import { type OptimizerConfig, resolveOptimizer } from "../optim/index";
import type { Optimizer } from "../optim/optimizer";
import { isTensor, own, pinned, type Tensor } from "../tensor/tensor";
import { plainNonFinite } from "./diagnose";
import { createFeed, type Feed } from "./feed";
import { whole } from "./options";
import { cut } from "./run";
import { Trainer } from "./trainer";

export interface TrainStepOptions {
  loss: Loss | "crossEntropy" | "mse";
  optimizer: Optimizer | OptimizerConfig;
}

export interface RunOptions {
  /** Steps to run, over the data again and again in its order. */
  steps: number;
  /** Rows of a step. Default: all. */
  batchSize?: number | "all";
}

export interface TrainStep {
  /** One step on a batch; returns its loss. Recorded once for each shape of batch. */
  (x: Input, y: Input): number;
  /** The same, when it is this caller's turn of the event loop. */
  async(x: Input, y: Input): Promise<number>;
  /** Many steps in one call, over data in linear memory; returns the loss of each. Synchronous: for scripts and workers. */
  run(data: DataSet, options: RunOptions): Float32Array;
  /** The program of the last step. */
  readonly program: Program | undefined;
  dispose(): void;
}

interface Slots {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly key: string;
}

/** Copies a batch into its slot. */
function load(slot: Tensor, c: Column): void {
  const h = heap();
  const at = (slot.storage.address + slot.offset) / 4;
  const to = slot.dtype === "i32" ? h.i32 : h.f32;
  if (isTensor(c.values)) {
    const from = (c.values.ref.storage.address + c.values.offset) / 4;
    to.copyWithin(at, from, from + slot.size);
  } else if (c.scale === 1 && c.offset === 0) to.set(c.values, at);
  else for (let k = 0; k < slot.size; k++) to[at + k] = Math.fround(c.values[k]! * c.scale) + c.offset;
}

/** One training step of a model, recorded at first use for each batch shape and then run as one program. */
export function trainStep(model: Module, options: TrainStepOptions): TrainStep {
  const loss = resolveLoss(options.loss);
  const optimizer = resolveOptimizer(options.optimizer, model.parameters());
  const [k0, k1] = randomBits(2);
  const trainer = new Trainer({ model, loss, metrics: [] }, optimizer, [k0!, k1!]);
  const slots = new Map<string, Slots>();
  let resident: { data: DataSet; feed: Feed; rows: number } | undefined;
  let last: Program | undefined;
  let steps = 0;
  let classes = -1;
  const target = loss.target ?? "float";

  const slotsFor = (x: Column, y: Column): Slots => {
    const key = `step ${x.rows},${x.rowShape} ${y.rows},${y.rowShape}`;
    let s = slots.get(key);
    if (s === undefined) {
      if (x.rows !== y.rows) throw new ShapeError(`trainStep: x has ${x.rows} rows, y has ${y.rows}`);
      if (x.rows === 0) throw new DataError("trainStep: the batch is empty");
      const yShape = target === "class" ? [y.rows] : [y.rows, ...y.rowShape];
      s = { key, x: own(pinned([x.rows, ...x.rowShape], "program")), y: own(pinned(yShape, "program", y.dtype)) };
      slots.set(key, s);
    }
    return s;
  };

  const recorded = (
    key: string,
    batch: () => { inputs: readonly Tensor[]; target: Tensor | undefined; weight: Tensor | undefined },
  ): Program => {
    last = trainer.program(key, true, batch);
    if (last === undefined)
      throw new RecordingError(
        `trainStep: forward() does not do the same each time (${trainer.difference}); write the loop with backward() and step()`,
      );
    return last;
  };

  const step = (x: Input, y: Input): number => {
    const cx = column("x", x, { as: "f32", allowNonFinite: true });
    const cy = column("y", y, { as: target === "class" ? "i32" : "f32", allowNonFinite: true });
    const s = slotsFor(cx, cy);
    load(s.x, cx);
    load(s.y, cy);
    const batch = () => ({ inputs: [s.x], target: s.y, weight: undefined });
    const program = recorded(s.key, batch);
    if (target === "class") {
      if (classes < 0) classes = trainer.outputs(batch);
      checkLabels(cy, classes);
    }
    const before = optimizer.snapshot();
    trainer.fillRow(0, 0, steps, true);
    trainer.run(program, 1);
    steps++;
    const value = trainer.figure(0, 0);
    if (!Number.isFinite(value)) {
      void before;
      throw plainNonFinite(steps, value);
    }
    return value;
  };

  const run = (data: DataSet, { steps: count, batchSize = "all" }: RunOptions): Float32Array => {
    whole("trainStep.run: steps", count, 0);
    if (resident?.data !== data) {
      resident?.feed.dispose();
      resident = undefined;
      const columns = columnsOf(data, target);
      resident = { data, feed: createFeed(columns, "resident", columns.rows), rows: columns.rows };
      if (target === "class")
        checkLabels(
          columns.target!,
          trainer.outputs(() => resident!.feed.batch(1, 0)),
        );
    }
    const { feed, rows } = resident;
    const plan = cut(rows, batchSize === "all" ? rows : whole("trainStep.run: batchSize", batchSize), "drop");
    const program = recorded(`run ${plan.batch}`, () => feed.batch(plan.batch, trainer.cursor));
    const losses = new Float32Array(count);
    for (let done = 0; done < count; ) {
      const n = Math.min(trainer.most, count - done);
      for (let k = 0; k < n; k++) trainer.fillRow(k, ((done + k) % plan.steps) * plan.batch, steps + k, true);
      trainer.run(program, n);
      for (let k = 0; k < n; k++) losses[done + k] = trainer.figure(k, 0);
      steps += n;
      done += n;
    }
    const bad = losses.findIndex((l) => !Number.isFinite(l));
    if (bad >= 0) throw plainNonFinite(steps - count + bad + 1, losses[bad]!);
    return losses;
  };

  const dispose = () => {
    trainer.dispose();
    resident?.feed.dispose();
    for (const s of slots.values()) {
      s.x.dispose();
      s.y.dispose();
    }
    if (optimizer !== options.optimizer) optimizer.dispose();
  };
  const asynchronous = async (x: Input, y: Input) => {
    await turn();
    return step(x, y);
  };
  return Object.defineProperty(Object.assign(step, { async: asynchronous, run, dispose }), "program", {
    get: () => last,
  }) as unknown as TrainStep;
}
