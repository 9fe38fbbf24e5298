/** Exclusive or, learned by a multilayer perceptron. */
import { fit, init, manualSeed, mlp, predict, sigmoid, stopWhenPerfect, tensor, trainStep } from "neurite";
import { figure } from "./tools/figure";
import { fixed, title, vector } from "./tools/text";

await init({ reproducible: true }); // the same digits on every machine

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const data = { x, y: [[0], [1], [1], [0]] };
const optimizer = { type: "sgd", lr: 0.5, momentum: 0.9 } as const;

title("2-8-1, tanh, from 100 seeds: 500 steps on all four examples");
const net = (seed: number, hidden: number) => {
  manualSeed(seed);
  return mlp([2, hidden, 1], { activation: "tanh" });
};
/** How far the worst of the four probabilities is from what it should be. */
function learn(seed: number, hidden: number, steps: number): number {
  const model = net(seed, hidden);
  const step = trainStep(model, { loss: "bceWithLogits", optimizer });
  step.run(data, { steps });
  const p = sigmoid(model.forward(tensor(x))).data();
  step.dispose();
  model.dispose();
  return Math.max(...data.y.map(([t], k) => Math.abs(t! - p[k]!)));
}
for (const [hidden, steps] of [[8, 500] as const, [2, 2000] as const]) {
  const errors = Array.from({ length: 100 }, (_, seed) => learn(seed, hidden, steps));
  const learned = errors.filter((e) => e < 0.5).length;
  console.log(
    `2-${hidden}-1, ${steps} steps: learned from ${learned} of 100 seeds; largest error of these ${fixed(Math.max(...errors.filter((e) => e < 0.5)))}`,
  );
}

title("Until no example is wrong");
const model = net(1, 8);
const { epochs, reason } = await fit(model, data, {
  loss: "bceWithLogits",
  optimizer,
  batchSize: "all",
  epochs: 500,
  callbacks: [stopWhenPerfect()],
});
const { data: logits } = await predict(model, x);
console.log(`epoch ${epochs.length}: ${reason}`);
console.log(`outputs for 00, 01, 10, 11, above 0 for "yes": ${vector(logits, 3)}`);

await fit(model, data, { loss: "bceWithLogits", optimizer, batchSize: "all", epochs: 300 });
const SIDE = 130;
const at = (k: number) => -0.5 + (2 * (k + 0.5)) / SIDE;
const grid = Float32Array.from({ length: 2 * SIDE * SIDE }, (_, k) => at(k % 2 === 0 ? (k >> 1) % SIDE : Math.floor(k / 2 / SIDE)));
const { data: plane } = await predict(model, { data: grid, shape: [SIDE * SIDE, 2] });
const cell = (v: number) => Math.min(SIDE - 1, Math.floor(((v + 0.5) / 2) * SIDE));
const points = (name: string, wanted: number) => {
  const of = x.filter((_, k) => data.y[k]![0] === wanted);
  return { name, as: "points" as const, x: of.map((p) => p[0]!), y: of.map((p) => p[1]!) };
};
figure("xor", {
  width: 260,
  height: 260,
  panels: [
    {
      title: "2-8-1: where the net says yes",
      x: "x1",
      y: "x2",
      xRange: [-0.5, 1.5],
      yRange: [-0.5, 1.5],
      region: (a, b) => plane[cell(b) * SIDE + cell(a)]! > 0,
      series: [points("xor = 1", 1), points("xor = 0", 0)],
    },
  ],
});
