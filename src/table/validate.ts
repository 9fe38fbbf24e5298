import { OptionError } from "../core/errors";
import type { Predictions } from "./model";
import { learnable } from "./preprocessor";
import { actualOf, type ScoreOptions, type Scores, scoresOf } from "./score";
import { kFold } from "./split";
import type { Table } from "./table";
import { type TrainTableOptions, trainTable } from "./train";

export interface CrossValidation extends ScoreOptions {
  /** Parts, each predicted by a model trained on the others. Default 10. */
  folds?: number;
  /** Times that is done, over other parts. Default 1. */
  repeats?: number;
  /** After each model. */
  onModel?: (done: number, all: number) => void;
}

/** Predictions put together from those for parts of the rows. */
function gather(parts: readonly { readonly rows: Int32Array; readonly predictions: Predictions }[], count: number): Predictions {
  const told = { filled: {}, unknown: {} };
  const first = parts[0]!.predictions;
  if (first.task === "regress") {
    const values = new Float64Array(count);
    for (const { rows, predictions } of parts)
      if (predictions.task === "regress") for (const [k, r] of rows.entries()) values[r] = predictions.values[k]!;
    return { task: "regress", values, told };
  }
  const width = first.classes.length;
  const labels = new Int32Array(count);
  const probabilities = new Float64Array(count * width);
  for (const { rows, predictions } of parts)
    if (predictions.task === "classify")
      for (const [k, r] of rows.entries()) {
        labels[r] = predictions.labels[k]!;
        probabilities.set(predictions.probabilities.subarray(k * width, (k + 1) * width), r * width);
      }
  return { task: "classify", classes: first.classes, labels, probabilities, told };
}

/**
 * Repeated stratified k-fold cross-validation of trainTable() with these options: each row is predicted by a model that was not trained on it, preprocessing included. Figures are
 * means over the repeats, their 95 % intervals by bootstrap over the rows. Throws what trainTable() throws.
 */
export async function crossValidate(table: Table, options: TrainTableOptions, how: CrossValidation = {}): Promise<Scores> {
  const { folds = 10, repeats = 1, onModel } = how;
  if (!Number.isInteger(repeats) || repeats < 1)
    throw new OptionError(`crossValidate: repeats must be a whole number of 1 or more, got ${repeats}`);
  const { probe, rows, strata } = learnable(table, options);
  const { target } = probe;
  const actual = actualOf(rows, target);
  const seed = options.seed ?? 0;
  // the classes of all rows, though a part may lack one
  const classes = target.task === "classify" ? { classes: target.classes } : {};
  const lots: Predictions[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const parts: { rows: Int32Array; predictions: Predictions }[] = [];
    for (const { train, test } of kFold(rows.rows, folds, { seed: seed + repeat, ...strata })) {
      const { model } = await trainTable(rows.take(train), { ...options, ...classes, task: target.task, seed: seed + repeat });
      try {
        parts.push({ rows: test, predictions: await model.predict(rows.take(test)) });
      } finally {
        model.dispose();
      }
      onModel?.(repeat * folds + parts.length, repeats * folds);
    }
    lots.push(gather(parts, rows.rows));
  }
  return scoresOf(lots, actual, how);
}
