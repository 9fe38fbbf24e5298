import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CliError } from "../errors";
import { decideStored, speedUp } from "./decide";
import { differences } from "./machine";
import { type Change, type Comparison, type Report, type Row, SCHEMA } from "./types";

const isNumbers = (v: unknown): v is number[][] =>
  Array.isArray(v) && v.every((l) => Array.isArray(l) && l.every((x) => typeof x === "number" && x > 0 && Number.isFinite(x)));

/** What is wrong with a row of a report, or undefined. */
function rowProblem(row: Partial<Row> | null): string | undefined {
  if (typeof row !== "object" || row === null || typeof row.name !== "string") return "a workload without a name";
  if (row.bound !== "compute" && row.bound !== "memory") return `${row.name}: bound is neither "compute" nor "memory"`;
  if (row.failed !== undefined) return undefined;
  if (!isNumbers(row.rounds) || !isNumbers(row.limits) || row.rounds.flat().length === 0)
    return `${row.name}: rounds and limits are not lists of positive numbers`;
  if (row.rounds.some((l, k) => l.length !== row.limits![k]?.length)) return `${row.name}: rounds and limits differ in length`;
  return undefined;
}

/** A report as --json wrote it. Throws CliError on anything else. */
export function parseReport(text: string, name: string): Report {
  let value: Partial<Report> | null;
  try {
    value = JSON.parse(text) as Partial<Report> | null;
  } catch (error) {
    throw new CliError(`${name} is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || value.schema === undefined)
    throw new CliError(`${name} is no report of neurite bench --json: it has no "schema"`);
  if (value.schema !== SCHEMA)
    throw new CliError(
      `${name} has schema ${JSON.stringify(value.schema)}, this version reads ${SCHEMA}; write the baseline anew with --json`,
    );
  const { machine, build, workloads } = value;
  const { gflops = 0, gbps = 0 } = value.limits ?? {};
  const problem =
    typeof machine?.cpu !== "string" || typeof build?.version !== "string" || !(gflops > 0 && gbps > 0)
      ? "machine, build or limits are missing"
      : !Array.isArray(workloads)
        ? "workloads is no list"
        : workloads.map(rowProblem).find((p) => p !== undefined);
  if (problem !== undefined) throw new CliError(`${name} is damaged: ${problem}`);
  return value as Report;
}

export function readReport(file: string, cwd: string): Report {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, file), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(code === "ENOENT" ? `there is no baseline ${file}; write one with --json ${file}` : `cannot read ${file}: ${code}`);
  }
  return parseReport(text, file);
}

const NOTICEABLE = Math.log(1.05);

/** A report against an earlier one. `selected` tells which of the baseline's workloads were asked for. */
export function compareStored(
  base: Report,
  head: Report,
  options: { name: string; normalize: boolean; thresholdOf: (row: Row) => number; selected: (name: string) => boolean },
): Comparison {
  const before = new Map(base.workloads.map((row) => [row.name, row]));
  const changes = head.workloads.map((row): Change => {
    const [old, threshold] = [before.get(row.name), options.thresholdOf(row)];
    if (row.failed !== undefined) return { name: row.name, verdict: "failed", threshold, why: row.failed };
    if (old === undefined || old.failed !== undefined)
      return { name: row.name, verdict: "new", threshold, why: old?.failed ?? "not in the baseline" };
    return decideStored(row.name, old, row, threshold, options.normalize);
  });
  const now = new Set(head.workloads.map((row) => row.name));
  for (const row of base.workloads)
    if (!now.has(row.name) && options.selected(row.name))
      changes.push({ name: row.name, verdict: "gone", threshold: options.thresholdOf(row), why: "in the baseline only" });
  const { name, normalize: normalized } = options;
  return { kind: "stored", base: { ...base.build, name }, normalized, warnings: warningsOf(base, head, normalized), changes };
}

function warningsOf(base: Report, head: Report, normalized: boolean): string[] {
  const other = differences(base.machine, head.machine);
  const warnings = other.length === 0 ? [] : [`the baseline is from another machine: ${other.join("; ")}`];
  const bounds = ["compute", "memory"] as const;
  const changed = bounds
    .map((bound) => ({ bound, by: speedUp(bound, base.limits, head.limits) }))
    .filter(({ by }) => Math.abs(by) > NOTICEABLE);
  if (!normalized) {
    for (const { bound, by } of changed)
      warnings.push(
        `this machine's ${bound === "compute" ? "multiply-adds" : "memory"} ran at ${Math.exp(by).toFixed(2)} of the speed of the baseline's`,
      );
    if (warnings.length > 0) warnings.push("--normalize takes the machine's speed out; --against measures both builds here");
  }
  return warnings;
}
