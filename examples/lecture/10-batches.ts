/** Batch, stochastic and mini-batch gradient descent: the same net, the same 2000 digits, until the mean loss of an epoch is below 0.2. */
import { evaluate, fit, init, manualSeed, mlp } from "neurite";
import { digits } from "./tools/digits";
import { figure } from "./tools/figure";
import { fixed, percent, seconds, table } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const [train, test] = [digits(2000), digits(1000, "t10k")];
const rows = [];
const curves: { name: string; losses: number[]; perEpoch: number }[] = [];
for (const [name, batchSize, lr] of [
  ["batch", "all", 0.5],
  ["stochastic", 1, 0.02],
  ["mini-batch", 32, 0.2],
] as const) {
  manualSeed(1);
  const model = mlp([784, 32, 10], { activation: "tanh" });
  const {
    epochs,
    steps,
    seconds: time,
  } = await fit(model, train, {
    loss: "crossEntropy",
    optimizer: { type: "sgd", lr },
    batchSize,
    epochs: 400,
    seed: 1,
    callbacks: [{ onEpochEnd: ({ loss }) => (loss < 0.2 ? { stop: "good enough" } : undefined) }],
  });
  const { accuracy } = await evaluate(model, test, { loss: "crossEntropy", metrics: ["accuracy"] });
  rows.push([name, batchSize, lr, epochs.length, steps, seconds(1000 * time), fixed(epochs.at(-1)!.loss), percent(accuracy!)]);
  curves.push({ name, losses: epochs.map((e) => e.loss), perEpoch: steps / epochs.length });
  model.dispose();
}
table(["descent", "batchSize", "rate", "epochs", "steps", "time", "loss", "test images right"], rows);

const panel = (x: string, width: (perEpoch: number) => number) => ({
  x,
  y: "loss",
  logX: true,
  logY: true,
  yRange: [0.1, 3] as const,
  series: curves.map(({ name, losses, perEpoch }) => ({ name, x: losses.map((_, k) => (k + 1) * width(perEpoch)), y: losses })),
});
figure("batches", { panels: [panel("epochs", () => 1), panel("steps", (perEpoch) => perEpoch)] });
