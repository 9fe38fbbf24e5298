import { describe, expect, test } from "vitest";
import { BatchNorm1d, fit, LayerNorm, Linear, type Module, mse, Sequential, SGD, scope, Tanh, trainStep } from "../../src/index";
import { noLeaks } from "../leaks";
import { distance, type GoldenArray, type Named, read, toTensor } from "./files";

noLeaks();

interface Net {
  name: string;
  layers: [kind: string, ...args: (number | Record<string, number | boolean | null>)[]][];
  x: GoldenArray;
  y: GoldenArray;
  initial: Named<GoldenArray>;
  losses: number[];
  final: Named<GoldenArray>;
  evaluated: GoldenArray;
}
const { nets, steps } = read<{ nets: Net[]; steps: number }>("norm.json");

function build({ layers, initial }: Net): Sequential {
  const model = new Sequential(
    ...layers.map(([kind, a, b]) => {
      if (kind === "Tanh") return new Tanh();
      if (kind === "Linear") return new Linear(a as number, b as number);
      const { track_running_stats: trackRunningStats = true, ...rest } = b as Record<string, never>;
      return kind === "LayerNorm" ? new LayerNorm(a as number, rest) : new BatchNorm1d(a as number, { ...rest, trackRunningStats });
    }),
  );
  model.loadStateDict(initial);
  return model;
}

const WAYS: Record<string, (model: Module, opt: SGD, net: Net) => Promise<number[]>> = {
  "an eager loop": async (model, opt, net) =>
    scope(() => {
      const [x, y] = [toTensor(net.x), toTensor(net.y)];
      return Array.from({ length: steps }, () => {
        opt.zeroGrad();
        const l = mse(model.forward(x), y);
        l.backward();
        opt.step();
        return l.item();
      });
    }),
  ...Object.fromEntries(
    [false, true].map((eager) => [
      `fit, eager ${eager}`,
      async (model: Module, optimizer: SGD, net: Net) => {
        const data = { x: { data: net.x.data, shape: net.x.shape }, y: { data: net.y.data, shape: net.y.shape } };
        const history = await fit(model, data as never, { loss: "mse", optimizer, epochs: steps, batchSize: "all", shuffle: false, eager });
        expect(history.recorded).toBe(!eager);
        return history.epochs.map((e) => e.loss);
      },
    ]),
  ),
  "trainStep.run": async (model, optimizer, net) => {
    const step = trainStep(model, { loss: "mse", optimizer });
    const [x, y] = [toTensor(net.x), toTensor(net.y)];
    const losses = [...step.run({ x, y }, { steps })];
    for (const t of [step, x, y]) t.dispose();
    return losses;
  },
};

describe.each(nets.map((n) => [n.name, n] as const))("%s", (_, net) => {
  test("losses, parameters and running statistics of 30 steps within 2e-5 of PyTorch's float64, the same bits however they are run", async () => {
    const results = [];
    for (const way of Object.values(WAYS)) {
      const model = build(net);
      const opt = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
      const losses = await way(model, opt, net);
      const state = Object.fromEntries(Object.entries(model.stateDict()).map(([k, v]) => [k, [...v.data]]));
      const evaluated = scope(() => [...model.eval().forward(toTensor(net.x)).data()]);
      results.push({ losses, state, evaluated });
      opt.dispose();
      model.dispose();
    }
    const [first, ...others] = results;
    for (const other of others) expect(other).toEqual(first);
    expect(distance(first!.losses, net.losses), "losses").toBeLessThan(2e-5);
    expect(distance(first!.evaluated, net.evaluated.data), "evaluated").toBeLessThan(2e-5);
    expect(Object.keys(first!.state).sort()).toEqual(Object.keys(net.final).sort());
    for (const [name, { data }] of Object.entries(net.final)) {
      // a bias before batch norm has a gradient of rounding errors alone, and others end near 0: relative to 0.1 at least
      expect(distance([...first!.state[name]!, 0.1], [...data, 0.1]), name).toBeLessThan(2e-5);
    }
  });
});
