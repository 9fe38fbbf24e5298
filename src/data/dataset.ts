import { DataError, ShapeError } from "../core/errors";
import { isTensor } from "../tensor/tensor";
import { type Column, column, type Input } from "./column";
import { type TargetRule, targetColumn } from "./target";

/** Examples: inputs, and what the model should give for them. */
export interface DataSet {
  /** One input, or several: an array of tensors or typed arrays, or a record; they are passed to forward in their order. Nested arrays alone need the record. */
  x: Input | readonly Input[] | Readonly<Record<string, Input>>;
  y?: Input;
  /**
   * A weight for each row, 0 or more: the loss is sum(w l) / sum(w), or sum(w l) with `reduction: "sum"`, so that a weight of 2 counts as the row given twice and 0
   * as a row that is absent. A batch of zeros alone has a loss of 0 and no gradient; a data set of zeros alone is a DataError.
   */
  sampleWeight?: ArrayLike<number>;
}

export interface Columns {
  readonly rows: number;
  readonly inputs: readonly Column[];
  readonly target: Column | undefined;
  readonly weight: Column | undefined;
}

const isObject = (v: unknown): v is object => typeof v === "object" && v !== null;
const isArray = (v: unknown): v is readonly unknown[] => Array.isArray(v);

function inputsOf(x: DataSet["x"]): [string, Input][] {
  if (isArray(x) && x.some((v) => isObject(v) && !isArray(v))) return x.map((v, k) => [`x[${k}]`, v as Input]);
  if (isObject(x) && !isArray(x) && !isTensor(x) && !ArrayBuffer.isView(x) && !("data" in x && "shape" in x))
    return Object.entries(x as Record<string, Input>).map(([name, v]) => [`x.${name}`, v]);
  return [["x", x as Input]];
}

function checkWeights(values: Float32Array): void {
  const negative = values.findIndex((w) => w < 0);
  if (negative >= 0) throw new DataError(`sampleWeight: item ${negative} is ${values[negative]}; weights must be 0 or more`);
  if (values.length > 0 && values.every((w) => w === 0))
    throw new DataError("sampleWeight: all weights are 0, so no row counts; leave some above 0");
}

/** Normalises a data set; throws when it is empty or its parts have different numbers of rows. */
export function columnsOf(data: DataSet, rule: TargetRule | undefined, allowNonFinite = false): Columns {
  if (!isObject(data) || data.x === undefined) throw new DataError("a data set is { x, y }, got something without x");
  const inputs = inputsOf(data.x).map(([name, v]) => column(name, v, { as: "f32", allowNonFinite }));
  if (rule !== undefined && data.y === undefined) throw new DataError("y is missing: training and evaluation need targets");
  const y = data.y === undefined || rule === undefined ? undefined : targetColumn(data.y, rule, allowNonFinite);
  const given = data.sampleWeight;
  const weight =
    given === undefined
      ? undefined
      : column("sampleWeight", given instanceof Float32Array ? given : Float32Array.from(given), { as: "f32", allowNonFinite: false });
  if (weight !== undefined) checkWeights(weight.values as Float32Array);
  const all = [...inputs, ...(y === undefined ? [] : [y]), ...(weight === undefined ? [] : [weight])];
  const rows = all[0]?.rows ?? 0;
  for (const c of all)
    if (c.rows !== rows) throw new ShapeError(`${c.name} has ${c.rows} rows, ${all[0]!.name} has ${rows}; every example needs one of each`);
  if (rows === 0) throw new DataError("the data set is empty: it has no rows");
  return { rows, inputs, target: y, weight };
}
