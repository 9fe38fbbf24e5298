import type { Cost } from "../../index";
import type { Scores } from "../../table/index";
import { short } from "../numbers";

/** Figures with their intervals, and who was taken for whom. */
export function scoresText({ figures, intervals, confusion, classes = [] }: Scores): string {
  const names = Object.keys(figures);
  const width = Math.max(...names.map((n) => n.length));
  const lines = names.map((name) => {
    const i = intervals[name];
    return `  ${name.padEnd(width)}  ${short(figures[name]!).padStart(8)}${i === undefined ? "" : `   95 %: ${short(i.low)} to ${short(i.high)}`}`;
  });
  if (confusion !== undefined && classes.length <= 12) {
    const cells = [["", ...classes.map((c) => `as ${c}`)], ...confusion.map((row, k) => [classes[k]!, ...row.map(String)])];
    const wide = cells[0]!.map((_, c) => Math.max(...cells.map((row) => row[c]!.length)));
    lines.push(
      "",
      ...cells.map((row) => `  ${row.map((cell, c) => (c === 0 ? cell.padEnd(wide[c]!) : cell.padStart(wide[c]!))).join("  ")}`),
    );
  }
  return lines.join("\n");
}

export function costText({ seconds, cpuSeconds, flops, shareOfPeak, wattHours, watts }: Cost): string {
  const percent = shareOfPeak < 0.001 ? "under 0.1" : short(100 * shareOfPeak);
  return `${short(seconds)} s, ${short(cpuSeconds)} s of processor time, ${(flops / 1e9).toFixed(2)} GFLOP (${percent} % of a core's peak), about ${short(1000 * wattHours)} mWh at ${watts} W`;
}

/** Columns with a number behind each: a=3, b=1. */
export const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .map(([name, n]) => `${name} (${n})`)
    .join(", ");
