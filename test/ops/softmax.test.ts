import { describe, expect, test } from "vitest";
import { crossEntropy, logSoftmax, mse, ShapeError, scope, softmax, type Tensor, tensor } from "../../src/index";
import { noLeaks } from "../leaks";
import { random } from "./operands";
import { indices } from "./reference";

noLeaks();

const make = (shape: readonly number[], spread: number, seed = 1): Tensor => {
  const next = random(seed);
  return tensor(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => spread * (2 * next() - 1)),
    shape,
  );
};

/** Positions in the flat values of each row along a dimension. */
function lines(shape: readonly number[], dim: number): number[][] {
  const step = shape.slice(dim + 1).reduce((p, d) => p * d, 1);
  const starts = [...indices(shape)].flatMap((index, k) => (index[dim] === 0 ? [k] : []));
  return starts.map((s) => Array.from({ length: shape[dim]! }, (_, k) => s + k * step));
}

function logExact(row: readonly number[]): number[] {
  const m = Math.max(...row);
  const total = Math.log(row.reduce((s, v) => s + Math.exp(v - m), 0));
  return row.map((v) => v - m - total);
}

describe("along every dimension, for values up to 1, 30 and 1000", () => {
  test.each([[[1]], [[7]], [[3, 5]], [[2, 3, 4]], [[4, 1]], [[0, 3]], [[3, 0]], [[2, 130]], [[70, 33]]])(
    "%j: softmax p within (1e-6 + 2^-23 |log p|) p or 1e-37, logSoftmax within 4e-7 of its row's largest magnitude or 1",
    (shape) => {
      for (const spread of [1, 30, 1000])
        for (const dim of shape.keys())
          scope(() => {
            const x = make(shape, spread);
            const [p, l] = [softmax(x, dim), logSoftmax(x, dim - shape.length)];
            expect([p.shape, l.shape]).toEqual([shape, shape]);
            const [xv, pv, lv] = [x.data(), p.data(), l.data()];
            for (const line of lines(shape, dim)) {
              const expected = logExact(line.map((k) => xv[k]!));
              const most = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
              for (const [j, k] of line.entries()) {
                const e = Math.exp(expected[j]!);
                expect(Math.abs(pv[k]! - e)).toBeLessThanOrEqual((1e-6 + 2 ** -23 * Math.abs(expected[j]!)) * e + 1e-37);
                expect(Math.abs(lv[k]! - expected[j]!)).toBeLessThanOrEqual(4e-7 * most);
              }
            }
          });
    },
  );
});

test("softmax: rows sum to 1 within 3e-7, a shift that rounds nothing changes nothing, NaN makes its row NaN, -Infinity counts as nothing", () => {
  scope(() => {
    const x = tensor(
      Float32Array.from({ length: 6 * 40 }, (_, k) => ((k * 37) % 101) / 8),
      [6, 40],
    );
    const p = softmax(x);
    for (let r = 0; r < 6; r++)
      expect(Math.abs([...p.data().subarray(40 * r, 40 * r + 40)].reduce((s, v) => s + v, 0) - 1)).toBeLessThan(3e-7);
    expect(softmax(x.add(64)).data()).toEqual(p.data());
    const y = tensor([
      [1, Number.NaN, 2, 3, 1],
      [1, -Infinity, 1, -Infinity, -Infinity],
      [Infinity, 1, 1, 1, 1],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    ]);
    const rows = softmax(y).toArray() as number[][];
    expect(rows[0]!.every(Number.isNaN)).toBe(true);
    expect(rows[1]).toEqual([0.5, 0, 0.5, 0, 0]);
    expect(rows[2]!.some(Number.isNaN)).toBe(true);
    expect(rows[3]!.every(Number.isNaN)).toBe(true);
    expect((logSoftmax(y).toArray() as number[][])[1]!.slice(1, 2)).toEqual([-Infinity]);
    expect(() => softmax(tensor(1))).toThrow(ShapeError);
  });
});

describe("crossEntropy", () => {
  test.each([
    [1, 1],
    [5, 3],
    [7, 10],
    [33, 17],
    [5000, 4],
  ])("(%i, %i) in every reduction: within 1e-6 of the float64 value, or of 1", (rows, cols) => {
    scope(() => {
      const x = make([rows, cols], 8);
      const labels = Int32Array.from({ length: rows }, (_, r) => (r * 7) % cols);
      const values = x.data();
      const each = Array.from(labels, (label, r) => -logExact([...values.subarray(r * cols, (r + 1) * cols)])[label]!);
      const total = each.reduce((s, v) => s + v, 0);
      const y = tensor(labels);
      const close = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(b)));
      const none = crossEntropy(x, y, { reduction: "none" });
      expect(none.shape).toEqual([rows]);
      for (const [r, v] of none.data().entries()) close(v, each[r]!);
      close(crossEntropy(x, y, { reduction: "sum" }).item(), total);
      close(crossEntropy(x, y).item(), total / rows);
    });
  });

  test("a logit that is sure and right costs 0, sure and wrong its distance; NaN stays", () => {
    scope(() => {
      const x = tensor([
        [1000, 0],
        [1000, 0],
        [Number.NaN, 0],
      ]);
      expect([...crossEntropy(x, tensor(new Int32Array([0, 1, 1])), { reduction: "none" }).data()]).toEqual([0, 1000, Number.NaN]);
    });
  });
});

test("mse in every reduction: within 1e-6 of the float64 value; (N) against (N, 1) is taken as columns, other shapes are refused", () => {
  scope(() => {
    const [a, b] = [make([50, 7], 2, 1), make([50, 7], 2, 2)];
    const bv = b.data();
    const each = Array.from(a.data(), (v, k) => (v - bv[k]!) ** 2);
    const total = each.reduce((s, v) => s + v, 0);
    const none = mse(a, b, { reduction: "none" });
    expect(none.shape).toEqual([50, 7]);
    for (const [k, v] of none.data().entries()) expect(Math.abs(v - each[k]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, each[k]!));
    expect(Math.abs(mse(a, b, { reduction: "sum" }).item() / total - 1)).toBeLessThan(1e-6);
    expect(Math.abs(mse(a, b).item() / (total / 350) - 1)).toBeLessThan(1e-6);
    expect(mse(tensor([[1], [2]]), tensor([1, 4])).item()).toBe(2);
    expect(mse(tensor([1, 2]), tensor([[1], [4]])).item()).toBe(2);
    expect(() => mse(a, tensor(new Float32Array(50), [50, 1]))).toThrow(ShapeError);
    expect(() => mse(a, tensor([1]))).toThrow(/\[50, 7\].*\[1\]/);
  });
});
