import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deflated } from "../../src/core/binaries";
import { node, type Packed, pack, tool } from "./pack";

/** The first TypeScript that has Symbol.dispose in a library, which the declarations ask for. */
const OLDEST_TYPESCRIPT = "5.2.2";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/google-chrome"].some((file) => existsSync(file));

let packed: Packed;
beforeAll(() => {
  packed = pack();
}, 300_000);
afterAll(() => packed?.remove());

const write = (name: string, text: string): void => writeFileSync(join(packed.project, name), text);

describe("the packed package", () => {
  it("holds code, declarations, binaries and the usual papers, but no sources", () => {
    const files = readdirSync(packed.installed, { recursive: true, encoding: "utf8" }).map((f) => f.replaceAll("\\", "/"));
    const kinds = files.filter((f) => !/^dist(\/types(\/|$)|\/cli(\/[\w-]+\.js$|$)|\/[\w-]+\.(js|cjs)$|\/(simd|relaxed)\.wasm$|$)/.test(f));
    expect(kinds.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
    expect(files.filter((f) => /\/types\/.*\.[^/]+$/.test(f) && !/\.d\.c?ts$/.test(f))).toEqual([]);
  });

  it("embeds the binaries once per format", () => {
    const base64 = deflated.slice(-200).replaceAll(/[/\n]/g, "");
    const holding = readdirSync(join(packed.installed, "dist")).filter(
      (f) =>
        /\.c?js$/.test(f) &&
        readFileSync(join(packed.installed, "dist", f), "utf8")
          .replaceAll(/[/\n]|\\n/g, "")
          .includes(base64),
    );
    expect(holding.map((f) => f.replace(/.*\./, "")).sort()).toEqual(["cjs", "js"]);
  });

  it("shares one runtime between import and require, and between both entries", () => {
    write(
      "both.mjs",
      `import { createRequire } from "node:module";
      import * as esm from "neurite";
      import * as esmFunctional from "neurite/functional";
      const require = createRequire(import.meta.url);
      const cjs = require("neurite");
      const cjsFunctional = require("neurite/functional");
      const key = Symbol.for("neurite.runtime.v1");
      const x = esm.tensor([1, 2, 3]);
      const shared = globalThis[key];
      const y = cjs.tensor([10, 20, 30]);
      console.log(JSON.stringify({
        copies: new Set([esm.tensor, cjs.tensor, esmFunctional.tensor, cjsFunctional.tensor]).size,
        one: shared !== undefined && shared === globalThis[key],
        live: esm.memory().tensors === cjs.memory().tensors && esm.memory().bytes === cjs.memory().bytes,
        mixed: [esm.add(x, y).toArray(), cjs.mul(x, y).toArray(), x.add(y).toArray(), y.sub(x).toArray()],
        brand: cjs.isTensor(x) && esm.isTensor(y),
        names: Object.keys(esm).join() === Object.keys(cjs).filter((k) => k !== "default").sort().join(),
      }));`,
    );
    expect(JSON.parse(node(packed, "both.mjs"))).toEqual({
      copies: 2,
      one: true,
      live: true,
      mixed: [
        [11, 22, 33],
        [10, 40, 90],
        [11, 22, 33],
        [9, 18, 27],
      ],
      brand: true,
      names: true,
    });
  });

  it("runs its command, and lets no code of it into the entries", () => {
    const { version } = JSON.parse(readFileSync(join(packed.installed, "package.json"), "utf8")) as { version: string };
    expect(node(packed, "node_modules/neurite/dist/cli/bin.js", "--version")).toBe(version);
    const entries = readdirSync(join(packed.installed, "dist")).filter((f) => /\.c?js$/.test(f));
    expect(entries.filter((f) => readFileSync(join(packed.installed, "dist", f), "utf8").includes("neurite-bench/"))).toEqual([]);
    expect(node(packed, "-p", `require("neurite/bench").defineWorkload({ name: "w", make: () => () => 0 }).name`)).toBe("w");
  });

  it("measures, compares with the report, and with itself in turn on a workload of the user's, end to end", () => {
    const bench = (...args: string[]) => node(packed, "node_modules/neurite/dist/cli/bin.js", "bench", "--quick", "--rounds", "2", ...args);
    const filter = ["--filter", "^T1.*run|^relu"];
    expect(bench(...filter, "--json", "base.json")).toMatch(/\nrelu 2\^20 .+ G\/s\nT1 2-4-1 b4 step\.run .+ samples\/s/);
    const report = JSON.parse(readFileSync(join(packed.project, "base.json"), "utf8"));
    expect(report).toMatchObject({ schema: "neurite-bench/1", workloads: [{ bound: "memory" }, { bound: "compute" }] });
    expect(bench(...filter, "--compare", "base.json", "--threshold", "900%")).toMatch(/2 (same|faster|unsure)|1 \w+, 1 \w+/);
    write(
      "mine.mjs",
      `import { defineWorkload } from "neurite/bench";
      export default defineWorkload({ name: "mine", make: ({ Linear, predictor }) => {
        const f = predictor(new Linear(8, 8));
        const row = new Float32Array(8);
        return () => f(row);
      } });`,
    );
    const paired = bench(
      "--workload",
      "mine.mjs",
      "--filter",
      "mine",
      "--against",
      "node_modules/neurite",
      "--launches",
      "5",
      "--threshold",
      "900%",
    );
    expect(paired).toMatch(/both builds in turn\n.*\nmine .+ (same|unsure|faster) +counts from \+900\.0 %\n1 /);
  }, 240_000);

  it.runIf(CHROMIUM)(
    "measures in a page of Chromium",
    () => {
      const out = node(
        packed,
        "node_modules/neurite/dist/cli/bin.js",
        ..."bench --browser --quick --rounds 1 --filter ^T1.*run".split(" "),
      );
      expect(out).toMatch(/, chromium \d+.+\n.+\nT1 2-4-1 b4 step\.run .+ samples\/s/);
    },
    120_000,
  );

  it("gives methods with the root entry only", () => {
    write(
      "functional.mjs",
      `import { tensor, Tensor } from "neurite/functional"; console.log("add" in Tensor.prototype, tensor([1]).item());`,
    );
    expect(node(packed, "functional.mjs")).toBe("false 1");
  });

  it("names its functions in stack traces, with import and require", () => {
    const say = `try { tensor([1, 2]).add(tensor([1, 2, 3])); } catch (e) { console.log(e.stack.match(/at [\\w.$ ]+ /g).join("")); }`;
    write("stack.mjs", `import { tensor } from "neurite"; ${say}`);
    write("stack.cjs", `const { tensor } = require("neurite"); ${say}`);
    // $ and a digit, where two files have a function of one name
    for (const file of ["stack.mjs", "stack.cjs"])
      expect(node(packed, file)).toMatch(/at broadcastShapes at elementwise(\$\d)? .*at withConstants /);
  });

  it("loads what only an option of fit needs, with import and require", () => {
    const train = `(async () => {
      const lines = [];
      const model = new Sequential(new Linear(2, 1));
      const data = { x: [[0, 1], [1, 0]], y: [[1], [2]] };
      const all = { loss: "mse", batchSize: "all", epochs: 3 };
      await fit(model, data, { ...all, optimizer: { type: "lbfgs" } });
      const { epochs } = await fit(model, data, { ...all, optimizer: { type: "sgd" }, ema: { decay: 0.9 }, progress: { write: (t) => lines.push(t) } });
      console.log(epochs.length, epochs[0].loss < 1e-3, lines.length > 0);
    })();`;
    write("options.mjs", `import { fit, Linear, Sequential } from "neurite"; ${train}`);
    write("options.cjs", `const { fit, Linear, Sequential } = require("neurite"); ${train}`);
    for (const file of ["options.mjs", "options.cjs"]) expect(node(packed, file)).toBe("3 true true");
  });

  it("exports the binaries as files", () => {
    write(
      "files.cjs",
      `for (const name of ["simd", "relaxed"]) {
        const bytes = require("node:fs").readFileSync(require.resolve("neurite/" + name + ".wasm"));
        console.log(name, bytes.length > 1000 && bytes.readUInt32LE() === 0x6d736100);
      }`,
    );
    expect(node(packed, "files.cjs")).toBe("simd true\nrelaxed true");
  });

  it("keeps the methods in a bundle that uses nothing else of the root, and leaves them out of one of the functional entry", async () => {
    write("root.js", `import { tensor } from "neurite"; console.log(tensor([1, 2]).add(1).toArray().join());`);
    write("small.js", `import { tensor, add } from "neurite/functional"; console.log(add(tensor([1, 2]), 1).toArray().join());`);
    await build({
      config: false,
      silent: true,
      entry: ["root.js", "small.js"].map((f) => join(packed.project, f)),
      outDir: join(packed.project, "bundled"),
      format: "esm",
      outExtension: () => ({ js: ".mjs" }),
      splitting: false,
      minify: true,
      noExternal: [/./],
      tsconfig: join(packed.installed, "package.json"),
    });
    expect(node(packed, "bundled/root.mjs")).toBe("2,3");
    expect(node(packed, "bundled/small.mjs")).toBe("2,3");
    const [root, small] = ["root", "small"].map((f) => readFileSync(join(packed.project, `bundled/${f}.mjs`), "utf8").length);
    expect(small).toBeLessThan(root! - 4000);
  });
});

describe("the declarations", () => {
  const consumer = `
    import { Tensor, tensor, Sequential, Linear, ReLU, Adam, crossEntropy, fit } from "neurite";
    import * as F from "neurite/functional";
    const x: Tensor = tensor([[1, 2], [3, 4]]);
    const y: Tensor = F.relu(x.matmul(x).softmax());
    y.sum().backward();
    x[Symbol.dispose]();
    const model = new Sequential(new Linear(2, 4), new ReLU(), new Linear(4, 2));
    export const made: Tensor = y;
    export const done: Promise<number | undefined> = fit(model, { x: [[1, 2]], y: [0] }, {
      loss: crossEntropy, optimizer: new Adam(model.parameters(), { lr: 1e-3 }), epochs: 1,
    }).then((history) => history.epochs[0]?.loss);
    // @ts-expect-error a tensor has no such method
    x.nonsense();
    // @ts-expect-error a learning rate is a number or a function
    new Adam(model.parameters(), { lr: "fast" });
  `;
  /** Every check a consumer may switch on, also of the declarations themselves. */
  const strict = "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck false --target es2022";
  const mixed = `
    import { Tensor } from "neurite";
    import { made } from "./script.cjs";
    export const one: Tensor = made.add(made);
  `;
  const nodenext = "--module nodenext --moduleResolution nodenext module.mts script.cts mixed.mts";
  const bundler = "--module esnext --moduleResolution bundler bundled.ts";
  const check = (tsc: string): void => {
    for (const file of ["module.mts", "script.cts", "bundled.ts"]) write(file, consumer);
    write("mixed.mts", mixed);
    for (const how of [nodenext, bundler]) node(packed, tsc, ...strict.split(" "), "--lib", "es2022,dom", ...how.split(" "));
  };

  it("compile for import, require and bundlers with the TypeScript of this repository", () => check(tool("typescript/bin/tsc")), 60_000);

  // takes a download, so CI only
  it.runIf(process.env.CI)(
    `compile for import, require and bundlers with TypeScript ${OLDEST_TYPESCRIPT}`,
    () => {
      write("package.json", "{}");
      node(
        packed,
        "-e",
        `require("node:child_process").execSync("npm install --silent --no-save --no-package-lock --prefix oldest typescript@${OLDEST_TYPESCRIPT}")`,
      );
      check(join(packed.project, "oldest/node_modules/typescript/bin/tsc"));
    },
    180_000,
  );
});
