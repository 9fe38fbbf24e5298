/** One way of calling init() in a process of its own; prints what came of it. */
import { readFileSync } from "node:fs";
import { type InitOptions, init, Linear, ones, runtimeInfo, trainStep } from "../../src/index";

const file = (name: string) => new Uint8Array(readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url)));
const simd = file("simd");

const ways: Record<string, () => Promise<unknown>> = {
  nothing: async () => runtimeInfo(),
  reproducible: () => init({ reproducible: true }),
  memory: () => init({ maxMemory: 64 * 2 ** 20 }),
  binary: async () => init({ wasm: { simd }, reproducible: true }),
  module: async () => init({ wasm: { simd: new WebAssembly.Module(simd) }, reproducible: true }),
  broken: () => init({ wasm: { simd: simd.slice(0, 100) }, reproducible: true }),
  twice: async () => {
    const options: InitOptions = { wasm: { simd }, reproducible: true, maxMemory: 64 * 2 ** 20 };
    const first = await init(options);
    const second = await init(options);
    return { same: JSON.stringify(first) === JSON.stringify(second) };
  },
  force: () => init({ relaxedSimd: "force" }),
  forceTwice: async () => {
    const first = await init({ relaxedSimd: "force" });
    const step = trainStep(new Linear(1, 1), { loss: "mse", optimizer: { type: "sgd", lr: 0.1 } });
    step([[1]], [[1]]);
    return { ...(await init({ relaxedSimd: "force" })), same: first.reason === runtimeInfo().reason };
  },
  forceLate: async () => {
    ones([1]);
    return init({ relaxedSimd: "force" });
  },
  forceTooLate: async () => {
    const step = trainStep(new Linear(1, 1), { loss: "mse", optimizer: { type: "sgd", lr: 0.1 } });
    step([[1]], [[1]]);
    return init({ relaxedSimd: "force" });
  },
  forceThenPlain: async () => {
    await init({ relaxedSimd: "force" });
    return init({ reproducible: true });
  },
  late: async () => {
    ones([1]);
    return init({ wasm: { simd } });
  },
  lateMemory: async () => {
    ones([1]);
    return init({ maxMemory: 64 * 2 ** 20 });
  },
};

try {
  const result = await ways[process.argv[2]!]!();
  console.log(JSON.stringify({ result, sum: ones([3]).toArray() }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).name, message: (error as Error).message }));
}
