/** The ways of training the same model on the same data: all must give the same bits. */
import {
  crossEntropy,
  div,
  fit,
  Generator,
  type Module,
  manualSeed,
  mse,
  mul,
  type OptimizerConfig,
  randperm,
  reshape,
  scope,
  sum,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { resolveOptimizer } from "../../src/optim/index";
import type { Optimizer } from "../../src/optim/optimizer";
import { asDataSet, dataFor, type NetCase, type NetData, pick } from "./nets";

export interface Setup {
  net: NetCase;
  rows: number;
  batch: number;
  epochs: number;
  optimizer: OptimizerConfig;
  shuffle?: boolean;
  accumulate?: number;
  weighted?: boolean;
  lastBatch?: "keep" | "drop";
  seed?: number;
}

/** Parameters and optimizer state as bits. */
export type Bits = Record<string, string>;

const SHUFFLE_STREAM = -1;
const LOSS = { crossEntropy, mse };

const hex = (values: Float32Array) =>
  [...new Uint32Array(values.buffer, values.byteOffset, values.length)].map((v) => v.toString(16)).join(" ");

/** Row numbers of every batch, epoch by epoch, as a fit with this seed takes them. */
function batches({ rows, batch, epochs, seed = 5, shuffle = true, lastBatch = "keep" }: Setup): number[][][] {
  const random = new Generator(seed);
  const list = Array.from({ length: epochs }, (_, epoch) => {
    random.step = epoch;
    const order = shuffle ? [...randperm(rows, random, SHUFFLE_STREAM)] : Array.from({ length: rows }, (_, k) => k);
    const cut = Array.from({ length: Math.ceil(rows / batch) }, (_, k) => order.slice(k * batch, (k + 1) * batch));
    return lastBatch === "drop" ? cut.filter((b) => b.length === batch) : cut;
  });
  random.dispose();
  return list;
}

const tensors = (d: NetData): [inputs: Tensor[], target: Tensor, weight: Tensor] => [
  d.inputs.map(({ data, shape }) => tensor(data, shape)),
  tensor(d.target, d.targetShape),
  tensor(d.weight),
];

/** What a user writes: loss of the rows, weighted as sum(w l) / sum(w). */
function lossOf(setup: Setup, model: Module, d: NetData): Tensor {
  const [inputs, target, weight] = tensors(d);
  const loss = LOSS[setup.net.loss];
  const output = model.forward(...inputs);
  if (setup.weighted !== true) return loss(output, target);
  const each = loss(output, target, { reduction: "none" });
  const columns = each.size / d.rows;
  const rows = each.rank === 1 ? each : sum(reshape(each, [d.rows, columns]), 1);
  return div(sum(mul(rows, weight)), mul(sum(weight), columns));
}

async function eagerLoop(setup: Setup, model: Module, opt: Optimizer, data: NetData): Promise<void> {
  const { accumulate = 1 } = setup;
  for (const epoch of batches(setup)) {
    opt.zeroGrad();
    let total = 0;
    for (const [k, rows] of epoch.entries())
      scope(() => {
        const part = pick(data, rows);
        // accumulated gradients are sums over rows, divided by their number, or weight, at the end
        const weight = accumulate === 1 ? 1 : setup.weighted === true ? sum(tensor(part.weight)).item() : rows.length;
        lossOf(setup, model, part).backward(tensor(weight, []));
        total = Math.fround(total + weight);
        if ((k + 1) % accumulate !== 0 && k + 1 !== epoch.length) return;
        if (accumulate > 1) for (const p of model.parameters()) p.grad!.set((p.grad!.data() as Float32Array).map((g) => g / total));
        total = 0;
        opt.step();
        opt.zeroGrad();
      });
  }
}

const fitting =
  (more: { eager?: boolean; source?: "stream" | "resident"; yieldEveryMs?: number }) =>
  async (setup: Setup, model: Module, optimizer: Optimizer, data: NetData): Promise<void> => {
    const { batch: batchSize, epochs, shuffle = true, accumulate = 1, weighted, lastBatch = "keep", seed = 5 } = setup;
    const options = { loss: setup.net.loss, optimizer, batchSize, epochs, shuffle, accumulate, lastBatch, seed, ...more };
    const history = await fit(model, asDataSet(data, weighted), options);
    if (history.recorded === (more.eager ?? false)) throw new Error("fit did not run as asked");
  };

async function stepping(setup: Setup, model: Module, optimizer: Optimizer, data: NetData): Promise<void> {
  const step = trainStep(model, { loss: setup.net.loss, optimizer });
  for (const epoch of batches(setup))
    for (const [k, rows] of epoch.entries()) {
      const { x, y } = asDataSet(pick(data, rows)) as { x: Parameters<typeof step>[0]; y: Parameters<typeof step>[1] };
      if (k % 2 === 0) step(x, y);
      else await step.async(x, y);
    }
  step.dispose();
}

async function running(setup: Setup, model: Module, optimizer: Optimizer, data: NetData): Promise<void> {
  const step = trainStep(model, { loss: setup.net.loss, optimizer });
  const set = asDataSet(data);
  const each = Math.floor(setup.rows / setup.batch);
  // in two calls, neither of whole epochs
  const first = Math.floor((each * setup.epochs) / each) * each;
  step.run(set, { steps: first, batchSize: setup.batch });
  step.run(set, { steps: each * setup.epochs - first, batchSize: setup.batch });
  step.dispose();
}

export const WAYS = {
  "an eager loop": eagerLoop,
  "fit, one op at a time": fitting({ eager: true }),
  "fit, recorded": fitting({}),
  "fit, recorded, a turn of the event loop after each slice": fitting({ yieldEveryMs: 0.01 }),
  "fit, streamed": fitting({ source: "stream" }),
  trainStep: stepping,
  "trainStep.run": running,
} as const;

export type Way = keyof typeof WAYS;

/** Trains a fresh model and returns what came of it. */
export async function train(way: Way, setup: Setup): Promise<Bits> {
  manualSeed(3);
  const model = setup.net.make();
  const opt = resolveOptimizer(setup.optimizer, model.parameters());
  await WAYS[way](setup, model, opt, dataFor(setup.net, setup.rows));
  const bits: Bits = Object.fromEntries(Object.entries(model.stateDict()).map(([name, { data }]) => [name, hex(data)]));
  for (const [k, t] of opt.state.entries()) bits[`state ${k}`] = hex(t.data() as Float32Array);
  opt.dispose();
  model.dispose();
  return bits;
}
