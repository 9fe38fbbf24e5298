// Sizes of the built package against their budgets; exits 1 when one is over. Run after `npm run build`.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const gzip = (text) => gzipSync(text, { level: 9 }).length;
const sources = readdirSync("dist")
  .filter((f) => f.endsWith(".js"))
  .map((f) => readFileSync(`dist/${f}`, "utf8"));
/** A string this long is an embedded binary. */
const EMBEDDED = /[`"][A-Za-z0-9+/=\s]{1000,}[`"]/g;
const sum = (values) => values.reduce((a, b) => a + b, 0);

// Budgets in bytes, 1 kB = 1000: what is there now and a little more, so that growth is noticed. The goal is 40 kB for each binary, 40 kB of JavaScript
// and 90 kB in all after gzip.
const rows = [
  ["dist/simd.wasm, raw", statSync("dist/simd.wasm").size, 97_000],
  ["dist/relaxed.wasm, raw", statSync("dist/relaxed.wasm").size, 97_000],
  ["JavaScript (all ESM files) without binaries, gzip", sum(sources.map((s) => gzip(s.replaceAll(EMBEDDED, '""')))), 78_000],
  ["JavaScript with both binaries embedded, gzip", sum(sources.map(gzip)), 159_000],
];
const width = Math.max(...rows.map(([what]) => what.length));
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);
for (const [what, bytes, budget] of rows)
  console.log(`${what.padEnd(width)} ${kB(bytes)} of ${kB(budget)}${bytes > budget ? "  OVER BUDGET" : ""}`);
process.exit(rows.some(([, bytes, budget]) => bytes > budget) ? 1 : 0);
