/** The test files of Node's suite as modules for pages. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

export const top = fileURLToPath(new URL("../../../", import.meta.url));
const here = join(top, "test/browser/units");

/** Floors whose tests run in pages: all that has to do with numbers and memory. */
const FOLDERS = ["autograd", "core", "determinism", "golden", "kernels", "loss", "memory", "metrics", "nn", "ops", "optim", "perceptron"];

/** What stays with Node, and why. */
export const NODE_ALONE: Readonly<Record<string, string>> = {
  "core/init": "starts processes, one for each way of starting",
  "core/inflate": "compares with Node's zlib",
  "memory/collector": "calls the garbage collector, by a flag of Node's",
  "memory/eager-loop": "measures a process's memory",
};

/** Test files without their ending, from test/. */
export const files: readonly string[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(top, "test", folder))
    .filter((f) => f.endsWith(".test.ts"))
    .map((f) => `${folder}/${f.replace(".test.ts", "")}`),
).filter((f) => NODE_ALONE[f] === undefined);

/** import.meta.url is where the file is served, and "vitest" and what Node has are of this folder. */
const plugin: Plugin = {
  name: "page",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^vitest$/ }, () => ({ path: join(here, "vitest.ts") }));
    onResolve({ filter: /^node:(fs|url|v8)$/ }, () => ({ path: join(here, "node.ts") }));
    onLoad({ filter: /test\/.*\.ts$/ }, ({ path }) => {
      const url = `new URL(${JSON.stringify(`/repository/${relative(top, path)}`)}, location.origin).href`;
      return { contents: readFileSync(path, "utf8").replaceAll("import.meta.url", url), loader: "ts" };
    });
  },
};

export async function bundle(outdir: string): Promise<void> {
  await build({
    absWorkingDir: top,
    entryPoints: [{ in: join(here, "vitest.ts"), out: "vitest" }, ...files.map((f) => ({ in: join(top, `test/${f}.test.ts`), out: f }))],
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    outdir,
    // esbuild's own form of `using` serves engines that do not have it
    supported: { using: false },
    define: { "process.argv": "[]" },
    plugins: [plugin],
    logLevel: "warning",
  });
}
