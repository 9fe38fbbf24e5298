import { sparkline, type Trend } from "./history";
import type { Change, Comparison, Limits, Machine, Report, Row, Verdict } from "./types";

export type Paint = (style: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;
const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

/** Colours for a terminal, or none. */
export const painter =
  (colour: boolean): Paint =>
  (style, text) =>
    colour ? `\x1b[${CODES[style][0]}m${text}\x1b[${CODES[style][1]}m` : text;

export const figure = (x: number): string => (x >= 1000 ? Math.round(x).toLocaleString("en") : x.toPrecision(3));

/** Microseconds in the unit that reads best. */
export const time = (us: number): string =>
  us >= 1000 ? `${figure(us / 1000)} ms` : us >= 1 ? `${figure(us)} us` : `${figure(us * 1000)} ns`;

const percent = (x: number, digits = 0): string => `${(100 * x).toFixed(digits)} %`;
/** 1.2 is "+20.0 %". */
export const signed = (ratio: number): string => `${ratio >= 1 ? "+" : "-"}${percent(Math.abs(ratio - 1), 1)}`;

/** What a row has achieved by its best, in the unit that fits. */
export function achieved(r: Row): string {
  const rate = r.flops === undefined ? 0 : r.flops / r.best / 1000;
  const share = r.flops === undefined ? "" : `${rate.toFixed(1)} GFLOP/s ${percent(rate / Math.max(...r.limits.flat())).padStart(5)}`;
  if (r.beside !== undefined) return `${(r.median / r.beside).toFixed(2)} x bare node (${time(r.beside)})`;
  if (r.items !== undefined) return `${(r.items / r.best / 1000).toFixed(2)} G/s`;
  if (r.samples === undefined) return share;
  return `${`${figure((1e6 * r.samples) / r.best)} samples/s`.padEnd(share === "" ? 0 : 24)}${share}`;
}

const NAME = 38;

export const head = (): string =>
  `${"".padEnd(NAME)}${"best us".padStart(11)}${"median us".padStart(11)}${"+-".padStart(8)}   achieved, by the best`;

export function line(r: Row, paint: Paint): string {
  if (r.failed !== undefined) return `${r.name.padEnd(NAME)}${paint("red", `failed: ${r.failed}`)}`;
  const spread = percent(r.mad, 1).padStart(8);
  return `${r.name.padEnd(NAME)}${figure(r.best).padStart(11)}${figure(r.median).padStart(11)}${r.mad > 0.05 ? paint("yellow", spread) : spread}   ${achieved(r)}`;
}

export function machineLine(m: Machine): string {
  return `${m.cpu}, ${m.cores} cores, ${m.runtime}, ${m.arithmetic} arithmetic`;
}

export const limitsText = ({ gflops, gbps }: Limits): string =>
  `this machine's limits ${gflops.toFixed(1)} GFLOP/s and ${gbps.toFixed(1)} GB/s`;

const STYLES: Record<Verdict, Parameters<Paint>[0]> = {
  slower: "red",
  failed: "red",
  faster: "green",
  unsure: "yellow",
  same: "dim",
  new: "dim",
  gone: "dim",
};

export function changeLine(c: Change, paint: Paint): string {
  const verdict = paint(STYLES[c.verdict], c.verdict.padEnd(8));
  if (c.ratio === undefined) return `${c.name.padEnd(NAME)}${"".padStart(32)}  ${verdict}${c.why ?? ""}`;
  const interval = `${signed(c.low!)} to ${signed(c.high!)}`;
  return `${c.name.padEnd(NAME)}${signed(c.ratio).padStart(9)}${interval.padStart(23)}  ${verdict}${paint("dim", `counts from ${signed(1 + c.threshold)}`)}`;
}

export function countsOf(changes: readonly Change[]): string {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of changes) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].map(([verdict, n]) => `${n} ${verdict}`).join(", ");
}

export const baseName = ({ base, kind }: Comparison): string =>
  `${base.name} (${base.version}${base.commit === undefined ? "" : `, ${base.commit.slice(0, 10)}`})${kind === "paired" ? ", both builds in turn" : ""}`;

/** A comparison as it is printed under the figures. */
export function comparisonText({ build, comparison }: Report, paint: Paint): string {
  const { changes, normalized, warnings } = comparison!;
  return [
    "",
    paint("bold", `${build.version} against ${baseName(comparison!)}${normalized ? ", normalised" : ""}`),
    ...warnings.map((w) => paint("yellow", `warning: ${w}`)),
    `${"".padEnd(NAME)}${"time".padStart(9)}${"interval".padStart(23)}`,
    ...changes.map((c) => changeLine(c, paint)),
    countsOf(changes),
  ].join("\n");
}

/** How workloads have moved over the runs of a history. */
export function trendsText(all: readonly Trend[], paint: Paint): string {
  const lines = all.map(({ name, values, change, drifting }) => {
    const text = `${name.padEnd(NAME)}${sparkline(values)} ${values.length < 2 ? "first run" : `${signed(change)} over ${values.length} runs`}`;
    return drifting ? `${text}  ${paint("red", "drifting")}` : text;
  });
  return [`\n${paint("bold", "trend, normalised, this run last")}`, ...lines].join("\n");
}
