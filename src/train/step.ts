import { DisposedError, RecordingError } from "../core/errors";
import type { Program } from "../core/program";
import { turn } from "../core/scheduler";
import { checkLabels, type Input } from "../data/column";
import { columnsOf, type DataSet } from "../data/dataset";
import { type Loss, resolveLoss } from "../loss/losses";
import type { Module } from "../nn/module";
import { randomBits } from "../ops/random";
import { type OptimizerConfig, resolveOptimizer } from "../optim/index";
import type { Optimizer } from "../optim/optimizer";
import { structure, type Tensor } from "../tensor/tensor";
import { plainNonFinite } from "./diagnose";
import { createFeed, type Feed } from "./feed";
import { whole } from "./options";
import { cut } from "./run";
import { checkSlot, copyInto, fits, type Slots, SlotTable } from "./slots";
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

/** One training step of a model, recorded at first use for each batch shape and then run as one program. */
export function trainStep(model: Module, options: TrainStepOptions): TrainStep {
  const loss = resolveLoss(options.loss);
  const optimizer = resolveOptimizer(options.optimizer, model.parameters());
  const [k0, k1] = randomBits(2);
  const trainer = new Trainer({ model, loss, metrics: [] }, optimizer, [k0!, k1!]);
  let resident: { data: DataSet; feed: Feed; rows: number } | undefined;
  let last: Program | undefined;
  let steps = 0;
  let classes = -1;
  const target = loss.target ?? "float";
  const slots = new SlotTable(target);
  /** What the last step(x, y) used: taken again as long as shapes and model stay the same. */
  let current: { slots: Slots; program: Program; version: number } | undefined;
  let gone = false;

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

  /** Puts a batch where the program reads it. */
  const prepare = (x: Input, y: Input): Program => {
    if (current !== undefined && current.version === structure.version && fits(current.slots.x, x) && fits(current.slots.y, y)) {
      copyInto(current.slots.x, x);
      copyInto(current.slots.y, y);
    } else {
      current = undefined;
      alive();
      const s = slots.fill(x, y);
      const program = recorded(s.key, s.batch);
      if (target === "class" && classes < 0) classes = trainer.outputs(s.batch);
      current = { slots: s, program, version: structure.version };
    }
    if (target === "class") checkSlot(current.slots.y, classes);
    return current.program;
  };

  const step = (x: Input, y: Input): number => {
    const program = prepare(x, y);
    trainer.fillRow(0, 0, steps, true);
    trainer.run(program, 1);
    steps++;
    const value = trainer.figure(0, 0);
    if (!Number.isFinite(value)) throw plainNonFinite(steps, value);
    return value;
  };

  const run = (data: DataSet, { steps: count, batchSize = "all" }: RunOptions): Float32Array => {
    whole("trainStep.run: steps", count, 0);
    alive();
    // recording may drop the program that step(x, y) used
    current = undefined;
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
      trainer.copyLosses(losses, done, n);
      steps += n;
      done += n;
    }
    const bad = losses.findIndex((l) => !Number.isFinite(l));
    if (bad >= 0) throw plainNonFinite(steps - count + bad + 1, losses[bad]!);
    return losses;
  };

  const alive = () => {
    if (gone) throw new DisposedError("this training step was disposed; make another with trainStep()");
  };
  const dispose = () => {
    if (gone) return;
    gone = true;
    current = undefined;
    trainer.dispose();
    resident?.feed.dispose();
    slots.dispose();
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
