import { expect, test } from "vitest";
import {
  crossEntropy,
  crossEntropyOnProbabilities,
  huber,
  type Loss,
  logSoftmax,
  mae,
  mse,
  nll,
  oneHot,
  scope,
  smoothL1,
  softmax,
  squaredError,
  type Tensor,
  tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

const label = (...classes: number[]) => tensor(Int32Array.from(classes));
const logits = () =>
  tensor([
    [-2, 3, 1],
    [0.5, -1, 4],
  ]);

test("the lecture's figures: softmax, cross-entropy and squared error to the digits given", () => {
  scope(() => {
    const u = tensor([[-2, 3, 1]]);
    for (const [k, p] of [0.00589975, 0.8756006, 0.11849965].entries()) expect(softmax(u).data()[k]).toBeCloseTo(p, 7);
    expect(crossEntropy(u, label(1)).item()).toBeCloseTo(0.1328, 4);
    expect(squaredError(tensor([[1, 0]]), tensor([[0.8, 0.5]])).item()).toBeCloseTo(0.145, 7);
  });
});

test("the three cross-entropies agree on one model to 1e-6, values and gradients of the logits", () => {
  scope(() => {
    const run = (f: (u: Tensor) => Tensor): number[] => {
      const u = logits();
      u.requiresGrad = true;
      const l = f(u);
      l.backward();
      return [l.item(), ...u.grad!.data()];
    };
    const y = label(1, 0);
    const direct = run((u) => crossEntropy(u, y));
    for (const other of [run((u) => nll(logSoftmax(u), y)), run((u) => crossEntropyOnProbabilities(softmax(u), y))])
      for (const [k, v] of other.entries()) expect(Math.abs(v - direct[k]!)).toBeLessThan(1e-6);
  });
});

test("class indices, one-hot rows as f32 and as i32 give the same loss, to 1e-7", () => {
  scope(() => {
    const hot = [
      [0, 1, 0],
      [1, 0, 0],
    ];
    const want = crossEntropy(logits(), label(1, 0)).item();
    expect(crossEntropy(logits(), tensor(hot)).item()).toBeCloseTo(want, 7);
    expect(crossEntropy(logits(), tensor(hot, undefined, { dtype: "i32" })).item()).toBeCloseTo(want, 7);
  });
});

test.each([
  ["mse", mse],
  ["squaredError", squaredError],
  ["mae", mae],
  ["huber", huber],
  ["smoothL1", smoothL1],
] as [string, Loss][])(
  "%s takes class indices as one-hot rows against several outputs, as numbers against one: the same bits",
  (_, loss) => {
    scope(() => {
      const y = label(2, 0);
      expect([...oneHot(y, 3).data()]).toEqual([0, 0, 1, 1, 0, 0]);
      expect(loss(logits(), y).item()).toBe(loss(logits(), oneHot(y, 3)).item());
      for (const u of [tensor([0.25, 3]), tensor([[0.25], [3]])]) expect(loss(u, y).item()).toBe(loss(u, tensor([2, 0])).item());
    });
  },
);

test("squaredError is half the sum over outputs: per row, summed, averaged over rows; for C outputs C / 2 times mse", () => {
  scope(() => {
    const [u, y] = [
      tensor([
        [1, 0],
        [3, 5],
      ]),
      tensor([
        [0, 0],
        [1, 1],
      ]),
    ];
    expect([...squaredError(u, y, { reduction: "none" }).data()]).toEqual([0.5, 10]);
    expect(squaredError(u, y, { reduction: "sum" }).item()).toBe(10.5);
    expect(squaredError(u, y).item()).toBe(5.25);
    expect(mse(u, y).item()).toBe(5.25);
    expect(squaredError(tensor([1, 3]), tensor([0, 1])).item()).toBe(1.25);
  });
});
