import Papa from "papaparse";
import { DataError, OptionError } from "../core/errors";
import type { InferOptions } from "./columns";
import { type TextSource, textOf } from "./source";
import { type Table, TableBuilder } from "./table";

export interface CsvOptions extends InferOptions {
  /** Whether the first row has the names. Default: it does unless one of its cells is a number. */
  header?: boolean;
  /** Names of the columns, in place of those of the file (a header row is then passed over). Without header and names: "0", "1" and so on. */
  columns?: readonly string[];
  /** What stands between cells. Default: found out from the first rows, of , ; tab |. */
  delimiter?: string;
  /** Rows at most; the rest is not read. Default: all. */
  limit?: number;
}

interface Parsed {
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly { readonly type: string; readonly message: string; readonly row?: number }[];
  readonly meta: { readonly cursor: number; readonly delimiter: string };
}

/** The part of the parser that takes text piece by piece; its published types leave it out. */
const { Parser } = Papa as unknown as {
  readonly Parser: new (config: {
    delimiter: string;
    newline: string;
  }) => { parse(text: string, base: number, ignoreLastRow: boolean): Parsed };
};

/** Text that is enough to tell the delimiter by. */
const SAMPLE = 1 << 16;
const isNumber = (cell: string): boolean => cell.trim() !== "" && Number.isFinite(Number(cell));
const isBlank = (cells: readonly string[]): boolean => cells.length === 1 && cells[0]!.trim() === "";

function delimiterOf(sample: string): string {
  const found = Papa.parse<string[]>(sample, { preview: 20, skipEmptyLines: true, delimitersToGuess: [",", ";", "\t", "|"] }).meta
    .delimiter;
  return found === "" ? "," : found;
}

/** Rows of cells as they come, blank ones left out. Throws DataError where quotes are not closed. */
export async function* csvRows(source: TextSource, delimiter?: string): AsyncGenerator<readonly string[]> {
  let parser: InstanceType<typeof Parser> | undefined;
  let text = "";
  let done = 0;
  const parse = function* (last: boolean): Generator<readonly string[]> {
    parser ??= new Parser({ delimiter: delimiter ?? delimiterOf(text), newline: /\r\n|\n|\r/.exec(text)?.[0] ?? "\n" });
    const { data, errors, meta } = parser.parse(text, 0, !last);
    // of a row that goes on in the next piece the quotes are open yet
    const error = last ? errors[0] : undefined;
    if (error !== undefined) throw new DataError(`row ${done + (error.row ?? 0) + 1}: ${error.message}`);
    for (const cells of data) {
      done++;
      if (!isBlank(cells)) yield cells;
    }
    text = text.slice(meta.cursor);
  };
  for await (const piece of textOf(source)) {
    text += piece;
    if (text.length >= SAMPLE) yield* parse(false);
  }
  if (text !== "") yield* parse(true);
}

/**
 * A table from text with delimiters (RFC 4180: quotes, quotes doubled within them, line ends within them), read as it comes. A column is of numbers where all its cells
 * are; of classes where they are few; else text. Throws DataError: rows with more or fewer cells than the first, cells that break a column of numbers, no rows.
 */
export async function readCsv(source: TextSource, options: CsvOptions = {}): Promise<Table> {
  const { header, columns, delimiter, limit = Infinity, ...infer } = options;
  if (!(limit >= 1)) throw new OptionError(`readCsv: limit must be 1 or more, got ${limit}`);
  const builder = new TableBuilder(infer);
  let names: readonly string[] | undefined;
  let row = 0;
  for await (const cells of csvRows(source, delimiter)) {
    row++;
    if (names === undefined) {
      const headed = header ?? !cells.some(isNumber);
      names = columns ?? (headed ? cells.map((c, k) => (c.trim() === "" ? String(k) : c.trim())) : cells.map((_, k) => String(k)));
      for (const name of names) builder.addColumn(name);
      if (names.length !== cells.length) throw new DataError(`readCsv: ${names.length} names for ${cells.length} columns`);
      if (headed) continue;
    }
    if (cells.length !== names.length)
      throw new DataError(
        `readCsv: row ${row} has ${cells.length} cells, but there are ${names.length} columns; is ${JSON.stringify(delimiter ?? ",")} what stands between cells, and are texts with it quoted?`,
      );
    builder.addCells(cells);
    if (builder.rows >= limit) break;
  }
  if (builder.rows === 0) throw new DataError("readCsv: there are no rows");
  return builder.finish();
}
