import { describe, expect, test } from "vitest";
import {
  Adam,
  AdamW,
  crossEntropy,
  fit,
  Linear,
  type Module,
  mse,
  type Optimizer,
  type Parameter,
  ReLU,
  Sequential,
  SGD,
  Sigmoid,
  scope,
  Tanh,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { distance, type GoldenArray, type Named, read, toTensor } from "./files";

noLeaks();

type Spec = ["Linear", number, number] | ["ReLU" | "Tanh" | "Sigmoid"];

interface Run {
  optimizer: "SGD" | "Adam" | "AdamW";
  options: { lr: number; momentum?: number; dampening?: number; nesterov?: boolean; weight_decay?: number };
  losses: number[];
  parameters: Named<GoldenArray>;
}

interface Net {
  name: string;
  layers: Spec[];
  loss: "cross_entropy" | "mse_loss";
  x: GoldenArray;
  y: GoldenArray;
  parameters: Named<GoldenArray>;
  output: GoldenArray;
  loss_value: number;
  gradients: Named<GoldenArray>;
  steps: number;
  runs: Run[];
}

const LAYERS = { ReLU, Tanh, Sigmoid };
const LOSSES = { cross_entropy: crossEntropy, mse_loss: mse };
const OPTIMIZERS = { SGD, Adam, AdamW };

const { nets } = read<{ nets: Net[] }>("nets.json");

function build({ layers, parameters }: Net): Sequential {
  const model = new Sequential(...layers.map((s) => (s[0] === "Linear" ? new Linear(s[1], s[2]) : new LAYERS[s[0]]())));
  model.loadStateDict(parameters);
  return model;
}

function optimizer({ optimizer: name, options: { weight_decay, ...rest } }: Run, params: Parameter[]): Optimizer {
  const options = weight_decay === undefined ? rest : { ...rest, weightDecay: weight_decay };
  return new OPTIMIZERS[name](params, options) as unknown as Optimizer;
}

/** Losses before each step, and the parameters after the last. */
interface Result {
  losses: number[];
  parameters: Named<number[]>;
}

const WAYS: Record<string, (model: Module, opt: Optimizer, net: Net) => Promise<number[]>> = {
  "an eager loop": async (model, opt, net) =>
    scope(() => {
      const [x, y] = [toTensor(net.x), toTensor(net.y)];
      return Array.from({ length: net.steps }, () => {
        opt.zeroGrad();
        const l = LOSSES[net.loss](model.forward(x), y);
        l.backward();
        opt.step();
        return l.item();
      });
    }),
  fit: async (model, opt, net) => {
    const [x, y] = [toTensor(net.x), toTensor(net.y)];
    const history = await fit(
      model,
      { x, y },
      { loss: LOSSES[net.loss], optimizer: opt, epochs: net.steps, batchSize: "all", shuffle: false },
    );
    expect([history.recorded, history.steps]).toEqual([true, net.steps]);
    x.dispose();
    y.dispose();
    return history.epochs.map((e) => e.loss);
  },
  "fit, one op at a time": async (model, opt, net) => {
    const data = { x: { data: Float32Array.from(net.x.data), shape: net.x.shape }, y: { data: net.y.data as never, shape: net.y.shape } };
    const options = { loss: LOSSES[net.loss], optimizer: opt, epochs: net.steps, batchSize: "all", shuffle: false, eager: true } as const;
    return (await fit(model, data, options)).epochs.map((e) => e.loss);
  },
  trainStep: async (model, opt, net) => {
    const step = trainStep(model, { loss: LOSSES[net.loss], optimizer: opt });
    const [x, y] = [toTensor(net.x), toTensor(net.y)];
    const losses = Array.from({ length: net.steps }, () => step(x, y));
    step.dispose();
    x.dispose();
    y.dispose();
    return losses;
  },
  "trainStep.run": async (model, opt, net) => {
    const step = trainStep(model, { loss: LOSSES[net.loss], optimizer: opt });
    const [x, y] = [toTensor(net.x), toTensor(net.y)];
    const losses = [...step.run({ x, y }, { steps: net.steps })];
    step.dispose();
    x.dispose();
    y.dispose();
    return losses;
  },
};

async function train(way: string, net: Net, run: Run): Promise<Result> {
  const model = build(net);
  const opt = optimizer(run, model.parameters());
  const losses = await WAYS[way]!(model, opt, net);
  const parameters = Object.fromEntries(Object.entries(model.stateDict()).map(([name, { data }]) => [name, [...data]]));
  opt.dispose();
  model.dispose();
  return { losses, parameters };
}

describe.each(nets.map((net) => [net.name, net] as const))("%s", (_, net) => {
  test("output, loss and every gradient within 2e-6 of PyTorch, relative to the largest item of each", () => {
    const model = build(net);
    scope(() => {
      const output = model.forward(toTensor(net.x));
      const loss = LOSSES[net.loss](output, toTensor(net.y));
      loss.backward();
      expect(output.shape).toEqual(net.output.shape);
      expect(distance(output.data(), net.output.data), "output").toBeLessThan(2e-6);
      expect(distance([loss.item()], [net.loss_value]), "loss").toBeLessThan(2e-6);
      const grads = model.namedParameters();
      expect(grads.map(([name]) => name)).toEqual(Object.keys(net.gradients));
      for (const [name, p] of grads) expect(distance(p.grad!.data(), net.gradients[name]!.data), name).toBeLessThan(2e-6);
    });
    model.dispose();
  });

  describe.each(net.runs.map((run) => [`${run.optimizer} ${JSON.stringify(run.options)}`, run] as const))("%s", (_, run) => {
    test(`parameters and losses of ${net.steps} steps within 1e-5 of PyTorch, relative to the largest item before or after; the same bits however they are run`, async () => {
      const eager = await train("an eager loop", net, run);
      expect(distance(eager.losses, run.losses), "losses").toBeLessThan(1e-5);
      expect(Object.keys(eager.parameters)).toEqual(Object.keys(run.parameters));
      for (const [name, { data }] of Object.entries(run.parameters)) {
        // a bias that happens to end near 0 has lost its digits on the way: PyTorch's own is 1.2e-4 of itself off the float64 value in one of these runs
        const start = Math.max(...net.parameters[name]!.data.map(Math.abs));
        expect(distance([...eager.parameters[name]!, start], [...data, start]), name).toBeLessThan(1e-5);
      }
      for (const way of Object.keys(WAYS).slice(1)) expect(await train(way, net, run), way).toEqual(eager);
    });
  });
});
