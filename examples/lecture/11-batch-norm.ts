/** Batch normalisation, before and after the activation, in a net of four hidden layers of sigmoid units that hardly learns without. */
import { BatchNorm1d, evaluate, fit, init, manualSeed, mlp, ones, tensor } from "neurite";
import { digits } from "./tools/digits";
import { figure } from "./tools/figure";
import { fixed, percent, table, title, vector } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

title("One channel by hand: gamma = 2, beta = 1, momentum 0.1");
const norm = new BatchNorm1d(1);
norm.weight!.set([2]);
norm.bias!.set([1]);
const x = tensor([[1], [2], [6]]);
console.log(`x = (1, 2, 6), mean 3, variance 14/3; in training y = ${vector(norm.forward(x).data(), 4)}`);
console.log(
  `running mean 0 + 0.1 (3 - 0) = ${fixed(norm.running_mean!.data()[0]!)}, variance 1 + 0.1 (7 - 1) = ${fixed(norm.running_var!.data()[0]!)}`,
);
console.log(`in evaluation, by these: y = ${vector(norm.eval().forward(x).data(), 4)}`);
try {
  norm.train().forward(ones([1, 1]));
} catch (error) {
  console.log(`a batch of one in training: ${(error as Error).message}`);
}

title("784-64-64-64-64-10, sigmoid, 2000 digits, batches of 50, SGD with momentum");
const [train, test] = [digits(2000), digits(1000, "t10k")];
const rows = [];
const curves = [];
for (const [name, batchNorm] of [
  ["without", false],
  ["before the activation", "before"],
  ["after the activation", "after"],
] as const) {
  manualSeed(1);
  const model = mlp([784, 64, 64, 64, 64, 10], { activation: "sigmoid", batchNorm });
  const { epochs } = await fit(model, train, {
    loss: "crossEntropy",
    optimizer: { type: "sgd", lr: 0.1, momentum: 0.9 },
    batchSize: 50,
    epochs: 12,
    seed: 1,
  });
  const losses = epochs.map((e) => e.loss);
  const { accuracy } = await evaluate(model, test, { loss: "crossEntropy", metrics: ["accuracy"] });
  rows.push([name, ...[1, 4, 12].map((e) => fixed(losses[e - 1]!)), percent(accuracy!)]);
  curves.push({ name, x: losses.map((_, k) => k + 1), y: losses });
  model.dispose();
}
table(["batch norm", "loss, epoch 1", "epoch 4", "epoch 12", "test images right"], rows);
figure("batch-norm", { width: 420, panels: [{ x: "epochs", y: "loss", series: curves }] });
