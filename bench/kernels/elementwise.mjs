// Elementwise, reduction, softmax and loss kernels on one core, best of many: node bench/kernels/elementwise.mjs [simd|relaxed|all] [filter] [wasm folder]
// Tiny sizes in ns an instruction (the loop of the interpreter included), 2^20 items in 10^9 items a second.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import v8 from "node:v8";

const [, , only = "all", filter = "", folder = "build"] = process.argv;
const source = readFileSync(new URL("../../assembly/opcodes.ts", import.meta.url), "utf8");
const OPS = [...source.slice(0, source.indexOf("COUNT_")).matchAll(/^ {2}([A-Z][A-Z0-9_]*),/gm)].map((x) => x[1]);
const LARGE = 1 << 20;
const AREA = 65536;
const REPEAT = 64;

/** Operands of an operation on rows x cols; x, y, z inputs, w and v outputs, f a float. */
const flat = (n) => [n, 1, 1, 1, 0, 0, 0, 0, 0, 0];
const cases = [
  ["add", "ADD", (r, c) => ["w", "x", "y", ...flat(r * c), 1, 1]],
  ["add scalar", "ADD", (r, c) => ["w", "x", "y", ...flat(r * c), 1, 0]],
  ["scalar - x", "SUB", (r, c) => ["w", "x", "y", ...flat(r * c), 0, 1]],
  ["add row", "ADD", (r, c) => ["w", "x", "y", c, 1, 1, r, 0, 0, c, 0, 0, 0, 1, 1]],
  ["mul column", "MUL", (r, c) => ["w", "x", "y", c, 1, 1, r, 0, 0, c, 0, 0, 1, 1, 0]],
  ["maximum", "MAXIMUM", (r, c) => ["w", "x", "y", ...flat(r * c), 1, 1]],
  ["gt", "GT", (r, c) => ["w", "x", "y", ...flat(r * c), 1, 1]],
  ["where", "WHERE", (r, c) => ["w", "x", "y", "z", r * c]],
  ["square", "SQUARE", (r, c) => ["w", "x", r * c]],
  ["exp", "EXP", (r, c) => ["w", "x", r * c]],
  ["log", "LOG", (r, c) => ["w", "p", r * c]],
  ["relu", "RELU", (r, c) => ["w", "x", r * c]],
  ["relu_grad", "RELU_GRAD", (r, c) => ["w", "x", "y", r * c]],
  ["sigmoid", "SIGMOID", (r, c) => ["w", "x", r * c]],
  ["tanh", "TANH", (r, c) => ["w", "x", r * c]],
  ["tanh_grad", "TANH_GRAD", (r, c) => ["w", "x", "y", r * c]],
  ...["LEAKY_RELU", "HARDTANH", "ELU", "GELU", "GELU_TANH", "SILU", "MISH", "SOFTPLUS"].flatMap((op) => [
    [op.toLowerCase(), op, (r, c) => ["w", "x", r * c, { f: 1 }, { f: 20 }]],
    [`${op.toLowerCase()}_grad`, `${op}_GRAD`, (r, c) => ["w", "y", "x", r * c, { f: 1 }, { f: 20 }]],
  ]),
  ["prelu", "PRELU", (r, c) => ["w", "x", "y", c, 1, 1, r, 0, 0, c, 0, 0, 0, 1, 1]],
  ["sum columns", "SUM", (r, c) => ["w", "x", 1, r, c, { f: 1 }]],
  ["sum rows", "SUM", (r, c) => ["w", "x", r, c, 1, { f: 1 }]],
  ["sum_chunks", "SUM_CHUNKS", (r, c) => ["w", "x", r * c]],
  ["max columns", "MAX", (r, c) => ["w", "v", "x", 1, r, c]],
  ["max rows", "MAX", (r, c) => ["w", "v", "x", r, c, 1]],
  ["softmax", "SOFTMAX", (r, c) => ["w", "x", r, c]],
  ["softmax_grad", "SOFTMAX_GRAD", (r, c) => ["w", "x", "p", r, c]],
  ["log_softmax", "LOG_SOFTMAX", (r, c) => ["w", "x", r, c]],
  ["log_softmax_grad", "LOG_SOFTMAX_GRAD", (r, c) => ["w", "x", "p", r, c]],
  ["cross_entropy", "CROSS_ENTROPY", (r, c) => ["v", "w", "x", "labels", r, c]],
  ["cross_entropy_grad", "CROSS_ENTROPY_GRAD", (r, c) => ["w", "p", "labels", "x", r, c, 0, { f: r }]],
  ["squared_error", "SQUARED_ERROR", (r, c) => ["w", "x", "y", r * c]],
  ["squared_error_grad", "SQUARED_ERROR_GRAD", (r, c) => ["w", "x", "y", "z", r * c, 0, { f: 3 }]],
];
const SIZES = [
  [1, 4],
  [4, 4],
  [32, 10],
  [32, 128],
  [LARGE / 1024, 1024],
];

/** Seconds of one call: best of runs of at least 20 us each, `budget` seconds in all. */
function best(f, budget) {
  let n = 1;
  const time = () => {
    const t = process.hrtime.bigint();
    for (let i = 0; i < n; i++) f();
    return Number(process.hrtime.bigint() - t) / 1e9;
  };
  while (time() < 2e-5) n *= 2;
  let least = Infinity;
  const stop = performance.now() + budget * 1e3;
  while (performance.now() < stop) least = Math.min(least, time() / n);
  return least;
}

for (const name of ["simd", "relaxed"]) {
  if (only !== "all" && only !== name) continue;
  const bytes = readFileSync(new URL(`${name}.wasm`, pathToFileURL(`${folder}/`)));
  if (!WebAssembly.validate(bytes)) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 32768, shared: true });
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const floats = new Float32Array(memory.buffer);
  const words = new Int32Array(memory.buffer);
  const blocks = {};
  let top = 2 * AREA;
  for (const [key, value] of Object.entries({
    x: (i) => 8 * Math.sin(i * 1.7),
    y: (i) => 4 * Math.cos(i * 2.3),
    z: (i) => Math.sin(i * 0.7),
    p: (i) => 0.5 + 0.49 * Math.sin(i * 1.3),
    w: () => 0,
    v: () => 0,
  })) {
    blocks[key] = top;
    for (let i = 0; i < LARGE; i++) floats[top / 4 + i] = value(i);
    top += 4 * LARGE + 1024 + 320;
  }
  blocks.labels = top;

  console.log(`${name}, ${bytes.length} bytes, Node ${process.version}`);
  console.log(
    `${"".padEnd(20)}${SIZES.slice(0, -1)
      .map(([r, c]) => `${r}x${c}`.padStart(11))
      .join("")}${"2^20".padStart(14)}`,
  );
  for (const [label, op, operands] of cases) {
    if (!label.includes(filter)) continue;
    const columns = [];
    for (const [rows, cols] of SIZES) {
      // the program is the instruction again and again, so that the call from JavaScript does not count
      const repeat = rows * cols === LARGE ? 1 : REPEAT;
      let at = AREA;
      for (let k = 0; k < repeat; k++) {
        const list = operands(rows, cols);
        words.set([OPS.indexOf(op), 3 + list.length], at / 4);
        for (const [j, v] of list.entries()) {
          if (typeof v === "object") floats[at / 4 + 3 + j] = v.f;
          else words[at / 4 + 3 + j] = typeof v === "string" ? blocks[v] : v;
        }
        words[at / 4 + 2] = wasm.tiles(at);
        at += 4 * (3 + list.length);
      }
      const seconds = best(() => wasm.run(AREA, at, 0, 0), rows * cols === LARGE ? 0.15 : 0.05) / repeat;
      columns.push(rows * cols === LARGE ? `${(LARGE / seconds / 1e9).toFixed(2)} G/s` : `${(seconds * 1e9).toFixed(1)}`);
    }
    console.log(`${label.padEnd(20)}${columns.map((s, k) => s.padStart(k === SIZES.length - 1 ? 14 : 11)).join("")}`);
  }
}
