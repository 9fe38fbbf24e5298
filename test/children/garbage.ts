/** Bytes of JavaScript heap that a fit of very many steps takes a step, by steps of one slice: prints heap growth without any collection. Needs --expose-gc. */
import { PerformanceObserver } from "node:perf_hooks";
import { fit, Linear, Sequential, Tanh } from "../../src/index";

const rows = 200_000;
const eager = process.argv[2] === "eager";
const type = (process.argv[3] ?? "adam") as "adam" | "sgd";
const x = new Float32Array(2 * rows).map((_, k) => Math.sin(k));
const y = Int32Array.from({ length: rows }, (_, k) => k % 2);
const m = new Sequential(new Linear(2, 2), new Tanh(), new Linear(2, 2));
let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ["gc"] });
const used = () => process.memoryUsage().heapUsed;
const gc = (globalThis as unknown as { gc(): void }).gc;
const samples: number[] = [];
let steps = 0;
// heap at each slice, from a timer that fires between two of them
const optimizer = { type, lr: 1e-3, ...(type === "sgd" ? { momentum: 0.9 } : {}) };
const run = (epochs: number, at: (k: number) => void) =>
  fit(m, { x: { data: x, shape: [rows, 2] }, y }, { loss: "crossEntropy", optimizer, epochs, batchSize: 1, shuffle: false, eager, callbacks: [{ onEpochEnd: (e) => at(e.epoch) }] });
await run(1, () => {});
await run(4, () => {
  gc();
  samples.push(used());
  steps += rows;
});
gc();
await new Promise((r) => setTimeout(r, 20));
collections = 0;
let before = 0;
let growth = Number.NaN;
await run(2, (epoch) => {
  if (epoch === 1) {
    gc();
    before = used();
  } else growth = used() - before;
});
await new Promise((r) => setTimeout(r, 20));
console.log(JSON.stringify({ bytesPerStep: growth / rows, collections, retained: (samples.at(-1)! - samples[0]!) / steps }));
