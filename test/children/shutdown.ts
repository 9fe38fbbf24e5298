/** Trains with much data in linear memory, calls shutdown(), and prints by how much the process has shrunk. Run with --expose-gc. */
import { setTimeout as sleep } from "node:timers/promises";
import { evaluate, fit, init, Linear, memory, runtimeInfo, Sequential, shutdown, Tanh } from "../../src/index";

const threads = Number(process.argv[2]);
await init({ threads });
const ROWS = 4000;
const model = new Sequential(new Linear(16000, 4), new Tanh(), new Linear(4, 2));
{
  const x = { data: new Uint8Array(16000 * ROWS).fill(7), shape: [ROWS, 16000] as const };
  const y = new Int32Array(ROWS);
  const floats = { data: Float32Array.from(x.data), shape: x.shape };
  await fit(model, { x: floats, y }, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 1e-6 }, batchSize: 500 });
}
const mb = async () => {
  for (let k = 0; k < 5; k++) {
    (globalThis as unknown as { gc(): void }).gc();
    await sleep(50);
  }
  return process.memoryUsage().rss / 1e6;
};
const before = await mb();
const reserved = memory().reserved / 1e6;
await shutdown();
const after = await mb();
const gone = memory().reserved;
const info = runtimeInfo();
// a little work in a new memory
const { loss } = await evaluate(model, { x: [Array.from({ length: 16000 }, () => 0)], y: [0] }, { loss: "crossEntropy" });
console.log(
  JSON.stringify({
    shrunk: before - after,
    reserved,
    gone,
    bytes: info.memory.bytes,
    finite: Number.isFinite(loss),
    again: memory().reserved / 1e6,
  }),
);
