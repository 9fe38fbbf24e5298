import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { CliError } from "../errors";
import { differences } from "./machine";
import { slope, trend } from "./stats";
import type { Machine, Report, Row } from "./types";

export const HISTORY_SCHEMA = "neurite-bench-history/1";

/** A line of the file: a run without its rounds. */
export interface Entry {
  readonly schema: typeof HISTORY_SCHEMA;
  readonly date: string;
  readonly machine: Machine;
  readonly build: Report["build"];
  readonly limits: Report["limits"];
  /** By workload: median in microseconds and the normalised figure of a report. */
  readonly workloads: Readonly<Record<string, { readonly us: number; readonly normalized: number }>>;
}

export function entryOf({ date, machine, build, limits, workloads }: Report): Entry {
  const rows = workloads.filter((row) => row.failed === undefined);
  return {
    schema: HISTORY_SCHEMA,
    date,
    machine,
    build,
    limits,
    workloads: Object.fromEntries(rows.map((row) => [row.name, { us: row.median, normalized: row.normalized }])),
  };
}

/** The runs in a file, oldest first; none where there is no file. Throws CliError on a line that is none. */
export function readHistory(path: string, name: string): Entry[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line, k) => {
      if (line.trim() === "") return [];
      const bad = (what: string) => new CliError(`${name}, line ${k + 1}: ${what}`);
      let entry: Partial<Entry> | null;
      try {
        entry = JSON.parse(line) as Partial<Entry> | null;
      } catch {
        throw bad("not JSON; a run that was cut off while it wrote? Take the line out");
      }
      if (entry?.schema !== HISTORY_SCHEMA) throw bad(`schema ${JSON.stringify(entry?.schema)}, this version reads ${HISTORY_SCHEMA}`);
      if (typeof entry.machine !== "object" || typeof entry.workloads !== "object") throw bad("machine or workloads are missing");
      return [entry as Entry];
    });
}

/** Runs that are looked at. */
const WINDOW = 40;
/** Fewer say nothing about a trend. */
const LEAST = 8;
/** Standard deviations of Mann and Kendall's statistic: one in 1000 without a trend. */
const CERTAIN = 3.1;

export interface Trend {
  readonly name: string;
  /** Normalised figures, oldest first, this run last. */
  readonly values: readonly number[];
  /** From the first to the last along the median slope: 1.1 is 10 % slower. */
  readonly change: number;
  /** The change goes on in one direction and reaches the threshold. */
  readonly drifting: boolean;
}

/**
 * How each workload has moved over the last runs on machines like this one. Small steps, none of which counts by itself, add up: the median slope (Theil and Sen) over
 * all runs is a drift where it reaches the threshold and the order of the runs is no accident (Mann and Kendall).
 */
export function trends(earlier: readonly Entry[], now: Entry, rows: readonly Row[], thresholdOf: (row: Row) => number): Trend[] {
  const alike = [...earlier, now].filter((e) => differences(e.machine, now.machine).length === 0);
  return rows
    .filter((row) => row.failed === undefined)
    .map((row) => {
      const values = alike.flatMap((e) => e.workloads[row.name]?.normalized ?? []).slice(-WINDOW);
      const logs = values.map(Math.log);
      const change = values.length < 2 ? 1 : Math.exp(slope(logs) * (values.length - 1));
      return { name: row.name, values, change, drifting: values.length >= LEAST && change > 1 + thresholdOf(row) && trend(logs) > CERTAIN };
    });
}

/** A history that can take a run. What is in the file already is read, and refused, at once. */
export function openHistory(name: string, path: string): { add(report: Report, thresholdOf: (row: Row) => number): Trend[] } {
  const earlier = readHistory(path, name);
  return {
    add: (report, thresholdOf) => {
      const entry = entryOf(report);
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
      return trends(earlier, entry, report.workloads, thresholdOf);
    },
  };
}

/** A bar a value, from the least to the greatest; flat where they differ by less than 2 %. */
export function sparkline(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const bars = "▁▂▃▄▅▆▇█";
  return values.map((v) => bars[high / low < 1.02 ? 3 : Math.min(7, Math.floor((8 * (v - low)) / (high - low)))]).join("");
}
