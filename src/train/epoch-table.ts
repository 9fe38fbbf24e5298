import { DataError } from "../core/errors";
import type { EpochRecord } from "./options";

/** Records of epochs that have the same figures, as rows of numbers; `names` are those of a row, a figure of `validation` being a pair. */
interface Rows {
  names: (string | [string, string])[];
  values: Float64Array;
}

/** Records as they are in a checkpoint: tables, and between them what a callback made into something else than numbers. */
export type Packed = (Rows | { records: EpochRecord[] })[];

/** The figures of a record, in its order; undefined where it holds other things than numbers. */
function figuresOf(record: EpochRecord): { names: Rows["names"]; values: number[] } | undefined {
  const names: Rows["names"] = [];
  const values: number[] = [];
  for (const [name, value] of Object.entries(record)) {
    const inner = typeof value === "object" && value !== null ? Object.entries(value) : undefined;
    if (inner?.length === 0) return undefined;
    for (const [key, v] of inner ?? [["", value] as const]) {
      if (typeof v !== "number") return undefined;
      names.push(inner === undefined ? name : [name, key]);
      values.push(v);
    }
  }
  return { names, values };
}

const recordOf = (names: Rows["names"], values: Float64Array): EpochRecord => {
  const entries = new Map<string, unknown>();
  for (const [k, name] of names.entries()) {
    const [outer, inner] = typeof name === "string" ? [name] : name;
    if (inner === undefined) entries.set(outer, values[k]);
    else entries.set(outer, [...((entries.get(outer) ?? []) as unknown[]), [inner, values[k]]]);
  }
  // properties of its own, whatever a file calls them
  const plain = [...entries].map(([name, v]) => [name, Array.isArray(v) ? Object.fromEntries(v) : v]);
  return Object.fromEntries(plain) as EpochRecord;
};

const isName = (name: unknown): boolean =>
  typeof name === "string" || (Array.isArray(name) && name.length === 2 && name.every((n) => typeof n === "string"));

/** Epochs so far, ready to be written: eight bytes a figure, and only what is new is looked at each time. */
export class EpochTable {
  private readonly parts: ({ key: string; names: Rows["names"]; values: Float64Array; used: number } | { records: EpochRecord[] })[] = [];
  private count = 0;

  /** Takes what has come to a list since the last time. */
  follow(records: readonly EpochRecord[]): void {
    for (; this.count < records.length; this.count++) this.push(records[this.count]!);
  }

  private push(record: EpochRecord): void {
    const figures = figuresOf(record);
    const last = this.parts.at(-1);
    if (figures === undefined) {
      if (last !== undefined && "records" in last) last.records.push(record);
      else this.parts.push({ records: [record] });
      return;
    }
    const { names, values } = figures;
    const key = JSON.stringify(names);
    let part = last;
    if (part === undefined || "records" in part || part.key !== key)
      this.parts.push((part = { key, names, values: new Float64Array(16 * values.length), used: 0 }));
    if (part.used === part.values.length) {
      const more = new Float64Array(2 * part.used);
      more.set(part.values);
      part.values = more;
    }
    part.values.set(values, part.used);
    part.used += values.length;
  }

  get packed(): Packed {
    return this.parts.map((part) => ("records" in part ? part : { names: part.names, values: part.values.subarray(0, part.used) }));
  }
}

/** What a checkpoint says of its epochs, as records again. Throws DataError where it is not what EpochTable gives. */
export function epochsOf(packed: Packed, file: string): EpochRecord[] {
  const bad = () => new DataError(`${file}: the history in this checkpoint is damaged`);
  if (!Array.isArray(packed)) throw bad();
  return packed.flatMap((part) => {
    if (typeof part !== "object" || part === null) throw bad();
    if ("records" in part && Array.isArray(part.records)) return part.records;
    const { names, values } = part as Rows;
    if (!Array.isArray(names) || names.length === 0 || !names.every(isName) || !(values instanceof Float64Array)) throw bad();
    const width = names.length;
    if (values.length % width !== 0) throw bad();
    return Array.from({ length: values.length / width }, (_, k) => recordOf(names, values.subarray(k * width, (k + 1) * width)));
  });
}
