import { describe, expect, test } from "vitest";
import * as n from "../../src/index";
import { sameShape } from "../../src/tensor/shape";
import { noLeaks } from "../leaks";
import { distance, type GoldenArray, type Named, read, toTensor } from "./files";

noLeaks();

interface Case {
  name: string;
  op: string;
  inputs: Named<GoldenArray>;
  attrs: {
    dim?: number | number[] | null;
    keepdim?: boolean;
    reduction?: "mean" | "sum" | "none";
    dims?: [number, number];
    start?: number;
    end?: number;
  };
  output?: GoldenArray;
  outputs?: Named<GoldenArray>;
  upstream: GoldenArray;
  gradients: Named<GoldenArray>;
}

type T = n.Tensor;
type Run = (inputs: readonly T[], attrs: Case["attrs"]) => T;
const dimsOf = ({ dim }: Case["attrs"]) => dim ?? undefined;
const dimOf = ({ dim }: Case["attrs"]) => dim as number;

/** The largest item over several dimensions, one at a time. */
const amax: Run = ([x], { dim, keepdim }) => {
  const rank = x!.rank;
  const dims = (dim as number[] | null | undefined)?.map((d) => (d < 0 ? d + rank : d)) ?? x!.shape.map((_, k) => k);
  return [...dims].sort((a, b) => b - a).reduce((y, d) => n.max(y, d, keepdim), x!);
};

/** PyTorch's name, and what it is here. */
const RUN: Record<string, Run> = {
  ...Object.fromEntries(
    (["add", "sub", "mul", "div", "maximum", "minimum"] as const).map((name): [string, Run] => [name, ([a, b]) => n[name](a!, b!)]),
  ),
  ...Object.fromEntries(
    (["neg", "abs", "square", "sqrt", "reciprocal", "exp", "log", "relu", "sigmoid", "tanh"] as const).map((name): [string, Run] => [
      name,
      ([x]) => n[name](x!),
    ]),
  ),
  sum: ([x], a) => n.sum(x!, dimsOf(a), a.keepdim),
  mean: ([x], a) => n.mean(x!, dimsOf(a), a.keepdim),
  amax,
  max: ([x], a) => n.max(x!, dimOf(a)),
  softmax: ([x], a) => n.softmax(x!, dimOf(a)),
  log_softmax: ([x], a) => n.logSoftmax(x!, dimOf(a)),
  cross_entropy: ([x, y], { reduction }) => n.crossEntropy(x!, y!, { reduction: reduction! }),
  mse_loss: ([x, y], { reduction }) => n.mse(x!, y!, { reduction: reduction! }),
  matmul: ([a, b]) => n.matmul(a!, b!),
  linear: ([x, w, b]) => n.linear(x!, w!, b),
  transpose: ([x], { dims }) => n.transpose(x!, ...dims!),
  concat: (xs, a) => n.concat(xs, dimOf(a)),
  slice: ([x], a) => n.slice(x!, a.start!, a.end!, dimOf(a)),
  where: ([c, a, b]) => n.where(n.toF32(c!), a!, b!),
  gather_rows: ([x, index]) => n.gatherRows(x!, index!),
};

/** Where both differ on purpose: equal largest items share the gradient in amax, here the first one has it. */
const OTHER_GRADIENT = ["amax ties share the gradient"];

const { cases } = read<{ cases: Case[] }>("ops.json");

test("every op in the golden file is one that is compared", () => {
  expect([...new Set(cases.map((c) => c.op))].filter((op) => !(op in RUN))).toEqual([]);
});

describe("values and gradients within 2e-6 of PyTorch, relative to the largest item of each", () => {
  test.each(cases.map((c) => [c.name, c] as const))("%s", (_, c) => {
    n.scope(() => {
      const inputs = Object.entries(c.inputs).map(([name, a]) => [name, toTensor(a)] as const);
      for (const [, t] of inputs) t.requiresGrad = t.dtype === "f32";
      const y = RUN[c.op]!(
        inputs.map(([, t]) => t),
        c.attrs,
      );
      const expected = c.output ?? c.outputs!.values!;
      expect(sameShape(y.shape, expected.shape), `shape ${y.shape}, expected ${expected.shape}`).toBe(true);
      expect(distance(y.data(), expected.data)).toBeLessThan(2e-6);
      if (c.outputs?.indices !== undefined) expect([...n.argmax(inputs[0]![1], dimOf(c.attrs)).data()]).toEqual(c.outputs.indices.data);
      y.backward(toTensor(c.upstream));
      if (OTHER_GRADIENT.includes(c.name)) return;
      const grads = inputs.filter(([name]) => name in c.gradients);
      expect(grads.length).toBe(Object.keys(c.gradients).length);
      for (const [name, t] of grads) expect(distance(t.grad!.data(), c.gradients[name]!.data), `gradient of ${name}`).toBeLessThan(2e-6);
    });
  });
});
