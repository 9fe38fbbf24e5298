/** Training as PyTorch did it for the golden files, in every way there is. */
import { expect } from "vitest";
import { type Clip, clipGradNorm, clipGradValue, fit, type Loss, type Module, type Optimizer, scope, trainStep } from "../../src/index";
import { type GoldenArray, type Named, toTensor } from "./files";

/** Losses before each step, and the parameters after the last. */
export interface Result {
  losses: number[];
  parameters: Named<number[]>;
}

/** What is trained on: all rows at once. */
export interface Task {
  x: GoldenArray;
  y: GoldenArray;
  steps: number;
  loss: Loss;
  clip?: Clip | undefined;
}

const options = (optimizer: Optimizer, { loss, clip }: Task) => ({ loss, optimizer, ...(clip === undefined ? {} : { clip }) });

/** The ways of training: each gives the loss before every step. */
export const WAYS: Record<string, (model: Module, opt: Optimizer, task: Task) => Promise<number[]>> = {
  "an eager loop": async (model, opt, task) =>
    scope(() => {
      const [x, y] = [toTensor(task.x), toTensor(task.y)];
      return Array.from({ length: task.steps }, () => {
        opt.zeroGrad();
        const l = task.loss(model.forward(x), y);
        l.backward();
        if (task.clip !== undefined && "norm" in task.clip) clipGradNorm(model.parameters(), task.clip.norm);
        if (task.clip !== undefined && "value" in task.clip) clipGradValue(model.parameters(), task.clip.value);
        opt.step();
        return l.item();
      });
    }),
  fit: async (model, opt, task) => {
    const [x, y] = [toTensor(task.x), toTensor(task.y)];
    const history = await fit(model, { x, y }, { ...options(opt, task), epochs: task.steps, batchSize: "all", shuffle: false });
    expect([history.recorded, history.steps]).toEqual([true, task.steps]);
    x.dispose();
    y.dispose();
    return history.epochs.map((e) => e.loss);
  },
  "fit, one op at a time": async (model, opt, task) => {
    const data = {
      x: { data: Float32Array.from(task.x.data), shape: task.x.shape },
      y: { data: task.y.data as never, shape: task.y.shape },
    };
    const all = { ...options(opt, task), epochs: task.steps, batchSize: "all", shuffle: false, eager: true } as const;
    return (await fit(model, data, all)).epochs.map((e) => e.loss);
  },
  trainStep: async (model, opt, task) => {
    const step = trainStep(model, options(opt, task));
    const [x, y] = [toTensor(task.x), toTensor(task.y)];
    const losses = Array.from({ length: task.steps }, () => step(x, y));
    step.dispose();
    x.dispose();
    y.dispose();
    return losses;
  },
  "trainStep.run": async (model, opt, task) => {
    const step = trainStep(model, options(opt, task));
    const [x, y] = [toTensor(task.x), toTensor(task.y)];
    const losses = [...step.run({ x, y }, { steps: task.steps })];
    step.dispose();
    x.dispose();
    y.dispose();
    return losses;
  },
};

/** Trains in one of the ways; the model and the optimizer are disposed. */
export async function train(way: string, model: Module, opt: Optimizer, task: Task): Promise<Result> {
  const losses = await WAYS[way]!(model, opt, task);
  const parameters = Object.fromEntries(Object.entries(model.stateDict()).map(([name, { data }]) => [name, [...data]]));
  opt.dispose();
  model.dispose();
  return { losses, parameters };
}
