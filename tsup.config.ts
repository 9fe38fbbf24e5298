import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { minify } from "terser";
import { build, defineConfig, type Options } from "tsup";
import { entries } from "./scripts/entries.mjs";
import { merge } from "./scripts/merge.mjs";
import { LANE } from "./src/core/lane";

const common = {
  target: "es2022",
  platform: "neutral",
  // Whitespace and syntax; see shorten() for names. Source maps would triple the package; with the names kept the code can be read without.
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
      options.define = { ...options.define, "import.meta.url": "moduleUrl" };
      options.banner = { js: 'const moduleUrl=typeof document>"u"?"file:"+__filename:document.baseURI;' };
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

/**
 * Gives variables inside functions short names. Functions, classes, methods and all at top level keep theirs, so that stack traces and profiles read as the
 * sources do, which esbuild's own shortening would not leave.
 */
async function shorten(): Promise<void> {
  for (const file of readdirSync("dist").filter((f) => /\.c?js$/.test(f))) {
    // what esbuild calls a required chunk stands before every use of anything in it
    const chunks: string[] = [];
    const text = readFileSync(`dist/${file}`, "utf8").replace(/\bimport_chunk_[a-z]+\b/g, (name) => {
      if (!chunks.includes(name)) chunks.push(name);
      return `$${chunks.indexOf(name)}`;
    });
    const { code } = await minify(text, {
      ecma: 2020,
      compress: false,
      mangle: { toplevel: false, keep_fnames: true, keep_classnames: true },
      format: { ecma: 2020, preserve_annotations: true },
    });
    // src/core/node.ts tells bundlers what they need not look for, in comments that are gone by now
    writeFileSync(`dist/${file}`, `${code!.replace("import(`node:", "import(/* webpackIgnore: true */ /* @vite-ignore */ `node:")}\n`);
  }
}

/** The commands: apart from the entries, so that nothing of theirs gets into a page; their code may use Node and what it bundles. */
async function commands(): Promise<void> {
  await build({
    ...common,
    config: false,
    silent: true,
    entry: { bin: "src/cli/bin.ts", worker: "src/cli/bench/worker.ts", page: "src/cli/bench/page.ts" },
    outDir: "dist/cli",
    format: "esm",
    platform: "node",
    splitting: true,
    noExternal: ["tinybench"],
    // the library itself they take from the entries beside them
    esbuildPlugins: [
      {
        name: "library",
        setup({ onResolve }) {
          onResolve({ filter: /^(\.\.\/)+(table\/)?index$/ }, ({ path }) => ({
            path: path.includes("table") ? "../table.js" : "../index.js",
            external: true,
          }));
        },
      },
    ],
  });
}

/**
 * The one dependency once more beside the ES modules, which take it from there: pages without a bundler, and workers, where import maps do not hold, find no package by
 * its name.
 */
async function beside(): Promise<void> {
  const files = readdirSync("dist").filter((file) => file.endsWith(".js"));
  await build({ ...common, config: false, silent: true, entry: { loader: "node_modules/@assemblyscript/loader/index.js" }, format: "esm" });
  for (const file of files) {
    const text = readFileSync(`dist/${file}`, "utf8");
    writeFileSync(`dist/${file}`, text.replace(/(\bfrom\s*|\bimport\s*)"@assemblyscript\/loader"/g, '$1"./loader.js"'));
  }
}

/**
 * What a page that trains needs, as an entry that is not published: by its being there, what such a page does not need comes to lie in other chunks, and what only
 * an option of `fit` loads is not loaded without it, by bundlers that go by modules.
 */
const PAGE = { page: "scripts/page.ts" };

export default defineConfig({
  ...common,
  entry: { ...entries, ...PAGE },
  format: "esm",
  // What entries have in common, the embedded binaries first of all, goes into shared chunks.
  splitting: true,
  clean: true,
  onSuccess: async () => {
    await merge("page.js");
    await translate();
    await beside();
    await shorten();
    await commands();
    writeFileSync("dist/lane.js", LANE);
    for (const name of ["simd", "relaxed"]) copyFileSync(`build/${name}.wasm`, `dist/${name}.wasm`);
  },
});
