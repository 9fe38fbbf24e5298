import { describe, expect, test } from "vitest";
import * as n from "../../src/index";
import { noLeaks } from "../leaks";
import { distance, type GoldenArray, read, toTensor } from "./files";

noLeaks();

interface Case {
  name: string;
  loss: n.LossName;
  options: Record<string, unknown>;
  output: GoldenArray;
  target: GoldenArray;
  value: GoldenArray;
  upstream: GoldenArray;
  gradient: GoldenArray;
  target_gradient?: GoldenArray;
}

const { cases } = read<{ cases: Case[] }>("losses.json");

function close(actual: n.Tensor, expected: GoldenArray): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(distance(actual.data(), expected.data)).toBeLessThan(2e-6);
}

describe("values and gradients within 2e-6 of PyTorch, relative to the largest item of each", () => {
  test.each(cases.map((c) => [c.name, c] as const))("%s", (_, c) => {
    n.scope(() => {
      const [x, t] = [toTensor(c.output), toTensor(c.target)];
      x.requiresGrad = true;
      t.requiresGrad = c.target_gradient !== undefined;
      const loss = n[c.loss] as n.ConfiguredLoss;
      const value = loss(x, t, c.options);
      close(value, c.value);
      value.backward(toTensor(c.upstream));
      close(x.grad!, c.gradient);
      if (c.target_gradient !== undefined) close(t.grad!, c.target_gradient);
    });
  });
});

test("every loss but those that PyTorch lacks is compared", () => {
  const compared = new Set(cases.map((c) => c.loss));
  const all = Object.values(n).flatMap((v) =>
    typeof v === "function" && "config" in v && "target" in v ? [(v as n.ConfiguredLoss).type] : [],
  );
  expect(all.filter((name) => !compared.has(name as n.LossName))).toEqual(["binaryHinge", "squaredError"]);
});
