import { Source } from "../../assembly/opcodes";
import { DataError, DisposedError, RecordingError, ShapeError } from "../core/errors";
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
import { badState, blame, type Replay } from "./blame";
import { diagnose } from "./diagnose";
import { createFeed, type Feed } from "./feed";
import { whole } from "./options";
import { cut } from "./run";
import { Shadow } from "./shadow";
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
  const at = (slot.storage.address + slot.offset) / 4;
  const words = isTensor(c.values) && c.kind === Source.WORD ? c.values : undefined;
  // a spilled tensor comes back here, which may grow the memory: the views come after
  const from = words === undefined ? 0 : (words.ref.storage.address + words.offset) / 4;
  const h = heap();
  const to = slot.dtype === "i32" ? h.i32 : h.f32;
  if (words !== undefined) {
    h.i32.copyWithin(at, from, from + slot.size);
    return;
  }
  const values = isTensor(c.values) ? c.values.data() : c.values;
  if (c.scale === 1 && c.offset === 0) to.set(values, at);
  else for (let k = 0; k < slot.size; k++) to[at + k] = Math.fround(values[k]! * c.scale) + c.offset;
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
  let shadow: Shadow | undefined;
  let gone = false;
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

  const check = () => {
    if (gone) throw new DisposedError("this trainStep was disposed; make a new one");
  };

  const step = (x: Input, y: Input): number => {
    check();
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
    // the loss is looked at before anything changes, so that a bad batch leaves the model as it was
    trainer.fillRow(-1, 0, steps, false);
    program.run(0, program.begin("state"));
    const value = trainer.figure(0, 0);
    if (!Number.isFinite(value)) throw diagnose(program, { step: steps + 1, loss: value });
    trainer.fillRow(-1, 0, steps, true);
    program.run(program.begin("state"));
    steps++;
    return value;
  };

  const run = (data: DataSet, { steps: count, batchSize = "all" }: RunOptions): Float32Array => {
    check();
    whole("trainStep.run: steps", count, 0);
    if (resident?.data !== data) {
      resident?.feed.dispose();
      resident = undefined;
      const columns = columnsOf(data, target);
      const feed = createFeed(columns, "resident", columns.rows);
      try {
        if (target === "class") {
          const outputs = trainer.outputs(() => feed.batch(1, 0));
          checkLabels(columns.target!, outputs);
        }
      } catch (error) {
        feed.dispose();
        throw error;
      }
      resident = { data, feed, rows: columns.rows };
    }
    const { feed, rows } = resident;
    const plan = cut(rows, batchSize === "all" ? rows : whole("trainStep.run: batchSize", batchSize), "drop");
    const program = recorded(`run ${plan.batch}`, () => feed.batch(plan.batch, trainer.cursor));
    const losses = new Float32Array(count);
    const cursor = (k: number) => (k % plan.steps) * plan.batch;
    /** Undoes steps since the copy; where training became non-finite. */
    const replay = (from: number, loss: number): Replay => ({
      model,
      restore: () => shadow!.restore().total,
      again: (k) => {
        trainer.fillRow(0, cursor(k), from + k, true);
        trainer.run(program, 1);
      },
      explain: (k, culprit) => {
        trainer.fillRow(-1, cursor(k), from + k, false);
        return diagnose(program, { step: from + k + 1, loss, culprit });
      },
    });
    shadow ??= new Shadow(trainer.changing, optimizer);
    for (let done = 0; done < count; ) {
      const n = Math.min(trainer.most, count - done);
      shadow.take({ epoch: 0, step: done, total: done });
      for (let k = 0; k < n; k++) trainer.fillRow(k, cursor(done + k), steps + k, true);
      trainer.run(program, n);
      let bad = -1;
      for (let k = 0; k < n; k++) {
        losses[done + k] = trainer.figure(k, 0);
        if (bad < 0 && !Number.isFinite(losses[done + k]!)) bad = done + k;
      }
      if (bad < 0 && badState(model) !== undefined) bad = done + n;
      if (bad >= 0) {
        const error = blame(replay(steps - done, losses[Math.min(bad, count - 1)]!), bad);
        steps = error.step;
        throw error;
      }
      steps += n;
      done += n;
    }
    return losses;
  };

  const dispose = () => {
    gone = true;
    shadow?.dispose();
    shadow = undefined;
    last = undefined;
    trainer.dispose();
    resident?.feed.dispose();
    resident = undefined;
    for (const s of slots.values()) {
      s.x.dispose();
      s.y.dispose();
    }
    slots.clear();
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
