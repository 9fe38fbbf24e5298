import { DataError } from "../core/errors";
import type { InferOptions } from "./columns";
import { linesOf, type TextSource } from "./source";
import { type RowRecord, type Table, TableBuilder } from "./table";

/** A table from JSON lines: an object a line, read as it comes; blank lines are passed over. Throws DataError, naming the line. */
export async function readJsonLines(source: TextSource, options: InferOptions = {}): Promise<Table> {
  const builder = new TableBuilder(options);
  let number = 0;
  for await (const line of linesOf(source)) {
    number++;
    if (line.trim() === "") continue;
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch (cause) {
      throw new DataError(`readJsonLines: line ${number} is no JSON: ${(cause as Error).message}`, { cause });
    }
    if (typeof record !== "object" || record === null || Array.isArray(record))
      throw new DataError(`readJsonLines: line ${number} is no object, but ${JSON.stringify(record).slice(0, 40)}`);
    builder.addRecord(record as RowRecord);
  }
  if (builder.rows === 0) throw new DataError("readJsonLines: there are no rows");
  return builder.finish();
}
