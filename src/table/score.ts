import { DataError } from "../core/errors";
import { classificationReport, confusionMatrix, r2 } from "../metrics/results";
import { bootstrap, calibration, type Interval, logLoss, rocAuc, rocAucOvr } from "../metrics/scores";
import { Generator, randomBits } from "../ops/random";
import type { ClassPredictions, NumberPredictions, Predictions, TableModel } from "./model";
import type { Table } from "./table";
import { encodeClasses, type Target, targetNumbers } from "./target";

/** Figures of a model on rows it was not trained on, by name. */
export interface Scores {
  readonly task: "classify" | "regress";
  readonly rows: number;
  /** classify: accuracy, balancedAccuracy, precision, recall, f1, rocAuc, logLoss, calibrationError; regress: mse, rmse, mae, r2. */
  readonly figures: Readonly<Record<string, number>>;
  /** 95 % bootstrap intervals of the figures. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Item [i][j]: rows of class i predicted as j. Not of repeated cross-validation. */
  readonly confusion?: readonly (readonly number[])[];
  readonly classes?: readonly string[];
}

export interface ScoreOptions {
  /** Draws of the bootstrap; 0: no intervals. Default 1000. */
  samples?: number;
  /** Key of the draws. Default 0. */
  seed?: number;
}

type Figures = Record<string, (rows: Int32Array) => number>;

/** Precision, recall and F1 of two classes are the second's; of more, means over classes. */
function classFigures({ classes, labels, probabilities }: ClassPredictions, actual: Int32Array): Figures {
  const width = classes.length;
  const two = width === 2;
  const report = (rows: Int32Array) =>
    classificationReport(
      confusionMatrix(
        rows.map((r) => labels[r]!),
        rows.map((r) => actual[r]!),
        width,
      ),
    );
  const of = (rows: Int32Array) => ({
    data: Float64Array.from({ length: rows.length * width }, (_, k) => probabilities[rows[Math.floor(k / width)]! * width + (k % width)]!),
    shape: [rows.length, width],
  });
  const second = (rows: Int32Array) => Float64Array.from(rows, (r) => probabilities[r * width + 1]!);
  const at = (rows: Int32Array) => rows.map((r) => actual[r]!);
  const pick = (key: "precision" | "recall" | "f1") => (rows: Int32Array) => {
    const { classes: each, macro } = report(rows);
    return two ? each[1]![key] : macro[key];
  };
  const confidence = (rows: Int32Array) => Float64Array.from(rows, (r) => probabilities[r * width + labels[r]!]!);
  return {
    accuracy: (rows) => rows.reduce((n, r) => n + (labels[r] === actual[r] ? 1 : 0), 0) / rows.length,
    balancedAccuracy: (rows) => {
      const there = report(rows).classes.filter((c) => c.support > 0);
      return there.reduce((sum, c) => sum + c.recall, 0) / there.length;
    },
    precision: pick("precision"),
    recall: pick("recall"),
    f1: pick("f1"),
    rocAuc: (rows) => (two ? rocAuc(second(rows), at(rows)) : rocAucOvr(of(rows), at(rows))),
    logLoss: (rows) => logLoss(of(rows), at(rows)),
    calibrationError: (rows) =>
      two
        ? calibration(second(rows), at(rows)).error
        : calibration(
            confidence(rows),
            rows.map((r) => (labels[r] === actual[r] ? 1 : 0)),
          ).error,
  };
}

function numberFigures({ values }: NumberPredictions, actual: Float64Array): Figures {
  const mean = (each: (error: number) => number) => (rows: Int32Array) =>
    rows.reduce((sum, r) => sum + each(values[r]! - actual[r]!), 0) / rows.length;
  const mse = mean((e) => e * e);
  return {
    mse,
    rmse: (rows) => Math.sqrt(mse(rows)),
    mae: mean(Math.abs),
    r2: (rows) =>
      r2(
        Float64Array.from(rows, (r) => values[r]!),
        Float64Array.from(rows, (r) => actual[r]!),
      ),
  };
}

/** A figure that cannot be had of these rows (ROC AUC of one class, say) is left out. */
function tried(figure: () => number | Interval): [number | Interval] | [] {
  try {
    return [figure()];
  } catch (error) {
    if (error instanceof DataError) return [];
    throw error;
  }
}

/** Random numbers in [0, 1) of a key, for as long as `use` runs. */
function withRandom<T>(seed: number, use: (random: () => number) => T): T {
  const generator = new Generator(seed);
  let bits: Uint32Array = new Uint32Array(0);
  let at = 0;
  try {
    return use(() => {
      if (at === bits.length) [bits, at] = [randomBits(4096, generator), 0];
      return bits[at++]! / 2 ** 32;
    });
  } finally {
    generator.dispose();
  }
}

/** What was right for each row: its class, or its number. */
export const actualOf = (table: Table, target: Target): Int32Array | Float64Array =>
  target.task === "classify" ? encodeClasses(table, target) : targetNumbers(table, target.name);

/** Figures of predictions, each the mean over one or several lots of them for the same rows, with intervals over these rows. */
export function scoresOf(
  lots: readonly Predictions[],
  actual: Int32Array | Float64Array,
  { samples = 1000, seed = 0 }: ScoreOptions,
): Scores {
  const each = lots.map((p) => (p.task === "classify" ? classFigures(p, actual as Int32Array) : numberFigures(p, actual as Float64Array)));
  const figures = Object.keys(each[0]!).map((name): [string, (rows: Int32Array) => number] => [
    name,
    (rows) => each.reduce((sum, f) => sum + f[name]!(rows), 0) / each.length,
  ]);
  const all = Int32Array.from({ length: actual.length }, (_, r) => r);
  const entries = figures.flatMap(([name, f]): [string, number][] => tried(() => f(all)).map((v) => [name, v as number]));
  const intervals = withRandom(seed, (random) =>
    figures.flatMap(([name, f]): [string, Interval][] =>
      samples === 0 ? [] : tried(() => bootstrap(actual.length, f, { samples, random })).map((i) => [name, i as Interval]),
    ),
  );
  const first = lots[0]!;
  return {
    task: first.task,
    rows: actual.length,
    figures: Object.fromEntries(entries),
    intervals: Object.fromEntries(intervals),
    ...(first.task === "classify" && lots.length === 1
      ? { confusion: confusionMatrix(first.labels, actual as Int32Array, first.classes.length), classes: first.classes }
      : {}),
  };
}

/** Scores a model on a table's rows. Throws DataError where a target is missing or unknown. */
export async function score(model: TableModel, table: Table, options: ScoreOptions = {}): Promise<Scores> {
  return scoresOf([await model.predict(table)], actualOf(table, model.preprocessor.target), options);
}
