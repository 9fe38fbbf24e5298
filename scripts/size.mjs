// Sizes of the built package against their budgets; exits 1 when one is over. Run after `npm run build`.
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const gzip = (text) => gzipSync(text, { level: 9 }).length;
/** A string this long is an embedded binary. */
const EMBEDDED = /[`"][A-Za-z0-9+/=\s]{1000,}[`"]/g;

/** What a page loads that contains this code: bundled and minified as bundlers do, the binaries in it or not. */
async function bundle(contents) {
  const options = { bundle: true, minify: true, format: "esm", platform: "browser", external: ["node:*"], write: false, logLevel: "error" };
  const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: "dist" } });
  const { text } = outputFiles[0];
  return { all: gzip(text), code: gzip(text.replaceAll(EMBEDDED, '""')) };
}

const sizeOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .reduce((sum, f) => sum + statSync(`${f.parentPath ?? f.path}/${f.name}`).size, 0);

/** Bytes that `npm install` writes: what would be published, unpacked, and the one dependency. */
function installed() {
  const pack = ["pack", "--dry-run", "--json", "--silent", "--ignore-scripts"];
  const [{ unpackedSize }] = JSON.parse(execFileSync("npm", pack, { encoding: "utf8", shell: process.platform === "win32" }));
  return unpackedSize + sizeOf("node_modules/@assemblyscript/loader");
}

const everything = await bundle('export * from "./index.js";');
const app = await bundle(`
  import { crossEntropy, fit, Linear, predict, ReLU, Sequential } from "./index.js";
  const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
  export const train = (x, y) => fit(model, { x, y }, { loss: crossEntropy, optimizer: { type: "adam" }, metrics: ["accuracy"] });
  export const ask = (x) => predict(model, x);`);

// Budgets in bytes, 1 kB = 1000: what is there now and a little more, so that growth is noticed. The goal is 40 kB for each binary, 40 kB of JavaScript
// and 90 kB in all after gzip.
const rows = [
  ["installed, with @assemblyscript/loader", installed(), 1_220_000],
  ["of it dist/cli, the commands", sizeOf("dist/cli"), 100_000],
  ["dist/simd.wasm, raw", statSync("dist/simd.wasm").size, 100_000],
  ["dist/relaxed.wasm, raw", statSync("dist/relaxed.wasm").size, 100_000],
  ["a page that trains a classifier, minified, gzip: JavaScript", app.code, 66_000],
  ["the same with both binaries", app.all, 105_000],
  ["everything exported, minified, gzip: JavaScript", everything.code, 86_500],
  ["the same with both binaries", everything.all, 124_500],
];
const width = Math.max(...rows.map(([what]) => what.length));
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);
for (const [what, bytes, budget] of rows)
  console.log(`${what.padEnd(width)} ${kB(bytes)} of ${kB(budget)}${bytes > budget ? "  OVER BUDGET" : ""}`);
process.exit(rows.some(([, bytes, budget]) => bytes > budget) ? 1 : 0);
