import { DataError, StateError } from "../core/errors";
import { pathOf, readBytes, writeFileAtomic } from "../io/file";
import { load, save } from "../io/model";
import { readSafetensors } from "../io/safetensors";
import type { Module } from "../nn/module";
import { predict } from "../train/predict";
import type { Told } from "./features";
import { Preprocessor, type PreprocessorConfig } from "./preprocessor";
import { type RowRecord, Table } from "./table";

/** Key of the preprocessing in a file's metadata. */
const KEY = "neurite.table";

export interface ClassPredictions {
  readonly task: "classify";
  /** Names of the classes, in the order of the probabilities. */
  readonly classes: readonly string[];
  /** Most probable class of each row, an index into classes. */
  readonly labels: Int32Array;
  /** (rows, classes), each row summing to 1. */
  readonly probabilities: Float64Array;
  readonly told: Told;
}

export interface NumberPredictions {
  readonly task: "regress";
  /** One a row, in the target's own units. */
  readonly values: Float64Array;
  readonly told: Told;
}

export type Predictions = ClassPredictions | NumberPredictions;

/** Probabilities of a row of logits, in double precision. */
function softmax(logits: Float32Array, at: number, width: number, out: Float64Array): void {
  const row = logits.subarray(at, at + width);
  const top = row.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let c = 0; c < width; c++) sum += out[at + c] = Math.exp(row[c]! - top);
  for (let c = 0; c < width; c++) out[at + c]! /= sum;
}

/** A model together with what turns rows of a table into its inputs and its outputs back: it takes raw rows. */
export class TableModel {
  constructor(
    /** (rows, inputs) to logits (rows, classes), or to (rows, 1) numbers in the scale of training. */
    readonly module: Module,
    readonly preprocessor: Preprocessor,
  ) {}

  /** Predictions for rows, a table or objects with the columns of training; the target need not be there. Throws OptionError, DataError. */
  async predict(rows: Table | readonly RowRecord[], { signal }: { signal?: AbortSignal } = {}): Promise<Predictions> {
    const { features, target } = this.preprocessor.config;
    // a class may look like a number, and a column of few rows like anything
    const types = Object.fromEntries(features.map((f) => [f.name, f.type]));
    const table =
      rows instanceof Table
        ? rows
        : Table.from(
            rows.map((row) => ({ ...nothing(features), ...row })),
            { types },
          );
    if (table.rows === 0) throw new DataError("predict: there are no rows");
    const { x, told } = this.preprocessor.encode(table);
    const { data, shape } = await predict(this.module, x, signal === undefined ? {} : { signal });
    if (target.task === "regress")
      return { task: "regress", values: Float64Array.from(data, (v) => v * target.scale + target.center), told };
    const { classes } = target;
    const width = shape[1]!;
    if (width !== classes.length) throw new StateError(`the model has ${width} outputs for ${classes.length} classes`);
    const probabilities = new Float64Array(data.length);
    const labels = new Int32Array(table.rows);
    for (let r = 0; r < table.rows; r++) {
      softmax(data, r * width, width, probabilities);
      for (let c = 1; c < width; c++) if (data[r * width + c]! > data[r * width + labels[r]!]!) labels[r] = c;
    }
    return { task: "classify", classes, labels, probabilities, told };
  }

  /** The bytes of a safetensors file with weights, the model's description and the preprocessing. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return save(this.module, { metadata: { [KEY]: JSON.stringify(this.preprocessor.config) } });
  }

  /** Throws DataError, StateError for a file that is no model of a table. `name` is what errors call it. */
  static fromBytes(bytes: Uint8Array, name = "model"): TableModel {
    const text = readSafetensors(bytes, { name }).metadata[KEY];
    if (text === undefined)
      throw new StateError(`${name}: it has no preprocessing, as models that were not trained on a table; load it with loadModel()`);
    let config: PreprocessorConfig;
    try {
      config = JSON.parse(text) as PreprocessorConfig;
    } catch (cause) {
      throw new DataError(`${name}: its metadata "${KEY}" is not JSON`, { cause });
    }
    return new TableModel(load(bytes, { name }), Preprocessor.from(config));
  }

  /** toBytes() into a file, which is whole at any moment. Throws FileError. */
  async save(path: string | URL): Promise<void> {
    await writeFileAtomic(await pathOf(path, "TableModel.save"), this.toBytes());
  }

  /** Throws FileError, DataError, StateError. */
  static async load(path: string | URL): Promise<TableModel> {
    const name = await pathOf(path, "TableModel.load");
    return TableModel.fromBytes(await readBytes(name), name);
  }

  dispose(): void {
    this.module.dispose();
  }
}

/** A row of which nothing is known. */
const nothing = (features: readonly { readonly name: string }[]): RowRecord => Object.fromEntries(features.map((f) => [f.name, null]));
