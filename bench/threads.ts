/**
 * npx tsx bench/threads.ts [--lanes 0,1,2] [--filter T3|T4] [--through fit|step] [--rounds 7] [--ms 400] [--zeros 0.5] [--busy 1]
 * Microseconds of a training step of T1 to T4 on the calling thread (0) and by so many workers, all in turn within a round. `--zeros`: this share of the inputs is 0.
 * `--busy`: so many processes that do nothing but keep a core busy run beside it. It needs `npm run build:wasm` before, and as many quiet cores as lanes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { median } from "../src/cli/bench/stats";
import {
  Adam,
  fit,
  init,
  Linear,
  type Module,
  manualSeed,
  ReLU,
  Sequential,
  SGD,
  Sigmoid,
  Tanh,
  type TrainStep,
  trainStep,
} from "../src/index";
import { random } from "../test/random";

const { values: options } = parseArgs({
  options: {
    lanes: { type: "string", default: "0,1,2" },
    filter: { type: "string", default: "." },
    through: { type: "string", default: "fit,step" },
    rounds: { type: "string", default: "7" },
    ms: { type: "string", default: "400" },
    zeros: { type: "string", default: "0" },
    busy: { type: "string", default: "0" },
  },
});
const counts = options.lanes.split(",").map(Number);
const [rounds, ms, zeros] = [Number(options.rounds), Number(options.ms), Number(options.zeros)];

interface Net {
  readonly name: string;
  readonly batch: number;
  readonly inputs: number;
  readonly classes: number;
  /** Steps of an epoch. */
  readonly steps: number;
  make(): Sequential;
  readonly optimizer: typeof Adam | typeof SGD;
}

const nets: readonly Net[] = [
  {
    name: "T1",
    batch: 4,
    inputs: 2,
    classes: 0,
    steps: 4096,
    make: () => new Sequential(new Linear(2, 4), new Tanh(), new Linear(4, 1), new Sigmoid()),
    optimizer: SGD,
  },
  {
    name: "T2",
    batch: 16,
    inputs: 4,
    classes: 3,
    steps: 2048,
    make: () => new Sequential(new Linear(4, 16), new ReLU(), new Linear(16, 3)),
    optimizer: Adam,
  },
  {
    name: "T3",
    batch: 32,
    inputs: 784,
    classes: 10,
    steps: 128,
    make: () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)),
    optimizer: Adam,
  },
  {
    name: "T4",
    batch: 128,
    inputs: 784,
    classes: 10,
    steps: 32,
    make: () => new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 512), new ReLU(), new Linear(512, 10)),
    optimizer: Adam,
  },
];

function dataOf({ batch, inputs, classes, steps }: Net) {
  const rows = batch * steps;
  const next = random(5);
  const x = { data: Float32Array.from({ length: rows * inputs }, () => (next() < zeros ? 0 : next())), shape: [rows, inputs] as const };
  const y =
    classes > 0
      ? Int32Array.from({ length: rows }, (_, k) => k % classes)
      : { data: Float32Array.from({ length: rows }, (_, k) => k % 2), shape: [rows, 1] as const };
  return { x, y };
}

/** One way to train a net: microseconds a step, over about `ms` milliseconds. */
type Way = (net: Net, data: ReturnType<typeof dataOf>, lanes: number) => { sample(): Promise<number>; dispose(): void };

const lossOf = ({ classes }: Net) => (classes > 0 ? "crossEntropy" : "mse");
function modelOf(net: Net): Module {
  manualSeed(7);
  return net.make();
}

/** A fit of one epoch is the set-up, of one epoch and more the steps: the difference counts. */
const throughFit: Way = (net, data) => {
  const model = modelOf(net);
  const optimizer = new net.optimizer(model.parameters(), { lr: 1e-4 });
  const run = async (epochs: number) => {
    let since = 0;
    const onEpochEnd = ({ epoch }: { epoch: number }) => {
      if (epoch === 1) since = performance.now();
    };
    await fit(model, data, {
      loss: lossOf(net),
      optimizer,
      epochs: epochs + 1,
      batchSize: net.batch,
      seed: 1,
      callbacks: [{ onEpochEnd }],
    });
    return performance.now() - since;
  };
  let epochs = 1;
  return {
    sample: async () => {
      const took = await run(epochs);
      const each = took / epochs;
      epochs = Math.max(1, Math.round(ms / each));
      return (1000 * each) / net.steps;
    },
    dispose: () => {
      optimizer.dispose();
      model.dispose();
    },
  };
};

const throughStep: Way = (net, data) => {
  const model = modelOf(net);
  const optimizer = new net.optimizer(model.parameters(), { lr: 1e-4 });
  const step: TrainStep = trainStep(model, { loss: lossOf(net), optimizer });
  const rows = net.batch;
  const x = { data: data.x.data.slice(0, rows * net.inputs), shape: [rows, net.inputs] as const };
  const y = data.y instanceof Int32Array ? data.y.slice(0, rows) : { data: data.y.data.slice(0, rows), shape: [rows, 1] as const };
  return {
    sample: async () => {
      const start = performance.now();
      let steps = 0;
      for (; performance.now() - start < ms; steps++) await step.async(x, y);
      return (1000 * (performance.now() - start)) / steps;
    },
    dispose: () => {
      for (const o of [step, optimizer, model]) o.dispose();
    },
  };
};

const busy: ChildProcess[] = Array.from({ length: Number(options.busy) }, () =>
  spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
);
const show = (v: number) => v.toPrecision(4);
try {
  for (const [name, way] of [
    ["fit", throughFit],
    ["step.async", throughStep],
  ] as const) {
    if (!name.startsWith("fit") ? !options.through.includes("step") : !options.through.includes("fit")) continue;
    for (const net of nets) {
      if (!new RegExp(options.filter).test(net.name)) continue;
      const data = dataOf(net);
      const us = counts.map(() => [] as number[]);
      const ways = [];
      for (const lanes of counts) {
        await init({ threads: lanes });
        const one = way(net, data, lanes);
        await one.sample();
        ways.push(one);
      }
      for (let round = 0; round < rounds; round++)
        for (const [k, lanes] of counts.entries()) {
          await init({ threads: lanes });
          us[k]!.push(await ways[k]!.sample());
        }
      const ratios = us.map((v) => median(v.map((t, k) => us[0]![k]! / t)));
      console.log(
        `${net.name} ${name}: ${counts.map((n, k) => `${n}: ${show(median(us[k]!))} us (${show(Math.min(...us[k]!))})${k > 0 ? ` ${ratios[k]!.toFixed(2)}x` : ""}`).join(", ")}`,
      );
      for (const one of ways) one.dispose();
    }
  }
} finally {
  for (const child of busy) child.kill();
  await init({ threads: 0 });
}
