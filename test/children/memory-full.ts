/** Fills 64 MiB of linear memory in several ways; prints what happened each time, and whether training still worked. */
import { fit, init, Linear, memory, predict, Sequential, type Tensor, tensor, trainStep, zeros } from "../../src/index";
import { data, model, options } from "../small";

await init({ maxMemory: 64 * 2 ** 20 });
const results: Record<string, { name: string; message: string; trains: boolean; left: number }> = {};

async function full(name: string, run: () => unknown): Promise<void> {
  const { byKind } = memory();
  let caught = new Error("nothing was thrown");
  try {
    await run();
  } catch (error) {
    caught = error as Error;
  }
  const now = memory().byKind;
  const left = (["parameter", "state", "data", "program"] as const).reduce((sum, k) => sum + now[k].bytes - byKind[k].bytes, 0);
  const m = model();
  const { epochs } = await fit(m, data, options({ batchSize: "all" }));
  m.dispose();
  results[name] = { name: caught.name, message: caught.message, trains: Number.isFinite(epochs[0]?.loss), left };
}

// what exists once and stays
await full("nothing", () => {});
await full("one tensor larger than all", () => zeros([20 * 2 ** 20]));
await full("a layer larger than all", () => new Linear(8192, 4096));
await full("layers until it is full", () => {
  const made: Linear[] = [];
  try {
    for (;;) made.push(new Linear(1024, 1024));
  } finally {
    for (const l of made) l.dispose();
  }
});
await full("data larger than all, resident", async () => {
  const m = new Sequential(new Linear(1024, 3));
  const rows = 20_000;
  try {
    await fit(
      m,
      { x: { data: new Float32Array(rows * 1024), shape: [rows, 1024] }, y: new Int32Array(rows) },
      options({ source: "resident" }),
    );
  } finally {
    m.dispose();
  }
});
await full("temporaries of a batch", async () => {
  const m = new Sequential(new Linear(2, 4096), new Linear(4096, 3));
  const rows = 8192;
  try {
    await fit(m, { x: { data: new Float32Array(rows * 2), shape: [rows, 2] }, y: new Int32Array(rows) }, options({ batchSize: "all" }));
  } finally {
    m.dispose();
  }
});
await full("optimizer state", async () => {
  const m = new Sequential(new Linear(2048, 2048), new Linear(2048, 3));
  try {
    await fit(m, { x: { data: new Float32Array(8 * 2048), shape: [8, 2048] }, y: new Int32Array(8) }, options());
  } finally {
    m.dispose();
  }
});
await full("trainStep", () => {
  const m = new Sequential(new Linear(2, 4096), new Linear(4096, 3));
  const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "sgd", lr: 0.1 } });
  try {
    step({ data: new Float32Array(2 * 8192), shape: [8192, 2] }, new Int32Array(8192));
  } finally {
    step.dispose();
    m.dispose();
  }
});
await full("predict", async () => {
  const m = new Sequential(new Linear(2, 4096), new Linear(4096, 8));
  try {
    await predict(m, { data: new Float32Array(2 * 8192), shape: [8192, 2] }, { batchSize: 8192 });
  } finally {
    m.dispose();
  }
});

// 256 MB of tensors that all stay in use: they leave linear memory and come back with the same values
const many: Tensor[] = [];
for (let k = 0; k < 64; k++) many.push(tensor(new Float32Array(2 ** 20).fill(k)));
const same = many.every((t, k) => {
  const values = t.data();
  return values[0] === k && values[2 ** 20 - 1] === k;
});
for (const t of many) t.dispose();
console.log(JSON.stringify({ results, same, reserved: memory().reserved }));
