import {
  Adam,
  crossEntropy,
  Linear,
  type Module,
  manualSeed,
  mse,
  predictor,
  ReLU,
  rand,
  Sequential,
  SGD,
  Sigmoid,
  Tanh,
  type Tensor,
  tensor,
  trainStep,
} from "../src/index";
import type { Case } from "./report";

interface Net {
  readonly name: string;
  readonly batch: number;
  readonly sizes: readonly number[];
  readonly activation: () => Module;
  /** After the last layer too. */
  readonly last?: () => Module;
  readonly loss: typeof mse;
  readonly optimizer: (model: Module) => SGD | Adam;
  /** Steps of one call of step.run. */
  readonly steps: number;
}

function build({ sizes, activation, last }: Net): Sequential {
  manualSeed(7);
  const stages: Module[] = [];
  for (let k = 0; k + 1 < sizes.length; k++) {
    stages.push(new Linear(sizes[k]!, sizes[k + 1]!));
    const after = k + 2 < sizes.length ? activation : last;
    if (after !== undefined) stages.push(after());
  }
  return new Sequential(...stages);
}

/** One fixed batch. */
function batch(net: Net): { x: Tensor; y: Tensor } {
  manualSeed(11);
  const classes = net.sizes.at(-1)!;
  const labels = Int32Array.from({ length: net.batch }, (_, k) => k % classes);
  const y =
    net.loss === crossEntropy
      ? tensor(labels)
      : tensor(
          Float32Array.from({ length: net.batch * classes }, (_, k) => k % 2),
          [net.batch, classes],
        );
  return { x: rand([net.batch, net.sizes[0]!]), y };
}

/** Products of a step: forward, weight gradients, and input gradients of all layers but the first. */
function flops({ sizes, batch: rows }: Net): number {
  let total = 0;
  for (let k = 0; k + 1 < sizes.length; k++) total += (k === 0 ? 4 : 6) * rows * sizes[k]! * sizes[k + 1]!;
  return total;
}

function setUp(net: Net) {
  const model = build(net);
  const optimizer = net.optimizer(model);
  const step = trainStep(model, { loss: net.loss, optimizer });
  const data = batch(net);
  const dispose = () => {
    for (const o of [step, optimizer, model, data.x, data.y]) o.dispose();
  };
  return { model, step, data, dispose };
}

const title = (net: Net) => `${net.name} ${net.sizes.join("-")} b${net.batch}`;

/** Many steps in one call. */
function runs(net: Net): Case {
  return {
    name: `${title(net)} step.run`,
    group: "training",
    samples: net.batch,
    steps: net.steps,
    flops: flops(net),
    make: () => {
      const { step, data, dispose } = setUp(net);
      return { run: () => step.run(data, { steps: net.steps }), dispose };
    },
  };
}

/** A call a step, with tensors. */
function calls(net: Net): Case {
  return {
    name: `${title(net)} step(x, y)`,
    group: "training",
    samples: net.batch,
    flops: flops(net),
    make: () => {
      const { step, data, dispose } = setUp(net);
      return { run: () => step(data.x, data.y), dispose };
    },
  };
}

/** Batch 1, numbers in and numbers out. */
function inference(net: Net): Case {
  return {
    name: `I1 ${net.sizes.join("-")} predictor b1`,
    group: "inference",
    samples: 1,
    make: () => {
      const model = build(net);
      const f = predictor(model);
      const row = Float32Array.from({ length: net.sizes[0]! }, (_, k) => Math.abs(Math.sin(k)));
      const out = new Float32Array(net.sizes.at(-1)!);
      const dispose = () => {
        f.dispose();
        model.dispose();
      };
      return { run: () => f(row, out), dispose };
    },
  };
}

const relu = () => new ReLU();
const sigmoid = () => new Sigmoid();
const adam = (model: Module) => new Adam(model.parameters(), { lr: 1e-4 });
const sgd = (model: Module) => new SGD(model.parameters(), { lr: 0.1 });

const t1: Net = {
  name: "T1",
  sizes: [2, 4, 1],
  batch: 4,
  activation: () => new Tanh(),
  last: sigmoid,
  loss: mse,
  optimizer: sgd,
  steps: 4096,
};
const t2: Net = { name: "T2", sizes: [4, 16, 3], batch: 16, activation: relu, loss: crossEntropy, optimizer: adam, steps: 512 };
export const t3: Net = { name: "T3", sizes: [784, 128, 10], batch: 32, activation: relu, loss: crossEntropy, optimizer: adam, steps: 8 };
const t4: Net = { name: "T4", sizes: [784, 512, 512, 10], batch: 128, activation: relu, loss: crossEntropy, optimizer: adam, steps: 1 };
const t5: Net = {
  name: "T5",
  sizes: [1600, 100, 100, 100, 10],
  batch: 64,
  activation: sigmoid,
  loss: crossEntropy,
  optimizer: sgd,
  steps: 4,
};

/** Training steps through the public face, each on one fixed batch. */
export const workloads: readonly Case[] = [
  runs(t1),
  calls(t1),
  runs(t2),
  calls(t2),
  runs(t3),
  calls(t3),
  runs(t4),
  runs(t5),
  inference(t3),
];

export { build, flops, title };
