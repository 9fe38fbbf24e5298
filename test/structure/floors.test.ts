import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Import, importsOf, listFiles, parse, read } from "./sources";

/** Bottom first. Within one floor folders may import each other, as long as they do not do so in a circle. */
const FLOORS = [
  ["core"],
  ["tensor"],
  ["autograd"],
  ["ops"],
  ["nn", "loss", "optim", "data", "metrics", "perceptron"],
  ["train", "io", "table", "search", "plot", "worker"],
  ["cli"],
];
const LONGEST = 250;

const floorOf = (folder: string): number => FLOORS.findIndex((floor) => floor.includes(folder));
/** "src/core/loader.ts" is in "core"; undefined for files directly in src/. */
const folderOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];
const files = listFiles("src");
const imports = files.flatMap((file) => importsOf(file));
const show = ({ from, line, to }: Import): string => `${from}:${line} imports ${to}`;

/** What breaks the order of the floors. */
function wrong(all: readonly Import[]): string[] {
  return all
    .filter(({ from, to }) => {
      const folder = folderOf(from);
      if (to.startsWith("assembly/")) return to !== "assembly/opcodes";
      // commands live on the public face, and bring what they bundle
      if (folder === "cli" && (to === "src/index" || to === "tinybench")) return false;
      // tables bring the parser of their files
      if (folder === "table" && to === "papaparse") return false;
      if (to === "@assemblyscript/loader") return from !== "src/core/loader.ts";
      // a bundler for browsers stops at an import of Node's modules, so these are loaded by nodeModule() alone
      if (to.startsWith("node:")) return !(from === "src/core/node.ts" || folder === "cli");
      if (!to.startsWith("src/")) return true;
      if (folder === undefined) return false;
      const target = folderOf(to);
      return target === undefined || floorOf(target) > floorOf(folder);
    })
    .map(show);
}

/** A circle of folders, if there is one. */
function circle(all: readonly Import[]): string[] | undefined {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of all) {
    const [a, b] = [folderOf(from), folderOf(to)];
    if (a !== undefined && b !== undefined && a !== b) edges.set(a, (edges.get(a) ?? new Set()).add(b));
  }
  const done = new Set<string>();
  const walk = (folder: string, path: string[]): string[] | undefined => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder];
    if (done.has(folder)) return undefined;
    for (const next of edges.get(folder) ?? []) {
      const found = walk(next, [...path, folder]);
      if (found) return found;
    }
    done.add(folder);
    return undefined;
  };
  for (const folder of edges.keys()) {
    const found = walk(folder, []);
    if (found) return found;
  }
  return undefined;
}

describe("floors", () => {
  it("every folder of src/ is on a floor", () => {
    expect([...new Set(files.map(folderOf))].filter((folder) => folder !== undefined && floorOf(folder) < 0)).toEqual([]);
  });

  it("no import goes up, out of src/ or to a package other than the loader and the bundled inflate", () => {
    expect(imports.length).toBeGreaterThan(0);
    expect(wrong(imports)).toEqual([]);
  });

  it("no folders import each other in a circle", () => {
    expect(circle(imports)).toBeUndefined();
  });

  it("the rules find what they forbid", () => {
    const text = `
      import { a } from "../nn/module";
      import type { B } from "../train/fit";
      export * from "../ops/binary";
      export { c } from "../index";
      import fs from "node:fs";
      import loader from "@assemblyscript/loader";
      import kernel from "../../assembly/gemm/gemm";
      import { Op } from "../../assembly/opcodes";
      import { allocate } from "../core/allocator";
      declare module "../autograd/graph" {}
      type D = import("../optim/sgd").Sgd;
      const later = () => import("node:os");
    `;
    expect(wrong(importsOf("src/tensor/tensor.ts", text)).map((s) => s.replace(/.* /, ""))).toEqual([
      "src/nn/module",
      "src/train/fit",
      "src/ops/binary",
      "src/index",
      "node:fs",
      "@assemblyscript/loader",
      "assembly/gemm/gemm",
      "src/autograd/graph",
      "src/optim/sgd",
      "node:os",
    ]);
    const round = [importsOf("src/optim/a.ts", `import "../nn/b"`), importsOf("src/nn/b.ts", `import "../data/c"`)].flat();
    expect(circle(round)).toBeUndefined();
    expect(circle([...round, ...importsOf("src/data/c.ts", `import type { A } from "../optim/a"`)])).toEqual([
      "optim",
      "nn",
      "data",
      "optim",
    ]);
  });
});

describe.each(files.filter((file) => folderOf(file) === undefined))("%s", (file) => {
  it("only imports and re-exports", () => {
    const others = parse(file).statements.filter((s) => !ts.isImportDeclaration(s) && !(ts.isExportDeclaration(s) && s.moduleSpecifier));
    expect(others.map((s) => s.getText())).toEqual([]);
  });
});

it(`no file of src/ or assembly/ has more than ${LONGEST} lines`, () => {
  const lengths = listFiles("src", "assembly").map((file) => [file, read(file).trimEnd().split("\n").length] as const);
  expect(lengths.filter(([, lines]) => lines > LONGEST)).toEqual([]);
});
