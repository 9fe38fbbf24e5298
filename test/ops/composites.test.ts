import { describe, expect, test } from "vitest";
import { add, div, gt, mul, sub } from "../../src/ops/binary";
import { matmul } from "../../src/ops/matmul";
import { mean, sum } from "../../src/ops/reduce";
import { clamp, max, where } from "../../src/ops/select";
import { concat, expand, rows, slice, transpose } from "../../src/ops/shape";
import { logSoftmax, softmax } from "../../src/ops/softmax";
import { exp, log, neg, pow, relu, sigmoid, square, tanh } from "../../src/ops/unary";
import { type Shape, sizeOf } from "../../src/tensor/shape";
import { fromValues, scope, type Tensor } from "../../src/tensor/tensor";
import { noLeaks } from "../leaks";
import { analytic, compare, differences } from "./differences";
import { grid, random } from "./operands";

noLeaks();

interface Case {
  of: readonly Shape[];
  f: (...inputs: Tensor[]) => Tensor;
  positive?: boolean;
}

const CASES: Record<string, Case> = {
  "pow, cube": { of: [[3, 5]], f: (x) => pow(x, 3) },
  "pow, seventh": { of: [[7]], f: (x) => pow(x, 7), positive: true },
  "pow, first": { of: [[7]], f: (x) => pow(x, 1) },
  "pow, zeroth": { of: [[7]], f: (x) => pow(x, 0) },
  "pow, inverse cube": { of: [[7]], f: (x) => pow(x, -3), positive: true },
  "pow, root": { of: [[7]], f: (x) => pow(x, 0.5), positive: true },
  "pow, 1.7": { of: [[7]], f: (x) => pow(x, 1.7), positive: true },
  "pow, -0.3": { of: [[7]], f: (x) => pow(x, -0.3), positive: true },
  clamp: { of: [[23]], f: (x) => clamp(x, -1, 0.9) },
  "mean of all": { of: [[3, 5]], f: (x) => mean(x) },
  "mean of outer dimensions": { of: [[2, 3, 4]], f: (x) => mean(x, [0, -1]) },
  "matmul, vector with vector": { of: [[5], [5]], f: matmul },
  "matmul, vector with matrix": { of: [[5], [5, 3]], f: matmul },
  "matmul, matrix with vector": { of: [[3, 5], [5]], f: matmul },
  "matmul, stack of rows": {
    of: [
      [2, 3, 4],
      [4, 5],
    ],
    f: matmul,
  },
  "matmul, stacks": {
    of: [
      [3, 2, 4],
      [3, 4, 5],
    ],
    f: matmul,
  },
  "softmax along the first dimension": { of: [[4, 3]], f: (x) => softmax(x, 0) },
  "logSoftmax along a middle dimension": { of: [[2, 4, 3]], f: (x) => logSoftmax(x, 1) },
  "transposed and sliced": { of: [[4, 6]], f: (x) => slice(transpose(x), -5, -1) },
  "one number against a tensor": { of: [[3, 5]], f: (x) => sub(2, div(x, 3)) },
  "a tensor used in five places": { of: [[3, 3]], f: (x) => add(mul(x, x), sub(matmul(x, transpose(x)), div(exp(x), 2))) },
  "branches that join": { of: [[4, 3], [3]], f: (x, b) => concat([relu(add(x, b)), tanh(mul(x, b)), sigmoid(x)], 1) },
  "a choice by comparison": { of: [[3, 5], [5]], f: (a, b) => where(gt(a, b), square(a), neg(b)) },
  "variance of rows": { of: [[3, 5]], f: (x) => mean(square(sub(x, mean(x, 1, true))), 1) },
  "log of a sum of exponentials": {
    of: [[3, 5]],
    f: (x) => {
      const m = max(x, 1, true);
      return add(log(sum(exp(sub(x, m)), 1, true)), m);
    },
  },
  "expanded rows": { of: [[4, 1, 3]], f: (x) => mul(rows(expand(x, [4, 2, 3]), 1, 3), 2) },
};

describe("gradient within 2e-3 of central differences, relative to its largest item or 1", () => {
  test.each(Object.entries(CASES))("%s", (_, { of, f, positive = false }) => {
    scope(() => {
      const all = grid(
        of.reduce((n, s) => n + sizeOf(s), 0),
        positive,
        random(11),
      );
      const starts = of.map((_, k) => of.slice(0, k).reduce((n, s) => n + sizeOf(s), 0));
      const values = of.map((s, k) => Float32Array.from(all.slice(starts[k], starts[k]! + sizeOf(s))));
      const leaves = of.map((s, k) => fromValues(values[k]!, s, "f32"));
      const grads = analytic(() => f(...leaves), leaves);
      for (const [k, g] of grads.entries()) {
        expect(leaves[k]!.grad?.shape).toEqual(of[k]);
        const moved = (v: Float32Array) => f(...of.map((s, j) => fromValues(j === k ? v : values[j]!, s, "f32")));
        compare(g!, differences(moved, values[k]!), 2e-3);
      }
    });
  });
});
