import { DataError, OptionError } from "../core/errors";
import { ColumnBuilder, type InferOptions, MISSING, missingIn, type TableColumn, takeRows } from "./columns";

/** What a cell may be where rows are given as objects. */
export type Cell = string | number | boolean | null | undefined;
export type RowRecord = Readonly<Record<string, Cell>>;

/** Columns of equal length, each of one type. */
export class Table {
  readonly rows: number;

  /** Throws DataError where columns differ in length or share a name. */
  constructor(readonly columns: readonly TableColumn[]) {
    const lengths = columns.map((c) => (c.type === "category" ? c.codes.length : c.values.length));
    this.rows = lengths[0] ?? 0;
    for (const [k, n] of lengths.entries())
      if (n !== this.rows)
        throw new DataError(
          `column ${JSON.stringify(columns[k]!.name)} has ${n} rows, ${JSON.stringify(columns[0]!.name)} has ${this.rows}`,
        );
    const names = columns.map((c) => c.name);
    const twice = names.find((name, k) => names.indexOf(name) !== k);
    if (twice !== undefined) throw new DataError(`two columns are called ${JSON.stringify(twice)}`);
  }

  /** Rows as objects. The columns are those of all rows together, in the order they appear in; a key that a row lacks, null and undefined are missing. */
  static from(records: Iterable<RowRecord>, options: InferOptions = {}): Table {
    const builder = new TableBuilder(options);
    for (const record of records) builder.addRecord(record);
    return builder.finish();
  }

  get names(): string[] {
    return this.columns.map((c) => c.name);
  }

  has(name: string): boolean {
    return this.columns.some((c) => c.name === name);
  }

  /** Throws OptionError, naming what there is. */
  column(name: string): TableColumn {
    const found = this.columns.find((c) => c.name === name);
    if (found === undefined)
      throw new OptionError(`there is no column ${JSON.stringify(name)}; there are ${this.names.map((n) => JSON.stringify(n)).join(", ")}`);
    return found;
  }

  /** These rows, in this order; a row may come more than once. */
  take(rows: ArrayLike<number>): Table {
    return new Table(this.columns.map((c) => takeRows(c, rows)));
  }

  /** These columns and one more, or one in the place of that of its name. Throws DataError where its length differs. */
  with(column: TableColumn): Table {
    return new Table([...this.columns.filter((c) => c.name !== column.name), column]);
  }

  without(...names: string[]): Table {
    for (const name of names) this.column(name);
    return new Table(this.columns.filter((c) => !names.includes(c.name)));
  }

  /** The same columns with other names, in order. Throws DataError where there are more or fewer. */
  renamed(names: readonly string[]): Table {
    if (names.length !== this.columns.length)
      throw new DataError(`${this.columns.length} columns, but ${names.length} names: ${names.join(", ")}`);
    return new Table(this.columns.map((c, k) => ({ ...c, name: names[k]! })));
  }

  /** Missing cells of each column that has some. */
  missing(): Record<string, number> {
    return Object.fromEntries(this.columns.map((c): [string, number] => [c.name, missingIn(c)]).filter(([, n]) => n > 0));
  }

  /** A row as an object; missing cells are null. */
  record(row: number): Record<string, string | number | null> {
    return Object.fromEntries(
      this.columns.map((c) => {
        if (c.type === "number") return [c.name, Number.isNaN(c.values[row]) ? null : c.values[row]!];
        if (c.type === "category") return [c.name, c.levels[c.codes[row]!] ?? null];
        return [c.name, c.values[row] ?? null];
      }),
    );
  }
}

const cellText = (v: Cell, name: string): string => {
  if (v === null || v === undefined) return "";
  if (typeof v === "number") return Number.isNaN(v) ? "" : String(v);
  if (typeof v === "object")
    throw new DataError(`column ${JSON.stringify(name)}: a cell is an object; cells are texts, numbers, true or false`);
  return String(v);
};

/** Gathers rows as they come. */
export class TableBuilder {
  private readonly columns: ColumnBuilder[] = [];
  private readonly byName = new Map<string, ColumnBuilder>();
  private readonly missing: ReadonlySet<string>;
  rows = 0;

  constructor(private readonly options: InferOptions) {
    this.missing = new Set(options.missing ?? MISSING);
  }

  /** A new column; rows that are there lack it. */
  addColumn(name: string): ColumnBuilder {
    const c = new ColumnBuilder(name, new Set([...this.missing, ""]));
    for (let r = 0; r < this.rows; r++) c.push("");
    this.columns.push(c);
    this.byName.set(name, c);
    return c;
  }

  addCells(cells: readonly string[]): void {
    for (const [k, c] of this.columns.entries()) c.push(cells[k]!);
    this.rows++;
  }

  addRecord(record: RowRecord): void {
    for (const name of Object.keys(record)) if (!this.byName.has(name)) this.addColumn(name);
    for (const c of this.columns) c.push(cellText(Object.hasOwn(record, c.name) ? record[c.name] : undefined, c.name));
    this.rows++;
  }

  /** Throws DataError, OptionError for types of columns that are not there. */
  finish(): Table {
    const types = this.options.types ?? {};
    for (const name of Object.keys(types))
      if (!this.byName.has(name))
        throw new OptionError(
          `types: there is no column ${JSON.stringify(name)}; there are ${[...this.byName.keys()].map((n) => JSON.stringify(n)).join(", ")}`,
        );
    return new Table(this.columns.map((c) => c.finish(Object.hasOwn(types, c.name) ? types[c.name] : undefined)));
  }
}
