/** Fewer examples than weights: 300 digits learned by heart, and what penalties, dropout and early stopping do about it. */
import { earlyStopping, evaluate, type FitOptions, fit, init, manualSeed, mlp } from "neurite";
import { digits } from "./tools/digits";
import { figure } from "./tools/figure";
import { fixed, percent, table } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const [train, validation, test] = [digits(300), digits(500, "t10k"), digits(2000, "t10k")];
const unseen = { x: { ...test.x, data: test.x.data.subarray(500 * 784), shape: [1500, 784] }, y: test.y.subarray(500) };
const ways: [string, Partial<FitOptions>, number][] = [
  ["nothing", {}, 0],
  ["L1, 5e-4", { regularization: { l1: 5e-4 } }, 0],
  ["L2, 0.02", { regularization: { l2: 0.02 } }, 0],
  ["dropout 0.5", {}, 0.5],
  ["early stopping", { callbacks: [earlyStopping({ patience: 5 })] }, 0],
];
const rows = [];
const curves = [];
for (const [name, more, dropout] of ways) {
  manualSeed(1);
  const model = mlp([784, 64, 10], { dropout });
  const { epochs } = await fit(model, train, {
    loss: "crossEntropy",
    optimizer: { type: "adam", lr: 2e-3 },
    epochs: 60,
    batchSize: 20,
    seed: 1,
    validation,
    ...more,
  });
  const [seen, fresh] = [
    await evaluate(model, train, { loss: "crossEntropy" }),
    await evaluate(model, unseen, { loss: "crossEntropy", metrics: ["accuracy"] }),
  ];
  const weights = Object.entries(model.stateDict()).flatMap(([path, s]) => (path.endsWith("weight") ? [...s.data] : []));
  const near = weights.filter((w) => Math.abs(w) < 1e-3).length / weights.length;
  const size = Math.sqrt(weights.reduce((s, w) => s + w * w, 0));
  rows.push([name, epochs.length, fixed(seen.loss), fixed(fresh.loss), percent(fresh.accuracy!), fixed(size, 2), percent(near)]);
  curves.push({ name, x: epochs.map((e) => e.epoch), y: epochs.map((e) => e.validation!.loss!) });
  model.dispose();
}
table(["regularisation", "epochs", "loss", "on 1500 test images", "of them right", "|w|", "weights below 0.001"], rows);
figure("regularisation", { width: 420, height: 240, panels: [{ x: "epochs", y: "validation loss", series: curves }] });
