// Times of the kernels that move, draw and update, one core, best of many: npx tsx bench/kernels/movers.ts [name]
import { Op, Source } from "../../assembly/opcodes";
import { builds, type Kernels, noise } from "../../test/kernels/harness";

function best(k: Kernels, op: Op, operands: Parameters<Kernels["encode"]>[1], loops: number): number {
  const [from, to] = k.encode(op, operands);
  let time = Infinity;
  for (let round = 0; round < 40; round++) {
    const start = performance.now();
    for (let n = 0; n < loops; n++) k.exports.run(from, to, 0, 0);
    time = Math.min(time, (performance.now() - start) / loops);
  }
  return time * 1e6;
}

const index = (n: number, limit: number) => Int32Array.from({ length: n }, (_, i) => (i * 7919) % limit);
const cases: [string, number, (k: Kernels) => [Op, Parameters<Kernels["encode"]>[1]]][] = [
  ["fill 4", 20000, (k) => [Op.FILL, [k.f32(4), 4, 1]]],
  ["copy 1", 20000, (k) => [Op.COPY, [k.f32(4), k.f32(4), 1]]],
  ["copy 100,352", 100, (k) => [Op.COPY, [k.f32(100352), k.f32(100352), 100352]]],
  ["cast_f32 32", 20000, (k) => [Op.CAST_F32, [k.f32(32), k.i32(32), 32]]],
  ["strided_copy 4x2 into 4x3", 20000, (k) => [Op.STRIDED_COPY, [k.f32(12), k.f32(8), 1, 1, 4, 2, 0, 0, 3, 1, 0, 0, 2, 1]]],
  ["transpose 32x784", 100, (k) => [Op.STRIDED_COPY, [k.f32(25088), k.f32(25088), 1, 1, 784, 32, 0, 0, 32, 1, 0, 0, 1, 784]]],
  ["transpose 1024x1024", 2, (k) => [Op.STRIDED_COPY, [k.f32(1 << 20), k.f32(1 << 20), 1, 1, 1024, 1024, 0, 0, 1024, 1, 0, 0, 1, 1024]]],
  [
    "scalar strided 32x784 (stride 2)",
    100,
    (k) => [Op.STRIDED_COPY, [k.f32(25088), k.f32(50176), 1, 1, 32, 784, 0, 0, 784, 1, 0, 0, 1568, 2]],
  ],
  [
    "gather 32x784 u8",
    500,
    (k) => [Op.GATHER_ROWS, [k.f32(25088), k.u8(new Uint8Array(784 * 1000)), k.i32(index(32, 1000)), 0, 32, 784, Source.U8, 1 / 255, 0]],
  ],
  ["gather 32x784 f32", 500, (k) => [Op.GATHER_ROWS, [k.f32(25088), k.f32(784000), k.i32(index(32, 1000)), 0, 32, 784, Source.WORD, 1, 0]]],
  ["gather 32x1 i32", 20000, (k) => [Op.GATHER_ROWS, [k.f32(32), k.i32(1000), k.i32(index(32, 1000)), 0, 32, 1, Source.WORD, 1, 0]]],
  ["gather 16x4 f32", 20000, (k) => [Op.GATHER_ROWS, [k.f32(64), k.f32(600), k.i32(index(16, 150)), 0, 16, 4, Source.WORD, 1, 0]]],
  ["gather 4x2 f32", 20000, (k) => [Op.GATHER_ROWS, [k.f32(8), k.f32(8), k.i32(index(4, 4)), 0, 4, 2, Source.WORD, 1, 0]]],
  [
    "scatter_add 256x64 into 1000",
    500,
    (k) => [Op.SCATTER_ADD_ROWS, [k.f32(new Float32Array(64000)), k.f32(noise(16384)), k.i32(index(256, 1000)), 256, 64]],
  ],
  ["random_bits 32x128", 500, (k) => [Op.RANDOM_BITS, [k.f32(4096), 32, 128, k.i32([1, 2, 3, 4]).at, 0]]],
  ["random_mask 32x128", 500, (k) => [Op.RANDOM_MASK, [k.f32(4096), 32, 128, k.i32([1, 2, 3, 4]).at, 0, 0.5]]],
  ["random_uniform 1x100,352", 20, (k) => [Op.RANDOM_UNIFORM, [k.f32(100352), 1, 100352, k.i32([1, 2, 3, 4]).at, 0, -1, 1]]],
  ["random_normal 32x128", 500, (k) => [Op.RANDOM_NORMAL, [k.f32(4096), 32, 128, k.i32([1, 2, 3, 4]).at, 0, 0, 1]]],
  ["random_mask 4x4", 20000, (k) => [Op.RANDOM_MASK, [k.f32(16), 4, 4, k.i32([1, 2, 3, 4]).at, 0, 0.5]]],
];
const NET = [100352, 128, 1280, 10],
  TINY = [8, 4, 4, 1];
const adam = [1, 0, 0.01, 1, 1e-8, 0.9, 0.1, 0.999, 0.001, 1, 0];
const sgd = [1, 0, 1e-6, 0.9, 1, 0.9, 1, 0];
for (const [label, sizes, loops] of [
  ["784-128-10", NET, 100],
  ["2-4-1", TINY, 20000],
] as const) {
  const record = (k: Kernels, states: number) =>
    sizes.flatMap((n) => [
      k.f32(noise(n)).at,
      k.f32(noise(n, 2)).at,
      ...[0, 1, 2].map((q) => (q < states ? k.f32(new Float32Array(n)).at : 0)),
      n,
    ]);
  const update = (op: Op, hyper: readonly number[], flags: number, states: number): void => {
    const title = `${Op[op]!.toLowerCase()}${flags === 0 ? "" : `, flags ${flags}`} ${label}`;
    cases.push([title, loops, (k) => [op, [k.f32(hyper).at, 0, Infinity, flags, ...record(k, states)]]]);
  };
  update(Op.ADAM, adam, 0, 2);
  update(Op.ADAM, adam, 1, 3);
  update(Op.SGD, sgd, 0, 0);
  update(Op.SGD, sgd, 1, 1);
  update(Op.SGD, sgd, 3, 1);
}

const only = process.argv[2];
const name = (text: string) => text.padEnd(36);
console.log(name("ns"), builds.map((k) => k.name.padStart(10)).join(""));
for (const [label, loops, make] of cases) {
  if (only && !label.includes(only)) continue;
  const times = builds.map((k) => {
    k.reset();
    const [op, operands] = make(k);
    return best(k, op, operands, loops);
  });
  console.log(name(label), times.map((t) => t.toFixed(1).padStart(10)).join(""));
}
