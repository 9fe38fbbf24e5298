import type { Command, Io } from "../command";
import { CliError, UsageError } from "../errors";
import { helpOf, parseOptions } from "../options";
import { againstTarget } from "./against";
import { compareStored, readReport } from "./baseline";
import { inPages } from "./browser";
import { type Connect, inProcesses } from "./child";
import { findChromium } from "./chromium";
import { openHistory } from "./history";
import { listText, listWorkloads, select } from "./listing";
import { machineOf } from "./machine";
import { outputs, writable } from "./outputs";
import { reportOf, rowOf } from "./report";
import { type Measured, measureAlone, measurePaired, type Target } from "./run";
import { OPTIONS, pattern, planOf, type Settings, thresholds } from "./settings";
import { comparisonText, head, limitsText, line, machineLine, painter, trendsText } from "./table";
import { measuredTarget } from "./target";
import type { Change, Comparison, Report, Row } from "./types";

const HELP = `neurite bench [OPTIONS]

Measures kernels, training steps, inference and start-up of this package on one core, each workload in processes of its own.
Exit code: 0 fine, 1 a regression, 2 an error.

`;

/** 2 where something could not be measured, else 1 where something is slower. */
export function exitCode({ workloads, comparison }: Report): number {
  if (workloads.some((row) => row.failed !== undefined)) return 2;
  return comparison?.changes.some((c) => c.verdict === "slower") ? 1 : 0;
}

/** Everything that the options ask for, checked: what can be wrong is found before anything is measured. */
async function prepare(settings: Settings, io: Io) {
  const matches = pattern("filter", settings.filter ?? "");
  const thresholdOf = thresholds(settings.threshold);
  const plan = planOf(settings, settings.against !== undefined);
  if (settings.compare !== undefined && settings.against !== undefined) throw new UsageError("--compare and --against exclude each other");
  if (settings.normalize && settings.compare === undefined) throw new UsageError("--normalize goes with --compare");
  const write = outputs(settings, io);
  const list = select(await listWorkloads(settings.workload, io.cwd), matches, settings.browser !== undefined);
  const named = list.map((l) => ({ ...l, threshold: thresholdOf(l.workload) }));
  return {
    matches,
    plan,
    write,
    list: named,
    /** The slow-down that counts for a row of this or an earlier report. */
    limitOf: (r: Pick<Row, "name">) => named.find((l) => l.workload.name === r.name)?.threshold ?? thresholdOf(r),
    stored: settings.compare === undefined ? undefined : readReport(settings.compare, io.cwd),
    history: settings.history === undefined ? undefined : openHistory(settings.history, writable(settings.history, io.cwd)),
  };
}

/** `connect` says where workloads run, unless that is a browser. */
export async function run(args: readonly string[], io: Io, connect: Connect = inProcesses): Promise<number> {
  const settings = parseOptions(args, OPTIONS);
  if (settings.help) {
    io.out(`${HELP}${helpOf(OPTIONS)}\n`);
    return 0;
  }
  const { matches, plan, write, list, limitOf, stored, history } = await prepare(settings, io);
  if (settings.list) {
    io.out(`${listText(list)}\n`);
    return 0;
  }
  const target = measuredTarget(settings.package, io.cwd);
  const where = settings.browser === undefined ? connect : inPages(findChromium(settings.browser, io.env));
  const base = settings.against === undefined ? undefined : againstTarget(settings.against, io.cwd, io.progress);
  const flags = settings.relaxed && /^v2[01]\./.test(process.version) ? ["--experimental-wasm-relaxed-simd"] : [];
  const { open, browser, close } = await where({ reproducible: settings.reproducible, warmMs: plan.warmMs, flags });
  const paint = painter(io.colour);

  let headed = false;
  const row = (m: Measured) => {
    if (!headed && m.opened !== undefined) io.out(`${machineLine(machineOf(m.opened, browser?.()))}\n${paint("bold", head())}\n`);
    headed ||= m.opened !== undefined;
    io.out(`${line(rowOf(m), paint)}\n`);
  };
  const both = base && (await measurePaired(open, base, target, list, plan, io.progress));
  const measured = both?.measured ?? (await measureAlone(open, target, list, plan, io.progress, row));
  io.progress("");
  await close();
  if (both) for (const m of measured) row(m);

  const opened = measured.find((m) => m.opened !== undefined)?.opened;
  if (opened === undefined) throw new CliError(`nothing could be measured: ${measured[0]!.failed}`);
  if (settings.relaxed && opened.binary !== "relaxed") throw new CliError("--relaxed: this engine has no relaxed SIMD");
  const alone = reportOf(measured, machineOf(opened, browser?.()), target, plan);
  const comparison =
    base && both
      ? pairedComparison(base, both.changes)
      : stored &&
        compareStored(stored, alone, {
          name: settings.compare!,
          normalize: settings.normalize,
          thresholdOf: limitOf,
          selected: (name) => matches.test(name),
        });
  const report: Report = { ...alone, ...(comparison && { comparison }) };
  io.out(`${limitsText(report.limits)}\n`);
  if (comparison) io.out(`${comparisonText(report, paint)}\n`);
  write(report);
  const moved = history?.add(report, limitOf) ?? [];
  if (moved.length > 0) io.out(`${trendsText(moved, paint)}\n`);
  return exitCode(report) || (moved.some((t) => t.drifting) ? 1 : 0);
}

function pairedComparison({ name, version, commit }: Target, changes: readonly Change[]): Comparison {
  return { kind: "paired", base: { name, version, ...(commit === undefined ? {} : { commit }) }, normalized: false, warnings: [], changes };
}

export const bench: Command = { run: (args, io) => run(args, io) };
