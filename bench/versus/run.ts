/**
 * npm run bench:versus -- [--only T1,T3] [--peers torch,tfjs-wasm] [--rounds 5] [--ms 250] [--node PATH] [--relaxed] [--no-save]
 * The workloads of workloads.json on neurite (as built) and on others, one process for each, all warmed up, then sampled in turn. Figures go to result.json (one
 * entry for each Node version and arithmetic; what was not measured again stays), its tables to result.md and to the README.
 * --node runs neurite and the JavaScript peers with another Node; --relaxed lets Node 20 use relaxed SIMD.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median, spread } from "../../src/cli/bench/stats";
import { Child, type Engine } from "./child";
import { writeData } from "./data";
import { peers as allPeers, workloads as allWorkloads, type Cell, type EngineResult, here, type Result, type Startup } from "./definitions";
import { installPeers, sizeOf, versionsOf } from "./install";
import { keyOf, renderAll, writeReadme } from "./render";

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    peers: { type: "string" },
    rounds: { type: "string", default: "5" },
    ms: { type: "string", default: "250" },
    node: { type: "string", default: process.execPath },
    relaxed: { type: "boolean", default: false },
    "no-save": { type: "boolean", default: false },
    "render-only": { type: "boolean", default: false },
  },
});

const resultFile = new URL("result.json", here);
const stored: Result = existsSync(resultFile) ? (JSON.parse(readFileSync(resultFile, "utf8")) as Result) : { engines: [] };

function save(): void {
  const text = JSON.stringify(stored, (_, v) => (typeof v === "number" ? Number(v.toPrecision(5)) : v), 1);
  writeFileSync(resultFile, `${text}\n`);
  // from what is kept, so that the tables can be written again from the file
  const kept = JSON.parse(text) as Result;
  writeFileSync(new URL("result.md", here), renderAll(kept));
  writeReadme(kept);
}
if (options["render-only"]) {
  save();
  process.exit(0);
}

const pick = <T extends { id: string }>(all: readonly T[], names: string | undefined): T[] => {
  const wanted = names?.split(",");
  const unknown = wanted?.filter((n) => n !== "startup" && !all.some((a) => a.id === n)) ?? [];
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(", ")}; there are ${all.map((a) => a.id).join(", ")}`);
  return all.filter((a) => wanted === undefined || wanted.includes(a.id));
};
const workloads = pick(allWorkloads, options.only);
const peers = pick(allPeers, options.peers);
installPeers();

const node = execFileSync(options.node, ["--version"], { encoding: "utf8" }).trim();
const engine: Engine = {
  path: options.node,
  flags: options.relaxed && node.startsWith("v20.") ? ["--experimental-wasm-relaxed-simd"] : [],
};
const folder = mkdtempSync(join(os.tmpdir(), "versus-"));
const result: EngineResult = {
  node,
  arithmetic: "plain",
  date: new Date().toISOString().slice(0, 10),
  cpu: os.cpus()[0]?.model ?? "unknown",
  cores: os.cpus().length,
  load: os.loadavg()[0]!,
  rounds: Number(options.rounds),
  versions: { ...versionsOf(allPeers) },
  cells: {},
  startup: {},
  sizes: {},
};

/** A workload on all peers: set up one after the other, then sampled round robin. */
async function compare(w: (typeof workloads)[number]): Promise<Record<string, Cell>> {
  const dir = join(folder, w.id);
  writeData(w, dir);
  const cells: Record<string, Cell> = {};
  const running = new Map<string, Child>();
  for (const p of peers) {
    if (p.kinds !== undefined && !p.kinds.includes(w.kind)) continue;
    const child = new Child(p, { workload: w, dir }, engine);
    const m = await child.answer(60_000);
    if (m.arithmetic !== undefined) result.arithmetic = m.arithmetic;
    for (const name of ["torch", "numpy"] as const) if (m[name] !== undefined) result.versions[name] = m[name];
    const losses = w.kind === "train" ? [m.first ?? null, m.tenth ?? null, m.last ?? null] : undefined;
    // the loss has fallen, and is still a number (JSON has none for NaN): nobody is timed doing nothing
    const [first, ...later] = losses ?? [];
    const learns = losses === undefined || (losses[2] !== null && later.some((l) => l !== null && first !== null && l < first!));
    const unable = m.unable ?? (learns ? undefined : "does not learn");
    cells[p.id] = { ...(losses && m.ready ? { losses } : {}), ...(m.way ? { way: m.way } : {}), ...(unable ? { unable } : { rounds: [] }) };
    if (unable === undefined) running.set(p.id, child);
    else child.end();
  }
  for (let round = 0; round < result.rounds; round++)
    for (const [id, child] of running) {
      const { us, unable } = await child.sample(Number(options.ms));
      if (us !== undefined) cells[id]!.rounds!.push(median(us));
      else cells[id]!.unable = unable!;
    }
  for (const child of running.values()) child.end();
  for (const cell of Object.values(cells))
    if (cell.rounds !== undefined && cell.rounds.length > 0) Object.assign(cell, { us: median(cell.rounds), spread: spread(cell.rounds) });
  rmSync(dir, { recursive: true });
  return cells;
}

/** From the start of a process until its first T3 step (inference where there is no training) has been done: the median of several. */
async function startup(): Promise<Record<string, Startup>> {
  const t3 = allWorkloads.find((w) => w.id === "T3")!;
  const i1 = allWorkloads.find((w) => w.id === "I1")!;
  const dir = join(folder, "startup");
  const times: Record<string, { ms: number[]; importMs: number[]; unable?: string }> = {};
  const record = (id: string) => (times[id] ??= { ms: [], importMs: [] });
  for (let round = 0; round < result.rounds; round++) {
    const since = performance.now();
    execFileSync(engine.path, [...engine.flags, "-e", "0"]);
    record("bare node").ms.push(performance.now() - since);
    for (const p of peers) {
      if (p.id === "run" || record(p.id).unable !== undefined) continue;
      const w = p.id === "ort-web" ? i1 : t3;
      writeData(w, dir);
      const start = performance.now();
      const child = new Child(p, { workload: w, dir, startup: true }, engine);
      const m = await child.answer(30_000);
      if (m.done) record(p.id).ms.push(performance.now() - start);
      else record(p.id).unable = m.unable ?? "error";
      if (m.importMs !== undefined) record(p.id).importMs.push(m.importMs);
      child.end();
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([id, { ms, importMs, unable }]) => [
      id,
      unable !== undefined ? { unable } : { ms: median(ms), ...(importMs.length > 0 ? { importMs: median(importMs) } : {}) },
    ]),
  );
}

/** Into the stored result, beside what was measured before on the same engine. */
function merge(): void {
  const at = stored.engines.findIndex((e) => keyOf(e) === keyOf(result));
  const before = stored.engines[at];
  const cells = { ...before?.cells };
  for (const [w, row] of Object.entries(result.cells)) cells[w] = { ...cells[w], ...row };
  const whole = {
    ...result,
    versions: { ...before?.versions, ...result.versions },
    cells: Object.fromEntries(allWorkloads.filter((w) => cells[w.id]).map((w) => [w.id, cells[w.id]!])),
    startup: { ...before?.startup, ...result.startup },
    sizes: { ...before?.sizes, ...result.sizes },
  };
  if (at < 0) stored.engines.push(whole);
  else stored.engines[at] = whole;
  stored.engines.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

try {
  for (const w of workloads) {
    result.cells[w.id] = await compare(w);
    result.load = Math.max(result.load, os.loadavg()[0]!);
    const line = Object.entries(result.cells[w.id]!).map(
      ([id, c]) => `${id} ${c.us === undefined ? c.unable : `${c.us.toPrecision(4)} us`}`,
    );
    console.log(`${w.id.padEnd(10)}${line.join(" | ")}`);
    if (!options["no-save"]) {
      merge();
      save();
    }
  }
  if (options.only === undefined || options.only.split(",").includes("startup")) {
    result.startup = await startup();
    console.log("startup   ", JSON.stringify(result.startup));
    result.sizes = Object.fromEntries(peers.map((p) => [p.id, sizeOf(p)]).filter(([, size]) => size !== undefined));
    if (!options["no-save"]) {
      merge();
      save();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (!options["no-save"]) console.log(`\n${renderAll(stored)}`);
