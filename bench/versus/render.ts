import { readFileSync, writeFileSync } from "node:fs";
import { median } from "../../src/cli/bench/stats";
import {
  type Cell,
  type EngineResult,
  here,
  noteOf,
  type Peer,
  peers,
  type Result,
  type Target,
  targets,
  type Workload,
  workloads,
} from "./definitions";

export const keyOf = (e: EngineResult): string => `Node ${e.node.slice(1)}, ${e.arithmetic}`;

const short = (x: number): string =>
  x >= 999.5 ? Math.round(Number(x.toPrecision(3))).toLocaleString("en") : x.toPrecision(x < 100 ? 2 : 3);

const what: Record<string, string> = {
  "G-256": "256 x 256 x 256",
  "G-512": "512 x 512 x 512",
  "G-1024": "1024 x 1024 x 1024",
};

/** The workload in words, with the unit of its figures. */
export function describe(w: Workload): { title: string; unit: string } {
  if (w.kind === "train") {
    const rule = w.optimizer === "adam" ? "Adam" : w.norm ? "momentum" : "SGD";
    const layers = w.norm ? `${w.sizes![0]}-${w.sizes![1]}-BN-dropout-${w.sizes!.at(-1)}` : w.sizes!.join("-");
    return { title: `${w.id} ${layers}, batch ${w.batch}, ${rule}`, unit: w.batch! <= 16 ? "steps/s" : "samples/s" };
  }
  if (w.kind === "infer")
    return { title: `${w.id} inference of ${w.sizes!.join("-")}, batch ${w.batch}`, unit: w.batch === 1 ? "us" : "samples/s" };
  if (w.kind === "product") return { title: `${w.id} ${what[w.id] ?? `(${w.m} x ${w.k})(${w.k} x ${w.n})`}`, unit: "GFLOP/s" };
  if (w.kind === "adam") return { title: `${w.id} Adam, 2^20 parameters`, unit: "G/s" };
  return { title: `${w.id} 2^20`, unit: "G/s" };
}

export function figure(w: Workload, us: number): string {
  const { unit } = describe(w);
  if (unit === "us") return us.toPrecision(us < 100 ? 2 : 3);
  if (unit === "steps/s") return short(1e6 / us);
  if (unit === "samples/s") return short((1e6 * w.batch!) / us);
  if (unit === "GFLOP/s") return ((2 * w.m! * w.k! * w.n!) / us / 1000).toFixed(1);
  return (2 ** 20 / us / 1000).toPrecision(2);
}

/** How many times as fast we are: the median of the rounds' ratios, each of two figures taken right after one another. */
export function ratio(ours: Cell | undefined, peer: Cell | undefined): number | undefined {
  if (ours?.rounds === undefined || peer?.rounds === undefined || ours.us === undefined || peer.us === undefined) return undefined;
  const n = Math.min(ours.rounds.length, peer.rounds.length);
  return median(Array.from({ length: n }, (_, k) => peer.rounds![k]! / ours.rounds![k]!));
}

/** A table as the formatter of this repository would write it: columns from `left` on to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const widths = head.map((_, k) => Math.max(3, ...[head, ...rows].map((r) => r[k]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const padded = (r: readonly string[]) => line(r.map((c, k) => (k < left ? c.padEnd(widths[k]!) : c.padStart(widths[k]!))));
  const rule = line(widths.map((w, k) => (k < left ? "-".repeat(w) : `${"-".repeat(w - 1)}:`)));
  return [padded(head), rule, ...rows.map(padded)].join("\n");
}

const others = peers.filter((p) => p.file !== "neurite.mjs");

/** All figures of an engine; behind each peer's, how many times as fast neurite is (its faster way). */
function figures(e: EngineResult): string {
  const notes: string[] = [];
  const mark = (text: string) => {
    if (!notes.includes(text)) notes.push(text);
    return "abcdefgh"[notes.indexOf(text)]!;
  };
  const cell = (p: Peer, w: Workload): string => {
    const c = e.cells[w.id]?.[p.id];
    if (c === undefined) return "";
    if (c.us === undefined) return c.unable ?? "";
    const text = `${(c.spread ?? 0) > 0.15 ? "~" : ""}${figure(w, c.us)}`;
    if (p.file === "neurite.mjs") return text;
    const ours = ["run", "call"].map((id) => ratio(e.cells[w.id]?.[id], c)).filter((r) => r !== undefined);
    const note = noteOf(p, w);
    return `${text}${note === undefined ? "" : ` (${mark(note)})`}${ours.length === 0 ? "" : `, **${short(Math.max(...ours))}x**`}`;
  };
  const rows = workloads
    .filter((w) => e.cells[w.id] !== undefined)
    .map((w) => {
      const { title, unit } = describe(w);
      return [title, unit, ...peers.map((p) => cell(p, w))];
    });
  const text = table(["workload", "unit", ...peers.map((p) => p.title)], rows, 2);
  return [text, ...notes.map((n) => `(${mark(n)}) ${n}`)].join("\n\n");
}

function startup(e: EngineResult): string {
  const bare = e.startup["bare node"]?.ms;
  const row = (id: string, title: string) => {
    const s = e.startup[id];
    const size = e.sizes[id];
    return [
      title,
      s?.ms === undefined ? (s?.unable ?? "") : s.ms.toFixed(0),
      s?.ms === undefined || bare === undefined ? "" : (s.ms / bare).toFixed(1),
      size === undefined ? "" : (size / 1e6).toPrecision(2),
    ];
  };
  const shown = peers.filter((p) => p.id !== "run" && e.startup[p.id] !== undefined);
  return table(
    ["", "process start to first T3 step, ms", "of bare node", "installed, MB"],
    [
      row("bare node", "`node -e 0`"),
      ...shown.map((p) => row(p.id, p.id === "call" ? `neurite (import ${e.startup.call!.importMs?.toFixed(0)} ms)` : p.title)),
    ],
  );
}

/** The peer a target is about: by name, or the fastest of a group. */
function against(t: Target, e: EngineResult): { id: string; cell: Cell } | undefined {
  const row = e.cells[t.workload] ?? {};
  const group = t.peer === "best js" ? ["js", "wasm"] : t.peer === "best wasm" ? ["wasm"] : undefined;
  const fit = others.filter((p) => (group === undefined ? p.id === t.peer : p.group !== undefined && group.includes(p.group)));
  return fit
    .flatMap((p) => (row[p.id]?.us === undefined ? [] : [{ id: p.id, cell: row[p.id]! }]))
    .sort((a, b) => a.cell.us! - b.cell.us!)[0];
}

export interface Verdict {
  readonly target: Target;
  readonly wanted: number;
  readonly got: number | undefined;
  readonly peer: string | undefined;
  readonly met: boolean;
}

/** Each target on an engine: what is owed there, and what there is. */
export function verdicts(e: EngineResult): Verdict[] {
  return targets.map((t) => {
    if (t.atMostUs !== undefined) {
      const got = e.cells[t.workload]?.[t.ours]?.us;
      return { target: t, wanted: t.atMostUs, got, peer: undefined, met: got !== undefined && got <= t.atMostUs };
    }
    const full = e.node.startsWith("v22.") ? (t.node22 ?? t.ratio!) : t.ratio!;
    const wanted = e.arithmetic === "plain" ? full * (t.plainShare ?? 0.8) : full;
    const peer = against(t, e);
    const got = ratio(e.cells[t.workload]?.[t.ours], peer?.cell);
    return { target: t, wanted, got, peer: peer?.id, met: got !== undefined && got >= wanted };
  });
}

function targetTable(engines: readonly EngineResult[]): string {
  const all = engines.map(verdicts);
  const rows = targets.map((t, k) => {
    const who = t.peer === undefined ? "at most" : (others.find((p) => p.id === t.peer)?.title ?? t.peer);
    const cells = all.flatMap((v) => {
      const { wanted, got, peer, met } = v[k]!;
      const unit = t.atMostUs === undefined ? "x" : " us";
      const name = t.peer?.startsWith("best") && peer !== undefined ? ` (${peer})` : "";
      return [
        `${short(wanted)}${unit}`,
        got === undefined ? "" : `${short(got)}${unit}${name}`,
        got === undefined ? "" : met ? "yes" : "**no**",
      ];
    });
    return [`${t.workload} ${t.ours === "run" ? "`step.run`" : "a call each"}`, who, ...cells];
  });
  return table(["", "against", ...engines.flatMap((e) => [`owed, ${keyOf(e)}`, "measured", "met"])], rows, 2);
}

function heading(e: EngineResult): string {
  const v = e.versions;
  const native = [v.torch && `PyTorch ${v.torch}`, v.numpy && `numpy ${v.numpy}`].filter(Boolean);
  const packages = peers.flatMap((p) => (p.package === undefined ? [] : [`${p.title} ${v[p.id]}`]));
  return `${e.cpu}, ${e.cores} cores, ${keyOf(e)} arithmetic, ${e.date}, load up to ${e.load.toFixed(1)}; ${[...native, ...packages].join(", ")}.`;
}

export function renderAll(result: Result): string {
  const parts = result.engines.map((e) => `## ${keyOf(e)}\n\n${heading(e)}\n\n${figures(e)}\n\n${startup(e)}`);
  return `# Next to others\n\nWritten by \`npm run bench:versus\`.\n\n${parts.join("\n\n")}\n\n## Targets\n\n${targetTable(result.engines)}\n`;
}

const BEGIN = "<!-- bench:versus begin: written by npm run bench:versus -->";
const END = "<!-- bench:versus end -->";

/** What stands in the README: the figures of the newest Node. */
export function renderReadme(result: Result): string {
  const e = [...result.engines].sort((a, b) => Number.parseInt(b.node.slice(1), 10) - Number.parseInt(a.node.slice(1), 10))[0];
  return e === undefined ? "" : `${heading(e)}\n\n${figures(e)}\n\n${startup(e)}`;
}

export const readmeFile = new URL("../../README.md", here);

/** What is between the markers, without the spaces that a formatter may have put into tables. */
export function blockOf(readme: string): string | undefined {
  const [, rest] = readme.split(BEGIN);
  return rest?.split(END)[0]?.trim();
}

export function writeReadme(result: Result): void {
  const readme = readFileSync(readmeFile, "utf8");
  const [head, rest] = readme.split(BEGIN);
  if (rest === undefined) return;
  writeFileSync(readmeFile, `${head}${BEGIN}\n\n${renderReadme(result)}\n\n${END}${rest.split(END)[1]}`);
}
