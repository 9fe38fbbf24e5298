// Speed of the elementwise, reduction, softmax and loss kernels, both builds: node bench/kernels/elementwise.mjs [name part]
// Small sizes: ns a run() of one instruction, 400 of them back to back in a program. Large: 2^20 items, 10^9 items/s. Best of many.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import ts from "typescript";

const root = new URL("../../", import.meta.url);
const source = readFileSync(new URL("assembly/opcodes.ts", root), "utf8");
const { Op } = await import(`data:text/javascript,${encodeURIComponent(ts.transpile(source, { module: "esnext", target: "es2022" }))}`);
const filter = process.argv[2] ?? "";
const PROGRAM = 1 << 16;
const BASE = 1 << 20;
const SPAN = (1 << 22) + 1024;
const [out, a, b, c] = [0, 1, 2, 3].map((k) => BASE + k * SPAN);
const f = (x) => new Int32Array(Float32Array.of(x).buffer)[0];

const unary = (op, n) => [op, [out, a, n], n];
const grad = (op, n) => [op, [out, a, b, n], n];
const flat = (op, n) => [op, [out, a, b, n, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1], n];
const scalar = (op, n) => [op, [out, a, b, n, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0], n];
const row = (op, rows, n) => [op, [out, a, b, n, 1, 1, rows, 0, 0, n, 0, 0, 0, 1, 1], rows * n];
const column = (op, rows, n) => [op, [out, a, b, n, 1, 1, rows, 0, 0, n, 0, 0, 1, 1, 0], rows * n];
const sum = (outer, r, inner) => [Op.SUM, [out, a, outer, r, inner, f(1)], outer * r * inner];
const select = (outer, r, inner) => [Op.MAX, [out, c, a, outer, r, inner], outer * r * inner];
const rows = (op, m, n) => [op, [out, a, m, n], m * n];
const rowsGrad = (op, m, n) => [op, [out, a, b, m, n], m * n];
const ce = (m, n) => [Op.CROSS_ENTROPY, [c + SPAN / 2, out, a, c, m, n], m * n];
const ceGrad = (m, n) => [Op.CROSS_ENTROPY_GRAD, [out, b, c, a, m, n, 0, f(m)], m * n];
const M = 1 << 20;
const cases = {};
for (const name of ["EXP", "LOG", "SIGMOID", "TANH", "RELU", "NEG", "SQRT"]) {
  for (const n of [4, 10, 64, M]) cases[`${name} ${n}`] = unary(Op[name], n);
}
for (const n of [4, 10, 64, M]) {
  cases[`RELU_GRAD ${n}`] = grad(Op.RELU_GRAD, n);
  cases[`ADD ${n}`] = flat(Op.ADD, n);
  cases[`ADD scalar ${n}`] = scalar(Op.ADD, n);
}
cases[`TANH_GRAD ${M}`] = grad(Op.TANH_GRAD, M);
cases[`MAXIMUM ${M}`] = flat(Op.MAXIMUM, M);
for (const [m, n] of [
  [4, 3],
  [32, 10],
  [32, 128],
  [M / 10, 10],
  [M / 128, 128],
  [M, 1],
].map(([m, n]) => [m | 0, n])) {
  cases[`ADD row ${m}x${n}`] = row(Op.ADD, m, n);
  cases[`ADD column ${m}x${n}`] = column(Op.ADD, m, n);
}
for (const [o, r, i] of [
  [1, 4, 1],
  [1, 64, 1],
  [1, 16, 3],
  [1, 32, 10],
  [1, 32, 128],
  [32, 10, 1],
  [1, M, 1],
  [1, M / 128, 128],
  [M / 128, 128, 1],
  [(M / 10) | 0, 10, 1],
]) {
  cases[`SUM ${o},${r},${i}`] = sum(o, r, i);
  cases[`MAX ${o},${r},${i}`] = select(o, r, i);
}
cases[`SUM_CHUNKS ${M}`] = [Op.SUM_CHUNKS, [out, a, M], M];
for (const [m, n] of [
  [4, 1],
  [16, 3],
  [32, 10],
  [32, 128],
  [(M / 10) | 0, 10],
  [M / 128, 128],
]) {
  for (const name of ["SOFTMAX", "LOG_SOFTMAX"]) {
    cases[`${name} ${m}x${n}`] = rows(Op[name], m, n);
    cases[`${name}_GRAD ${m}x${n}`] = rowsGrad(Op[`${name}_GRAD`], m, n);
  }
  cases[`CROSS_ENTROPY ${m}x${n}`] = ce(m, n);
  cases[`CROSS_ENTROPY_GRAD ${m}x${n}`] = ceGrad(m, n);
}
for (const n of [4, 64, M]) {
  cases[`SQUARED_ERROR ${n}`] = grad(Op.SQUARED_ERROR, n);
  cases[`SQUARED_ERROR_GRAD ${n}`] = [Op.SQUARED_ERROR_GRAD, [out, a, b, c + SPAN / 2, n, 0, f(n)], n];
}

const results = {};
for (const build of ["simd", "relaxed"]) {
  const file = fileURLToPath(new URL(`build/${build}.wasm`, root));
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run build:wasm`);
  const bytes = readFileSync(file);
  if (!WebAssembly.validate(bytes)) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  const memory = new WebAssembly.Memory({ initial: 2048, maximum: 2048, shared: true });
  const { run, tiles } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const words = new Int32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  for (let k = 0; k < 2 * SPAN; k += 4) floats[(a + k) >> 2] = ((k * 7919) % 8191) / 2048 - 2;
  floats.set([1], (c + SPAN / 2) >> 2);
  for (const [name, [op, operands, items]] of Object.entries(cases)) {
    if (!name.includes(filter)) continue;
    const repeat = items < 1 << 15 ? 400 : 1;
    const length = 3 + operands.length;
    if (op >= Op.SOFTMAX && op <= Op.CROSS_ENTROPY_GRAD) for (let k = 0; k < operands[4]; k++) words[(c >> 2) + k] = (k % 3) % operands[5];
    for (let r = 0; r < repeat; r++) {
      const at = (PROGRAM >> 2) + r * length;
      words.set([op, length, 0, ...operands], at);
      words[at + 2] = tiles(4 * at);
    }
    const end = PROGRAM + 4 * repeat * length;
    let best = Infinity;
    const until = performance.now() + 60;
    for (let k = 0; k < 5 || performance.now() < until; k++) {
      const t = process.hrtime.bigint();
      run(PROGRAM, end, 0, 0);
      best = Math.min(best, Number(process.hrtime.bigint() - t) / repeat);
    }
    (results[name] ??= {})[build] = items < 1 << 15 ? `${best.toFixed(1)} ns` : `${(items / best).toFixed(2)} G/s`;
  }
}
console.log(`Node ${process.version}`);
console.table(results);
