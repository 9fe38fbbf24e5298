import { busy } from "../core/claims";
import { DisposedError, RecordingError } from "../core/errors";
import { handedOut, holding, whenForgotten } from "../core/forgotten";
import type { Program } from "../core/program";
import { engine, heap } from "../core/runtime";
import { turn } from "../core/scheduler";
import type { Input } from "../data/column";
import { columnsOf, type DataSet } from "../data/dataset";
import { checkColumn, checkTargets, needsOutputs, type TargetRule } from "../data/target";
import { resolveLoss } from "../loss/losses";
import type { Module } from "../nn/module";
import { randomBits } from "../ops/random";
import { checkClip } from "../optim/clip";
import { resolveOptimizer } from "../optim/index";
import { LBFGS } from "../optim/lbfgs";
import { checkRegularization } from "../optim/regularization";
import { structure, type Tensor } from "../tensor/tensor";
import { badState, blame } from "./blame";
import { cut } from "./cut";
import { diagnose } from "./diagnose";
import type { RunOptions, TrainStep, TrainStepOptions } from "./faces";
import { createFeed, type Feed } from "./feed";
import { whole } from "./options";
import { replay } from "./replay";
import { checkSearch, evaluations } from "./search";
import { Shadow } from "./shadow";
import { copyInto, fits, type Slots, SlotTable } from "./slots";
import { stepAway } from "./step-away";
import { Trainer } from "./trainer";

/** One training step of a model, recorded at first use for each batch shape and then run as one program. */
export function trainStep(model: Module, options: TrainStepOptions): TrainStep {
  const inner = makeStep(model, options);
  const call = (x: Input, y: Input): number => inner.step(x, y);
  whenForgotten(call, inner.dispose);
  const methods = { async: holding(inner.asynchronous, call), run: holding(inner.run, call), dispose: inner.dispose };
  return Object.defineProperty(Object.assign(call, methods), "program", { get: handedOut(inner.program, call) }) as TrainStep;
}

/** All of it but the function that the user holds. */
function makeStep(model: Module, options: TrainStepOptions) {
  const loss = resolveLoss(options.loss);
  const clip = checkClip("trainStep", options.clip);
  const optimizer = resolveOptimizer(options.optimizer, model.parameters(), LBFGS);
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
  /** Whether workers are at a step. */
  let onTeam = false;
  let waiting: Promise<unknown> = Promise.resolve();

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
  const prepare = (x: Input, y: Input): { program: Program; update: number; slots: Slots } => {
    if (onTeam) busy();
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
      shadow?.dispose();
      shadow = undefined;
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

  /** The same as step(), by workers. */
  const away = async (x: Input, y: Input): Promise<number> => {
    const { program, update, slots: s } = prepare(x, y);
    shadow ??= new Shadow(trainer.changing, optimizer);
    onTeam = true;
    try {
      return await stepAway({ trainer, shadow, program, update, batch: s.batch, steps: steps++ });
    } catch (error) {
      steps--;
      throw error;
    } finally {
      onTeam = false;
      if (gone) free();
    }
  };

  const run = (data: DataSet, { steps: count, batchSize = "all" }: RunOptions): Float32Array => {
    whole("trainStep.run: steps", count, 0);
    alive();
    if (onTeam) busy();
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
    const batch = () => feed.batch(plan.batch, trainer.cursor);
    const program = recorded(`run ${plan.batch}`, batch);
    const losses = new Float32Array(count);
    if (optimizer.search !== undefined) return losses.map(() => search(program, 0));
    const cursor = (k: number) => (k % plan.steps) * plan.batch;
    const first = steps;
    const again = (total: number, inParts: boolean) => {
      trainer.fillRow(inParts ? -1 : 0, cursor(total - first), total, !inParts);
      return { program, batch };
    };
    shadow ??= new Shadow(trainer.changing, optimizer);
    for (let done = 0; done < count; ) {
      const n = Math.min(trainer.most, count - done);
      shadow.take({ epoch: 0, step: done, total: steps });
      for (let k = 0; k < n; k++) trainer.fillRow(k, cursor(done + k), steps + k, true);
      trainer.run(program, n);
      trainer.copyLosses(losses, done, n);
      let bad = -1;
      for (let k = done; k < done + n && bad < 0; k++) if (!Number.isFinite(losses[k]!)) bad = k;
      if (bad < 0 && badState(model) !== undefined) bad = done + n;
      if (bad >= 0) {
        const error = blame(replay(trainer, shadow, losses[Math.min(bad, count - 1)]!, again), first + bad);
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
    if (!onTeam) free();
  };
  const free = () => {
    shadow?.dispose();
    trainer.dispose();
    resident?.feed.dispose();
    slots.dispose();
    if (optimizer !== options.optimizer) optimizer.dispose();
  };
  const asynchronous = async (x: Input, y: Input) => {
    await turn();
    if (engine().team === undefined) return step(x, y);
    const mine = waiting.then(() => away(x, y));
    waiting = mine.catch(() => {});
    return mine;
  };
  return { step, run, asynchronous, dispose, program: () => last };
}
