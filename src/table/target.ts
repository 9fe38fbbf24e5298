import { DataError, OptionError } from "../core/errors";
import { type Scale, scaleOf } from "./scale";
import type { Table } from "./table";

export type Task = "classify" | "regress";

export interface TargetOptions {
  /** Default: `regress` where the target is a column of numbers that are not few whole ones, else `classify`. */
  task?: Task;
  /** Turns a column of numbers into two classes: whether they are above this. */
  above?: number;
  /** Names of the classes and their order. Default: those that occur, sorted. */
  classes?: readonly string[];
}

export interface ClassTarget {
  readonly name: string;
  readonly task: "classify";
  /** Names of the classes, in the order of the model's outputs. */
  readonly classes: readonly string[];
  readonly above?: number;
}

/** Numbers are learnt as (y - center) / scale. */
export interface NumberTarget extends Scale {
  readonly name: string;
  readonly task: "regress";
}

export type Target = ClassTarget | NumberTarget;

/** Whole numbers that are no more than this are taken for classes. */
const FEW = 20;

function suggest(values: Float64Array): Task {
  const distinct = new Set(values);
  return distinct.size <= Math.min(FEW, values.length / 5) && values.every(Number.isInteger) ? "classify" : "regress";
}

/** The target of a table, learnt from rows that all have one. Throws DataError, OptionError. */
export function fitTarget(table: Table, name: string, { task, above, classes: given }: TargetOptions): Target {
  const c = table.column(name);
  if (task !== undefined && task !== "classify" && task !== "regress")
    throw new OptionError(`task must be "classify" or "regress", got ${JSON.stringify(task)}`);
  if (c.type === "text")
    throw new DataError(`the target ${JSON.stringify(name)} is text with too many different values to be classes; is it the right column?`);
  if (above !== undefined) {
    if (c.type !== "number" || task === "regress")
      throw new OptionError(
        `above is for a target of numbers that is to become two classes; ${JSON.stringify(name)} is not, or the task is to regress`,
      );
    return withTwo({ name, task: "classify", classes: [`<= ${above}`, `> ${above}`], above });
  }
  if (c.type === "number" && (task ?? (given === undefined ? suggest(c.values) : "classify")) === "regress")
    return { name, task: "regress", ...scaleOf(c.values, "standard") };
  if (task === "regress") throw new DataError(`the target ${JSON.stringify(name)} is a column of classes, which cannot be regressed`);
  const classes =
    given ??
    (c.type === "number" ? [...new Set(c.values)].sort((a, b) => a - b).map(String) : c.levels.filter((_, k) => c.codes.includes(k)));
  return withTwo({ name, task: "classify", classes });
}

function withTwo(t: ClassTarget): ClassTarget {
  if (t.classes.length < 2)
    throw new DataError(
      `the target ${JSON.stringify(t.name)} is ${JSON.stringify(t.classes[0])} in every row; there is nothing to tell apart`,
    );
  return t;
}

/** Rows that have a target. */
export function rowsWithTarget(table: Table, name: string): Int32Array {
  const c = table.column(name);
  const there = (r: number) =>
    c.type === "number" ? !Number.isNaN(c.values[r]) : c.type === "category" ? c.codes[r]! >= 0 : c.values[r] !== undefined;
  return Int32Array.from({ length: table.rows }, (_, r) => r).filter(there);
}

/** Class of each row, an index into target.classes. Throws DataError for a class that is new, or none. */
export function encodeClasses(table: Table, { name, classes, above }: ClassTarget): Int32Array {
  const c = table.column(name);
  return Int32Array.from({ length: table.rows }, (_, r) => {
    const v = table.record(r)[name];
    if (v === null || v === undefined) throw new DataError(`the target ${JSON.stringify(name)} is missing in row ${r + 1}`);
    if (above !== undefined && c.type === "number") return Number(v) > above ? 1 : 0;
    const k = classes.indexOf(String(v));
    const same = k >= 0 ? k : classes.findIndex((one) => one.trim() !== "" && Number(one) === Number(v));
    if (same < 0)
      throw new DataError(
        `the target ${JSON.stringify(name)} is ${JSON.stringify(v)} in row ${r + 1}, a class that training did not have; it had ${classes.join(", ")}`,
      );
    return same;
  });
}

/** Numbers of each row as the model learns them: (rows, 1), f32. Throws DataError where one is missing. */
export function encodeNumbers(table: Table, target: NumberTarget): Float32Array {
  return Float32Array.from(targetNumbers(table, target.name), (v) => (v - target.center) / target.scale);
}

/** Numbers of each row as they stand in the table. */
export function targetNumbers(table: Table, name: string): Float64Array {
  const c = table.column(name);
  if (c.type !== "number") throw new DataError(`the target ${JSON.stringify(name)} is no column of numbers here`);
  const gone = c.values.findIndex(Number.isNaN);
  if (gone >= 0) throw new DataError(`the target ${JSON.stringify(name)} is missing in row ${gone + 1}`);
  return c.values;
}
