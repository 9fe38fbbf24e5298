import { expect, test } from "vitest";
import { add, mul, Parameter, square, sum, tensor, zeros } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();
const leaf = (values: number[]) => tensor(values, [values.length], { requiresGrad: true });

test("a tensor used twice gets the sum of both gradients", () => {
  const x = leaf([1, 2, 3]);
  sum(add(mul(x, x), mul(x, 4))).backward();
  expect([...x.grad!.data()]).toEqual([6, 8, 10]);
});

test("the same operand on both sides of one op counts twice", () => {
  const x = leaf([1, -2]);
  sum(add(x, x)).backward();
  expect([...x.grad!.data()]).toEqual([2, 2]);
});

test("gradients add up over calls of backward, in place, until they are dropped", () => {
  const x = leaf([1, 2]);
  sum(square(x)).backward();
  const first = x.grad!;
  sum(mul(x, 3)).backward();
  expect(x.grad).toBe(first);
  expect([...x.grad!.data()]).toEqual([5, 7]);
  x.grad!.dispose();
  x.grad = undefined;
  sum(mul(x, 3)).backward();
  expect([...x.grad!.data()]).toEqual([3, 3]);
});

test("two leaves of one sum hold gradients of their own, not one storage", () => {
  const [a, b] = [leaf([1, 2]), leaf([3, 4])];
  const seed = tensor([1, 1]);
  add(a, b).backward(seed);
  add(a, b).backward(seed);
  expect(a.grad!.storage).not.toBe(b.grad!.storage);
  expect([[...a.grad!.data()], [...b.grad!.data()], [...seed.data()]]).toEqual([
    [2, 2],
    [2, 2],
    [1, 1],
  ]);
});

test("the seed stays the caller's: adding to a gradient does not change it", () => {
  const x = leaf([1, 2]);
  const seed = tensor([5, 6]);
  add(x, zeros([2])).backward(seed);
  x.grad!.set([0, 0]);
  expect([...seed.data()]).toEqual([5, 6]);
});

test("backward of a leaf itself gives 1", () => {
  const x = tensor(3, [], { requiresGrad: true });
  x.backward();
  expect(x.grad!.item()).toBe(1);
});

test("a long chain does not overflow the stack", () => {
  const x = leaf([1]);
  let y = x;
  for (let k = 0; k < 20_000; k++) y = add(y, 1);
  sum(y).backward();
  expect(x.grad!.item()).toBe(1);
});

test("many paths through shared results are walked once each, not once a path", () => {
  const x = leaf([1]);
  let y = x;
  for (let k = 0; k < 60; k++) y = add(y, y);
  y.backward();
  expect(x.grad!.item()).toBe(2 ** 60);
});

test("frozen leaves and integers get no gradient", () => {
  const p = new Parameter([2]);
  const q = new Parameter([2]);
  q.requiresGrad = false;
  sum(mul(p, add(q, 1))).backward();
  expect([...p.grad!.data()]).toEqual([1, 1]);
  expect(q.grad).toBeUndefined();
  p.dispose();
  q.dispose();
});
