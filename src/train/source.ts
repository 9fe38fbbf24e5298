import { Source } from "../../assembly/opcodes";
import type { Columns } from "../data/dataset";
import type { SourceMode } from "./feed";
import { oneOf } from "./options";

/** Data above this many bytes is streamed unless asked otherwise. */
const RESIDENT_BYTES = 512 * 2 ** 20;

/** Where a run's data should be. */
export function sourceFor(columns: Columns, wanted: SourceMode | undefined): SourceMode {
  const bytes = columns.inputs.reduce((sum, c) => sum + c.rows * c.cols * (c.kind === Source.U8 ? 1 : 4), 0);
  if (wanted !== undefined) return oneOf("source", wanted, ["resident", "stream"]);
  return bytes <= RESIDENT_BYTES ? "resident" : "stream";
}
