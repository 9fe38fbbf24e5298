/** Too many layers harm: 1 to 8 hidden layers of 50 units on 1000 digits, sigmoid against ReLU. */
import { crossEntropy, evaluate, fit, gradientNorms, init, manualSeed, mlp, mul, tensor } from "neurite";
import { digits } from "./tools/digits";
import { figure } from "./tools/figure";
import { percent, table, title } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const [train, test] = [digits(1000), digits(1000, "t10k")];
const images = mul(tensor(Float32Array.from(train.x.data), train.x.shape), 1 / 255);
const labels = tensor(Int32Array.from(train.y));

const norms: Record<string, number[]>[] = [];
for (const activation of ["sigmoid", "relu"] as const) {
  title(activation);
  const rows = [];
  const byDepth: Record<string, number[]> = {};
  for (let depth = 1; depth <= 8; depth++) {
    manualSeed(1);
    const model = mlp([784, ...new Array<number>(depth).fill(50), 10], { activation });
    crossEntropy(model.forward(images), labels).backward();
    const all = Object.values(gradientNorms(model));
    for (const p of model.parameters()) p.grad = undefined;
    byDepth[depth] = all;
    await fit(model, train, { loss: crossEntropy, optimizer: { type: "sgd", lr: 0.1, momentum: 0.9 }, epochs: 10, batchSize: 50, seed: 1 });
    const { accuracy } = await evaluate(model, test, { loss: crossEntropy, metrics: ["accuracy"] });
    rows.push([depth, all[0]!.toExponential(2), all.at(-1)!.toExponential(2), percent(accuracy!)]);
    model.dispose();
  }
  norms.push(byDepth);
  table(["hidden layers", "gradient norm, first layer", "last layer", "test images right after 10 epochs"], rows);
}
const panel = (title: string, byDepth: Record<string, number[]>) => ({
  title,
  x: "layer",
  y: "norm of the gradient",
  logY: true,
  yRange: [1e-7, 10] as const,
  series: ["1", "2", "4", "6", "8"].map((d) => ({ name: `${d} hidden`, x: byDepth[d]!.map((_, k) => k + 1), y: byDepth[d]! })),
});
figure("depth", { panels: [panel("sigmoid", norms[0]!), panel("ReLU", norms[1]!)] });
