/** The well-known 2-2-2 example: sigmoid, squared error, rate 0.5, biases held fixed. */
import { explain, init, Linear, Sequential, Sigmoid, squaredError, trainStep } from "neurite";
import { figure } from "./tools/figure";

await init({ reproducible: true }); // the same digits on every machine

const hidden = new Linear(2, 2);
hidden.weight.set([0.15, 0.2, 0.25, 0.3]); // w1 ... w4
hidden.bias!.set([0.35, 0.35]);
const output = new Linear(2, 2);
output.weight.set([0.4, 0.45, 0.5, 0.55]); // w5 ... w8
output.bias!.set([0.6, 0.6]);
for (const layer of [hidden, output]) layer.bias!.requiresGrad = false;
const model = new Sequential(hidden, new Sigmoid(), output, new Sigmoid());

const [x, y] = [
  [0.05, 0.1],
  [0.01, 0.99],
];
console.log(explain(model, { x: x!, y: y!, loss: squaredError, lr: 0.5 }).toString(7));

const step = trainStep(model, { loss: squaredError, optimizer: { type: "sgd", lr: 0.5 } });
const losses = step.run({ x: [x!], y: [y!] }, { steps: 10_001 }); // each as it was before its step
console.log(`\nE after 0, 1 and 10,000 steps: ${losses[0]!.toFixed(7)}, ${losses[1]!.toFixed(7)}, ${losses[10_000]!.toExponential(2)}`);

const steps = [...Array(10_001).keys()].filter((k) => k > 0 && Number(k.toPrecision(2)) === k);
figure("two-two-two", {
  width: 420,
  panels: [{ x: "steps", y: "E", logX: true, logY: true, series: [{ name: "E", x: steps, y: steps.map((k) => losses[k]!) }] }],
});
