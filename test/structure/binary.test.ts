import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { importsOf, listFiles, parse, top } from "./sources";
import { readWasm, SECTION } from "./wasm";

describe.each(["simd", "relaxed"])("build/%s.wasm", (name) => {
  const wasm = readWasm(readFileSync(`${top}/build/${name}.wasm`));

  it("imports the memory and nothing else", () => {
    expect(wasm.imports).toEqual(["env.memory memory"]);
    expect(wasm.memory?.shared).toBe(true);
    expect(wasm.sections).not.toContain(SECTION.memory);
  });

  it("owns nothing: no data, no mutable globals, no start function", () => {
    for (const section of [SECTION.data, SECTION.dataCount, SECTION.start]) expect(wasm.sections).not.toContain(section);
    expect(wasm.globals.filter((g) => g.mutable)).toEqual([]);
  });

  it("exports what is called from outside and nothing else", () => {
    expect(wasm.exports.filter((e) => e.kind !== "func")).toEqual([]);
    const names = ["copyWords", "ceiling", "matmul_scratch", "multiply_add", "activateRows"];
    expect(wasm.exports.map((e) => e.name).sort()).toEqual(
      ["dispatch", "execute", "guarded", "run", "steps", "tiles", "work", ...names].sort(),
    );
  });

  it("exported every kernel that the interpreter dispatches to until it was optimized", () => {
    const names = [...readFileSync(`${top}/build/${name}.wat`, "utf8").matchAll(/\(export "(\w+)"/g)].map((m) => m[1]);
    // single-caller functions that are not exported get inlined into the interpreter, which V8 never replaces while it runs
    const called = [...readFileSync(`${top}/assembly/interpreter.ts`, "utf8").matchAll(/\b(\w+)\(i, tile, lane\)/g)].map((m) => m[1]);
    expect(called.length).toBeGreaterThan(40);
    expect(called.filter((kernel) => !names.includes(kernel!))).toEqual([]);
  });
});

describe("the reader", () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  it("sees a data section, a mutable global and an import of a function", () => {
    const bytes = [
      ...header,
      ...[1, 4, 1, 0x60, 0, 0], // type: () -> ()
      ...[2, 7, 1, 1, 0x61, 1, 0x62, 0, 0], // import func a.b
      ...[5, 3, 1, 0, 1], // memory
      ...[6, 11, 2, 0x7f, 1, 0x41, 0, 0x0b, 0x7f, 0, 0x41, 7, 0x0b], // globals, the first mutable
      ...[7, 5, 1, 1, 0x6d, 2, 0], // export memory m
      ...[11, 7, 1, 0, 0x41, 0, 0x0b, 1, 42], // data
    ];
    expect(WebAssembly.validate(new Uint8Array(bytes))).toBe(true);
    expect(readWasm(new Uint8Array(bytes))).toEqual({
      sections: [1, 2, 5, 6, 7, 11],
      imports: ["a.b func"],
      memory: undefined,
      globals: [{ mutable: true }, { mutable: false }],
      exports: [{ name: "m", kind: "memory" }],
    });
  });
});

describe("assembly/opcodes.ts", () => {
  it("is the numbering of both sides", () => {
    const from = (folder: string): string[] => listFiles(folder).filter((file) => importsOf(file).some((i) => i.to === "assembly/opcodes"));
    expect(from("assembly")).toContain("assembly/interpreter.ts");
    expect(from("src")).toContain("src/core/instructions.ts");
  });

  it("is the only place where opcodes are declared", () => {
    const declare = listFiles("src", "assembly").filter((file) =>
      parse(file).statements.some((s) => /^(export )?(declare )?(const )?enum Op\b/.test(s.getText())),
    );
    expect(declare).toEqual(["assembly/opcodes.ts"]);
  });

  it("imports nothing, so that every compiler takes it", () => {
    expect(importsOf("assembly/opcodes.ts")).toEqual([]);
  });
});
