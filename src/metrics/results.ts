import { DataError, ShapeError } from "../core/errors";
import { type Shape, showShape } from "../tensor/shape";

// Figures of predictions that are already there, in float64.

/** Numbers with their shape: what predict gives. */
export interface Outputs {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
}

/** Class indices, or outputs: (rows, classes), of which the largest is the class, or (rows, 1) logits, class 1 above 0. */
export type Classes = ArrayLike<number> | Outputs;

const isOutputs = (x: ArrayLike<number> | Outputs): x is Outputs => "shape" in x && "data" in x;

function classesOf(what: string, given: Classes): number[] {
  if (!isOutputs(given)) return Array.from(given);
  const { data, shape } = given;
  const [rows = 0, classes = 1] = shape;
  if (shape.length === 1) return Array.from(data);
  if (shape.length !== 2) throw new ShapeError(`${what}: shape ${showShape(shape)}; expected (rows) or (rows, classes)`);
  return Array.from({ length: rows }, (_, r) => {
    if (classes === 1) return data[r]! > 0 ? 1 : 0;
    let best = 0;
    for (let c = 1; c < classes; c++) if (data[r * classes + c]! > data[r * classes + best]!) best = c;
    return best;
  });
}

function checked(what: string, list: readonly number[], classes: number): void {
  for (const [k, v] of list.entries())
    if (!Number.isInteger(v) || v < 0 || v >= classes)
      throw new DataError(`confusionMatrix: item ${k} of the ${what} is ${v}; classes are whole numbers from 0 to ${classes - 1}`);
}

function sameLength(name: string, predicted: number, actual: number): void {
  if (predicted !== actual) throw new ShapeError(`${name}: ${predicted} predictions, but ${actual} targets`);
  if (actual === 0) throw new DataError(`${name}: there are no predictions`);
}

/**
 * How often what was taken for what: item [i][j] counts the rows of class i that were predicted as j. `classes`: how many there are; by default as many as occur, or
 * as there are outputs. Throws ShapeError, DataError.
 */
export function confusionMatrix(predictions: Classes, targets: Classes, classes?: number): number[][] {
  const [p, t] = [classesOf("confusionMatrix: predictions", predictions), classesOf("confusionMatrix: targets", targets)];
  sameLength("confusionMatrix", p.length, t.length);
  const width = isOutputs(predictions) && predictions.shape.length === 2 ? Math.max(2, predictions.shape[1]!) : 0;
  const count = classes ?? [...p, ...t].reduce((most, v) => Math.max(most, v + 1), width);
  checked("predictions", p, count);
  checked("targets", t, count);
  const matrix = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (const [k, actual] of t.entries()) matrix[actual]![p[k]!]!++;
  return matrix;
}

export interface ClassFigures {
  precision: number;
  recall: number;
  f1: number;
}

export interface ClassificationReport {
  accuracy: number;
  /** Each class by itself; support: its rows. */
  classes: (ClassFigures & { support: number })[];
  /** Means over classes, each the same, and each by its rows. */
  macro: ClassFigures;
  weighted: ClassFigures;
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/**
 * From predictions or from their confusion matrix: precision, the share of what was predicted as a class that is of it; recall, the share of a class that was found;
 * F1, the harmonic mean of both. 0 where a class was never predicted, or has no rows, as scikit-learn's classification_report has it.
 */
export function classificationReport(matrix: readonly (readonly number[])[]): ClassificationReport;
export function classificationReport(predictions: Classes, targets: Classes): ClassificationReport;
export function classificationReport(first: readonly (readonly number[])[] | Classes, targets?: Classes): ClassificationReport {
  const matrix = targets === undefined ? (first as readonly (readonly number[])[]) : confusionMatrix(first as Classes, targets);
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const total = sum(matrix.map(sum));
  if (!(total > 0)) throw new DataError("classificationReport: the confusion matrix is empty");
  const hits = matrix.map((row, k) => row[k]!);
  const classes = matrix.map((row, k) => {
    const [hit, support, predicted] = [hits[k]!, sum(row), sum(matrix.map((r) => r[k]!))];
    return { precision: share(hit, predicted), recall: share(hit, support), f1: share(2 * hit, predicted + support), support };
  });
  const average = (weight: (c: { support: number }) => number): ClassFigures => {
    const all = sum(classes.map(weight));
    const of = (key: keyof ClassFigures) => sum(classes.map((c) => weight(c) * c[key])) / all;
    return { precision: of("precision"), recall: of("recall"), f1: of("f1") };
  };
  return { accuracy: sum(hits) / total, classes, macro: average(() => 1), weighted: average((c) => c.support) };
}

/**
 * Coefficient of determination: 1 - sum (t - p)^2 / sum (t - mean t)^2 over all numbers. 1 is exact, 0 as good as the mean, below 0 worse. Of targets that are all the
 * same: 1 where they are met, else 0, as scikit-learn has it.
 */
export function r2(predictions: ArrayLike<number> | Outputs, targets: ArrayLike<number> | Outputs): number {
  const [p, t] = [predictions, targets].map((x) => Array.from(isOutputs(x) ? x.data : x)) as [number[], number[]];
  sameLength("r2", p.length, t.length);
  const mean = t.reduce((a, b) => a + b, 0) / t.length;
  const left = t.reduce((s, v, k) => s + (v - p[k]!) ** 2, 0);
  const spread = t.reduce((s, v) => s + (v - mean) ** 2, 0);
  if (spread === 0) return left === 0 ? 1 : 0;
  return 1 - left / spread;
}
