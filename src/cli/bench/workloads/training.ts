import type { Library, Run, Workload } from "../types";

type Layer = "relu" | "tanh" | "sigmoid";

interface Net {
  readonly name: string;
  readonly batch: number;
  readonly sizes: readonly number[];
  readonly activation: Layer;
  /** After the last layer too. */
  readonly last?: Layer;
  readonly loss: "mse" | "crossEntropy";
  readonly optimizer: "sgd" | "adam";
  /** Steps of one call of step.run. */
  readonly steps: number;
}

const t1: Net = { name: "T1", sizes: [2, 4, 1], batch: 4, activation: "tanh", last: "sigmoid", loss: "mse", optimizer: "sgd", steps: 1024 };
const t2: Net = { name: "T2", sizes: [4, 16, 3], batch: 16, activation: "relu", loss: "crossEntropy", optimizer: "adam", steps: 512 };
const t3: Net = { name: "T3", sizes: [784, 128, 10], batch: 32, activation: "relu", loss: "crossEntropy", optimizer: "adam", steps: 4 };
const t4: Net = {
  name: "T4",
  sizes: [784, 512, 512, 10],
  batch: 128,
  activation: "relu",
  loss: "crossEntropy",
  optimizer: "adam",
  steps: 1,
};
const t5: Net = {
  name: "T5",
  sizes: [1600, 100, 100, 100, 10],
  batch: 64,
  activation: "sigmoid",
  loss: "crossEntropy",
  optimizer: "sgd",
  steps: 2,
};

const title = (net: Net) => `${net.name} ${net.sizes.join("-")} b${net.batch}`;

function build(n: Library, { sizes, activation, last }: Net) {
  n.manualSeed(7);
  const layer = (name: Layer) => (name === "relu" ? new n.ReLU() : name === "tanh" ? new n.Tanh() : new n.Sigmoid());
  const stages = sizes.slice(1).flatMap((out, k) => {
    const after = k + 2 < sizes.length ? activation : last;
    return [new n.Linear(sizes[k]!, out), ...(after === undefined ? [] : [layer(after)])];
  });
  return new n.Sequential(...stages);
}

function optimizerOf(n: Library, net: Net, model: InstanceType<Library["Sequential"]>) {
  return net.optimizer === "adam" ? new n.Adam(model.parameters(), { lr: 1e-4 }) : new n.SGD(model.parameters(), { lr: 0.1 });
}

/** One fixed batch. */
function batch(n: Library, net: Net) {
  n.manualSeed(11);
  const classes = net.sizes.at(-1)!;
  const labels = Int32Array.from({ length: net.batch }, (_, k) => k % classes);
  const y =
    net.loss === "crossEntropy"
      ? n.tensor(labels)
      : n.tensor(
          Float32Array.from({ length: net.batch * classes }, (_, k) => k % 2),
          [net.batch, classes],
        );
  return { x: n.rand([net.batch, net.sizes[0]!]), y };
}

/** Products of a step: forward, weight gradients, and input gradients of all layers but the first. */
function flops({ sizes, batch: rows }: Net): number {
  return sizes.slice(1).reduce((total, out, k) => total + (k === 0 ? 4 : 6) * rows * sizes[k]! * out, 0);
}

function setUp(n: Library, net: Net) {
  const model = build(n, net);
  const optimizer = optimizerOf(n, net, model);
  const step = n.trainStep(model, { loss: n[net.loss], optimizer });
  const data = batch(n, net);
  const dispose = () => {
    for (const o of [step, optimizer, model, data.x, data.y]) o.dispose();
  };
  return { step, data, dispose };
}

const common = (net: Net) => ({ group: "training", samples: net.batch, flops: flops(net) });

/** Many steps in one call. */
function runs(net: Net): Workload {
  return {
    ...common(net),
    name: `${title(net)} step.run`,
    steps: net.steps,
    make: (n): Run => {
      const { step, data, dispose } = setUp(n, net);
      return { run: () => step.run(data, { steps: net.steps }), dispose };
    },
  };
}

/** A call a step, with tensors. */
function calls(net: Net): Workload {
  return {
    ...common(net),
    name: `${title(net)} step(x, y)`,
    make: (n): Run => {
      const { step, data, dispose } = setUp(n, net);
      return { run: () => step(data.x, data.y), dispose };
    },
  };
}

const FIT_STEPS = 50;

/** A short fit, per step: its set-up, shuffled rows gathered from memory, slices, the event loop between them. */
function fits(net: Net): Workload {
  return {
    ...common(net),
    name: `${title(net)} in fit`,
    steps: FIT_STEPS,
    make: (n): Run => {
      const rows = net.batch * FIT_STEPS;
      const model = build(n, net);
      const optimizer = optimizerOf(n, net, model);
      n.manualSeed(3);
      const x = n.rand([rows, net.sizes[0]!]);
      const y = Int32Array.from({ length: rows }, (_, k) => k % net.sizes.at(-1)!);
      return {
        run: () => n.fit(model, { x, y }, { loss: n[net.loss], optimizer, epochs: 1, batchSize: net.batch, seed: 1 }),
        dispose: () => {
          for (const o of [optimizer, model, x]) o.dispose();
        },
      };
    },
  };
}

/** Batch 1, numbers in and numbers out. */
function inference(net: Net): Workload {
  return {
    name: `I1 ${net.sizes.join("-")} predictor b1`,
    group: "inference",
    samples: 1,
    make: (n): Run => {
      const model = build(n, net);
      const f = n.predictor(model);
      const row = Float32Array.from({ length: net.sizes[0]! }, (_, k) => Math.abs(Math.sin(k)));
      const out = new Float32Array(net.sizes.at(-1)!);
      return {
        run: () => f(row, out),
        dispose: () => {
          f.dispose();
          model.dispose();
        },
      };
    },
  };
}

/** Training steps and inference through the public face, on one fixed batch. */
export const training: readonly Workload[] = [
  runs(t1),
  calls(t1),
  runs(t2),
  calls(t2),
  runs(t3),
  calls(t3),
  runs(t4),
  runs(t5),
  fits(t3),
  inference(t3),
];
