import { describe, expect, it } from "vitest";
import {
  accuracy,
  clamp,
  logSoftmax,
  matmul,
  max,
  mean,
  memory,
  mse,
  pow,
  rand,
  randn,
  scope,
  softmax,
  sum,
  type Tensor,
  tensor,
  where,
} from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const live = () => memory().byKind.eager.tensors;
const target = tensor([1, 0, 1]);

/** Functions that are made of several ops: they hold on to none of their own steps. */
const composites: Record<string, (x: Tensor) => Tensor> = {
  "sum over all": (x) => sum(x),
  "sum over one dimension": (x) => sum(x, 1),
  "mean over two dimensions": (x) => mean(x, [0, 1]),
  clamp: (x) => clamp(x, 0.2, 0.7),
  where: (x) => where(x, x, 0),
  "pow 5": (x) => pow(x, 5),
  "pow -3": (x) => pow(x, -3),
  "pow 0": (x) => pow(x, 0),
  "pow 1.5": (x) => pow(x, 1.5),
  "softmax of the first dimension": (x) => softmax(x, 0),
  "logSoftmax of the first dimension": (x) => logSoftmax(x, 0),
  max: (x) => max(x, 1),
  "matrix times vector": (x) => matmul(x, target),
  "stack times matrix": (x) => matmul(x.reshape([1, 3, 3]), x),
  "stack times stack": (x) => matmul(x.reshape([1, 3, 3]), x.reshape([1, 3, 3])),
  "mse of (N, 1) against (N)": (x) => scope(() => mse(x.slice(0, 1, 1), target)),
  accuracy: (x) => scope(() => accuracy(x.slice(0, 1, 1), target)),
};

describe("composite functions", () => {
  for (const [name, f] of Object.entries(composites))
    it(`${name}: the result is all that stays, and disposing it gives the whole graph back`, () => {
      const x = rand([3, 3], { requiresGrad: true });
      const before = live();
      const y = f(x);
      y.dispose();
      expect(live()).toBe(before);
      x.dispose();
    });

  it("without gradients only the result is alive", () => {
    const x = randn([3, 3]);
    for (const [name, f] of Object.entries(composites)) {
      const before = live();
      const y = f(x);
      expect(live() - before, name).toBe(1);
      y.dispose();
    }
  });
});
