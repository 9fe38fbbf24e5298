import { copyFileSync, readdirSync } from "node:fs";
import { build, defineConfig, type Options } from "tsup";
import { entries } from "./scripts/entries.mjs";

const common = {
  target: "es2022",
  platform: "neutral",
  // Whitespace and syntax only: shorter identifiers would save a tenth after gzip and cost every name in a user's stack traces and
  // profiles. Source maps would triple the package; with the names kept the code can be read without.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: false,
  // scripts/build-types.mjs writes the declarations: a bundler of declarations loses `declare module`, by which methods are attached.
  dts: false,
  // loaded where files are read or written, and only there; bundlers for browsers leave out what is called so
  external: [/^node:/],
  removeNodeProtocol: false,
} satisfies Options;

/** tsup's own splitting of CommonJS breaks minified classes, so the finished ESM files are translated one by one. */
async function translate(): Promise<void> {
  await build({
    ...common,
    config: false,
    silent: true,
    entry: readdirSync("dist")
      .filter((file) => file.endsWith(".js"))
      .map((file) => `dist/${file}`),
    format: "cjs",
    splitting: false,
    // by require: Node does not find the names that minified CommonJS exports to import()
    esbuildOptions: (options) => {
      options.supported = { ...options.supported, "dynamic-import": false };
    },
    esbuildPlugins: [
      {
        name: "siblings",
        setup({ onResolve }) {
          onResolve({ filter: /^\.\/.*\.js$/ }, ({ kind, path }) =>
            kind === "entry-point" ? undefined : { path: path.replace(/js$/, "cjs"), external: true },
          );
        },
      },
    ],
  });
}

/** The commands: apart from the entries, so that nothing of theirs gets into a page; their code may use Node and what it bundles. */
async function commands(): Promise<void> {
  await build({
    ...common,
    config: false,
    silent: true,
    entry: { bin: "src/cli/bin.ts", worker: "src/cli/bench/worker.ts" },
    outDir: "dist/cli",
    format: "esm",
    platform: "node",
    splitting: true,
    noExternal: ["tinybench"],
  });
}

export default defineConfig({
  ...common,
  entry: entries,
  format: "esm",
  // What entries have in common, the embedded binaries first of all, goes into shared chunks.
  splitting: true,
  clean: true,
  onSuccess: async () => {
    await translate();
    await commands();
    for (const name of ["simd", "relaxed"]) copyFileSync(`build/${name}.wasm`, `dist/${name}.wasm`);
  },
});
