import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { ShapeError } from "../core/errors";
import { broadcastShapes, broadcastStrides, collapse, showShape } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { defineOp, expectDType, type Value, withConstants } from "./define";
import { where } from "./select";
import { neg } from "./unary";

type BinaryOpcode =
  | Op.ADD
  | Op.SUB
  | Op.MUL
  | Op.DIV
  | Op.MAXIMUM
  | Op.MINIMUM
  | Op.EQ
  | Op.NE
  | Op.GT
  | Op.GE
  | Op.LT
  | Op.LE
  | Op.EQ_I32
  | Op.PRELU
  | Op.PRELU_SLOPE;

/** One instruction on two operands broadcast against each other. */
export function elementwise(op: BinaryOpcode, name: string, a: Tensor, b: Tensor): Tensor {
  expectDType(name, op === Op.EQ_I32 ? "i32" : "f32", a, b);
  const shape = broadcastShapes(a.shape, b.shape, name);
  const out = empty(shape);
  const box = collapse(shape, broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape));
  const rank = box.shape.length;
  if (rank > 4)
    throw new ShapeError(`${name}: ${showShape(a.shape)} and ${showShape(b.shape)} alternate in more than 4 dimensions; reshape them`);
  const from = (list: readonly number[], k: number, none: number) => list[rank - k] ?? none;
  const [sa, sb] = box.strides as [number[], number[]];
  const dims = [1, 4, 3, 2].map((k) => from(box.shape, k, 1));
  const steps = (s: number[]) => [4, 3, 2].map((k) => from(s, k, 0));
  emit(op, out.ref, a.ref, b.ref, ...dims, ...steps(sa), ...steps(sb), from(sa, 1, 0), from(sb, 1, 0));
  return out;
}

const forward = (op: BinaryOpcode, name: string) => (inputs: readonly Tensor[]) => ({ out: elementwise(op, name, inputs[0]!, inputs[1]!) });
const both = { inputs: [0, 1] } as const;

export const addOp = defineOp<"add", undefined>({ name: "add", forward: forward(Op.ADD, "add"), gradient: (_, dy) => [dy, dy] });
export const subOp = defineOp<"sub", undefined>({
  name: "sub",
  forward: forward(Op.SUB, "sub"),
  gradient: (c, dy) => [dy, c.needs[1] ? neg(dy) : undefined],
});
export const mulOp = defineOp<"mul", undefined>({
  name: "mul",
  forward: forward(Op.MUL, "mul"),
  uses: both,
  gradient: (c, dy) => [c.needs[0] ? mul(dy, c.inputs[1]!) : undefined, c.needs[1] ? mul(dy, c.inputs[0]!) : undefined],
});
export const divOp = defineOp<"div", undefined>({
  name: "div",
  forward: forward(Op.DIV, "div"),
  uses: { inputs: [1], output: true },
  // d(a / b) / db = -(a / b) / b
  gradient: (c, dy) => {
    const da = div(dy, c.inputs[1]!);
    return [da, c.needs[1] ? neg(mul(da, c.output)) : undefined];
  },
});

/** Where both are equal the gradient is split in halves, as PyTorch does. */
function shareOf(mine: Tensor, other: Tensor, dy: Tensor, wins: typeof gt): Tensor {
  return mul(dy, where(wins(mine, other), 1, mul(eq(mine, other), 0.5)));
}
const chosen = (name: "maximum" | "minimum", op: BinaryOpcode, wins: () => typeof gt) =>
  defineOp<typeof name, undefined>({
    name,
    forward: forward(op, name),
    uses: both,
    gradient: ({ inputs: [a, b], needs }, dy) => [
      needs[0] ? shareOf(a!, b!, dy, wins()) : undefined,
      needs[1] ? shareOf(b!, a!, dy, wins()) : undefined,
    ],
  });
export const maximumOp = chosen("maximum", Op.MAXIMUM, () => gt);
export const minimumOp = chosen("minimum", Op.MINIMUM, () => lt);

const comparison = <const N extends string>(name: N, op: BinaryOpcode) =>
  defineOp<N, undefined>({ name, forward: forward(op, name), gradient: null });
export const eqOp = comparison("eq", Op.EQ);
export const neOp = comparison("ne", Op.NE);
export const gtOp = comparison("gt", Op.GT);
export const geOp = comparison("ge", Op.GE);
export const ltOp = comparison("lt", Op.LT);
export const leOp = comparison("le", Op.LE);
export const eqI32Op = comparison("eqI32", Op.EQ_I32);

const callable = (op: (inputs: readonly Tensor[], attrs: undefined) => Tensor) => (a: Value, b: Value) =>
  withConstants([a, b], (inputs) => op(inputs, undefined));

/** a + b, broadcast. */
export const add = callable(addOp);
/** a - b, broadcast. */
export const sub = callable(subOp);
/** a * b item by item, broadcast. */
export const mul = callable(mulOp);
/** a / b, broadcast. */
export const div = callable(divOp);
/** The larger of both; NaN where either is. */
export const maximum = callable(maximumOp);
/** The smaller of both; NaN where either is. */
export const minimum = callable(minimumOp);
/** 1 where equal, else 0 (for f32; eqI32 for integers). No gradient, as for all comparisons. */
export const eq = callable(eqOp);
export const ne = callable(neOp);
export const gt = callable(gtOp);
export const ge = callable(geOp);
export const lt = callable(ltOp);
export const le = callable(leOp);
/** 1 where two i32 tensors agree, else 0, as f32. */
export const eqI32 = callable(eqI32Op);
