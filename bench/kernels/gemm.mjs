// Matrix products against the build's own multiply-add ceiling, one core, best of many: node bench/kernels/gemm.mjs [simd|relaxed] [filter]
// Shares are of the highest ceiling seen so far: the plain build's varies by a tenth from one measurement to the next.
import { readFileSync } from "node:fs";
import v8 from "node:v8";

// form m n k: NN a (m, k) b (k, n); TN a (k, m); NT b (n, k)
const SHAPES = `NN 64 64 64|NN 256 256 256|NN 512 512 512|NN 1024 1024 1024|TN 256 256 256|TN 512 512 512|TN 1024 1024 1024|NT 256 256 256|NT 512 512 512|NT 1024 1024 1024
NT 32 128 784|TN 128 784 32|NN 32 784 128|NT 32 10 128|TN 10 128 32|NN 32 128 10|NN 32 10 128|NT 1 128 784|NN 1 128 784|NN 784 1 128|TN 784 1 128
NT 128 512 784|TN 512 784 128|NN 128 784 512|NT 128 512 512|TN 512 512 128|NN 128 512 512|NT 64 100 1600|TN 100 1600 64|NN 64 1600 100
NT 1 64 100|NN 1 64 100|NT 8 128 784|NT 12 128 784|NT 16 128 784|NT 24 128 784|NT 64 10 784|NT 64 12 784|NT 64 16 784|NT 4 4 2|NT 4 1 4|TN 4 2 4|TN 1 4 4|NN 4 4 1|NT 16 16 4|NT 16 3 16|TN 16 4 16|TN 3 16 16|NN 16 16 3|NN 8 8 8`;

const [, , only, filter] = process.argv;
const operations = readFileSync(new URL("../../assembly/opcodes.ts", import.meta.url), "utf8");
const names = [...operations.slice(0, operations.indexOf("COUNT_")).matchAll(/^ {2}([A-Z][A-Z0-9_]*),/gm)].map((x) => x[1]);
const opcode = (form) => names.indexOf(`MATMUL_${form}`);

/** Seconds of one call, best of many, at most `budget` seconds spent. */
function best(f, budget = 0.4) {
  let n = 1;
  for (;;) {
    const t = process.hrtime.bigint();
    for (let i = 0; i < n; i++) f();
    if (Number(process.hrtime.bigint() - t) > 1e6) break;
    n *= 2;
  }
  let least = Infinity;
  const stop = process.hrtime.bigint() + BigInt(Math.round(budget * 1e9));
  while (process.hrtime.bigint() < stop) {
    const t = process.hrtime.bigint();
    for (let i = 0; i < n; i++) f();
    least = Math.min(least, Number(process.hrtime.bigint() - t) / 1e9 / n);
  }
  return least;
}

for (const name of ["simd", "relaxed"]) {
  if (only && only !== name) continue;
  const bytes = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
  if (!WebAssembly.validate(bytes)) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  const memory = new WebAssembly.Memory({ initial: 1024, maximum: 32768, shared: true });
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const ceiling = () => 96e3 / best(() => wasm.ceiling(1000), 0.15);
  let most = Math.max(...Array.from({ length: 8 }, ceiling));
  console.log(`${name}, Node ${process.version}, ceiling ${(most / 1e9).toFixed(1)} GFLOP/s`);
  for (const shape of SHAPES.split(/[|\n]/)) {
    if (filter && !shape.includes(filter)) continue;
    const [form, ...sizes] = shape.split(" ");
    const [m, n, k] = sizes.map(Number);
    let top = 4096;
    const block = (floats) => {
      const at = top;
      new Float32Array(memory.buffer, at, floats).forEach((_, i, x) => {
        x[i] = Math.sin(i * 1.7);
      });
      top = Math.ceil((at + 4 * floats + 64) / 64) * 64;
      return at;
    };
    const scratch = wasm.matmul_scratch(opcode(form), m, n, k, 1);
    const words = new Int32Array(memory.buffer, 1024, 13);
    words.set([opcode(form), 13, 0, block(m * n), block(m * k), block(k * n), block(n), block(scratch / 4), m, n, k, 0, 0]);
    words[2] = wasm.tiles(1024);
    const work = 2 * m * n * k;
    const seconds = best(() => wasm.run(1024, 1024 + 52, 0, 0), work > 1e8 ? 1 : 0.3);
    most = Math.max(most, ceiling());
    const time = seconds < 1e-6 ? `${(seconds * 1e9).toFixed(1)} ns` : `${(seconds * 1e6).toFixed(2)} us`;
    console.log(
      `${shape.padEnd(18)} ${time.padStart(12)} ${(work / seconds / 1e9).toFixed(1).padStart(6)} GFLOP/s ${((100 * work) / seconds / most).toFixed(0).padStart(4)} % of ${(most / 1e9).toFixed(1)}  tiles ${words[2]}, scratch ${scratch}`,
    );
  }
}
