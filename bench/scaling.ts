/**
 * npm run bench:scaling -- [--node PATH] [--quick]
 * Time of a training step (784-h-10, Adam) against the hidden width and against the batch, on neurite, PyTorch (with memory kept) and jax-js, and the memory of neurite's program
 * against the batch. Writes bench/scaling.json and docs/scaling.svg.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "../src/cli/bench/stats";
import { Adam, crossEntropy, Linear, memory, ReLU, rand, Sequential, tensor, trainStep } from "../src/index";
import { chart, type Series } from "./chart";
import { Child } from "./versus/child";
import { writeData } from "./versus/data";
import { peers as all, type Workload } from "./versus/definitions";
import { installPeers } from "./versus/install";

const { values: options } = parseArgs({
  options: { node: { type: "string", default: process.execPath }, quick: { type: "boolean", default: false } },
});
installPeers();
const folder = mkdtempSync(join(os.tmpdir(), "scaling-"));
const names: Record<string, string> = { run: "neurite", "torch-kept": "PyTorch, memory kept", "jax-js": "jax-js" };
const peers = all.filter((p) => p.id in names);
const doubles = (from: number, to: number) => Array.from({ length: Math.log2(to / from) + 1 }, (_, k) => from * 2 ** k);

async function microseconds(hidden: number, batch: number): Promise<Record<string, number>> {
  const w = {
    id: "s",
    kind: "train",
    sizes: [784, hidden, 10],
    batch,
    activation: "relu",
    loss: "crossEntropy",
    optimizer: "adam",
    lr: 1e-4,
  };
  const dir = join(folder, `${hidden}-${batch}`);
  const workload = w as Workload;
  writeData(workload, dir);
  const running: { id: string; child: Child; us: number[] }[] = [];
  for (const p of peers) {
    const child = new Child(p, { workload, dir, warmMs: options.quick ? 500 : 1500 }, { path: options.node, flags: [] });
    const m = await child.answer(60_000);
    if (m.ready) running.push({ id: p.id, child, us: [] });
    else console.log(`${p.id} ${hidden} ${batch}: ${m.unable}`);
  }
  for (let round = 0; round < 5; round++)
    for (const r of running) r.us.push(median((await r.child.sample(options.quick ? 40 : 120)).us ?? [Number.NaN]));
  for (const { child } of running) child.end();
  rmSync(dir, { recursive: true });
  const row = Object.fromEntries(running.map(({ id, us }) => [id, Number(median(us).toPrecision(4))]));
  console.log(`hidden ${hidden}, batch ${batch}: ${JSON.stringify(row)} us`);
  return row;
}

/** Bytes of linear memory that a recorded step takes, beyond model, optimizer and data. */
function programBytes(batch: number): number {
  const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
  const optimizer = new Adam(model.parameters());
  const x = rand([batch, 784]);
  const y = tensor(new Int32Array(batch));
  const step = trainStep(model, { loss: crossEntropy, optimizer });
  optimizer.zeroGrad();
  const before = memory();
  step(x, y);
  const after = memory();
  for (const o of [step, optimizer, model, x, y]) o.dispose();
  return after.bytes - before.bytes;
}

const widths = doubles(16, 4096);
const batches = doubles(1, 1024);
const byWidth: Record<string, number>[] = [];
for (const h of widths) byWidth.push(await microseconds(h, 32));
const byBatch: Record<string, number>[] = [];
for (const b of batches) byBatch.push(await microseconds(128, b));
const bytes = batches.map(programBytes);
rmSync(folder, { recursive: true });

const series = (at: readonly number[], rows: readonly Record<string, number>[]): Series[] =>
  peers.map(({ id }) => ({ name: names[id]!, points: rows.flatMap((r, k) => (r[id] === undefined ? [] : [[at[k]!, r[id]!] as const])) }));
/** Exponent between the last two points: 1 is proportional. */
const slope = ({ points }: Series) => {
  const [[x0, y0], [x1, y1]] = points.slice(-2) as [readonly [number, number], readonly [number, number]];
  return Math.log(y1 / y0) / Math.log(x1 / x0);
};
const [width, batch] = [series(widths, byWidth), series(batches, byBatch)];
for (const s of width) console.log(`${s.name}: time ~ width^${slope(s).toFixed(2)} at the top end`);
for (const s of batch) console.log(`${s.name}: time ~ batch^${slope(s).toFixed(2)} at the top end`);
const kilobytes: Series = { name: "neurite", points: batches.map((b, k) => [b, bytes[k]! / 1000]) };
const machine = {
  cpu: os.cpus()[0]?.model,
  node: options.node === process.execPath ? process.version : options.node.split("/").slice(-5)[0],
};
writeFileSync(
  new URL("scaling.json", import.meta.url),
  `${JSON.stringify({ ...machine, date: new Date().toISOString().slice(0, 10), widths, byWidth, batches, byBatch, bytes }, undefined, 2)}\n`,
);
writeFileSync(
  new URL("../docs/scaling.svg", import.meta.url),
  chart(
    [
      { title: "784-h-10, batch 32, Adam", x: "hidden width h", y: "microseconds a step", series: width },
      { title: "784-128-10, Adam", x: "batch", y: "microseconds a step", series: batch },
      { title: "784-128-10, memory of the step", x: "batch", y: "kB", series: [kilobytes] },
    ],
    peers.map((p) => names[p.id]!),
  ),
);
