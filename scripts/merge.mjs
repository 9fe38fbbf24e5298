// Merges the chunks in dist/ into three: what a page that trains needs, what it may load later, and the rest. Node opens, reads and links each file of an import one by
// one, which for a dozen took longer than to compile what is in them; bundlers take a chunk as a whole, so one for all would have pages load the rest too.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { rolldown } from "rolldown";

const CHUNK = /^chunk-[A-Z0-9]{8}\.js$/;
/** What is imported on demand. */
const DYNAMIC = /-[A-Z0-9]{8}\.js$/;

/** Chunks that a file in dist/ imports, and they. */
function chunksOf(file, found = new Set()) {
  for (const [, chunk] of readFileSync(`dist/${file}`, "utf8").matchAll(/from"\.\/(chunk-[A-Z0-9]{8}\.js)"/g))
    if (!found.has(chunk)) chunksOf(chunk, found.add(chunk));
  return found;
}

/** `page`: the entry whose chunks come together. It and the chunks are removed. */
export async function merge(page) {
  const before = readdirSync("dist").filter((file) => file.endsWith(".js"));
  const [chunks, others] = [before.filter((f) => CHUNK.test(f)), before.filter((f) => !CHUNK.test(f) && f !== page)];
  const first = chunksOf(page);
  const later = new Set(others.filter((f) => DYNAMIC.test(f)).flatMap((f) => [...chunksOf(f)]));
  const partOf = (file) => (first.has(file) ? "train" : later.has(file) ? "later" : "more");
  const merged = await rolldown({
    input: Object.fromEntries(others.map((f) => [f.replace(/\.js$/, ""), `dist/${f}`])),
    external: [/^node:/, "@assemblyscript/loader"],
    platform: "neutral",
    treeshake: false,
  });
  const { output } = await merged.generate({
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunk-[name].js",
    codeSplitting: {
      groups: ["train", "later", "more"].map((name) => ({ name, test: (id) => CHUNK.test(basename(id)) && partOf(basename(id)) === name })),
    },
  });
  for (const file of [page, ...chunks]) rmSync(`dist/${file}`);
  for (const { fileName, code } of output) writeFileSync(`dist/${fileName}`, code);
}
