import { type ColumnType, readCsv, readJsonLines, type Table, type TextSource } from "../../table/index";
import { UsageError } from "../errors";
import type { OptionSpecs, Values } from "../options";

/** How a file of rows is read. */
export const DATA_OPTIONS = {
  columns: {
    value: "A,B,C",
    help: "names of the columns, in place of the file's; a file without a header needs them to be called something",
  },
  header: { help: "the first row has the names, even where it looks like data" },
  "no-header": { help: "the first row is data" },
  delimiter: { value: "CHAR", help: "what stands between cells; found out unless told" },
  types: { value: "A=TYPE,...", help: "types of columns: number, category or text" },
  "missing-cells": { value: "A,B", help: 'cells that mean that there is no value; "?", NA and the like unless told' },
} as const satisfies OptionSpecs;

type DataSettings = Values<typeof DATA_OPTIONS>;

export const list = (text: string | undefined): string[] | undefined => text?.split(",").map((part) => part.trim());

function typesOf(text: string | undefined): Record<string, ColumnType> | undefined {
  if (text === undefined) return undefined;
  return Object.fromEntries(
    text.split(",").map((pair) => {
      const [, name, type] = /^(.*)=(number|category|text)$/.exec(pair.trim()) ?? [];
      if (name === undefined) throw new UsageError(`--types takes NAME=number, NAME=category or NAME=text, got ${pair}`);
      return [name, type as ColumnType];
    }),
  );
}

/** `names`: what columns are called where the file has no header and the options say nothing. */
export async function readTable(source: TextSource, settings: DataSettings, names?: readonly string[]): Promise<Table> {
  if (settings.header && settings["no-header"]) throw new UsageError("--header and --no-header exclude each other");
  const missing = list(settings["missing-cells"]);
  const types = typesOf(settings.types);
  const infer = { ...(missing && { missing }), ...(types && { types }) };
  if (typeof source === "string" && /\.(jsonl|ndjson)(\.gz)?$/i.test(source)) return readJsonLines(source, infer);
  const columns = list(settings.columns) ?? names;
  return readCsv(source, {
    ...infer,
    ...(columns && { columns }),
    ...(settings.delimiter !== undefined && { delimiter: settings.delimiter === "\\t" ? "\t" : settings.delimiter }),
    ...(settings.header ? { header: true } : settings["no-header"] ? { header: false } : {}),
  });
}
