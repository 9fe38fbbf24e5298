/** Greedy layer-wise pre-training with autoencoders: four hidden layers of sigmoid units on 1000 digits, with and without. */
import { evaluate, fit, init, initialize, mlp, pretrain } from "neurite";
import { digits } from "./tools/digits";
import { fixed, percent, table, title } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const [train, test] = [digits(1000), digits(1000, "t10k")];
const net = () => initialize(mlp([784, 64, 64, 64, 64, 10], { activation: "sigmoid" }), "glorotUniform", { seed: 1 });

title("Each layer learns to give back its inputs: squared error");
const prepared = net();
const { layers } = await pretrain(prepared, train.x, { epochs: 12, batchSize: 20, seed: 1, optimizer: { type: "adam", lr: 3e-3 } });
table(
  ["layer", "first epoch", "last epoch"],
  layers.map(({ layer, history: { epochs } }) => [layer, fixed(epochs[0]!.loss), fixed(epochs.at(-1)!.loss)]),
);

title("Then the labels: 12 epochs of SGD with momentum");
const rows = [];
for (const [name, model] of [["without pre-training", net()] as const, ["with pre-training", prepared] as const]) {
  const optimizer = { type: "sgd", lr: 0.1, momentum: 0.9 } as const;
  const { epochs } = await fit(model, train, { loss: "crossEntropy", optimizer, epochs: 12, batchSize: 20, seed: 2 });
  const { accuracy } = await evaluate(model, test, { loss: "crossEntropy", metrics: ["accuracy"] });
  rows.push([name, fixed(epochs[0]!.loss), fixed(epochs.at(-1)!.loss), percent(accuracy!)]);
}
table(["net", "loss, epoch 1", "epoch 12", "test images right"], rows);
