import { DataError, OptionError } from "../core/errors";
import { type CategoryColumn, missingIn, type NumberColumn } from "./columns";
import { median, type Scale, type Scaling, scaleOf } from "./scale";
import type { Table } from "./table";

/** What a column of numbers becomes: one input, and one more that is 1 where it was missing, if asked for. */
export interface NumberFeature extends Scale {
  readonly name: string;
  readonly type: "number";
  /** In place of what is missing. */
  readonly fill: number;
  readonly indicator: boolean;
}

/** What a column of classes becomes: an input for each level, 1 for its own (`oneHot`), or the level's number (`ordinal`), scaled. */
export interface CategoryFeature extends Scale {
  readonly name: string;
  readonly type: "category";
  readonly levels: readonly string[];
  readonly encoding: "oneHot" | "ordinal";
  /** Level in place of what is missing. */
  readonly fill: number;
}

export type Feature = NumberFeature | CategoryFeature;

export interface FeatureOptions {
  /** Default "standard". */
  scale?: Scaling;
  /** How classes become numbers. By name for single columns. Default "oneHot". */
  encoding?: "oneHot" | "ordinal" | Readonly<Record<string, "oneHot" | "ordinal">>;
  /** An input more for each column of numbers that has missing cells: 1 where it was missing. Default false. */
  indicators?: boolean;
}

function numberFeature(c: NumberColumn, { scale = "standard", indicators = false }: FeatureOptions): NumberFeature {
  const there = c.values.filter((v) => !Number.isNaN(v));
  if (there.length === 0) throw new DataError(`column ${JSON.stringify(c.name)} has no values: all of its cells are missing; leave it out`);
  return { name: c.name, type: "number", fill: median(there), indicator: indicators && missingIn(c) > 0, ...scaleOf(there, scale) };
}

function categoryFeature(c: CategoryColumn, { scale = "standard", encoding = "oneHot" }: FeatureOptions): CategoryFeature {
  const chosen = typeof encoding === "string" ? encoding : ((Object.hasOwn(encoding, c.name) ? encoding[c.name] : undefined) ?? "oneHot");
  if (chosen !== "oneHot" && chosen !== "ordinal")
    throw new OptionError(`encoding of ${JSON.stringify(c.name)}: ${JSON.stringify(chosen)} is unknown; known are oneHot and ordinal`);
  const counts = new Array<number>(c.levels.length).fill(0);
  for (const k of c.codes) if (k >= 0) counts[k]!++;
  // levels that none of these rows has (the others' rows were taken away) teach nothing
  const kept = c.levels.filter((_, k) => counts[k]! > 0);
  if (kept.length === 0) throw new DataError(`column ${JSON.stringify(c.name)} has no values: all of its cells are missing; leave it out`);
  const fill = kept.indexOf(c.levels[counts.indexOf(Math.max(...counts))]!);
  const place = c.levels.map((level) => kept.indexOf(level));
  const codes = Float64Array.from(
    c.codes.filter((k) => k >= 0),
    (k) => place[k]!,
  );
  const size = chosen === "ordinal" ? scaleOf(codes, scale) : { center: 0, scale: 1 };
  return { name: c.name, type: "category", levels: kept, encoding: chosen, fill, ...size };
}

/** What is learnt from the columns of a table; text is left out, and so is what `skip` names. Throws DataError where nothing is left, or a column is all missing. */
export function fitFeatures(table: Table, skip: readonly string[], options: FeatureOptions): { features: Feature[]; leftOut: string[] } {
  const columns = table.columns.filter((c) => !skip.includes(c.name));
  const features = columns.flatMap((c): Feature[] =>
    c.type === "number" ? [numberFeature(c, options)] : c.type === "category" ? [categoryFeature(c, options)] : [],
  );
  if (features.length === 0) throw new DataError("there are no columns to learn from: besides the target there is only text");
  return { features, leftOut: columns.filter((c) => c.type === "text").map((c) => c.name) };
}

/** Names of the inputs, in order. */
export const inputsOf = (f: Feature): string[] => {
  if (f.type === "number") return f.indicator ? [f.name, `${f.name} missing`] : [f.name];
  return f.encoding === "ordinal" ? [f.name] : f.levels.map((level) => `${f.name} = ${level}`);
};

/** What happened to cells as they were encoded. */
export interface Told {
  /** Cells filled in, by column. */
  readonly filled: Record<string, number>;
  /** Cells of classes never seen in training, by column; taken for missing where encoded as numbers, else no input is 1. */
  readonly unknown: Record<string, number>;
}

const count = (into: Record<string, number>, name: string) => {
  into[name] = (into[name] ?? 0) + 1;
};

function encodeNumber(f: NumberFeature, c: NumberColumn, out: Float32Array, at: number, width: number, told: Told): void {
  for (let r = 0; r < c.values.length; r++, at += width) {
    let v = c.values[r]!;
    const gone = Number.isNaN(v);
    if (gone) {
      v = f.fill;
      count(told.filled, f.name);
    }
    out[at] = (v - f.center) / f.scale;
    if (f.indicator) out[at + 1] = gone ? 1 : 0;
  }
}

function encodeCategory(f: CategoryFeature, c: CategoryColumn, out: Float32Array, at: number, width: number, told: Told): void {
  const place = c.levels.map((level) => f.levels.indexOf(level));
  for (let r = 0; r < c.codes.length; r++, at += width) {
    const code = c.codes[r]!;
    let k = code < 0 ? f.fill : place[code]!;
    if (code < 0) count(told.filled, f.name);
    else if (k < 0) {
      count(told.unknown, f.name);
      if (f.encoding === "ordinal") k = f.fill;
    }
    if (f.encoding === "ordinal") out[at] = (k - f.center) / f.scale;
    else if (k >= 0) out[at + k] = 1;
  }
}

/** A column as this feature wants it, where the table has it as another type: numbers as classes by their texts, and the other way round. */
function asType(table: Table, f: Feature): NumberColumn | CategoryColumn {
  const c = table.column(f.name);
  if (c.type === f.type) return c as NumberColumn | CategoryColumn;
  const texts = Array.from({ length: table.rows }, (_, r) => {
    const v = table.record(r)[f.name];
    return v === null || v === undefined ? undefined : String(v);
  });
  if (f.type === "category") {
    // 1 and 1.0 are the same number
    const same = (t: string) => f.levels.findIndex((level) => level === t || (level.trim() !== "" && Number(level) === Number(t)));
    const levels = [...f.levels, ...new Set(texts.filter((t) => t !== undefined && same(t) < 0) as string[])];
    const codes = Int32Array.from(texts, (t) => (t === undefined ? -1 : same(t) >= 0 ? same(t) : levels.indexOf(t)));
    return { name: f.name, type: "category", codes, levels };
  }
  const values = Float64Array.from(texts, (t) => (t === undefined ? NaN : Number(t)));
  const wrong = values.findIndex((v, r) => Number.isNaN(v) && texts[r] !== undefined);
  if (wrong >= 0)
    throw new DataError(
      `column ${JSON.stringify(f.name)}: row ${wrong + 1} is ${JSON.stringify(texts[wrong])}, but in training it was a column of numbers`,
    );
  return { name: f.name, type: "number", values };
}

/** Rows as inputs: (rows, width), f32. Throws OptionError for a column that is not there, DataError for cells of another kind. */
export function encodeFeatures(table: Table, features: readonly Feature[]): { data: Float32Array; shape: [number, number]; told: Told } {
  const widths = features.map((f) => inputsOf(f).length);
  const width = widths.reduce((a, b) => a + b, 0);
  const data = new Float32Array(table.rows * width);
  const told: Told = { filled: {}, unknown: {} };
  let at = 0;
  for (const [k, f] of features.entries()) {
    const c = asType(table, f);
    if (f.type === "number") encodeNumber(f, c as NumberColumn, data, at, width, told);
    else encodeCategory(f, c as CategoryColumn, data, at, width, told);
    at += widths[k]!;
  }
  return { data, shape: [table.rows, width], told };
}
