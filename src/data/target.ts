import { DataError, ShapeError } from "../core/errors";
import { sizeOf } from "../tensor/shape";
import { isTensor } from "../tensor/tensor";
import { type Column, column, type Input } from "./column";

/** What targets a loss takes; a loss is one. */
export interface TargetRule {
  readonly target?: "class" | "float" | "either";
  readonly ignoreIndex?: number;
  readonly range?: { readonly of: readonly [number, number]; readonly exactly?: boolean };
}

type Values = ArrayLike<number>;

/** How far from 1 the probabilities of a row may sum: what rounding of many small ones does, not more. */
const SUM_TOLERANCE = 1e-3;
/** Integers up to here are exact as f32. */
const EXACT = 2 ** 24;

/** Items of a row. */
function widthOf(input: Input): number {
  if (isTensor(input)) return sizeOf(input.shape.slice(1));
  if (ArrayBuffer.isView(input)) return 1;
  if (!Array.isArray(input)) return typeof input === "object" && "shape" in input ? sizeOf(input.shape.slice(1)) : 1;
  let [row, width]: [unknown, number] = [input[0], 1];
  for (; Array.isArray(row); row = row[0]) width *= row.length;
  return width;
}

const isWhole = (v: unknown): boolean => (Array.isArray(v) ? v.every(isWhole) : Number.isInteger(v) && Math.abs(v as number) <= EXACT);

/** Whether these are integers by their type: an integer array or tensor, or a plain array of whole numbers. */
function areIntegers(input: Input): boolean {
  if (isTensor(input)) return input.dtype !== "f32";
  if (Array.isArray(input)) return isWhole(input);
  if (ArrayBuffer.isView(input)) return !(input instanceof Float32Array || input instanceof Float64Array);
  if (typeof input !== "object") return false;
  const { data, scale, offset } = input as { data: Input; scale?: number; offset?: number };
  return scale === undefined && offset === undefined && areIntegers(data);
}

/** Targets as a loss takes them: i32, one a row, or f32. */
export function targetColumn(input: Input, { target = "float" }: TargetRule, allowNonFinite: boolean): Column {
  const single = target !== "float" && widthOf(input) === 1;
  const classes = single && (target === "class" || areIntegers(input));
  const c = column("y", input, { as: classes ? "i32" : "f32", allowNonFinite });
  return classes ? { ...c, rowShape: [] } : c;
}

/** Whether targets are looked at against the number of the model's outputs. */
export const needsOutputs = (rule: TargetRule, dtype: string): boolean => rule.target === "class" || dtype === "i32";

/**
 * Throws DataError unless all targets are such as the loss takes: labels among the classes or the ignored one, probabilities that are 0 or more and sum to 1 in each
 * row, numbers within the loss's range. ShapeError where rows of probabilities are not as long as the outputs. `values` from `at`, `rows` rows of `cols`.
 */
export function checkTargets(
  rule: TargetRule,
  dtype: string,
  values: Values,
  at: number,
  rows: number,
  cols: number,
  outputs: number,
): void {
  if (dtype === "i32") {
    if (rule.target === "class" || outputs > 1) checkLabels(values, at, rows, outputs, rule.ignoreIndex);
  } else if (rule.target === "class") {
    if (cols !== outputs)
      throw new ShapeError(
        `y: ${cols} numbers a row, but the model has ${outputs} outputs; give one class index a row, or one probability for each class`,
      );
    checkProbabilities(values, at, rows, cols);
  } else if (rule.range !== undefined) checkRange(rule.range, values, at, rows * cols);
}

function checkLabels(values: Values, at: number, n: number, classes: number, ignored: number | undefined): void {
  for (let k = 0; k < n; k++) {
    const v = values[at + k]!;
    if ((v < 0 || v >= classes) && v !== ignored)
      throw new DataError(
        `y: item ${k} is class ${v}, but the model has ${classes} outputs: classes go from 0 to ${classes - 1}` +
          (v < 0 && ignored === undefined ? "; for rows that do not count, pass the loss ignoreIndex" : ""),
      );
  }
}

function checkProbabilities(values: Values, at: number, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      const v = values[at + r * cols + c]!;
      if (!(v >= 0)) throw new DataError(`y: row ${r}, item ${c} is ${v}; probabilities of classes must be 0 or more`);
      sum += v;
    }
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE))
      throw new DataError(`y: row ${r} sums to ${sum}; the probabilities of the classes of a row must sum to 1`);
  }
}

/** NaN passes: whether it may is the business of allowNonFinite. */
function checkRange({ of: [low, high], exactly = false }: NonNullable<TargetRule["range"]>, values: Values, at: number, n: number): void {
  for (let k = 0; k < n; k++) {
    const v = values[at + k]!;
    if (v < low || v > high || (exactly && v !== low && v !== high && !Number.isNaN(v)))
      throw new DataError(`y: item ${k} is ${v}; targets of this loss ${exactly ? `are ${low} or ${high}` : `go from ${low} to ${high}`}`);
  }
}

/**
 * The same for a whole column; `outputs` is asked only where it matters. Run eagerly, losses that take numbers too look at the labels of each batch by themselves:
 * there, forward() must not run once more for this.
 */
export function checkColumn(rule: TargetRule, c: Column, outputs: () => number, eager = false): void {
  if (eager && rule.target === "either" && c.dtype === "i32") return;
  const raw = isTensor(c.values) ? c.values.data() : c.values;
  const values = c.scale === 1 && c.offset === 0 ? raw : Float32Array.from(raw, (v) => Math.fround(v * c.scale) + c.offset);
  checkTargets(rule, c.dtype, values, 0, c.rows, c.cols, needsOutputs(rule, c.dtype) ? outputs() : 1);
  const { ignoreIndex } = rule;
  if (c.dtype === "i32" && ignoreIndex !== undefined && values.every((v) => v === ignoreIndex))
    throw new DataError(`y: all labels are ${ignoreIndex}, which the loss ignores; there is nothing to learn from`);
}
