import type { Program } from "../core/program";
import { turn } from "../core/scheduler";
import { type Columns, columnsOf, type DataSet } from "../data/dataset";
import { checkColumn } from "../data/target";
import { type LossSpec, resolveLoss } from "../loss/losses";
import { type MetricSpec, resolveMetrics } from "../metrics/metrics";
import type { Module } from "../nn/module";
import type { Parts } from "./body";
import { type Cut, cut, rowsOf } from "./cut";
import { createFeed, type Feed, type SourceMode } from "./feed";
import { insist } from "./insist";
import { whole } from "./options";
import type { Quota } from "./quota";
import { sourceFor } from "./source";
import { Trainer } from "./trainer";

export interface EvaluateOptions {
  loss: LossSpec;
  metrics?: readonly MetricSpec[];
  /** Default 256. The figures do not depend on it but for rounding. */
  batchSize?: number;
  yieldEveryMs?: number;
  eager?: boolean;
  source?: SourceMode;
  allowNonFinite?: boolean;
  signal?: AbortSignal;
}

/** Rows of a batch that is only evaluated, unless asked otherwise. */
const EVAL_ROWS = 256;

/** Loss and metrics of a model over a data set: programs and data stay, so that it can run after every epoch. */
export class Evaluator {
  private readonly trainer: Trainer;
  private readonly cut: Cut;

  constructor(
    parts: Omit<Parts, "row">,
    columns: Columns,
    private readonly feed: Feed,
    batch: number,
    private readonly eager: boolean | undefined,
    private readonly ownsFeed: boolean,
    private readonly quota?: Quota,
  ) {
    this.cut = cut(columns.rows, Math.min(batch, feed.most), "keep");
    this.trainer = new Trainer({ ...parts, weighted: columns.weight !== undefined }, undefined, [0, 0], 1, quota?.planned);
  }

  /** Counts what it will take. */
  plan(): void {
    if (this.quota === undefined || this.eager === true) return;
    this.quota.add("step table", this.trainer.tableBytes(this.cut.steps));
    for (const rows of [this.cut.batch, rowsOf(this.cut, this.cut.steps - 1)]) this.program(rows);
  }

  private program(rows: number): Program | undefined {
    return this.trainer.program(`eval ${rows}`, false, () => this.feed.batch(rows, this.trainer.cursor));
  }

  /** How many numbers the model gives for a row. */
  outputs(): number {
    return this.trainer.outputs(() => this.feed.batch(1, 0), this.eager);
  }

  /** Runs over all rows, giving the event loop its turn. */
  async run(yieldMs = 16, signal?: AbortSignal): Promise<Record<string, number> & { loss: number }> {
    const { trainer, cut: plan } = this;
    const sums = trainer.sumsOfFigures();
    let since = performance.now();
    let pace = Infinity;
    for (let step = 0; step < plan.steps; ) {
      if (performance.now() - since > yieldMs) {
        await turn();
        since = performance.now();
      }
      signal?.throwIfAborted();
      const rows = rowsOf(plan, step);
      const batch = () => this.feed.batch(rows, trainer.cursor);
      const program = this.eager === true ? undefined : this.program(rows);
      const left = rows < plan.batch ? 1 : Math.floor((plan.rows - step * plan.batch) / plan.batch);
      const wanted = program === undefined ? 1 : Math.max(1, Math.min(left, Math.floor(yieldMs / pace), trainer.most));
      const count = Math.floor(this.feed.reach(step * plan.batch, wanted * rows) / rows);
      const fill = (entry: number, k: number) => trainer.fillRow(entry, this.feed.cursor(k * plan.batch), 0, false, k * plan.batch);
      if (program === undefined) {
        fill(-1, step);
        trainer.eager(false, batch);
      } else {
        for (let k = 0; k < count; k++) fill(k, step + k);
        pace = (await insist(() => trainer.runAway(program, count))) / count;
      }
      trainer.addFigures(count, rows, sums);
      step += count;
    }
    const { loss, metrics } = trainer.means(sums);
    return Object.assign({ loss }, metrics);
  }

  dispose(): void {
    this.trainer.dispose();
    if (this.ownsFeed) this.feed.dispose();
  }
}

/** An evaluator over a data set of its own. */
export function evaluatorOver(
  parts: Omit<Parts, "row">,
  data: DataSet,
  options: { eager?: boolean; source?: SourceMode; allowNonFinite?: boolean },
  batch = EVAL_ROWS,
  quota?: Quota,
): Evaluator {
  const columns = columnsOf(data, parts.loss, options.allowNonFinite);
  const [source, rows] = [sourceFor(columns, options.source), Math.min(batch, columns.rows)];
  quota?.columns("validation data", columns, source, rows);
  const feed = createFeed(columns, source, rows);
  let evaluator: Evaluator | undefined;
  try {
    evaluator = new Evaluator(parts, columns, feed, batch, options.eager, true, quota);
    const made = evaluator;
    if (columns.target !== undefined) checkColumn(parts.loss, columns.target, () => made.outputs(), options.eager);
    made.plan();
    return evaluator;
  } catch (error) {
    (evaluator ?? feed).dispose();
    throw error;
  }
}

/** Evaluates what a run trains on, at the callbacks' request: through the run's own feed, so the data are not held twice. */
export class TrainingEvaluator {
  private last: { metrics: readonly MetricSpec[] | undefined; evaluator: Evaluator } | undefined;

  constructor(
    private readonly parts: Omit<Parts, "row">,
    private readonly columns: Columns,
    private readonly feed: Feed,
    private readonly options: { eager?: boolean; yieldEveryMs?: number; signal?: AbortSignal },
  ) {}

  async run(metrics?: readonly MetricSpec[]): Promise<Record<string, number> & { loss: number }> {
    const known = this.last?.metrics;
    if (known?.length !== metrics?.length || metrics?.some((m, k) => m !== known![k]) === true) this.dispose();
    if (this.last === undefined) {
      const parts = metrics === undefined ? this.parts : { ...this.parts, metrics: resolveMetrics(metrics) };
      const evaluator = new Evaluator(parts, this.columns, this.feed, EVAL_ROWS, this.options.eager, false);
      this.last = { metrics, evaluator };
    }
    return this.last.evaluator.run(this.options.yieldEveryMs, this.options.signal);
  }

  dispose(): void {
    this.last?.evaluator.dispose();
    this.last = undefined;
  }
}

/** Loss and metrics of a model over a data set, in evaluation mode. */
export async function evaluate(model: Module, data: DataSet, options: EvaluateOptions): Promise<Record<string, number> & { loss: number }> {
  const parts = { model, loss: resolveLoss(options.loss), metrics: resolveMetrics(options.metrics ?? []) };
  const evaluator = evaluatorOver(parts, data, options, whole("evaluate: batchSize", options.batchSize ?? EVAL_ROWS));
  try {
    return await evaluator.run(options.yieldEveryMs, options.signal);
  } finally {
    evaluator.dispose();
  }
}
