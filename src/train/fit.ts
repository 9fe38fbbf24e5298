import { DataError } from "../core/errors";
import { turn } from "../core/scheduler";
import { checkLabels } from "../data/column";
import { columnsOf, type DataSet } from "../data/dataset";
import { resolveLoss } from "../loss/losses";
import { resolveMetrics } from "../metrics/metrics";
import type { Module } from "../nn/module";
import { Generator, generator, randomBits, randperm, SHUFFLE } from "../ops/random";
import { resolveOptimizer } from "../optim/index";
import { Evaluator } from "./evaluate";
import { createFeed } from "./feed";
import { type Callback, type EpochRecord, type FitOptions, type History, oneOf, whole } from "./options";
import { createProgress } from "./progress";
import { cut, Runner, rowsOf } from "./run";
import { sourceFor } from "./source";
import { Trainer } from "./trainer";

/**
 * Trains a model. The steps run as recorded programs over data in linear memory, in slices of `yieldEveryMs`, so that timers, requests and frames get
 * their turn. Resolves with the history; rejects with a typed error, the model then being as after the last whole step.
 */
export async function fit(model: Module, data: DataSet, options: FitOptions): Promise<History> {
  const loss = resolveLoss(options.loss);
  const metrics = resolveMetrics(options.metrics ?? []);
  const columns = columnsOf(data, loss.target ?? "float", options.allowNonFinite);
  const epochs = whole("fit: epochs", options.epochs ?? 1, 0);
  const batch = options.batchSize === "all" ? columns.rows : whole("fit: batchSize", options.batchSize ?? 32);
  const accumulate = whole("fit: accumulate", options.accumulate ?? 1);
  const plan = cut(columns.rows, batch, oneOf("fit: lastBatch", options.lastBatch ?? "keep", ["keep", "drop"]));
  if (plan.steps === 0)
    throw new DataError(`fit: ${columns.rows} rows give no whole batch of ${batch}; lower batchSize or keep the last batch`);
  const own = !("step" in options.optimizer);
  const optimizer = resolveOptimizer(options.optimizer, model.parameters());
  const cleanup: (() => void)[] = [() => own && optimizer.dispose()];
  try {
    const random = new Generator(0);
    cleanup.push(() => random.dispose());
    random.seed(options.seed ?? drawSeed());
    const [key0, key1] = random.block.data();
    const parts = { model, loss, metrics };
    const trainer = new Trainer({ ...parts, weighted: columns.weight !== undefined }, optimizer, [key0!, key1!], accumulate);
    cleanup.push(() => trainer.dispose());
    const feed = createFeed(columns, sourceFor(columns, options.source), plan.batch);
    cleanup.push(() => feed.dispose());
    if (loss.target === "class" && columns.target !== undefined)
      checkLabels(
        columns.target,
        trainer.outputs(() => feed.batch(1, 0), options.eager),
      );
    // a smaller last batch that the model does not take is said before the first step, not at the end of the epoch
    const last = rowsOf(plan, plan.steps - 1);
    if (last < plan.batch) trainer.rehearse(() => feed.batch(last, 0));
    const evaluator = options.validation === undefined ? undefined : new Evaluator(parts, options.validation, options);
    cleanup.push(() => evaluator?.dispose());
    const order = (epoch: number) => {
      if (options.shuffle === false) return undefined;
      random.step = epoch;
      return randperm(columns.rows, random, SHUFFLE);
    };
    const runner = new Runner(trainer, feed, plan, order, {
      eager: options.eager ?? false,
      yieldMs: options.yieldEveryMs ?? 16,
      eachStep: options.callbacks?.some((c) => c.onStep !== undefined) ?? false,
    });
    cleanup.push(() => runner.dispose());
    return await epochsOf(
      runner,
      { ...options, epochs },
      plan.steps,
      metrics.map(([name]) => name),
      evaluator,
    );
  } finally {
    for (const f of cleanup) f();
  }
}

/** 53 bits from the global generator. */
function drawSeed(): number {
  const [low, high] = randomBits(2, generator());
  return low! + (high! & 0x1fffff) * 2 ** 32;
}

async function epochsOf(
  runner: Runner,
  options: FitOptions & { epochs: number },
  stepsPerEpoch: number,
  names: readonly string[],
  evaluator: Evaluator | undefined,
): Promise<History> {
  const callbacks = options.callbacks ?? [];
  const progress = options.progress ? createProgress(options.progress === true ? undefined : options.progress) : undefined;
  const started = performance.now();
  const cpu = cpuSeconds();
  const history: History = { epochs: [], steps: 0, stopped: "finished", recorded: true, seconds: 0, flops: 0 };
  progress?.start({ epochs: options.epochs, stepsPerEpoch });
  try {
    for (const c of callbacks) await c.onStart?.();
    for (let epoch = 0; epoch < options.epochs && history.stopped === "finished"; epoch++) {
      const begun = performance.now();
      runner.begin(epoch);
      while (runner.position.step < stepsPerEpoch) {
        await turn();
        if (options.signal?.aborted === true) {
          history.stopped = "aborted";
          break;
        }
        await runner.slice();
        const mean = figures(runner, names);
        if (callbacks.length > 0 && (await onStep(callbacks, runner, epoch))) {
          history.stopped = "callback";
          break;
        }
        progress?.update({
          epoch: epoch + 1,
          step: runner.position.step,
          ...mean,
          samplesPerSecond: (1000 * runner.rows) / (performance.now() - begun),
        });
      }
      if (history.stopped === "aborted") break;
      const seconds = (performance.now() - begun) / 1000;
      const { loss, metrics } = figures(runner, names);
      const record: EpochRecord = { epoch: epoch + 1, loss, ...metrics, seconds, samplesPerSecond: runner.rows / seconds };
      if (evaluator !== undefined) record.validation = await evaluator.run(options.yieldEveryMs);
      history.epochs.push(record);
      progress?.epochEnd({ ...record, metrics, ...(record.validation === undefined ? {} : { validation: record.validation }) });
      for (const c of callbacks) if ((await c.onEpochEnd?.(record)) === "stop") history.stopped = "callback";
    }
  } finally {
    progress?.end();
  }
  if (runner.position.total > 0) runner.settle();
  history.steps = runner.position.total;
  history.recorded = runner.recorded;
  history.flops = runner.flops;
  history.seconds = (performance.now() - started) / 1000;
  const spent = cpuSeconds();
  if (cpu !== undefined && spent !== undefined) history.cpuSeconds = spent - cpu;
  for (const c of callbacks) await c.onEnd?.(history);
  return history;
}

function figures(runner: Runner, names: readonly string[]): { loss: number; metrics: Record<string, number> } {
  const mean = (k: number) => runner.sums[k]! / (runner.sums.at(-1) || 1);
  return { loss: mean(0), metrics: Object.fromEntries(names.map((name, k) => [name, mean(k + 1)])) };
}

async function onStep(callbacks: readonly Callback[], runner: Runner, epoch: number): Promise<boolean> {
  let stop = false;
  const event = { step: runner.position.total, epoch: epoch + 1, loss: runner.lastLoss };
  for (const c of callbacks) if ((await c.onStep?.(event)) === "stop") stop = true;
  return stop;
}

function cpuSeconds(): number | undefined {
  const usage = (globalThis as { process?: { cpuUsage?: () => { user: number; system: number } } }).process?.cpuUsage?.();
  return usage === undefined ? undefined : (usage.user + usage.system) / 1e6;
}
