// Sizes of the built package against their budgets; exits 1 when one is over. Run after `npm run build`.
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { rolldown } from "rolldown";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const gzip = (text) => gzipSync(text, { level: 9 }).length;
/** A string this long is an embedded binary. */
const EMBEDDED = /[`"][A-Za-z0-9+/=\s]{1000,}[`"]/g;

/** What this code is in one file: bundled and minified as bundlers do, the binaries in it or not. */
async function bundle(contents) {
  const options = { bundle: true, minify: true, format: "esm", platform: "browser", write: false, logLevel: "error" };
  const { outputFiles } = await build({ ...options, stdin: { contents, resolveDir: "dist" } });
  const { text } = outputFiles[0];
  return { all: gzip(text), code: gzip(text.replaceAll(EMBEDDED, '""')) };
}

/** What a page loads at first that contains this code, by the bundler of Vite: a file for what is loaded on demand, and those that are not. */
async function firstLoad(contents) {
  const name = `${process.cwd()}/dist/app.js`;
  const app = { name: "app", resolveId: (id) => (id === name ? id : undefined), load: (id) => (id === name ? contents : undefined) };
  const bundled = await rolldown({ input: name, plugins: [app], platform: "browser" });
  const { output } = await bundled.generate({ format: "esm", minify: true });
  const files = new Map(output.map((f) => [f.fileName, f]));
  const first = new Set([output.find((f) => f.isEntry).fileName]);
  for (const file of first) for (const next of files.get(file).imports) if (files.has(next)) first.add(next);
  const texts = [...first].map((file) => files.get(file).code);
  const sum = (change) => texts.reduce((total, text) => total + gzip(change(text)), 0);
  return { all: sum((text) => text), code: sum((text) => text.replaceAll(EMBEDDED, '""')) };
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
const classifier = `
  import { crossEntropy, fit, Linear, predict, ReLU, Sequential } from "./index.js";
  const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
  export const train = (x, y) => fit(model, { x, y }, { loss: crossEntropy, optimizer: { type: "adam" }, metrics: ["accuracy"] });
  export const ask = (x) => predict(model, x);`;
const page = await firstLoad(classifier);
const app = await bundle(classifier);

// Budgets in bytes, 1 kB = 1000: what is there now and a little more, so that growth is noticed. The goal is 1 MB installed, 40 kB for each binary, 40 kB of
// JavaScript and 90 kB in all after gzip; bench/NOTES.md says what keeps them from it.
const rows = [
  ["installed, with @assemblyscript/loader", installed(), 1_440_000],
  ["of it dist/cli, the commands", sizeOf("dist/cli"), 98_000],
  ["dist/simd.wasm, raw", statSync("dist/simd.wasm").size, 82_500],
  ["dist/relaxed.wasm, raw", statSync("dist/relaxed.wasm").size, 85_000],
  ["a page that trains a classifier, what it loads first, minified, gzip: JavaScript", page.code, 53_500],
  ["the same with both binaries", page.all, 91_000],
  ["all of it in one file: JavaScript", app.code, 69_000],
  ["the same with both binaries", app.all, 107_500],
  ["everything exported, minified, gzip: JavaScript", everything.code, 94_000],
  ["the same with both binaries", everything.all, 132_000],
];
const width = Math.max(...rows.map(([what]) => what.length));
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(9);
for (const [what, bytes, budget] of rows)
  console.log(`${what.padEnd(width)} ${kB(bytes)} of ${kB(budget)}${bytes > budget ? "  OVER BUDGET" : ""}`);
process.exit(rows.some(([, bytes, budget]) => bytes > budget) ? 1 : 0);
