import { expect, it } from "vitest";
import { Linear, manualSeed, matmul, mean, reshape, scope, tensor } from "../../src/index";
import { noLeaks } from "../leaks";

noLeaks();

it("a view of a parameter that a scope disposes still serves the gradient", () => {
  manualSeed(1);
  const layer = new Linear(2, 3, { bias: false });
  const x = tensor([[1, 2, 3]], undefined, { requiresGrad: true });
  const loss = scope(() => mean(matmul(x, reshape(layer.weight, [3, 2]))));
  loss.backward();
  expect([...layer.weight.grad!.data()]).toEqual([0.5, 0.5, 1, 1, 1.5, 1.5]);
  const w = layer.weight.data();
  const rowMeans = [0, 1, 2].map((k) => (w[2 * k]! + w[2 * k + 1]!) / 2);
  for (const [k, g] of [...x.grad!.data()].entries()) expect(g).toBeCloseTo(rowMeans[k]!, 6);
  layer.dispose();
});
