/**
 * npm run bench -- [--quick] [--filter REGEX] [--json FILE] [--relaxed] [--reproducible]
 * One core. Microseconds are the least and the median of many samples; shares are of the multiply-add ceiling measured just before and after.
 * More shapes and single instructions, straight at the built files: bench/kernels/.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import v8 from "node:v8";
import { measure } from "./measure";
import { HEAD, line, machine, type Report, rowOf } from "./report";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    filter: { type: "string", default: "" },
    json: { type: "string" },
    relaxed: { type: "boolean", default: false },
    reproducible: { type: "boolean", default: false },
  },
});

// Node 20 keeps relaxed SIMD behind a flag, which has to be set before the library compiles; later versions do not know the flag
if (options.relaxed && process.version.startsWith("v20.")) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
const { init } = await import("../src/index");
const { ceiling } = await import("../src/core/profile");
const { kernels } = await import("./kernels");
const { workloads } = await import("./workloads");
const { FIT_NAME, fitRow } = await import("./fit");

const info = await init({ reproducible: options.reproducible });
if (options.relaxed && info.binary !== "relaxed") throw new Error(`--relaxed: ${info.reason}`);

const report: Report = { machine: machine(info.arithmetic), date: new Date().toISOString().slice(0, 10), ceiling: 0, rows: [] };
const peak = () => {
  const now = ceiling();
  report.ceiling = Math.max(report.ceiling, now);
  return now;
};
for (let k = 0; k < 3; k++) peak();
const { cpu, cores, node, arithmetic } = report.machine;
console.log(
  `${cpu}, ${cores} cores, Node ${node}, ${arithmetic} arithmetic, one core's ceiling ${report.ceiling.toFixed(1)} GFLOP/s\n${HEAD}`,
);

const wanted = new RegExp(options.filter, "i");
const budgetMs = options.quick ? 100 : 600;
for (const c of [...kernels, ...workloads]) {
  if (!wanted.test(c.name)) continue;
  const before = peak();
  const made = c.make();
  const timing = measure(c.name, made.run, { budgetMs });
  made.dispose();
  const row = rowOf(c, timing, Math.max(before, peak()));
  report.rows.push(row);
  console.log(line(row));
}
if (wanted.test(FIT_NAME)) {
  const row = await fitRow(peak, options.quick);
  report.rows.push(row);
  console.log(line(row));
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 1)}\n`);
