/** Models, optimizers, steps and predictors that are dropped without dispose(); prints what is left once the collector has run. Needs --expose-gc. */
import { setTimeout as sleep } from "node:timers/promises";
import { Adam, crossEntropy, fit, memory, predictor, tensor, trainStep } from "../../src/index";
import { data, model, options, x, y } from "../small";

const collect = async () => {
  for (let k = 0; k < 10; k++) {
    (globalThis as unknown as { gc(): void }).gc();
    await sleep(2);
  }
};

const uses: Record<string, () => unknown> = {
  model: () => void model(),
  "model after fit": async () => {
    await fit(model(), data, options());
  },
  "model, optimizer and gradients of the loop spelled out": () => {
    const m = model();
    const opt = new Adam(m.parameters());
    for (let k = 0; k < 3; k++) {
      opt.zeroGrad();
      crossEntropy(m.forward(tensor(x, [24, 2])), tensor(y)).backward();
      opt.step();
    }
  },
  trainStep: () => {
    const m = model();
    const step = trainStep(m, { loss: "crossEntropy", optimizer: { type: "adam" } });
    step(data.x, y);
    step.run(data, { steps: 2 });
  },
  predictor: () => {
    predictor(model())([1, 2]);
  },
};

// what exists once
for (const use of Object.values(uses)) await use();
await collect();
const left: Record<string, unknown> = {};
for (const [name, use] of Object.entries(uses)) {
  const before = memory().byKind;
  for (let k = 0; k < 5; k++) await use();
  await collect();
  const now = memory().byKind;
  left[name] = Object.fromEntries((["parameter", "state", "data", "program"] as const).map((k) => [k, now[k].tensors - before[k].tensors]));
}
console.log(JSON.stringify(left));
