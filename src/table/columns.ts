import { DataError } from "../core/errors";

/** Numbers (NaN: missing), classes by name, or text that is no class. */
export type ColumnType = "number" | "category" | "text";

export interface NumberColumn {
  readonly name: string;
  readonly type: "number";
  /** One a row; NaN where it is missing. */
  readonly values: Float64Array;
}

export interface CategoryColumn {
  readonly name: string;
  readonly type: "category";
  /** Index into levels, one a row; -1 where it is missing. */
  readonly codes: Int32Array;
  /** Names, sorted: numbers by their size, others by their code units. */
  readonly levels: readonly string[];
}

export interface TextColumn {
  readonly name: string;
  readonly type: "text";
  readonly values: readonly (string | undefined)[];
}

export type TableColumn = NumberColumn | CategoryColumn | TextColumn;

export interface InferOptions {
  /** Types of columns by name, in place of what their cells suggest. */
  types?: Readonly<Record<string, ColumnType>>;
  /** Cells that mean that there is no value, spaces around them aside. Default "", ?, NA, N/A, nan, null, None and the like. */
  missing?: readonly string[];
}

export const MISSING: readonly string[] = ["", "?", "NA", "N/A", "n/a", "na", "NaN", "nan", "NAN", "null", "NULL", "None", "none", "-"];

/** Decimal numbers as data files write them: no hexadecimal ones, no "Infinity". */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Distinct cells up to which a column that is no number is one of classes, whatever its length. */
const FEW_LEVELS = 50;
/** Share of numbers from which a column with other cells is taken for damaged numbers. */
const MOSTLY = 0.9;

const byName = (a: string, b: string): number => (NUMBER.test(a) && NUMBER.test(b) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0);

/** Gathers the cells of a column as they come: each distinct text once, and an index a row. */
export class ColumnBuilder {
  private readonly index = new Map<string, number>();
  private readonly texts: string[] = [];
  private cells = new Int32Array(256);
  private rows = 0;

  constructor(
    readonly name: string,
    private readonly missing: ReadonlySet<string>,
  ) {}

  push(cell: string): void {
    if (this.rows === this.cells.length) {
      const larger = new Int32Array(2 * this.rows);
      larger.set(this.cells);
      this.cells = larger;
    }
    const text = cell.trim();
    let k = -1;
    if (!this.missing.has(text)) {
      k = this.index.get(text) ?? this.texts.length;
      if (k === this.texts.length) {
        this.index.set(text, k);
        this.texts.push(text);
      }
    }
    this.cells[this.rows++] = k;
  }

  /** The column: of the type asked for, or of the one its cells suggest. Throws DataError for a cell that does not fit, naming the row (from 1). */
  finish(type: ColumnType = this.suggest()): TableColumn {
    const { name, texts } = this;
    const cells = this.cells.subarray(0, this.rows);
    if (type === "text") return { name, type, values: Array.from(cells, (k) => (k < 0 ? undefined : texts[k]!)) };
    if (type === "number") {
      const numbers = Float64Array.from(texts, (t) => (NUMBER.test(t) ? Number(t) : NaN));
      const wrong = numbers.findIndex((v) => !Number.isFinite(v));
      if (wrong >= 0) this.refuse(wrong);
      return { name, type, values: Float64Array.from(cells, (k) => (k < 0 ? NaN : numbers[k]!)) };
    }
    const levels = [...texts].sort(byName);
    const place = new Map(levels.map((t, k) => [t, k]));
    const codes = Int32Array.from(texts, (t) => place.get(t)!);
    return { name, type, codes: Int32Array.from(cells, (k) => (k < 0 ? -1 : codes[k]!)), levels };
  }

  private suggest(): ColumnType {
    const other = new Set<number>();
    for (const [k, text] of this.texts.entries()) if (!NUMBER.test(text)) other.add(k);
    if (other.size === 0) return "number";
    let [present, numbers] = [0, 0];
    for (let r = 0; r < this.rows; r++) {
      if (this.cells[r]! < 0) continue;
      present++;
      if (!other.has(this.cells[r]!)) numbers++;
    }
    if (numbers >= MOSTLY * present && numbers < present) this.refuse([...other][0]!);
    return this.texts.length <= FEW_LEVELS || this.texts.length <= Math.sqrt(present) ? "category" : "text";
  }

  private refuse(text: number): never {
    const row = this.cells.indexOf(text) + 1;
    throw new DataError(
      `column ${JSON.stringify(this.name)}: row ${row} is ${JSON.stringify(this.texts[text])}, which is no number; ` +
        `name it among { missing } if it means that there is no value, or pass { types: { ${JSON.stringify(this.name)}: "category" } }`,
    );
  }
}

/** Cells that are missing. */
export function missingIn(column: TableColumn): number {
  let count = 0;
  if (column.type === "number") for (const v of column.values) count += Number.isNaN(v) ? 1 : 0;
  else if (column.type === "category") for (const c of column.codes) count += c < 0 ? 1 : 0;
  else for (const v of column.values) count += v === undefined ? 1 : 0;
  return count;
}

/** Rows of a column, in the order given. */
export function takeRows(column: TableColumn, rows: ArrayLike<number>): TableColumn {
  if (column.type === "number") return { ...column, values: Float64Array.from(rows, (r) => column.values[r]!) };
  if (column.type === "category") return { ...column, codes: Int32Array.from(rows, (r) => column.codes[r]!) };
  return { ...column, values: Array.from(rows, (r) => column.values[r]) };
}
