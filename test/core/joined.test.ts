import { describe, expect, it } from "vitest";
import { Joined, Op } from "../../assembly/opcodes";
import { joins } from "../../src/core/joined";
import {
  crossEntropy,
  Linear,
  manualSeed,
  mse,
  ReLU,
  rand,
  Sequential,
  SGD,
  Sigmoid,
  scope,
  type Tensor,
  tensor,
  trainStep,
} from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const list = (...ops: Op[]) => ops.map((op) => ({ op, section: "gradient" }));
const { GATHER_ROWS: gather, MATMUL_TN: tn, MATMUL_NN: nn, SUM: sum, RELU: relu } = Op;

describe("instructions are joined", () => {
  it("where they follow each other in a known order, the longest first", () => {
    expect(joins(list(gather, gather, gather, relu, nn, tn, sum, tn, sum), new Array(9).fill(1))).toEqual([
      { op: Joined.GATHERS, first: 0, count: 2 },
      { op: Joined.LAYER_GRADIENT, first: 4, count: 3 },
      { op: Joined.WEIGHT_GRADIENT, first: 7, count: 2 },
    ]);
  });

  it("not where one has several tiles or none, nor over the end of a section or of the list", () => {
    const two = list(gather, gather);
    expect(joins(two, [1, 2])).toEqual([]);
    expect(joins(two, [0, 1])).toEqual([]);
    expect(joins([two[0]!, { op: gather, section: "update" }], [1, 1])).toEqual([]);
    expect(joins(list(tn), [1])).toEqual([]);
  });
});

describe("a joined step leaves the bits of its instructions run one by one", () => {
  const x = () => rand([6, 3]);
  it.each([
    ["squared error", mse, () => rand([6, 4])],
    ["cross-entropy", crossEntropy, () => tensor(Int32Array.of(0, 1, 2, 3, 0, 1))],
  ])("with %s", (_, loss, target) => {
    const trained = (apart: boolean) =>
      scope(() => {
        manualSeed(3);
        const model = new Sequential(new Linear(3, 5), new ReLU(), new Linear(5, 4), new Sigmoid());
        const optimizer = new SGD(model.parameters(), { lr: 0.5 });
        const step = trainStep(model, { loss, optimizer });
        const data = { x: x(), y: target() as Tensor };
        const losses = [...step.run(data, { steps: apart ? 1 : 3 })];
        if (apart) for (let k = 1; k < 3; k++) for (let i = 0; i < step.program!.instructions.length; i++) step.program!.run(i, i + 1);
        const values = model.parameters().map((p) => [...p.data()]);
        for (const o of [step, optimizer, model]) o.dispose();
        return { values, first: losses[0] };
      });
    expect(trained(false)).toEqual(trained(true));
  });
});
