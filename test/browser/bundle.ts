/** A consumer's project with the packed tarball installed, and the app in it built by the bundlers as they are without configuration. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/** Exclusive or in five lines; the loss is shown. */
export const APP = `import { fit, manualSeed, mlp } from "neurite";
manualSeed(1);
const data = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] };
const history = await fit(mlp([2, 16, 2]), data, { loss: "crossEntropy", optimizer: { type: "adam", lr: 0.05 }, epochs: 200, seed: 7 });
globalThis.document ? (document.title = "loss " + history.epochs.at(-1).loss) : postMessage("loss " + history.epochs.at(-1).loss);
`;

export interface Built {
  /** Folder to serve. */
  readonly folder: string;
  /** What the bundler said. */
  readonly warnings: readonly string[];
}

export const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

const page = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><title>waiting</title><script type="module" src="${script}"></script>`;

export const BUNDLERS: Record<string, (project: string) => Promise<Built>> = {
  Vite: async (project) => {
    write(join(project, "index.html"), page("/src/index.js"));
    const warnings: string[] = [];
    const say = (text: string) => void warnings.push(text);
    const customLogger = {
      info: () => {},
      warn: say,
      warnOnce: say,
      error: say,
      clearScreen: () => {},
      hasErrorLogged: () => false,
      hasWarned: false,
    };
    await vite({ root: project, configFile: false, customLogger, build: { outDir: "vite" } });
    return { folder: join(project, "vite"), warnings };
  },
  webpack: async (project) => {
    const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
      webpack({ context: project, mode: "production", output: { path: join(project, "webpack") } }, (error, s) =>
        error ? reject(error) : resolve(s),
      ),
    );
    const { errors = [], warnings = [] } = stats!.toJson({ errors: true, warnings: true });
    if (errors.length > 0) throw new Error(errors.map((e) => e.message).join("\n"));
    write(join(project, "webpack/index.html"), page("/main.js"));
    // its advice on the size of any bundle above 244 kB is no complaint about the package
    return {
      folder: join(project, "webpack"),
      warnings: warnings.map((w) => w.message).filter((m) => !/size limit|code splitting/i.test(m)),
    };
  },
  esbuild: async (project) => {
    const { warnings } = await esbuild.build({
      absWorkingDir: project,
      entryPoints: ["src/index.js"],
      bundle: true,
      minify: true,
      format: "esm",
      outfile: "esbuild/main.js",
      logLevel: "silent",
    });
    write(join(project, "esbuild/index.html"), page("/main.js"));
    return { folder: join(project, "esbuild"), warnings: warnings.map((w) => w.text) };
  },
  "Rollup with node-resolve": async (project) => {
    const warnings: string[] = [];
    const bundle = await rollup({
      input: join(project, "src/index.js"),
      plugins: [nodeResolve()],
      onwarn: (w) => warnings.push(w.message),
    });
    await bundle.write({ dir: join(project, "rollup"), entryFileNames: "main.js" });
    write(join(project, "rollup/index.html"), page("/main.js"));
    return { folder: join(project, "rollup"), warnings };
  },
};
