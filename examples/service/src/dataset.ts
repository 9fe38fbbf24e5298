/** Posted rows as numbers that networks learn from, and the way back from outputs to answers. */
import { splitIndices } from "neurite";
import { type Limits, within } from "./limits";
import { Problem } from "./problems";
import type { Label, TrainBody } from "./schemas";

/** Moves numbers to mean 0 and standard deviation 1; scale 0 where they do not vary. */
interface Standard {
  mean: number[];
  scale: number[];
}

/** What is kept with a model, as JSON. */
export interface Preprocessing {
  columns: string[];
  inputs: Standard;
  target: { kind: "classes"; labels: Label[] } | ({ kind: "numbers"; single: boolean } & Standard);
}

/** Rows first the training's, then those held out. */
export interface Dataset {
  x: Float32Array;
  y: Float32Array | Int32Array;
  rows: number;
  held: number;
  columns: number;
  /** Numbers the network gives for a row. */
  outputs: number;
}

/** Squares of larger ones, summed, would leave the range of float64; there is no use for them either. */
const LARGEST = 1e30;

const bad = (detail: string) => new Problem("invalid-data", detail);

/** Rows of the same length, of finite numbers, one after the other. */
export function flatten(what: string, rows: readonly (readonly number[])[], width: number): Float64Array {
  const flat = new Float64Array(rows.length * width);
  for (const [r, row] of rows.entries()) {
    if (row.length !== width) throw bad(`${what}: row ${r} has ${row.length} numbers, ${width} are expected`);
    for (let c = 0; c < width; c++) {
      const v = row[c]!;
      if (!(Math.abs(v) <= LARGEST)) throw bad(`${what}: row ${r}, column ${c} is ${v}; numbers lie between -${LARGEST} and ${LARGEST}`);
      flat[r * width + c] = v;
    }
  }
  return flat;
}

/** Mean and deviation of each column over some rows. */
function standardOf(flat: Float64Array, width: number, order: Int32Array): Standard {
  const mean = new Array<number>(width).fill(0);
  const scale = new Array<number>(width).fill(0);
  for (let c = 0; c < width; c++) {
    let [least, most, sum] = [Infinity, -Infinity, 0];
    for (const r of order) {
      const v = flat[r * width + c]!;
      sum += v;
      if (v < least) least = v;
      if (v > most) most = v;
    }
    mean[c] = sum / order.length;
    let squares = 0;
    for (const r of order) squares += (flat[r * width + c]! - mean[c]!) ** 2;
    // rounding leaves a little where all are the same
    scale[c] = least === most ? 0 : Math.sqrt(squares / order.length);
  }
  return { mean, scale };
}

/** Numbers as the network takes them; columns that did not vary are left out as zeros. */
export function standardise(flat: Float64Array, { mean, scale }: Standard, order?: Int32Array): Float32Array {
  const width = mean.length;
  const rows = order?.length ?? flat.length / width;
  const out = new Float32Array(rows * width);
  for (let k = 0; k < rows; k++)
    for (let c = 0; c < width; c++) if (scale[c]! > 0) out[k * width + c] = (flat[(order?.[k] ?? k) * width + c]! - mean[c]!) / scale[c]!;
  return out;
}

const rank = { string: 0, number: 1, boolean: 2 } as Record<string, number>;
const compare = (a: Label, b: Label) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : rank[typeof a]! - rank[typeof b]!);

function classesOf(labels: readonly Label[], limits: Limits): Label[] {
  const known = [...new Set(labels)].sort(compare);
  if (known.some((label) => typeof label !== typeof known[0]))
    throw bad("labels: they are to be all strings, all whole numbers or all booleans");
  if (known.length < 2) throw bad(`labels: all rows are of the class ${JSON.stringify(known[0])}; two classes or more are needed`);
  within(limits, "classes", known.length, "labels: classes");
  return known;
}

/** Checks the rows of a training and prepares them. Throws Problem. */
export function prepare(body: TrainBody, held: number, seed: number, limits: Limits): { data: Dataset; preprocessing: Preprocessing } {
  const { rows, labels, targets } = body;
  if ((labels === undefined) === (targets === undefined))
    throw new Problem("invalid-request", "give labels, which are classes, or targets, which are numbers: one of them");
  const width = rows[0]!.length;
  within(limits, "rows", rows.length, "rows");
  within(limits, "columns", width, "columns");
  within(limits, "cells", rows.length * width, "rows times columns");
  if (rows.length < 2) throw bad("rows: two or more are needed");
  const answers = (labels ?? targets)!;
  if (answers.length !== rows.length)
    throw bad(`${labels ? "labels" : "targets"}: there are ${answers.length} for ${rows.length} rows; each row has one`);
  const columns = body.columns ?? Array.from({ length: width }, (_, k) => `x${k}`);
  if (columns.length !== width) throw bad(`columns: there are ${columns.length} names for ${width} columns`);
  if (new Set(columns).size < width) throw bad("columns: a name stands twice");
  const flat = flatten("rows", rows, width);
  const [train, rest] = splitIndices(rows.length, [1 - held, held], { seed }) as [Int32Array, Int32Array];
  const order = Int32Array.from([...train, ...rest]);
  const inputs = standardOf(flat, width, train);
  if (inputs.scale.every((s) => s === 0)) throw bad("rows: no column varies, so there is nothing to learn from");
  const base = { x: standardise(flat, inputs, order), rows: train.length, held: rest.length, columns: width };
  if (labels !== undefined) {
    const known = classesOf(labels, limits);
    const index = new Map(known.map((label, k) => [label, k]));
    const y = Int32Array.from(order, (r) => index.get(labels[r]!)!);
    return { data: { ...base, y, outputs: known.length }, preprocessing: { columns, inputs, target: { kind: "classes", labels: known } } };
  }
  const single = !Array.isArray(targets![0]);
  const lists = targets!.map((t, r) => {
    if (Array.isArray(t) === single) throw bad(`targets: row ${r} is ${single ? "a list" : "a number"}, the first is not`);
    return single ? [t as number] : (t as number[]);
  });
  const outputs = lists[0]!.length;
  within(limits, "classes", outputs, "targets: numbers a row");
  const numbers = flatten("targets", lists, outputs);
  const standard = standardOf(numbers, outputs, train);
  const target = { kind: "numbers", single, ...standard } as const;
  return { data: { ...base, y: standardise(numbers, standard, order), outputs }, preprocessing: { columns, inputs, target } };
}
