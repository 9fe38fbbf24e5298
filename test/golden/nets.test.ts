import { describe, expect, test } from "vitest";
import {
  Adam,
  AdamW,
  crossEntropy,
  Linear,
  mse,
  type Optimizer,
  type Parameter,
  ReLU,
  Sequential,
  SGD,
  Sigmoid,
  scope,
  Tanh,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { distance, type GoldenArray, type Named, read, toTensor } from "./files";
import { type Task, train, WAYS } from "./train";

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

const task = (net: Net): Task => ({ x: net.x, y: net.y, steps: net.steps, loss: LOSSES[net.loss] });
const trained = (way: string, net: Net, run: Run) => {
  const model = build(net);
  return train(way, model, optimizer(run, model.parameters()), task(net));
};

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
      const eager = await trained("an eager loop", net, run);
      expect(distance(eager.losses, run.losses), "losses").toBeLessThan(1e-5);
      expect(Object.keys(eager.parameters)).toEqual(Object.keys(run.parameters));
      for (const [name, { data }] of Object.entries(run.parameters)) {
        // a bias that happens to end near 0 has lost its digits on the way: PyTorch's own is 1.2e-4 of itself off the float64 value in one of these runs
        const start = Math.max(...net.parameters[name]!.data.map(Math.abs));
        expect(distance([...eager.parameters[name]!, start], [...data, start]), name).toBeLessThan(1e-5);
      }
      for (const way of Object.keys(WAYS).slice(1)) expect(await trained(way, net, run), way).toEqual(eager);
    });
  });
});
