import { turn } from "../core/scheduler";
import type { Evaluator } from "./evaluate";
import type { Keeper } from "./keeper";
import type { Callback, EpochRecord, FitContext, FitOptions, History, Verdict } from "./options";
import type { createProgress } from "./progress";
import type { Runner } from "./run";
import { watchStill } from "./still";

interface Reports {
  readonly validation: Evaluator | undefined;
  /** Writes checkpoints, and knows what came before. */
  readonly keeper: Keeper | undefined;
}

/** Runs the epochs of a fit with all that is told about them: callbacks, validation, progress, the history. */
export async function runEpochs(runner: Runner, context: FitContext, options: FitOptions, reports: Reports): Promise<History> {
  const callbacks = options.callbacks ?? [];
  const { progress: shown } = options;
  const progress = shown ? (await import("./progress")).createProgress(shown === true ? undefined : shown) : undefined;
  const { past } = reports.keeper ?? {};
  const started = performance.now() - 1000 * (past?.seconds ?? 0);
  const cpu = cpuSeconds();
  const history: History = { epochs: [...(past?.epochs ?? [])], steps: 0, stopped: "finished", recorded: true, seconds: 0, flops: 0 };
  progress?.start(context);
  try {
    for (const c of callbacks) await c.onStart?.(context);
    const still = watchStill(context.model, context.optimizer, runner.updatesDone);
    for (let { epoch } = runner.position; epoch < context.epochs && history.stopped === "finished"; epoch++)
      await oneEpoch(runner, { epoch, context, options, reports, history, progress, still });
  } catch (error) {
    // an evaluation, or a callback, that heeds the signal ends the run as the signal itself does
    if (options.signal?.aborted !== true || error !== options.signal.reason) throw error;
    history.stopped = "aborted";
  } finally {
    progress?.end();
  }
  if (runner.position.total > 0) runner.settle();
  history.steps = runner.updatesDone;
  history.recorded = runner.recorded;
  history.flops = runner.flops;
  history.seconds = (performance.now() - started) / 1000;
  const spent = cpuSeconds();
  if (cpu !== undefined && spent !== undefined) history.cpuSeconds = (past?.cpuSeconds ?? 0) + spent - cpu;
  await reports.keeper?.atEnd(history);
  for (const c of callbacks) await c.onEnd?.(history);
  await reports.keeper?.over(history);
  return history;
}

interface Epoch {
  /** Counted from 0. */
  readonly epoch: number;
  readonly context: FitContext;
  readonly options: FitOptions;
  readonly reports: Reports;
  readonly history: History;
  readonly progress: ReturnType<typeof createProgress> | undefined;
  readonly still: ReturnType<typeof watchStill>;
}

async function oneEpoch(runner: Runner, { epoch, context, options, reports, history, progress, still }: Epoch): Promise<void> {
  const { signal, callbacks = [] } = options;
  const stepping = callbacks.some((c) => c.onStep !== undefined);
  const { keeper } = reports;
  runner.begin(epoch);
  const { begun } = runner;
  while (runner.position.step < context.stepsPerEpoch && history.stopped === "finished") {
    await runner.away(turn());
    if (signal?.aborted === true) {
      history.stopped = "aborted";
      return;
    }
    await runner.slice(keeper?.most);
    if (stepping) {
      const event = { step: runner.position.total, epoch: epoch + 1, loss: runner.lastLoss };
      await tell(callbacks, history, keeper, (c) => c.onStep?.(event));
    }
    await keeper?.afterSlice(history);
    progress?.update({
      epoch: epoch + 1,
      step: runner.position.step,
      ...runner.figures,
      samplesPerSecond: (1000 * runner.rows) / (performance.now() - begun),
    });
  }
  const seconds = (performance.now() - begun) / 1000;
  const { loss, metrics } = runner.figures;
  const record: EpochRecord = {
    epoch: epoch + 1,
    loss,
    ...metrics,
    lr: context.optimizer.lastRate[0]!,
    seconds,
    samplesPerSecond: runner.rows / seconds,
  };
  history.epochs.push(record);
  still(record, runner.updatesDone);
  if (reports.validation !== undefined) record.validation = await reports.validation.run(options.yieldEveryMs, signal);
  progress?.epochEnd({ ...record, metrics, ...(record.validation === undefined ? {} : { validation: record.validation }) });
  await tell(callbacks, history, keeper, (c) => c.onEpochEnd?.(record));
  await keeper?.afterEpoch(history);
}

/** Asks every callback, one after the other; the first that wants to stop gives the reason. */
async function tell(
  callbacks: readonly Callback[],
  history: History,
  keeper: Keeper | undefined,
  ask: (c: Callback) => Verdict | Promise<Verdict>,
): Promise<void> {
  if (keeper !== undefined) keeper.telling = true;
  for (const c of callbacks) {
    const verdict = await ask(c);
    if (verdict === undefined || history.stopped === "callback") continue;
    history.stopped = "callback";
    if (verdict !== "stop") history.reason = verdict.stop;
  }
  if (keeper !== undefined) keeper.telling = false;
}

/** Processor time of this process so far, where the platform tells. */
export function cpuSeconds(): number | undefined {
  const usage = (globalThis as { process?: { cpuUsage?: () => { user: number; system: number } } }).process?.cpuUsage?.();
  return usage === undefined ? undefined : (usage.user + usage.system) / 1e6;
}
