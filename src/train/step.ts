import { DisposedError, RecordingError } from "../core/errors";
import { whenForgotten } from "../core/forgotten";
import type { Program } from "../core/program";
import { heap } from "../core/runtime";
import { turn } from "../core/scheduler";
import type { Input } from "../data/column";
import { columnsOf, type DataSet } from "../data/dataset";
import { checkColumn, checkTargets, needsOutputs, type TargetRule } from "../data/target";
import { type LossSpec, resolveLoss } from "../loss/losses";
import type { Module } from "../nn/module";
import { randomBits } from "../ops/random";
import type { AveragedModel } from "../optim/averaged";
import { type Clip, checkClip } from "../optim/clip";
import { type OptimizerConfig, resolveOptimizer } from "../optim/index";
import type { Optimizer } from "../optim/optimizer";
import { checkRegularization, type Regularization } from "../optim/regularization";
import { structure, type Tensor } from "../tensor/tensor";
import { badState, blame, type Replay } from "./blame";
import { diagnose } from "./diagnose";
import { createFeed, type Feed } from "./feed";
import { whole } from "./options";
import { cut } from "./run";
import { checkSearch, evaluations } from "./search";
import { Shadow } from "./shadow";
import { copyInto, fits, type Slots, SlotTable } from "./slots";
import { Trainer } from "./trainer";

export interface TrainStepOptions {
  loss: LossSpec;
  optimizer: Optimizer | OptimizerConfig;
  /** Scales the gradients to a norm of at most `norm`, all of them taken as one vector, or moves each item into [-value, value]. Default: as they are. */
  clip?: Clip;
  /** A penalty on weights, as in fit: in the gradients, not in the loss returned. */
  regularization?: Regularization;
  /** Takes the parameters in after each step. */
  ema?: AveragedModel;
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
  const inner = makeStep(model, options);
  const call = (x: Input, y: Input): number => inner.step(x, y);
  whenForgotten(call, inner.dispose);
  const { asynchronous, run, dispose } = inner;
  return Object.defineProperty(Object.assign(call, { async: asynchronous, run, dispose }), "program", { get: inner.program }) as TrainStep;
}

/** All of it but the function that the user holds. */
function makeStep(model: Module, options: TrainStepOptions) {
  const loss = resolveLoss(options.loss);
  const clip = checkClip("trainStep", options.clip);
  const optimizer = resolveOptimizer(options.optimizer, model.parameters());
  const regularization = checkRegularization("trainStep", options.regularization);
  const { ema } = options;
  ema?.check(model);
  checkSearch("trainStep", optimizer, { clip, regularization, ema });
  const [k0, k1] = randomBits(2);
  const trainer = new Trainer({ model, loss, metrics: [], clip, regularization, ema }, optimizer, [k0!, k1!]);
  let resident: { data: DataSet; feed: Feed; rows: number } | undefined;
  let last: Program | undefined;
  let shadow: Shadow | undefined;
  const counters = optimizer.snapshot();
  let steps = 0;
  let classes = -1;
  // a loss is a function with properties, which are slow to read at every step
  const { target, ignoreIndex, range } = loss;
  const rule = { target, ignoreIndex, range } as TargetRule;
  const slots = new SlotTable(rule);
  /** What the last step(x, y) used: taken again as long as shapes and model stay the same. */
  let current: { slots: Slots; program: Program; update: number; version: number; x: Input; y: Input } | undefined;
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

  /** Throws unless the loss takes the targets in the slot. */
  const check = ({ y, batch }: Slots): void => {
    if (!needsOutputs(rule, y.dtype) && range === undefined) return;
    if (classes < 0 && needsOutputs(rule, y.dtype)) classes = trainer.outputs(batch);
    const { i32, f32 } = heap();
    const rows = y.shape[0]!;
    checkTargets(rule, y.dtype, y.dtype === "i32" ? i32 : f32, y.storage.address / 4, rows, y.size / rows, classes);
  };

  /** Puts a batch where the program reads it. */
  const prepare = (x: Input, y: Input): { program: Program; update: number } => {
    if (
      current !== undefined &&
      current.version === structure.version &&
      (x === current.x || fits(current.slots.x, x)) &&
      (y === current.y || fits(current.slots.y, y))
    ) {
      current.x = x;
      current.y = y;
      copyInto(current.slots.x, x as Tensor);
      copyInto(current.slots.y, y as Tensor);
      check(current.slots);
    } else {
      current = undefined;
      alive();
      const s = slots.fill(x, y);
      check(s);
      const program = recorded(s.key, s.batch);
      current = { slots: s, program, update: program.begin("state"), version: structure.version, x: s.x, y: s.y };
    }
    return current;
  };

  /** One step of an optimizer that looks at several points. */
  const search = (program: Program, cursor: number): number => {
    shadow ??= new Shadow(trainer.changing, optimizer);
    shadow.take({ epoch: 0, step: 0, total: 0 });
    trainer.fillRow(-1, cursor, steps, true);
    try {
      for (const _ of evaluations(trainer, (loss) => diagnose(program, { step: steps + 1, loss }))) program.run();
    } catch (error) {
      shadow.restore();
      throw error;
    }
    steps++;
    return trainer.figure(0, 0);
  };

  const step = (x: Input, y: Input): number => {
    const { program, update } = prepare(x, y);
    if (optimizer.search !== undefined) return search(program, 0);
    // the loss is looked at before anything changes, so that a bad batch leaves the model as it was
    optimizer.snapshot(counters);
    trainer.fillRow(-1, 0, steps, true);
    const done = trainer.guarded(program, update);
    const value = trainer.figure(0, 0);
    if (!done) {
      optimizer.restore(counters);
      trainer.fillRow(-1, 0, steps, false);
      throw diagnose(program, { step: steps + 1, loss: value });
    }
    steps++;
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
      const columns = columnsOf(data, loss);
      const feed = createFeed(columns, "resident", columns.rows, true);
      try {
        checkColumn(loss, columns.target!, () => trainer.outputs(() => feed.batch(1, 0)));
      } catch (error) {
        feed.dispose();
        throw error;
      }
      resident = { data, feed, rows: columns.rows };
    }
    const { feed, rows } = resident;
    const plan = cut(rows, batchSize === "all" ? rows : whole("trainStep.run: batchSize", batchSize), "drop");
    checkSearch("trainStep.run", optimizer, { batches: plan.steps });
    const program = recorded(`run ${plan.batch}`, () => feed.batch(plan.batch, trainer.cursor));
    const losses = new Float32Array(count);
    if (optimizer.search !== undefined) return losses.map(() => search(program, 0));
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
      trainer.copyLosses(losses, done, n);
      let bad = -1;
      for (let k = done; k < done + n && bad < 0; k++) if (!Number.isFinite(losses[k]!)) bad = k;
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

  const alive = () => {
    if (gone) throw new DisposedError("this training step was disposed; make another with trainStep()");
  };
  const dispose = () => {
    if (gone) return;
    gone = true;
    current = undefined;
    shadow?.dispose();
    trainer.dispose();
    resident?.feed.dispose();
    slots.dispose();
    if (optimizer !== options.optimizer) optimizer.dispose();
  };
  const asynchronous = async (x: Input, y: Input) => {
    await turn();
    return step(x, y);
  };
  return { step, run, asynchronous, dispose, program: () => last };
}
