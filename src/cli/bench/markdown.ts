import { achieved, baseName, countsOf, limitsText, machineLine, signed, time } from "./table";
import type { Change, Report, Row, Verdict } from "./types";

const MARKS: Record<Verdict, string> = {
  slower: ":red_circle: slower",
  failed: ":x: failed",
  faster: ":green_circle: faster",
  unsure: ":grey_question: unsure",
  same: "same",
  new: "new",
  gone: "gone",
};
/** What a reader has to see comes first. */
const ORDER: readonly Verdict[] = ["failed", "slower", "unsure", "faster", "new", "gone", "same"];

/** Text in a cell of a table. */
const cell = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim();
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, k) => (k === 0 ? "---" : "---:")), ...rows.map((r) => r.map(cell))].map((r) => `| ${r.join(" | ")} |`).join("\n");

function changes(all: readonly Change[]): string {
  return table(
    ["workload", "time", "interval", "counts from", "verdict"],
    all.map((c) => [
      c.name,
      c.ratio === undefined ? "" : signed(c.ratio),
      c.ratio === undefined ? "" : `${signed(c.low!)} to ${signed(c.high!)}`,
      signed(1 + c.threshold),
      MARKS[c.verdict] + (c.why === undefined ? "" : `: ${c.why}`),
    ]),
  );
}

const figures = (rows: readonly Row[]): string =>
  table(
    ["workload", "best", "median", "±", "achieved"],
    rows.map((r) =>
      r.failed === undefined
        ? [r.name, time(r.best), time(r.median), `${(100 * r.mad).toFixed(1)} %`, achieved(r)]
        : [r.name, "", "", "", `failed: ${r.failed}`],
    ),
  );

const fold = (summary: string, body: string): string => `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;

/** A report as it reads in a pull request. */
export function markdown(report: Report): string {
  const { machine, build, comparison, workloads } = report;
  const parts = ["### neurite bench"];
  if (comparison) {
    const sorted = [...comparison.changes].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
    const calm = (c: Change) => c.verdict === "same" || c.verdict === "gone" || c.verdict === "new";
    const [loud, quiet] = [sorted.filter((c) => !calm(c)), sorted.filter(calm)];
    parts.push(
      `${build.version} against ${cell(baseName(comparison))}${comparison.normalized ? ", normalised" : ""}: **${countsOf(sorted)}**`,
    );
    for (const warning of comparison.warnings) parts.push(`> ${warning}`);
    if (loud.length > 0) parts.push(changes(loud));
    if (quiet.length > 0) parts.push(fold(`${quiet.length} without a change that counts`, changes(quiet)));
    parts.push(fold("Figures", figures(workloads)));
  } else parts.push(figures(workloads));
  parts.push(
    `${machineLine(machine)}; ${limitsText(report.limits)}; neurite ${build.version}${build.commit === undefined ? "" : `, ${build.commit.slice(0, 10)}`}`,
  );
  return `${parts.join("\n\n")}\n`;
}
