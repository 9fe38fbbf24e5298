import { describe, expect, it } from "vitest";
import {
  BatchNorm1d,
  bce,
  crossEntropy,
  DataError,
  Dropout,
  type Explanation,
  explain,
  Flatten,
  Linear,
  type Loss,
  manualSeed,
  mlp,
  mse,
  OptionError,
  PReLU,
  Sequential,
  ShapeError,
  Sigmoid,
  Step,
  squaredError,
  Tanh,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { bits } from "../small";

noLeaks({ droppedGraphs: true });

/** A net of sigmoid units from rows of weights, the bias first. */
function sigmoids(...layers: number[][][]): Sequential {
  return new Sequential(
    ...layers.flatMap((units) => {
      const layer = new Linear(units[0]!.length - 1, units.length);
      layer.weight.set(units.flatMap((u) => u.slice(1)));
      layer.bias!.set(units.map((u) => u[0]!));
      return [layer, new Sigmoid()];
    }),
  );
}
const blackboard = () =>
  sigmoids(
    [
      [0.2, 0.1, 0.3],
      [-0.3, -0.2, 0.4],
    ],
    [[0.4, 0.5, -0.4]],
  );
const units = (e: Explanation) => e.layers.flatMap((l) => l.units);
const weights = (e: Explanation) => units(e).flatMap((u) => u.weights);
const round = (digits: number, values: readonly (number | undefined)[]) => values.map((v) => Number(v!.toFixed(digits)));

describe("explain on the lecture's 2-2-1 net", () => {
  it("has its activations, deltas and new weights, to six digits", () => {
    const m = blackboard();
    const before = bits(m);
    const e = explain(m, { x: [1, 1], y: 0, loss: squaredError, lr: 1 });
    expect(
      round(
        6,
        units(e).map((u) => u.activation),
      ),
    ).toEqual([0.645656, 0.475021, 0.630141]);
    expect(
      round(
        6,
        units(e).map((u) => u.delta),
      ),
    ).toEqual([-0.0168, 0.01465, -0.146863]);
    expect(units(e).every((u) => u.gradient === 0 - u.delta)).toBe(true);
    expect(
      weights(e)
        .map((w) => `w(${w.from},${w.to})`)
        .join(" "),
    ).toBe("w(0,3) w(1,3) w(2,3) w(0,4) w(1,4) w(2,4) w(0,5) w(3,5) w(4,5)");
    expect(
      round(
        6,
        weights(e).map((w) => w.updated),
      ),
    ).toEqual([0.1832, 0.0832, 0.2832, -0.28535, -0.18535, 0.41465, 0.253137, 0.405177, -0.469763]);
    expect(round(6, e.after!.output)).toEqual([0.569972]);
    expect(bits(m)).toEqual(before);
    expect(m.parameters().every((p) => p.grad === undefined)).toBe(true);
    m.dispose();
  });

  it("prints them as a table, deltas from the output back; JSON has the numbers alone", () => {
    const m = blackboard();
    const e = explain(m, { x: [1, 1], y: [0], loss: "squaredError", lr: 1 });
    const lines = String(e).split("\n");
    expect(lines[0]).toBe("x = (1, 1), y = (0), output (0.630141), E = 0.198539");
    const at = lines.findIndex((l) => l.includes("delta = -dE/dnet"));
    expect(lines.slice(at + 1, at + 4).map((l) => l.trim().split(/ +/))).toEqual([
      ["5", "-0.146863", "0.146863"],
      ["3", "-0.016800", "0.016800"],
      ["4", "0.014650", "-0.014650"],
    ]);
    expect(lines).toContain("w(3,5)   0.500000  0.645656   0.094823   0.405177");
    expect(lines.at(-1)).toBe("after the step: output (0.569972), E = 0.162434");
    expect(e.toString(3)).toContain("w(3,5)   0.500  0.646   0.095      0.405");
    expect(Object.keys(JSON.parse(JSON.stringify(e)))).toEqual(["x", "y", "output", "loss", "layers", "others", "lr", "after"]);
    m.dispose();
  });
});

describe("explain on the 2-2-2 example with biases held fixed", () => {
  const example = () => {
    const m = sigmoids(
      [
        [0.35, 0.15, 0.2],
        [0.35, 0.25, 0.3],
      ],
      [
        [0.6, 0.4, 0.45],
        [0.6, 0.5, 0.55],
      ],
    );
    for (const [name, p] of m.namedParameters()) p.requiresGrad = !name.endsWith("bias");
    return m;
  };
  const [x, y] = [
    [0.05, 0.1],
    [0.01, 0.99],
  ];

  it("has its errors and new weights, to 5e-8, and says which weights are frozen", () => {
    const m = example();
    const e = explain(m, { x: x!, y: y!, loss: squaredError, lr: 0.5 });
    expect(Math.abs(e.loss - 0.298371109)).toBeLessThan(5e-8);
    expect(Math.abs(e.after!.loss - 0.291027774)).toBeLessThan(5e-8);
    const want = [0.14978072, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.40866619, 0.51130127, 0.56137012];
    for (const [k, w] of weights(e)
      .filter((w) => w.from > 0)
      .entries())
      expect(Math.abs(w.updated! - want[k]!)).toBeLessThan(5e-8);
    const biases = weights(e).filter((w) => w.from === 0);
    expect(biases.map((w) => [w.gradient, w.updated === w.value])).toEqual(new Array(4).fill([undefined, true]));
    expect(String(e).match(/frozen/g)).toHaveLength(4);
    m.dispose();
  });

  it("reaches 3.51e-5 after 10,000 recorded steps", () => {
    const m = example();
    const step = trainStep(m, { loss: squaredError, optimizer: { type: "sgd", lr: 0.5 } });
    step.run({ x: [x!], y: [y!] }, { steps: 10_000 });
    expect(explain(m, { x: x!, y: y!, loss: squaredError }).loss.toExponential(2)).toBe("3.51e-5");
    step.dispose();
    m.dispose();
  });
});

const ACTIVATIONS = {
  sigmoid: (z: number) => 1 / (1 + Math.exp(-z)),
  tanh: Math.tanh,
  relu: (z: number) => Math.max(z, 0),
  softplus: (z: number) => Math.log1p(Math.exp(z)),
  silu: (z: number) => z / (1 + Math.exp(-z)),
};
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const squares = (u: number[], y: number[]) => sum(u.map((v, k) => (v - y[k]!) ** 2));
/** Loss, its value in float64, targets. */
const LOSSES: Record<string, [Loss, (u: number[], y: number[]) => number, number | number[]]> = {
  squaredError: [squaredError, (u, y) => squares(u, y) / 2, [0.3, -1, 0.8]],
  mse: [mse, (u, y) => squares(u, y) / 3, [0.3, -1, 0.8]],
  crossEntropy: [crossEntropy, (u, y) => Math.log(sum(u.map(Math.exp))) - u[y[0]!]!, 2],
  bce: [bce, (u, y) => -sum(u.map((p, k) => y[k]! * Math.log(p) + (1 - y[k]!) * Math.log(1 - p))) / 3, [1, 0, 0.25]],
};

describe("explain agrees on random 4-5-3 nets", () => {
  const x = [0.5, -1, 2, 0.25];
  for (const [activation, f] of Object.entries(ACTIVATIONS))
    for (const [name, [loss, reference, y]] of Object.entries(LOSSES))
      it(`${activation}, ${name}: with central differences in float64, weights and deltas, to 1e-5; with backward(), the same bits`, () => {
        manualSeed(activation.length * 10 + name.length);
        const probabilities = name === "bce";
        const m = mlp([4, 5, 3], {
          activation: activation as keyof typeof ACTIVATIONS,
          ...(probabilities ? { outputActivation: "sigmoid" as const } : {}),
        });
        const e = explain(m, { x, y, loss });
        const net = e.layers.map((l) => l.units.map((u) => u.weights.map((w) => w.value)));
        /** The loss with offsets at one weight and at one unit's net input. */
        const lossAt = (at: number, dw: number, unit: number, dz: number) => {
          let [w, j] = [0, 0];
          let u = x;
          for (const [k, layer] of net.entries())
            u = layer.map((row) => {
              const inputs = [1, ...u];
              const z = sum(row.map((v, i) => (v + (w++ === at ? dw : 0)) * inputs[i]!)) + (j++ === unit ? dz : 0);
              return k === 0 ? f(z) : probabilities ? ACTIVATIONS.sigmoid(z) : z;
            });
          return reference(u, [y].flat());
        };
        expect(Math.abs(e.loss - lossAt(-1, 0, -1, 0))).toBeLessThan(1e-6);
        const h = 1e-5;
        for (const [k, w] of weights(e).entries())
          expect(Math.abs(w.gradient! - (lossAt(k, h, -1, 0) - lossAt(k, -h, -1, 0)) / (2 * h))).toBeLessThan(1e-5);
        for (const [k, u] of units(e).entries())
          expect(Math.abs(u.delta + (lossAt(-1, 0, k, h) - lossAt(-1, 0, k, -h)) / (2 * h))).toBeLessThan(1e-5);
        const target = typeof y === "number" ? tensor(Int32Array.of(y)) : tensor([y]);
        loss(m.forward(tensor([x])), target).backward();
        const grads = m.parameters().map((p) => [...p.grad!.data()]);
        const [first, last] = e.layers.map((l) => l.units);
        expect(grads).toEqual(
          [first!, last!].flatMap((layer) => [
            layer.flatMap((u) => u.weights.slice(1).map((w) => w.gradient)),
            layer.map((u) => u.weights[0]!.gradient),
          ]),
        );
        m.dispose();
      });
});

describe("explain takes", () => {
  it("Sequentials inside Sequentials, layers without bias, functions, norms and learned slopes, whose parameters it lists", () => {
    manualSeed(2);
    const m = new Sequential(
      new Flatten(),
      new Sequential(new Linear(2, 3, { bias: false }), new BatchNorm1d(3), new PReLU()),
      new Dropout(0.5),
      (u) => u.square(),
      new Linear(3, 1),
    );
    const e = explain(m, { x: [1, -2], y: 1, loss: mse, lr: 0.1 });
    expect(e.layers.map((l) => [l.path, l.units[0]!.unit, l.units[0]!.weights[0]!.from])).toEqual([
      ["1.0", 3, 1],
      ["4", 6, 0],
    ]);
    expect(e.layers[0]!.name).toMatch(/^Linear, BatchNorm1d, PReLU, Dropout, /);
    expect(e.others.map((o) => o.name)).toEqual(["1.1.weight", "1.1.bias", "1.2.weight"]);
    for (const o of e.others) for (const [k, v] of o.value.entries()) expect(o.updated![k]).toBeCloseTo(v - 0.1 * o.gradient![k]!, 6);
    expect(e.after!.loss).toBeLessThan(e.loss);
    expect(String(e)).toContain("1.2.weight: 0.250000\n  dE/dw");
    expect(m.training).toBe(true);
    m.dispose();
  });

  it("a single Linear, and one whose parameters are frozen altogether", () => {
    const m = new Linear(2, 1);
    for (const p of m.parameters()) p.requiresGrad = false;
    m.weight.set([1, 2]);
    m.bias!.set([0.5]);
    const e = explain(m, { x: Float32Array.of(1, 1), y: 3, loss: squaredError, lr: 1 });
    expect(e.layers[0]).toMatchObject({ path: "(model)", name: "Linear", units: [{ unit: 3, net: 3.5, delta: -0.5 }] });
    expect(e.after!.output).toEqual([3.5]);
    m.dispose();
  });
});

it("explain gives 0 where the error does not depend on a unit: behind a step, behind detach()", () => {
  for (const stage of [new Step(), (u: Tensor) => u.detach()]) {
    const m = new Sequential(new Linear(2, 2), stage, new Linear(2, 1));
    const [first, last] = explain(m, { x: [1, 1], y: 5, loss: squaredError, lr: 1 }).layers;
    expect(first!.units.flatMap((u) => [u.delta, ...u.weights.map((w) => w.gradient)])).toEqual(new Array(8).fill(0));
    expect(last!.units[0]!.delta).toBeGreaterThan(0);
    m.dispose();
  }
});

describe("explain refuses", () => {
  const refuses = (m: Sequential | Tanh, options: Partial<Parameters<typeof explain>[1]>, type: new (m: string) => Error, says: RegExp) => {
    const run = () => explain(m, { x: [1, 1], y: 0, loss: squaredError, ...options });
    expect(run).toThrow(type);
    expect(run).toThrow(says);
    m.dispose();
  };
  it("a model of more than limit parameters, naming both", () => {
    refuses(mlp([2, 300, 1]), {}, OptionError, /the model has 1201 parameters.*limit of 1000/);
    refuses(blackboard(), { limit: 8 }, OptionError, /9 parameters.*limit of 8/);
  });
  it("a limit below 1, a negative rate", () => {
    refuses(blackboard(), { limit: 0 }, OptionError, /explain: limit must be a whole number of 1 or more/);
    refuses(blackboard(), { lr: -1 }, OptionError, /explain: lr must lie in \[0, Infinity\)/);
  });
  it("models without a Linear, stages that change the number of units", () => {
    refuses(new Tanh(), {}, OptionError, /at least one Linear, got Tanh/);
    const halves = new Sequential(new Linear(2, 4), (u) => u.slice(0, 2, 1), new Linear(2, 1));
    refuses(halves, {}, OptionError, /explain: 1 \(function\) makes 2 numbers of the 4 units of 0/);
  });
  it("inputs and targets that do not fit, classes that do not exist", () => {
    refuses(blackboard(), { x: [[1, 2]] as never }, DataError, /x must be the numbers of one example.*got \[\[1,2\]\]/);
    refuses(blackboard(), { y: undefined as never }, DataError, /y must be the numbers of one example/);
    refuses(blackboard(), { x: [1, 2, 3] }, ShapeError, /3/);
    refuses(blackboard(), { y: [1, 2] }, ShapeError, /squaredError/);
    refuses(blackboard(), { x: [1, Number.NaN] }, DataError, /row 0, item 1 is NaN/);
    refuses(mlp([2, 3, 2]), { y: 2, loss: crossEntropy }, DataError, /class 2.*2 outputs/);
    refuses(mlp([2, 3, 2]), { y: [0, 1], loss: mse.with({ reduction: "none" }) }, ShapeError, /expected one number/);
    refuses(mlp([2, 3, 2]), { y: [0, 1], loss: (u) => u }, ShapeError, /the loss gave shape \[1, 2\]/);
  });
});
