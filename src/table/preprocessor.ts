import { DataError, OptionError } from "../core/errors";
import { encodeFeatures, type Feature, type FeatureOptions, fitFeatures, inputsOf, type Told } from "./features";
import type { Table } from "./table";
import { encodeClasses, encodeNumbers, fitTarget, rowsWithTarget, type Target, type TargetOptions } from "./target";

export interface PreprocessorOptions extends FeatureOptions, TargetOptions {
  /** Column that is to be predicted. */
  target: string;
  /** Columns that are not to be learnt from: numbers of customers, say. */
  skip?: readonly string[];
  /** Rows with missing cells: their cells are filled in (`impute`: numbers with the median, classes with the most frequent one), or left out (`drop`). Default "impute". */
  missing?: "impute" | "drop";
}

/** All that fit() learnt, as JSON. */
export interface PreprocessorConfig {
  readonly version: 1;
  readonly features: readonly Feature[];
  readonly target: Target;
  readonly missing: "impute" | "drop";
}

/** Rows as a model takes them. */
export interface Encoded {
  readonly x: { readonly data: Float32Array; readonly shape: [number, number] };
  /** Class indices, or (rows, 1) numbers. */
  readonly y: Int32Array | { readonly data: Float32Array; readonly shape: [number, number] };
  readonly told: Told;
}

/** What fit() saw. */
export interface PreprocessorNotes {
  /** Rows it learnt from. */
  readonly rows: number;
  /** Rows left out for want of a target, or of other cells where missing is "drop". */
  readonly dropped: number;
  /** Missing cells of each column that has some. */
  readonly missing: Readonly<Record<string, number>>;
  /** Columns left out as they are text. */
  readonly leftOut: readonly string[];
}

/** Rows that can be learnt from, what is learnt of them all, and the class of each, by which parts are to be kept in proportion. Throws OptionError, DataError. */
export function learnable(
  table: Table,
  options: PreprocessorOptions,
): { probe: Preprocessor; rows: Table; strata: { stratify?: Int32Array } } {
  const probe = Preprocessor.fit(table, options);
  const rows = table.take(probe.usable(table));
  const { target } = probe;
  return { probe, rows, strata: target.task === "classify" ? { stratify: encodeClasses(rows, target) } : {} };
}

/** Turns rows of a table into inputs and targets, and outputs back; what it has learnt (means, medians, levels) comes from the rows of fit() alone. */
export class Preprocessor {
  /** Names of the inputs, in order. */
  readonly inputs: readonly string[];

  private constructor(
    readonly config: PreprocessorConfig,
    readonly notes?: PreprocessorNotes,
  ) {
    this.inputs = config.features.flatMap(inputsOf);
  }

  /** Throws OptionError, DataError. */
  static fit(table: Table, options: PreprocessorOptions): Preprocessor {
    const { target, skip = [], missing = "impute" } = options;
    if (missing !== "impute" && missing !== "drop")
      throw new OptionError(`missing must be "impute" or "drop", got ${JSON.stringify(missing)}`);
    for (const name of skip) table.column(name);
    const own = new Preprocessor({ version: 1, features: [], target: { name: target, task: "regress", center: 0, scale: 1 }, missing });
    const kept = own.usable(table, skip);
    const used = kept.length === table.rows ? table : table.take(kept);
    if (used.rows === 0)
      throw new DataError(
        `no row has all it needs: of ${table.rows} rows each lacks ${JSON.stringify(target)}${missing === "drop" ? " or another cell" : ""}`,
      );
    const { features, leftOut } = fitFeatures(used, [target, ...skip], options);
    const config = { version: 1 as const, features, target: fitTarget(used, target, options), missing };
    return new Preprocessor(config, { rows: used.rows, dropped: table.rows - used.rows, missing: table.missing(), leftOut });
  }

  /** From its config. Throws DataError where it is none. */
  static from(config: PreprocessorConfig): Preprocessor {
    if (config?.version !== 1 || !Array.isArray(config.features) || config.target === undefined)
      throw new DataError("this is no description of a preprocessor, or one of a later version");
    return new Preprocessor(config);
  }

  get target(): Target {
    return this.config.target;
  }

  /** Outputs that a model needs: one for each class, or one. */
  get outputs(): number {
    const { target } = this;
    return target.task === "classify" ? target.classes.length : 1;
  }

  /** Rows that can be learnt from: with a target, and with all cells where missing is "drop". */
  usable(table: Table, skip: readonly string[] = []): Int32Array {
    const rows = rowsWithTarget(table, this.target.name);
    if (this.config.missing === "impute") return rows;
    const names = this.config.features.length > 0 ? this.config.features.map((f) => f.name) : table.names.filter((n) => !skip.includes(n));
    const columns = names.map((name) => table.column(name)).filter((c) => c.type !== "text");
    return rows.filter((r) =>
      columns.every((c) => (c.type === "number" ? !Number.isNaN(c.values[r]) : c.type !== "category" || c.codes[r]! >= 0)),
    );
  }

  /** Inputs of all rows; the target need not be there. Throws OptionError, DataError. */
  encode(table: Table): Pick<Encoded, "x" | "told"> {
    const { data, shape, told } = encodeFeatures(table, this.config.features);
    return { x: { data, shape }, told };
  }

  /** Inputs and targets of all rows. Throws OptionError, DataError where a target is missing or a class is new. */
  encodeWithTarget(table: Table): Encoded {
    const { target } = this;
    const y =
      target.task === "classify"
        ? encodeClasses(table, target)
        : { data: encodeNumbers(table, target), shape: [table.rows, 1] as [number, number] };
    return { ...this.encode(table), y };
  }
}
