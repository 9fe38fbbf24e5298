/** Trains until it is killed, or to the end: `killed.ts DIR EPOCHS`; says when it begins, and prints the bits it ends with. */
import { BatchNorm1d, Dropout, fit, Linear, manualSeed, Sequential, Tanh } from "../../src/index";

const [dir, epochs] = process.argv.slice(2);
manualSeed(1);
const model = new Sequential(new Linear(2, 64), new BatchNorm1d(64), new Tanh(), new Dropout(0.2), new Linear(64, 3));
const rows = 24;
const x = { data: Float32Array.from({ length: 2 * rows }, (_, k) => ((k * 7) % 13) / 13 - 0.5), shape: [rows, 2] };
const y = Int32Array.from({ length: rows }, (_, k) => k % 3);
const { steps, stopped } = await fit(
  model,
  { x, y },
  {
    loss: "crossEntropy",
    optimizer: { type: "adam", lr: 0.01 },
    batchSize: 8,
    epochs: Number(epochs),
    seed: 3,
    checkpoint: { dir: dir!, every: { steps: 5 }, keep: 2 },
    resume: true,
    callbacks: [{ onStart: () => console.error("training") }],
  },
);
const bits = Object.values(model.stateDict()).map(({ data }) => [...new Int32Array(data.buffer as ArrayBuffer)]);
console.log(JSON.stringify({ steps, stopped, bits }));
