import { UsageError } from "../errors";
import type { OptionSpecs, Values } from "../options";
import type { Plan } from "./run";
import type { Workload } from "./types";

export const OPTIONS = {
  filter: { value: "REGEX", help: "only workloads whose name matches, case aside" },
  list: { help: "list the workloads and what bounds them, measure nothing" },
  quick: { help: "fewer and shorter rounds" },
  rounds: { value: "N", help: "samples in each process" },
  launches: { value: "N", help: "fresh processes for each workload" },
  json: { value: "FILE", help: "write the report, schema neurite-bench/1 (docs/bench.md)" },
  compare: { value: "FILE", help: "compare with a report written by --json" },
  against: {
    value: "BUILD",
    help: "measure another build in turn with this one and compare: a git revision, a version, or the folder of a built package",
  },
  threshold: {
    value: "[REGEX=]P%",
    multiple: true,
    help: "slow-down that counts, 10% unless told; with REGEX= that of the workloads that match; may be repeated",
  },
  normalize: { help: "with --compare: by this machine's multiply-add and memory limits, measured around every round" },
  history: { value: "FILE", help: "append a line to a file, show the trend, and end with 1 where a slow drift has reached the threshold" },
  markdown: { value: "FILE", help: "write a summary for a pull request; also goes to $GITHUB_STEP_SUMMARY where that is set" },
  "custom-smaller-is-better": { value: "FILE", help: "write medians for github-action-benchmark" },
  "custom-bigger-is-better": { value: "FILE", help: "write rates for github-action-benchmark" },
  bencher: { value: "FILE", help: "write Bencher Metric Format" },
  workload: { value: "FILE", multiple: true, help: "measure the workloads of a module too; --filter chooses among all" },
  browser: { value: "PATH", optional: true, help: "measure in a page of headless Chromium; found by itself unless told" },
  package: { value: "DIR", help: "built package to measure; this one unless told" },
  relaxed: { help: "ask for relaxed SIMD where Node has it behind a flag (Node 20)" },
  reproducible: { help: "measure the plain build everywhere, as init({ reproducible: true })" },
  help: { short: "h", help: "this text" },
} as const satisfies OptionSpecs;

export type Settings = Values<typeof OPTIONS>;

const DEFAULT_THRESHOLD = 0.1;

function count(option: string, text: string | undefined, fallback: number, least: number): number {
  if (text === undefined) return fallback;
  const n = Number(text);
  if (!Number.isInteger(n) || n < least || n > 1000)
    throw new UsageError(`--${option} takes a whole number from ${least} to 1000, got ${text}`);
  return n;
}

/** How often and how long. Paired intervals want launches: eight are the least that reach 98 % with both ends inside. */
export function planOf(settings: Settings, paired: boolean): Plan & { readonly warmMs: readonly [number, number] } {
  const { quick } = settings;
  const [launches, rounds, sampleMs] = paired ? (quick ? [6, 4, 8] : [8, 6, 15]) : quick ? [1, 5, 12] : [3, 5, 15];
  return {
    launches: count("launches", settings.launches, launches!, paired ? 5 : 1),
    rounds: count("rounds", settings.rounds, rounds!, 1),
    sampleMs: sampleMs!,
    warmMs: quick ? [40, 1500] : [70, 3000],
  };
}

export function pattern(option: string, source: string): RegExp {
  try {
    return new RegExp(source, "i");
  } catch (error) {
    throw new UsageError(`--${option}: ${(error as Error).message}`);
  }
}

/** Thresholds as --threshold gives them, by workload. */
export function thresholds(texts: readonly string[]): (workload: Pick<Workload, "name" | "threshold">) => number {
  const rules = texts.map((text) => {
    const [, source, number] = /^(?:(.*?)\s*=)?\s*([\d.]+)\s*%$/s.exec(text) ?? [];
    const share = Number(number) / 100;
    if (!(share > 0 && share <= 10))
      throw new UsageError(`--threshold takes a percentage above 0 such as 10%, or REGEX=10% for some workloads, got ${text}`);
    return { matches: source === undefined ? undefined : pattern("threshold", source), share };
  });
  return ({ name, threshold }) => {
    const special = rules.filter((r) => r.matches?.test(name)).at(-1);
    const general = rules.filter((r) => r.matches === undefined).at(-1);
    return special?.share ?? threshold ?? general?.share ?? DEFAULT_THRESHOLD;
  };
}
