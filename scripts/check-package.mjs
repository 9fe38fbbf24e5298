// Packs what `npm run build` left and lets publint and attw look at the very file that would be published.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "neurite-pack-"));
const run = (command, args) =>
  spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32" }).status;
let failed = run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder]) !== 0;
if (!failed) {
  const file = join(folder, readdirSync(folder)[0]);
  failed = run("npx", ["--no-install", "publint", "--strict", file]) !== 0;
  // node16: subpaths have no types for the resolution of Node 10, which knows no exports; files of WebAssembly have none at all
  const attw = [
    "--no-install",
    "attw",
    file,
    "--profile",
    "node16",
    "--format",
    "ascii",
    "--no-color",
    "--no-emoji",
    "--exclude-entrypoints",
    "simd.wasm",
    "relaxed.wasm",
    "lane.js",
  ];
  failed = run("npx", attw) !== 0 || failed;
}
rmSync(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
