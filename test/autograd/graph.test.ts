import { describe, expect, test } from "vitest";
import {
  add,
  concat,
  DisposedError,
  detach,
  exp,
  GradientError,
  gatherRows,
  linear,
  matmul,
  memory,
  mul,
  noGrad,
  Parameter,
  relu,
  scope,
  sigmoid,
  slice,
  square,
  sum,
  type Tensor,
  tensor,
} from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks({ droppedGraphs: true });
const leaf = (values: number[], shape = [values.length]) => tensor(values, shape, { requiresGrad: true });

describe("a second backward()", () => {
  test("throws a GradientError that names the op and the option", () => {
    const x = leaf([2]);
    const l = square(exp(x));
    l.backward();
    expect(() => l.backward()).toThrow(GradientError);
    expect(() => l.backward()).toThrow(/square.*retainGraph/);
  });

  test("throws also where only a part of the graph was given back", () => {
    const x = leaf([1, 2]);
    const y = exp(x);
    sum(y).backward();
    expect(() => sum(mul(y, 2)).backward()).toThrow(/exp.*retainGraph/);
  });

  test("works after retainGraph and gives the same gradient again", () => {
    const x = leaf([1, 2]);
    const l = sum(mul(square(x), exp(x)));
    l.backward(undefined, { retainGraph: true });
    const once = x.grad!.data();
    l.backward();
    expect([...x.grad!.data()]).toEqual([...once].map((v) => Math.fround(2 * v)));
    expect(() => l.backward()).toThrow(GradientError);
  });
});

describe("a change in place after saving", () => {
  const cases: Record<string, (x: Tensor, other: Tensor) => [y: Tensor, changed: Tensor]> = {
    mul: (x, other) => [mul(x, other), other],
    square: (x) => [square(x), x],
    matmul: (x, other) => [matmul(x, other), other],
    linear: (x, other) => [linear(x, other), x],
    exp: (x) => {
      const y = exp(x);
      return [y, y];
    },
    sigmoid: (x) => {
      const y = sigmoid(x);
      return [y, y];
    },
    relu: (x) => {
      const y = relu(x);
      return [y, detach(y)];
    },
  };
  test.each(Object.entries(cases))("makes backward throw, naming %s", (name, make) => {
    const x = leaf([1, 2, 3, 4], [2, 2]);
    const [y, changed] = make(x, tensor([1, 2, 3, 4], [2, 2]));
    changed.set([5, 6, 7, 8]);
    expect(() => sum(y).backward()).toThrow(GradientError);
    const [again, target] = make(x, tensor([1, 2, 3, 4], [2, 2]));
    slice(target, 0, 1).set([5, 6]);
    expect(() => sum(again).backward()).toThrow(new RegExp(`^${name} saved a tensor`));
  });

  test("does not matter to ops that do not need the values", () => {
    const x = leaf([1, 2]);
    const y = add(x, 1);
    x.set([5, 6]);
    y.set([0, 0]);
    sum(y).backward();
    expect([...x.grad!.data()]).toEqual([1, 1]);
  });

  test("of an integer index counts too", () => {
    const x = leaf([1, 2, 3, 4], [2, 2]);
    const index = tensor(new Int32Array([1, 0]));
    const y = gatherRows(x, index);
    index.set([0, 0]);
    expect(() => sum(y).backward()).toThrow(/^gatherRows saved/);
  });
});

describe("noGrad()", () => {
  test("keeps no graph, nests, and ends with an exception", () => {
    const x = leaf([1, 2]);
    const inside = noGrad(() => noGrad(() => square(x)));
    expect([inside.requiresGrad, inside.node]).toEqual([false, undefined]);
    expect(() =>
      noGrad(() => {
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(square(x).requiresGrad).toBe(true);
    expect(() => sum(inside).backward()).toThrow(GradientError);
  });

  test("a detached tensor takes no part in the gradient", () => {
    const x = leaf([3]);
    mul(x, detach(x)).backward();
    expect(x.grad!.item()).toBe(3);
  });
});

describe("disposing before backward", () => {
  test("of results and constants on the way changes nothing", () => {
    const x = leaf([1, 2]);
    const c = tensor([3, 4]);
    const y = mul(x, c);
    const z = exp(y);
    const joined = concat([z, y]);
    const l = sum(joined);
    for (const t of [c, y, z, joined]) t.dispose();
    l.backward();
    const expected = [1, 2].map((v, k) => (k + 3) * (Math.exp(v * (k + 3)) + 1));
    for (const [k, g] of [...x.grad!.data()].entries()) expect(Math.abs(g / expected[k]! - 1)).toBeLessThan(1e-6);
  });

  test("of a view of a parameter changes nothing", () => {
    const w = new Parameter([4]);
    w.set([1, 2, 3, 4]);
    const x = leaf([5, 6, 7, 8], [2, 2]);
    const v = w.reshape([2, 2]);
    const l = mul(x, v).sum();
    v.dispose();
    l.backward();
    expect([...x.grad!.data(), ...w.grad!.data()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    w.requiresGrad = false;
    const frozen = w.reshape([2, 2]);
    const again = mul(x, frozen).sum();
    frozen.dispose();
    again.backward();
    expect([...x.grad!.data()]).toEqual([2, 4, 6, 8]);
    w.dispose();
  });

  test("of the leaf itself: the others still get their gradients", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const l = sum(mul(x, w));
    x.dispose();
    l.backward();
    expect([...w.grad!.data()]).toEqual([1, 2]);
  });

  test("of the result itself: backward throws a DisposedError", () => {
    const x = leaf([1]);
    const l = exp(x);
    l.dispose();
    expect(() => l.backward()).toThrow(DisposedError);
    expect(x.grad).toBeUndefined();
  });

  test("of everything but the result, by scope: the gradient is the same", () => {
    const x = leaf([1, 2]);
    const l = scope(() => sum(mul(square(x), 3)));
    l.backward();
    expect([...x.grad!.data()]).toEqual([6, 12]);
  });

  test("twice is the same as once", () => {
    const x = tensor([1]);
    x.dispose();
    expect(() => x.dispose()).not.toThrow();
    expect(() => square(x)).toThrow(/disposed/);
  });
});

test("backward gives back what only the graph held", () => {
  const before = memory().byKind.eager;
  const x = leaf([1, 2]);
  const l = scope(() => {
    const y = exp(square(x));
    return sum(mul(y, y));
  });
  l.backward();
  l.dispose();
  x.dispose();
  expect(memory().byKind.eager).toEqual(before);
});

test("backward refuses what has no gradient, several items without a seed, and a seed of another shape", () => {
  expect(() => sum(tensor([1])).backward()).toThrow(/nothing here requires a gradient/);
  expect(() => leaf([1, 2]).backward()).toThrow(/shape \[2\]/);
  expect(() => leaf([1, 2]).backward(tensor([1]))).toThrow(/shape \[1\].*\[2\]/);
});
