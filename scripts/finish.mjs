// What is done to a binary after the optimizer.
//
// Kernels lose their exports, which they have so that the optimizer does not inline them into the interpreter: an engine makes a function object of each
// export when it instantiates, 2 to 3 ms for all of them.
//
// Vector constants of four equal words as one word and a splat: 4 to 8 bytes in place of 18. The optimizer folds them into constants, so this comes after it.
// V8 in Node 24 makes a constant anew wherever it stands and keeps a splat in a register, which makes most loops faster and a few slower; see bench/NOTES.md.
import binaryen from "assemblyscript/binaryen";

/** Functions that use every register for the constants they mean to keep: a zero among them costs up to 9 %. */
const KEEP_ZERO = ["assembly/smooth/smoothItems"];

/** What is called from outside; "dispatch", "tiles" and "activateRows" by tests too. */
const ENTRIES = [
  "tiles",
  "dispatch",
  "execute",
  "run",
  "guarded",
  "steps",
  "work",
  "matmul_scratch",
  "ceiling",
  "multiply_add",
  "copyWords",
  "activateRows",
];

/** The binary of a module in the text format that asc writes. */
export function finish(text) {
  const functions = text.split(/^(?= \(func )/m).map((body) => {
    const keep = KEEP_ZERO.some((name) => body.startsWith(` (func $${name} `));
    return body.replace(/v128\.const i32x4 (0x[0-9a-f]{8}) \1 \1 \1$/gm, (constant, word) =>
      keep && Number(word) === 0 ? constant : `i32.const ${word}\ni32x4.splat`,
    );
  });
  const module = binaryen.parseText(functions.join(""));
  module.setFeatures(binaryen.Features.All);
  const names = Array.from({ length: module.getNumExports() }, (_, k) => binaryen.getExportInfo(module.getExportByIndex(k)).name);
  for (const name of names) if (!ENTRIES.includes(name)) module.removeExport(name);
  const binary = module.emitBinary();
  module.dispose();
  return binary;
}
