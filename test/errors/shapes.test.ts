import { describe, expect, it } from "vitest";
import {
  accuracy,
  add,
  argmax,
  concat,
  crossEntropy,
  DataError,
  DTypeError,
  div,
  eqI32,
  expand,
  full,
  GradientError,
  gatherRows,
  linear,
  mask,
  matmul,
  max,
  maximum,
  mean,
  mse,
  mul,
  NeuriteError,
  OptionError,
  permute,
  reshape,
  ShapeError,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  where,
  zeros,
} from "../../src/index";
import { noLeaks } from "../leaks";
import { stillTrains } from "../small";

noLeaks();

const a = () => zeros([2, 3]);
const b = () => zeros([4, 5]);
const ints = () => tensor(Int32Array.from([0, 1]));
const both = [/\[2, 3\]/, /\[4, 5\]/];

/** What must fail, with what, saying what. */
const cases: [string, () => unknown, abstract new (...args: never[]) => Error, RegExp[]][] = [
  ["add of shapes that do not broadcast", () => add(a(), b()), ShapeError, [/add/, ...both, /reshape/]],
  ["sub", () => sub(a(), b()), ShapeError, [/sub/, ...both]],
  ["mul", () => mul(a(), b()), ShapeError, [/mul/, ...both]],
  ["div", () => div(a(), b()), ShapeError, [/div/, ...both]],
  ["maximum", () => maximum(a(), b()), ShapeError, [/maximum/, ...both]],
  ["where", () => where(a(), b(), 0), ShapeError, [/where/, ...both]],
  ["matmul with other inner sizes", () => matmul(a(), b()), ShapeError, [/matmul/, ...both]],
  ["matmul of a number", () => matmul(a(), zeros([])), ShapeError, [/matmul/, /\[2, 3\]/]],
  [
    "matmul of stacks of other lengths",
    () => matmul(zeros([2, 3, 4]), zeros([3, 4, 5])),
    ShapeError,
    [/matmul/, /\[2, 3, 4\]/, /\[3, 4, 5\]/],
  ],
  ["matmul with a vector of another length", () => matmul(a(), zeros([4])), ShapeError, [/matmul/, /\[4\]/]],
  ["linear", () => linear(a(), b()), ShapeError, [/linear/, ...both, /last dimension/]],
  ["linear with another bias", () => linear(a(), zeros([4, 3]), zeros([3])), ShapeError, [/bias/, /\[3\]/, /\[4\]/]],
  ["reshape to another size", () => reshape(a(), [4, 2]), ShapeError, [/reshape/, /\[2, 3\]/, /6/, /\[4, 2\]/]],
  ["reshape with what cannot be left", () => reshape(a(), [4, -1]), ShapeError, [/reshape/, /\[4, -1\]/]],
  ["reshape with two open dimensions", () => reshape(a(), [-1, -1]), ShapeError, [/reshape/]],
  ["a negative dimension", () => zeros([2, -1]), ShapeError, [/-1/]],
  ["a fractional dimension", () => full([1.5], 0), ShapeError, [/1\.5/]],
  ["a shape of another size than the data", () => tensor([1, 2, 3], [2, 2]), ShapeError, [/\[2, 2\]/, /4/, /3/]],
  ["ragged arrays", () => tensor([[1], [2, 3]]), ShapeError, [/ragged/, /\[1\]/]],
  ["something that is no number", () => tensor([1, null as unknown as number]), DataError, [/\[1\]/, /null/]],
  ["a tensor of a tensor", () => tensor(a() as never), DataError, [/clone/]],
  ["an unknown dtype", () => tensor([1], [1], { dtype: "f64" as never }), DTypeError, [/f64/]],
  ["a fractional i32", () => tensor([1.5], [1], { dtype: "i32" }), DataError, [/item 0/, /1\.5/]],
  ["a u8 out of range", () => tensor([256], [1], { dtype: "u8" }), DataError, [/256/, /255/]],
  ["set() of a fraction into i32", () => ints().set([0.5, 1]), DataError, [/item 0/, /0\.5/]],
  ["set() of another length", () => a().set([1]), ShapeError, [/6/, /\[2, 3\]/, /got 1/]],
  ["item() of several", () => a().item(), ShapeError, [/\[2, 3\]/, /toArray/]],
  ["permute that names a dimension twice", () => permute(a(), [0, 0]), ShapeError, [/permute/, /\[0, 0\]/]],
  ["transpose of a vector", () => transpose(zeros([3])), ShapeError, [/transpose/, /-2/]],
  ["slice beyond the end", () => slice(a(), 1, 5), ShapeError, [/slice/, /5/, /\[2, 3\]/]],
  ["slice of a dimension that is not there", () => slice(a(), 0, 1, 2), ShapeError, [/slice/, /dimension 2/]],
  ["concat of nothing", () => concat([]), ShapeError, [/concat/]],
  ["concat of other widths", () => concat([a(), zeros([2, 4])]), ShapeError, [/concat/, /\[2, 3\]/, /\[2, 4\]/]],
  ["expand to a shape it does not stretch to", () => expand(a(), [2, 4]), ShapeError, [/expand/, /\[2, 3\]/, /\[2, 4\]/]],
  ["sum of a dimension that is not there", () => sum(a(), 2), ShapeError, [/sum/, /dimension 2/]],
  ["mean of a dimension that is not there", () => mean(a(), -3), ShapeError, [/mean/, /-3/]],
  ["max of nothing", () => max(zeros([2, 0])), ShapeError, [/max/, /\[2, 0\]/]],
  ["argmax of nothing", () => argmax(zeros([2, 0])), ShapeError, [/argmax/, /\[2, 0\]/]],
  ["softmax of a number", () => softmax(zeros([])), ShapeError, [/softmax/]],
  ["integers where floats are needed", () => add(ints(), 1), DTypeError, [/add/, /i32/, /toF32/]],
  ["floats where integers are needed", () => eqI32(a(), a()), DTypeError, [/f32/, /i32/]],
  ["gatherRows by floats", () => gatherRows(a(), a()), DTypeError, [/gatherRows/]],
  ["gatherRows beyond the rows", () => gatherRows(a(), tensor(Int32Array.from([0, 2]))), DataError, [/gatherRows/, /2/, /\[2, 3\]/]],
  ["gatherRows before the first", () => gatherRows(a(), tensor(Int32Array.from([-1]))), DataError, [/gatherRows/, /-1/]],
  ["sum of bytes", () => sum(tensor(Uint8Array.from([1]))), DTypeError, [/sum/, /u8/, /toF32\(\)/]],
  [
    "crossEntropy with other rows",
    () => crossEntropy(a(), tensor(Int32Array.from([0]))),
    ShapeError,
    [/crossEntropy/, /\[2, 3\]/, /\[1\]/],
  ],
  ["crossEntropy of float labels", () => crossEntropy(a(), zeros([2])), DTypeError, [/crossEntropy/, /i32/]],
  [
    "crossEntropy of a label beyond the classes",
    () => crossEntropy(a(), tensor(Int32Array.from([0, 3]))),
    DataError,
    [/crossEntropy/, /item 1/, /3/, /0 to 2/],
  ],
  ["mse of other shapes", () => mse(a(), b()), ShapeError, [/mse/, ...both]],
  ["mse of (N) against (N, 2)", () => mse(zeros([3]), zeros([3, 2])), ShapeError, [/mse/, /\[3\]/, /\[3, 2\]/]],
  ["accuracy with other rows", () => accuracy(a(), tensor(Int32Array.from([0]))), ShapeError, [/accuracy/, /\[2, 3\]/, /\[1\]/]],
  ["a mask that drops everything", () => mask([2], 1), OptionError, [/1/]],
  [
    "backward of several numbers",
    () => tensor([1, 2], undefined, { requiresGrad: true }).square().backward(),
    GradientError,
    [/\[2\]/, /reduce/],
  ],
  [
    "backward from a gradient of another shape",
    () => tensor([1, 2], undefined, { requiresGrad: true }).square().backward(a()),
    GradientError,
    [/\[2, 3\]/, /\[2\]/],
  ],
  ["backward of a constant", () => a().sum().backward(), GradientError, [/requires a gradient/]],
];

describe("a typed error that says what, where and which shapes", () => {
  for (const [name, run, type, says] of cases)
    it(name, () => {
      let caught: unknown;
      try {
        run();
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(type);
      expect(caught).toBeInstanceOf(NeuriteError);
      expect((caught as Error).name).toBe(type.name);
      for (const part of says) expect((caught as Error).message).toMatch(part);
    });

  it("and training works after all of them", stillTrains);

  it("a method says the same as its function", () => {
    const x: Tensor = a();
    expect(() => x.matmul(b())).toThrow(ShapeError);
    expect(() => x.reshape([5])).toThrow(/reshape/);
  });
});
