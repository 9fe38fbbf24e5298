// Compiles both binaries from assembly/ and embeds them, deflated, as base64 in src/core/binaries.ts. Does nothing when that file was written
// from the same sources (their hash stands in its first line), so every script may call this first. --force compiles anyway.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { finish } from "./finish.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const TARGETS = ["simd", "relaxed"];
const OUTPUT = "src/core/binaries.ts";
/** Bytes of one binary before the other has its turn: pairs fit in deflate's window. */
const PIECE = 8192;

const sources = readdirSync("assembly", { recursive: true })
  .filter((f) => f.endsWith(".ts"))
  .map((f) => `assembly/${f}`)
  .sort();
const hash = createHash("sha256").update(asc.version);
for (const file of ["asconfig.json", "assembly/unpack/asconfig.json", "scripts/build-wasm.mjs", "scripts/finish.mjs", ...sources])
  hash.update(file).update("\0").update(readFileSync(file)).update("\0");
const header = `// Written by scripts/build-wasm.mjs from sources ${hash.digest("hex").slice(0, 16)}.`;

const current =
  TARGETS.every((t) => existsSync(`build/${t}.wasm`)) && existsSync(OUTPUT) && readFileSync(OUTPUT, "utf8").startsWith(`${header}\n`);
if (!current || process.argv.includes("--force")) {
  mkdirSync("build", { recursive: true });
  const binaries = [];
  for (const target of TARGETS) {
    const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
    if (error) {
      console.error(stderr.toString());
      process.exit(1);
    }
    binaries.push(finish(readFileSync(`build/${target}.wat`, "utf8")));
    writeFileSync(`build/${target}.wasm`, binaries.at(-1));
    console.log(`build/${target}.wasm ${binaries.at(-1).length} bytes`);
  }
  // what takes them apart again, embedded as it is
  const unpacker = await asc.main(["--config", "assembly/unpack/asconfig.json"]);
  if (unpacker.error) {
    console.error(unpacker.stderr.toString());
    process.exit(1);
  }
  // The binaries are nearly the same, but deflate looks back no further than 32 kB: pieces in turn, so that each is near its twin.
  const pieces = [];
  for (let at = 0; binaries.some((b) => at < b.length); at += PIECE) for (const b of binaries) pieces.push(b.subarray(at, at + PIECE));
  // Typed as string: declarations would repeat the literals. A line break inside each // (atob ignores it), since tools that strip
  // comments without parsing, such as publint, would drop the rest of a minified file.
  const base64 = (bytes) => bytes.toString("base64").replace(/\/(?=\/)/g, "/\n");
  const lines = [
    header,
    `export const names = ${JSON.stringify(TARGETS)} as const;`,
    `export const lengths: readonly number[] = ${JSON.stringify(binaries.map((b) => b.length))};`,
    `export const piece = ${PIECE};`,
    `export const unpacker: string = \`${base64(readFileSync("build/inflate.wasm"))}\`;`,
    `export const deflated: string = \`${base64(deflateRawSync(Buffer.concat(pieces), { level: 9, memLevel: 9 }))}\`;`,
  ];
  writeFileSync(OUTPUT, `${lines.join("\n")}\n`);
}
