// Compiles both binaries from assembly/ and embeds them as base64 in src/core/binaries.ts. Does nothing when that file was written
// from the same sources (their hash stands in its first line), so every script may call this first. --force compiles anyway.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const TARGETS = ["simd", "relaxed"];
const OUTPUT = "src/core/binaries.ts";

const sources = readdirSync("assembly", { recursive: true })
  .filter((f) => f.endsWith(".ts"))
  .map((f) => `assembly/${f}`)
  .sort();
const hash = createHash("sha256").update(asc.version);
for (const file of ["asconfig.json", "scripts/build-wasm.mjs", ...sources])
  hash.update(file).update("\0").update(readFileSync(file)).update("\0");
const header = `// Written by scripts/build-wasm.mjs from sources ${hash.digest("hex").slice(0, 16)}.`;

const current =
  TARGETS.every((t) => existsSync(`build/${t}.wasm`)) && existsSync(OUTPUT) && readFileSync(OUTPUT, "utf8").startsWith(`${header}\n`);
if (!current || process.argv.includes("--force")) {
  mkdirSync("build", { recursive: true });
  // Typed as string: declarations would repeat the literals. A line break inside each // (atob ignores it), since tools that strip
  // comments without parsing, such as publint, would drop the rest of a minified file.
  const lines = [header];
  for (const target of TARGETS) {
    const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
    if (error) {
      console.error(stderr.toString());
      process.exit(1);
    }
    const bytes = readFileSync(`build/${target}.wasm`);
    const text = bytes.toString("base64").replace(/\/(?=\/)/g, "/\n");
    lines.push(`export const ${target}: string = \`${text}\`;`);
    console.log(`build/${target}.wasm ${bytes.length} bytes`);
  }
  writeFileSync(OUTPUT, `${lines.join("\n")}\n`);
}
