/** Momentum in the lecture's and in PyTorch's form, and all optimizers on one problem. */
import { fit, init, Momentum, manualSeed, mlp, NAG, type Optimizer, type OptimizerConfig, Parameter, SGD } from "neurite";
import { digits } from "./tools/digits";
import { figure, type Series } from "./tools/figure";
import { fixed, table, title } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

title("f(w) = w^2 / 2 from w = 1, gamma = 0.9; rate 0.1, from step 4 on 0.01");
/** Places after each step; the gradient of w^2 / 2 is w. */
function walk(make: (w: Parameter) => Optimizer, steps: number): number[] {
  const w = new Parameter([1]).set([1]);
  const optimizer = make(w);
  return Array.from({ length: steps }, (_, k) => {
    if (k === 3) optimizer.lr = 0.01;
    optimizer.zeroGrad();
    w.square().sum().mul(0.5).backward();
    optimizer.step();
    return w.data()[0]!;
  });
}
const [lr, momentum] = [0.1, 0.9];
const forms: Record<string, (w: Parameter) => Optimizer> = {
  "Momentum: v = gamma v + lr g, w -= v": (w) => new Momentum([w], { lr, momentum }),
  "SGD: v = gamma v + g, w -= lr v": (w) => new SGD([w], { lr, momentum }),
  "NAG: g at w - gamma v": (w) => new NAG([w], { lr, momentum }),
  "SGD, nesterov": (w) => new SGD([w], { lr, momentum, nesterov: true }),
};
table(
  ["form", ...[1, 2, 3, 4, 5, 6].map((k) => `step ${k}`)],
  Object.entries(forms).map(([name, make]) => [name, ...walk(make, 6).map((v) => fixed(v))]),
);

title("784-32-10 on 1000 digits, 8 epochs, batches of 50; Rprop and L-BFGS: 20 epochs, all examples a step");
const data = digits(1000);
const configs: OptimizerConfig[] = [
  { type: "sgd", lr: 0.1 },
  { type: "momentum", lr: 0.05 },
  { type: "nag", lr: 0.05 },
  { type: "adagrad", lr: 0.03 },
  { type: "adadelta", lr: 1 },
  { type: "rmsprop", lr: 0.002 },
  { type: "rmsprop", lr: 0.002, centered: true, momentum: 0.5 },
  { type: "adam", lr: 0.005 },
  { type: "adam", lr: 0.005, amsgrad: true },
  { type: "adamw", lr: 0.005 },
  { type: "adamax", lr: 0.01 },
  { type: "nadam", lr: 0.005 },
  { type: "radam", lr: 0.005 },
  { type: "rprop", lr: 0.001 },
  { type: "lion", lr: 0.0005 },
  { type: "lbfgs", lr: 1, lineSearchFn: "strong_wolfe" },
];
const curves: (Series & { full: boolean })[] = [];
const rows = [];
for (const config of configs) {
  manualSeed(3);
  const model = mlp([784, 32, 10], { activation: "tanh" });
  const full = config.type === "lbfgs" || config.type === "rprop"; // both trust the gradient of all examples
  const { epochs } = await fit(model, data, {
    loss: "crossEntropy",
    optimizer: config,
    batchSize: full ? "all" : 50,
    epochs: full ? 20 : 8,
    seed: 3,
  });
  const losses = epochs.map((e) => e.loss);
  const { type, ...options } = config;
  const { lr: rate, lineSearchFn: _, ...others } = options as { lr: number; lineSearchFn?: string };
  const name = `${type}${Object.keys(others).length === 0 ? "" : `, ${Object.keys(others).join(", ")}`}`;
  rows.push([name, rate, full ? "all" : 50, losses.length, fixed(losses[0]!), fixed(losses.at(-1)!)]);
  curves.push({ name, full, x: losses.map((_, k) => k + 1), y: losses });
  model.dispose();
}
table(["optimizer", "rate", "batch", "epochs", "loss of the first", "loss of the last"], rows);
const panel = (title: string, series: readonly Series[]) => ({
  title,
  x: "epochs",
  y: "loss",
  logY: true,
  yRange: [0.005, 3] as const,
  series,
});
const mini = curves.filter((c) => !c.full);
figure("optimizers", {
  width: 270,
  height: 260,
  panels: [
    panel("rates for all weights", mini.slice(0, 3)),
    panel("rates of their own", mini.slice(3)),
    panel(
      "all examples a step",
      curves.filter((c) => c.full),
    ),
  ],
});
