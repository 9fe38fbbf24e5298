/** A net as a function of one variable: the sine over a period, from 128 points, to 1e-3 everywhere. */
import { cosine, init, manualSeed, mlp, predict, trainStep } from "neurite";
import { figure, span } from "./tools/figure";
import { table } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const column = (values: number[]) => values.map((v) => [v]);
const points = span(-Math.PI, Math.PI, 128);
const between = span(-Math.PI, Math.PI, 1000);
const steps = 20_000;

manualSeed(1);
const model = mlp([1, 32, 32, 1], { activation: "tanh" });
const step = trainStep(model, { loss: "mse", optimizer: { type: "adam", lr: cosine(0.01, { steps }) } });
const data = { x: column(points), y: column(points.map(Math.sin)) };
const rows = [];
let output: ArrayLike<number> = [];
for (const [from, to] of [[0, 200] as const, [200, 2000] as const, [2000, steps] as const]) {
  const losses = step.run(data, { steps: to - from });
  output = (await predict(model, column(between))).data;
  const worst = Math.max(...between.map((x, k) => Math.abs(output[k]! - Math.sin(x))));
  rows.push([to, losses.at(-1)!.toExponential(1), worst.toExponential(1)]);
}
table(["steps", "mse on 128 points", "largest error on 1000"], rows);

figure("approximation", {
  panels: [
    {
      title: "1-32-32-1, tanh",
      x: "x",
      y: "y",
      series: [
        { name: "the net", x: between, y: output },
        { name: "sin x", x: span(-Math.PI, Math.PI, 41), y: span(-Math.PI, Math.PI, 41).map(Math.sin), as: "points" },
      ],
    },
    {
      title: "what is left",
      x: "x",
      y: "net − sin x",
      series: [{ name: "error", x: between, y: between.map((x, k) => output[k]! - Math.sin(x)) }],
    },
  ],
});
