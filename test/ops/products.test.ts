import { describe, expect, test } from "vitest";
import { Flatten, linear, matmul, ones, ShapeError, scope, slice, type Tensor, tensor } from "../../src/index";
import { matmulOp } from "../../src/ops/matmul";
import { noLeaks } from "../leaks";
import { random } from "./operands";
import { indices } from "./reference";

noLeaks();

const make = (shape: readonly number[], seed: number): Tensor => {
  const next = random(seed);
  return tensor(
    Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => 2 * next() - 1),
    shape,
  );
};

/** a (m, k) times b (k, n) in float64, and for each item the sum of magnitudes of its terms. */
function exact(a: ArrayLike<number>, b: ArrayLike<number>, m: number, n: number, k: number): [values: number[], magnitudes: number[]] {
  const values: number[] = [];
  const magnitudes: number[] = [];
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let [s, t] = [0, 0];
      for (let c = 0; c < k; c++) {
        const p = a[i * k + c]! * b[c * n + j]!;
        s += p;
        t += Math.abs(p);
      }
      values.push(s);
      magnitudes.push(t);
    }
  return [values, magnitudes];
}

function expectClose(actual: ArrayLike<number>, [values, magnitudes]: [number[], number[]], terms: number): void {
  expect(actual.length).toBe(values.length);
  // gamma_k of Higham with the terms added in order at worst, and one more for a bias
  const gamma = (terms + 2) * 2 ** -24;
  for (const [k, v] of values.entries())
    if (!(Math.abs(actual[k]! - v) <= gamma * magnitudes[k]!)) throw new Error(`item ${k} is ${actual[k]}, expected ${v}`);
}

const transposed = (x: Tensor): Tensor => {
  const [r, c] = x.shape as [number, number];
  const values = x.data();
  return tensor(
    Float32Array.from(indices([c, r]), ([i, j]) => values[j! * c + i!]!),
    [c, r],
  );
};

const SIZES = [
  [1, 1, 1],
  [3, 4, 5],
  [1, 9, 7],
  [9, 1, 7],
  [1, 1, 300],
  [8, 8, 8],
  [17, 19, 33],
  [64, 64, 64],
  [65, 67, 66],
  [130, 40, 500],
  [5, 300, 70],
  [300, 5, 70],
  [0, 3, 4],
  [3, 0, 4],
  [3, 4, 0],
] as const;

describe("within (k + 2) half-ulps of the sum of magnitudes of the float64 value", () => {
  test.each(SIZES)("products (%i, %i) over %i terms, in all three forms, also inside larger tensors", (m, n, k) => {
    scope(() => {
      const [a, b] = [make([m, k], 1), make([k, n], 2)];
      const expected = exact(a.data(), b.data(), m, n, k);
      const nn = matmulOp([a, b], { form: "NN" });
      expect(nn.shape).toEqual([m, n]);
      expectClose(nn.data(), expected, k);
      expectClose(matmulOp([transposed(a), b], { form: "TN" }).data(), expected, k);
      expectClose(matmulOp([a, transposed(b)], { form: "NT" }).data(), expected, k);
      const wide = tensor(
        Float32Array.of(...new Array<number>(3 * k).fill(Number.NaN), ...a.data(), ...new Array<number>(k).fill(Number.NaN)),
        [m + 4, k],
      );
      expect(matmul(slice(wide, 3, m + 3), b).data()).toEqual(nn.data());
    });
  });

  test.each(SIZES)("linear (%i, %i) over %i terms, with and without bias: the bias added to the finished sum", (m, n, k) => {
    scope(() => {
      const [x, w, bias] = [make([m, k], 3), make([n, k], 4), make([n], 5)];
      const plain = linear(x, w);
      expectClose(plain.data(), exact(x.data(), transposed(w).data(), m, n, k), k);
      const b = bias.data();
      expect(linear(x, w, bias).data()).toEqual(plain.data().map((v, j) => Math.fround(v + b[j % n]!)));
    });
  });
});

test("vectors and stacks: each as the matrix products they are made of", () => {
  scope(() => {
    const [v, w, m] = [make([7], 1), make([7], 2), make([7, 5], 3)];
    const dot = matmul(v, w);
    expect(dot.shape).toEqual([]);
    expectClose(dot.data(), exact(v.data(), w.data(), 1, 1, 7), 7);
    const left = matmul(v, m);
    expect(left.shape).toEqual([5]);
    expectClose(left.data(), exact(v.data(), m.data(), 1, 5, 7), 7);
    const right = matmul(make([4, 7], 4), v);
    expect(right.shape).toEqual([4]);
    expectClose(right.data(), exact(make([4, 7], 4).data(), v.data(), 4, 1, 7), 7);
    const rows = matmul(make([2, 3, 7], 5), m);
    expect(rows.shape).toEqual([2, 3, 5]);
    expectClose(rows.data(), exact(make([2, 3, 7], 5).data(), m.data(), 6, 5, 7), 7);
    const rest = matmul(make([2, 3, 7], 5), v);
    expect(rest.shape).toEqual([2, 3]);
    for (const stack of [[3], [2, 3]]) {
      const [a, b] = [make([...stack, 4, 7], 6), make([...stack, 7, 5], 7)];
      const y = matmul(a, b);
      expect(y.shape).toEqual([...stack, 4, 5]);
      const [av, bv, yv] = [a.data(), b.data(), y.data()];
      for (let s = 0; s < y.size / 20; s++)
        expectClose(
          yv.subarray(20 * s, 20 * s + 20),
          exact(av.subarray(28 * s, 28 * s + 28), bv.subarray(35 * s, 35 * s + 35), 4, 5, 7),
          7,
        );
    }
    expect(matmul(make([0, 2, 3], 1), make([0, 3, 4], 2)).shape).toEqual([0, 2, 4]);
  });
});

test("linear takes x of any rank above 0", () => {
  scope(() => {
    const [w, b] = [make([4, 3], 1), make([4], 2)];
    for (const shape of [[3], [2, 3], [2, 5, 3], [0, 3], [2, 1, 2, 3]])
      expect(linear(make(shape, 3), w, b).shape).toEqual([...shape.slice(0, -1), 4]);
  });
});

test("Flatten keeps the width of rows where there are none", () => {
  scope(() => expect(new Flatten().forward(ones([0, 3, 4])).shape).toEqual([0, 12]));
});

test("infinities and NaN reach every item they take part in, and no other", () => {
  scope(() => {
    for (const [m, n, k] of SIZES.filter((s) => s[0] > 1 && s[1] > 1 && s[2] > 1)) {
      const a = make([m, k], 1);
      const values = a.data() as Float32Array;
      values[k + 1] = Number.NaN;
      values[0] = Infinity;
      const y = matmul(tensor(values, [m, k]), ones([k, n])).data();
      expect([...y].every((v, j) => (j < n ? v === Infinity : j < 2 * n ? Number.isNaN(v) : Number.isFinite(v)))).toBe(true);
      // 0 times NaN is NaN: no term may be skipped
      const z = matmul(tensor(new Float32Array(m * k), [m, k]), tensor(new Float32Array(k * n).fill(Number.NaN), [k, n])).data();
      expect([...z].every(Number.isNaN)).toBe(true);
    }
  });
});

test("shapes that do not fit are ShapeErrors with both shapes", () => {
  scope(() => {
    for (const [a, b] of [
      [
        [2, 3],
        [2, 3],
      ],
      [[3], [2]],
      [[], [3]],
      [
        [2, 3, 4],
        [3, 4, 5],
      ],
      [
        [2, 3, 4, 5],
        [3, 2, 5, 4],
      ],
    ])
      expect(() => matmul(ones(a!), ones(b!))).toThrow(ShapeError);
    expect(() => matmul(ones([2, 3]), ones([2, 3]))).toThrow(/\[2, 3\].*\[2, 3\]/);
    expect(() => linear(ones([2, 3]), ones([4, 2]))).toThrow(/\[2, 3\].*\[4, 2\]/);
    expect(() => linear(ones([2, 3]), ones([4, 3]), ones([3]))).toThrow(/bias is \[3\], expected \[4\]/);
  });
});
