import { turn } from "../core/scheduler";
import { checkLabels } from "../data/column";
import { columnsOf, type DataSet } from "../data/dataset";
import { type Loss, resolveLoss } from "../loss/losses";
import { type MetricSpec, resolveMetrics } from "../metrics/metrics";
import type { Module } from "../nn/module";
import type { Parts } from "./body";
import { createFeed, type Feed, type SourceMode } from "./feed";
import { whole } from "./options";
import { type Cut, cut, rowsOf } from "./run";
import { sourceFor } from "./source";
import { Trainer } from "./trainer";

export interface EvaluateOptions {
  loss: Loss | "crossEntropy" | "mse";
  metrics?: readonly MetricSpec[];
  /** Default 256. The figures do not depend on it but for rounding. */
  batchSize?: number;
  yieldEveryMs?: number;
  eager?: boolean;
  source?: SourceMode;
  allowNonFinite?: boolean;
  signal?: AbortSignal;
}

/** Loss and metrics of a model over a data set: programs and data stay, so that it can run after every epoch. */
export class Evaluator {
  private readonly trainer!: Trainer;
  private readonly feed: Feed;
  private readonly cut: Cut;

  constructor(
    private readonly parts: Omit<Parts, "row">,
    data: DataSet,
    private readonly options: { eager?: boolean; source?: SourceMode; allowNonFinite?: boolean; evalBatch?: number },
  ) {
    const columns = columnsOf(data, parts.loss.target ?? "float", options.allowNonFinite);
    this.cut = cut(columns.rows, options.evalBatch ?? 256, "keep");
    this.feed = createFeed(columns, sourceFor(columns, options.source), this.cut.batch);
    try {
      this.trainer = new Trainer({ ...parts, weighted: columns.weight !== undefined }, undefined, [0, 0]);
      if (parts.loss.target === "class" && columns.target !== undefined)
        checkLabels(
          columns.target,
          this.trainer.outputs(() => this.feed.batch(1, 0), options.eager),
        );
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Runs over all rows, giving the event loop its turn. */
  async run(yieldMs = 16, signal?: AbortSignal): Promise<Record<string, number> & { loss: number }> {
    const { trainer, cut: plan } = this;
    const sums = new Float64Array(2 + trainer.parts.metrics.length);
    let since = performance.now();
    for (let step = 0; step < plan.steps; step++) {
      if (performance.now() - since > yieldMs) {
        await turn();
        since = performance.now();
      }
      signal?.throwIfAborted();
      const rows = rowsOf(plan, step);
      this.feed.reach(step * plan.batch, rows);
      const batch = () => this.feed.batch(rows, trainer.cursor);
      trainer.fillRow(-1, this.feed.cursor(step * plan.batch), 0, false, step * plan.batch);
      const program = this.options.eager === true ? undefined : trainer.program(`eval ${rows}`, false, batch);
      if (program === undefined) trainer.eager(false, batch);
      else program.run();
      trainer.addFigures(0, rows, sums);
    }
    const mean = (k: number) => sums[k]! / sums.at(-1)!;
    return Object.assign({ loss: mean(0) }, Object.fromEntries(this.parts.metrics.map(([name], k) => [name, mean(k + 1)])));
  }

  dispose(): void {
    this.trainer?.dispose();
    this.feed.dispose();
  }
}

/** Loss and metrics of a model over a data set, in evaluation mode. */
export async function evaluate(model: Module, data: DataSet, options: EvaluateOptions): Promise<Record<string, number> & { loss: number }> {
  const parts = { model, loss: resolveLoss(options.loss), metrics: resolveMetrics(options.metrics ?? []) };
  const evaluator = new Evaluator(parts, data, { ...options, evalBatch: whole("evaluate: batchSize", options.batchSize ?? 256) });
  try {
    return await evaluator.run(options.yieldEveryMs, options.signal);
  } finally {
    evaluator.dispose();
  }
}
