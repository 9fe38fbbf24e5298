/** Parts of predictors and steps that outlive what they came from: used after the collector has run, then dropped; prints what they gave and what is left. Needs --expose-gc. */
import { setTimeout as sleep } from "node:timers/promises";
import { memory, predictor, trainStep } from "../../src/index";
import { data, model } from "../small";

const collect = async () => {
  for (let k = 0; k < 10; k++) {
    (globalThis as unknown as { gc(): void }).gc();
    await sleep(2);
  }
};
const attempt = async (f: () => unknown): Promise<string> => {
  try {
    await f();
    return "runs";
  } catch (error) {
    return (error as Error).message;
  }
};

const makeStep = () => {
  const step = trainStep(model(), { loss: "crossEntropy", optimizer: { type: "adam" } });
  step(data.x, data.y);
  return step;
};
const uses: Record<string, () => Promise<string>> = {
  "the program of a predictor": async () => {
    const { program } = predictor(model());
    await collect();
    return attempt(() => program.run());
  },
  "the program of a step": async () => {
    const { program } = makeStep();
    await collect();
    return attempt(() => program!.run());
  },
  "run of a step": async () => {
    const { run } = makeStep();
    await collect();
    return attempt(() => run(data, { steps: 2 }));
  },
  "async of a step": async () => {
    const { async: step } = makeStep();
    await collect();
    return attempt(() => step(data.x, data.y));
  },
};

const outcomes: Record<string, [outcome: string, left: number]> = {};
for (const use of Object.values(uses)) await use();
await collect();
for (const [name, use] of Object.entries(uses)) {
  const before = memory().tensors;
  const outcome = await use();
  await collect();
  outcomes[name] = [outcome, memory().tensors - before];
}
console.log(JSON.stringify(outcomes));
