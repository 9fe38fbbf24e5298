import { describe, expect, test } from "vitest";
import * as n from "../../src/index";
import type { Value } from "../../src/ops/define";
import type { Shape } from "../../src/tensor/shape";
import { noLeaks } from "../leaks";
import { random } from "./operands";
import { broadcast, f32, ulps } from "./reference";

noLeaks();

const SPECIAL = [0, -0, 1, -1, 0.5, -2.5, 3, 1e-40, -1e-40, 1e-38, 3e38, -3e38, 1e-5, 80, -80, 100, -100, Infinity, -Infinity, NaN];

type Unary = (x: number) => number;
/** Name, float64 value, most ulp away from the rounded one; denormal results may be 0. */
const UNARY: readonly (readonly [keyof typeof n & string, Unary, number])[] = [
  ["neg", (x) => -x, 0],
  ["abs", Math.abs, 0],
  ["sign", Math.sign, 0],
  ["square", (x) => x * x, 0],
  ["sqrt", Math.sqrt, 0],
  ["reciprocal", (x) => 1 / x, 0],
  ["exp", Math.exp, 2],
  ["log", Math.log, 2],
  ["relu", (x) => (x > 0 ? x : x === 0 || x < 0 ? 0 : Number.NaN), 0],
  ["sigmoid", (x) => 1 / (1 + Math.exp(-x)), 3],
  ["tanh", Math.tanh, 2],
];

const next = random(31);
const many = [...Array.from({ length: 5000 }, () => 20 * next() - 10), ...Array.from({ length: 2000 }, () => (next() - 0.5) * 1e-3)];

describe.each(UNARY)("%s", (name, exact, bound) => {
  const f = n[name] as (x: n.Tensor) => n.Tensor;
  const check = (values: readonly number[]) =>
    n.scope(() => {
      const x = f32(values);
      const y = f(n.tensor(x)).data() as Float32Array;
      for (const [k, v] of [...x].entries())
        expect(ulps(y[k]!, exact(v)), `${name}(${v}) = ${y[k]}, expected ${exact(v)}`).toBeLessThanOrEqual(bound);
    });

  test(`within ${bound} ulp of the float64 value, for 7000 numbers (two tiles and a rest)`, () => check(many));
  test(`within ${bound} ulp for zeros, denormals, infinities and NaN, results below 2^-126 counting as 0`, () => check(SPECIAL));
  test("at every length from 0 to 20, and in place for a view off the alignment", () => {
    for (let length = 0; length <= 20; length++) check(many.slice(0, length));
    n.scope(() => {
      const x = f32(many.slice(0, 30));
      const base = n.tensor(x);
      expect(f(n.slice(base, 3, 24)).data()).toEqual(f(n.tensor(x.slice(3, 24))).data());
      expect(base.data()).toEqual(x);
    });
  });
});

const bool = (b: boolean) => (b ? 1 : 0);
const nan = (f: (a: number, b: number) => number) => (a: number, b: number) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : f(a, b));
const BINARY: readonly (readonly [keyof typeof n & string, (a: number, b: number) => number])[] = [
  ["add", (a, b) => a + b],
  ["sub", (a, b) => a - b],
  ["mul", (a, b) => a * b],
  ["div", (a, b) => a / b],
  ["maximum", nan(Math.max)],
  ["minimum", nan(Math.min)],
  ["eq", (a, b) => bool(a === b)],
  ["ne", (a, b) => bool(a !== b)],
  ["gt", (a, b) => bool(a > b)],
  ["ge", (a, b) => bool(a >= b)],
  ["lt", (a, b) => bool(a < b)],
  ["le", (a, b) => bool(a <= b)],
];

/** Every way in which up to four dimensions can be shared, or stretched on either side: 3 to the power of 1 to 4. */
function patterns(): [Shape, Shape][] {
  const list: [Shape, Shape][] = [];
  for (let rank = 1; rank <= 4; rank++)
    for (let code = 0; code < 3 ** rank; code++) {
      const kinds = Array.from({ length: rank }, (_, k) => Math.floor(code / 3 ** k) % 3);
      const size = (k: number) => [2, 3, 5, 6][k]!;
      list.push([kinds.map((kind, k) => (kind === 1 ? 1 : size(k))), kinds.map((kind, k) => (kind === 2 ? 1 : size(k)))]);
    }
  return list;
}

describe.each(BINARY)("%s", (name, exact) => {
  const f = n[name] as (a: Value, b: Value) => n.Tensor;
  const compare = (a: n.Tensor, b: n.Tensor) => {
    const y = f(a, b);
    const [shape, pairs] = broadcast(a, b);
    expect(y.shape).toEqual(shape);
    expect(y.data()).toEqual(Float32Array.from(pairs, ([p, q]) => exact(p, q)));
  };
  const make = (shape: Shape, seed: number) => {
    const draw = random(seed);
    // few different values, so that equal ones meet
    return n.tensor(
      Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => Math.round(8 * draw() - 4) / 2),
      shape,
    );
  };

  test("correctly rounded for every broadcast of up to four dimensions", () => {
    for (const [a, b] of patterns()) n.scope(() => compare(make(a, 1), make(b, 2)));
  });

  test("for operands of different ranks, numbers, no items, and more dimensions that collapse to four", () => {
    const shapes: [Shape, Shape][] = [
      [[], []],
      [[], [3]],
      [[7], [2, 3, 7]],
      [[2, 3, 7], [7]],
      [
        [4, 1],
        [2, 3, 1, 5],
      ],
      [[0], [1]],
      [
        [3, 0],
        [3, 1],
      ],
      [
        [2, 3, 1, 1, 2, 2],
        [1, 1, 2, 3, 1, 1],
      ],
      [[9001], [9001]],
      [[2, 4500], [1]],
      [
        [70, 1],
        [1, 70],
      ],
    ];
    for (const [a, b] of shapes) n.scope(() => compare(make(a, 3), make(b, 4)));
    n.scope(() => {
      const x = make([3, 5], 5);
      expect(f(x, 1.5).data()).toEqual(Float32Array.from(x.data(), (v) => exact(v, 1.5)));
      expect(f(-0.5, x).data()).toEqual(Float32Array.from(x.data(), (v) => exact(-0.5, v)));
    });
  });

  test("for every pair of zeros, denormals, infinities and NaN", () => {
    n.scope(() => compare(n.tensor(f32(SPECIAL), [SPECIAL.length, 1]), n.tensor(f32(SPECIAL))));
  });
});

test("shapes that do not broadcast, and five dimensions that alternate, are ShapeErrors with both shapes", () => {
  n.scope(() => {
    expect(() => n.add(n.zeros([2, 3]), n.zeros([2]))).toThrow(/add: \[2, 3\] and \[2\]/);
    expect(() => n.add(n.zeros([2, 1, 2, 1, 2]), n.zeros([1, 2, 1, 2, 1]))).toThrow(n.ShapeError);
    expect(() => n.add(n.zeros([2]), n.tensor(new Int32Array(2)))).toThrow(n.DTypeError);
  });
});

test("eqI32 compares whole numbers that f32 cannot tell apart", () => {
  n.scope(() => {
    const a = n.tensor(new Int32Array([2 ** 24, 2 ** 24 + 1, -1, 2 ** 31 - 1, 0]));
    const b = n.tensor(new Int32Array([2 ** 24 + 1, 2 ** 24 + 1, -1, -(2 ** 31), 0]));
    expect([...n.eqI32(a, b).data()]).toEqual([0, 1, 1, 0, 1]);
    expect([...n.eqI32(n.reshape(a, [5, 1]), b).data()].reduce((s, v) => s + v)).toBe(4);
    expect([...n.toF32(a).data()]).toEqual([...a.data()].map(Math.fround));
    expect(() => n.eqI32(a, n.zeros([5]))).toThrow(n.DTypeError);
  });
});
