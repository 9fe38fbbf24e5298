import { DataError, OptionError } from "../core/errors";
import { columnsOf, type DataSet } from "../data/dataset";
import { checkColumn } from "../data/target";
import { resolveLoss } from "../loss/losses";
import { type MetricSpec, resolveMetrics } from "../metrics/metrics";
import { isModule, type Module } from "../nn/module";
import { drawSeed, Generator, SHUFFLE, shuffleInto } from "../ops/random";
import type { AveragedModel } from "../optim/averaged";
import { checkClip } from "../optim/clip";
import { resolveOptimizer } from "../optim/index";
import { checkRegularization } from "../optim/regularization";
import { cut, rowsOf } from "./cut";
import { runEpochs } from "./epochs";
import { evaluatorOver, TrainingEvaluator } from "./evaluate";
import { createFeed } from "./feed";
import { type FitOptions, type History, oneOf, whole } from "./options";
import { rehearse } from "./rehearse";
import { Runner } from "./run";
import { checkSearch } from "./search";
import { sourceFor } from "./source";
import { Trainer } from "./trainer";

/**
 * Trains a model. The steps run as recorded programs over data in linear memory, in slices of `yieldEveryMs`, so that timers, requests and frames get
 * their turn. Resolves with the history; rejects with a typed error, the model then being as after the last whole step.
 */
export async function fit(model: Module, data: DataSet, options: FitOptions): Promise<History> {
  const loss = resolveLoss(options.loss);
  const metrics = resolveMetrics(options.metrics ?? []);
  const columns = columnsOf(data, loss, options.allowNonFinite);
  const epochs = whole("fit: epochs", options.epochs ?? 1, 0);
  const batch = options.batchSize === "all" ? columns.rows : whole("fit: batchSize", options.batchSize ?? 32);
  const accumulate = whole("fit: accumulate", options.accumulate ?? 1);
  const plan = cut(columns.rows, batch, oneOf("fit: lastBatch", options.lastBatch ?? "keep", ["keep", "drop"]));
  if (plan.steps === 0)
    throw new DataError(`fit: ${columns.rows} rows give no whole batch of ${batch}; lower batchSize or keep the last batch`);
  const own = !("step" in options.optimizer);
  const asked = options.checkpoint !== undefined || (options.resume ?? false) !== false;
  const byName = "type" in options.optimizer ? options.optimizer.type : undefined;
  const { LBFGS } = byName === "lbfgs" ? await import("../optim/lbfgs") : {};
  const optimizer = resolveOptimizer(options.optimizer, model.parameters(), LBFGS);
  const cleanup: (() => void)[] = [() => own && optimizer.dispose()];
  try {
    const clip = checkClip("fit", options.clip);
    const regularization = checkRegularization("fit", options.regularization);
    // no wait without one: the seed is then drawn before fit returns
    const ema = options.ema === undefined ? undefined : await averagedOf(model, options.ema);
    const ownEma = ema !== options.ema;
    cleanup.push(() => ownEma && ema?.dispose());
    ema?.check(model);
    const { files, saved } = asked ? await import("./resume").then((m) => m.openRun(options)) : {};
    checkSearch("fit", optimizer, { batches: plan.steps, accumulate, clip, regularization, ema });
    const random = new Generator(0);
    cleanup.push(() => random.dispose());
    const seed = saved?.run.seed ?? options.seed ?? drawSeed();
    random.seed(seed);
    const [key0, key1] = random.block.data();
    const steps = { model, loss, metrics, clip, regularization, ema, weighted: columns.weight !== undefined };
    /** What is evaluated: the averaged weights, where there are any. */
    const parts = { model: ema ?? model, loss, metrics };
    const source = sourceFor(columns, options.source);
    const quota = options.maxBytes === undefined ? undefined : new (await import("./quota")).Quota(options.maxBytes);
    quota?.run(model, ema, optimizer, accumulate);
    quota?.columns("data", columns, source, plan.batch);
    const trainer = new Trainer(steps, optimizer, [key0!, key1!], accumulate, quota?.planned);
    cleanup.push(() => trainer.dispose());
    const { callbacks = [], shuffle = true } = options;
    const settings = { rows: columns.rows, batchSize: plan.batch, stepsPerEpoch: plan.steps, accumulate, shuffle, metrics: metrics.length };
    const { restore, position } = asked ? await import("./resume") : {};
    if (saved !== undefined) restore?.(saved, { model, optimizer, ema, settings, seed: options.seed, callbacks });
    const feed = createFeed(columns, source, plan.batch, !shuffle);
    cleanup.push(() => feed.dispose());
    const outputs = () => trainer.outputs(() => feed.batch(1, 0), options.eager);
    if (columns.target !== undefined) checkColumn(loss, columns.target, outputs, options.eager);
    // a smaller last batch that the model does not take is said before the first step, not at the end of the epoch
    const last = rowsOf(plan, plan.steps - 1);
    if (last < plan.batch) rehearse(model, () => feed.batch(last, 0));
    const validation = options.validation === undefined ? undefined : evaluatorOver(parts, options.validation, options, undefined, quota);
    cleanup.push(() => validation?.dispose());
    const training = new TrainingEvaluator(parts, columns, feed, options);
    cleanup.push(() => training.dispose());
    // one array for all epochs: pages of a new one cost more than what is written to them
    const rows = shuffle ? new Int32Array(columns.rows) : undefined;
    const order = (epoch: number) => {
      random.step = epoch;
      return rows && shuffleInto(rows, random, SHUFFLE);
    };
    const runner = new Runner(trainer, feed, plan, order, {
      eager: options.eager ?? false,
      yieldMs: options.yieldEveryMs ?? 16,
      eachStep: callbacks.some((c) => c.onStep !== undefined),
    });
    cleanup.push(() => runner.dispose());
    quota?.add("step table", trainer.tableBytes(plan.steps));
    if (quota !== undefined) runner.record();
    const evaluate = (m?: readonly MetricSpec[]) => training.run(m);
    const context = { model, optimizer, epochs, stepsPerEpoch: plan.steps, evaluate, ...(ema === undefined ? {} : { ema }) };
    if (saved !== undefined) position?.(saved, runner, trainer);
    const kept = { epochs, runner, trainer, settings, seed, callbacks };
    const keeper = asked ? new (await import("./keeper")).Keeper(kept, files, options.checkpoint ?? {}, saved) : undefined;
    const history = await runEpochs(runner, context, options, { validation, keeper });
    if (ownEma) ema?.copyTo(model);
    return history;
  } finally {
    for (const f of cleanup) f();
  }
}

/** The average of a run: one's own, or one made from its options. */
async function averagedOf(model: Module, given: NonNullable<FitOptions["ema"]>): Promise<AveragedModel> {
  if ("updateParameters" in given) return given;
  if (isModule(given)) throw new OptionError("fit: ema takes { decay, ... } or an AveragedModel, got another module");
  const { AveragedModel } = await import("../optim/averaged");
  return new AveragedModel(model, given);
}
