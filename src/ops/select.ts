import { Op, Source } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { ShapeError } from "../core/errors";
import { axis, broadcastShapes, type Shape, showShape, sizeOf } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { gt, lt } from "./binary";
import { checkIndices, consume, defineOp, expectDType, type Value, withConstants } from "./define";
import { expandTo } from "./shape";

export const whereOp = defineOp<"where", undefined>({
  name: "where",
  forward: ([c, a, b]) => {
    expectDType("where", "f32", c!, a!, b!);
    const shape = broadcastShapes(broadcastShapes(c!.shape, a!.shape, "where"), b!.shape, "where");
    const out = empty(shape);
    const given = [c!, a!, b!];
    const wide = given.map((t) => expandTo(t, shape));
    emit(Op.WHERE, out.ref, ...wide.map((t) => t.ref), out.size);
    for (const t of wide) if (!given.includes(t)) t.dispose();
    return { out };
  },
  uses: { inputs: [0] },
  gradient: ({ inputs: [c], needs }, dy) => [undefined, needs[1] ? where(c!, dy, 0) : undefined, needs[2] ? where(c!, 0, dy) : undefined],
});

/** a where condition is not 0, else b; broadcast. Gradients flow to a and b alone. */
export const where = (condition: Tensor, a: Value, b: Value): Tensor =>
  withConstants([condition, a, b], (inputs) => whereOp(inputs, undefined));

/** x with values below low raised to it and values above high lowered to it; NaN stays. The gradient is 0 where it was changed. */
export const clamp = (x: Tensor, low: number, high: number): Tensor => {
  const raised = consume(lt(x, low), (below) => where(below, low, x));
  return consume(raised, (r) => consume(gt(r, high), (above) => where(above, high, r)));
};

/** A shape as (outer, r, inner) around one dimension. */
export function around(shape: Shape, k: number): [number, number, number] {
  return [sizeOf(shape.slice(0, k)), shape[k]!, sizeOf(shape.slice(k + 1))];
}

interface Along {
  dim: number;
  keepDim: boolean;
}

const extreme = <const N extends string>(name: N, op: Op.MAX | Op.MIN) =>
  defineOp<N, Along>({
    name,
    forward: ([x], { dim, keepDim }) => {
      expectDType(name, "f32", x!);
      const k = axis(dim, x!.rank, name);
      const box = around(x!.shape, k);
      if (box[1] === 0) throw new ShapeError(`${name}: dimension ${dim} of ${showShape(x!.shape)} is empty`);
      const shape = keepDim ? x!.shape.map((d, j) => (j === k ? 1 : d)) : x!.shape.filter((_, j) => j !== k);
      const out = empty(shape);
      const index = empty(shape, "i32");
      emit(op, out.ref, index.ref, x!.ref, ...box);
      return { out, saved: [index] };
    },
    uses: {},
    gradient: ({ inputs: [x], saved: [index], attrs }, dy) => {
      const dx = empty(x!.shape);
      emit(Op.SELECT_GRAD, dx.ref, dy.ref, index!.ref, ...around(x!.shape, axis(attrs.dim, x!.rank, name)));
      return [dx];
    },
  });

export const maxOp = extreme("max", Op.MAX);
export const minOp = extreme("min", Op.MIN);

/** Largest item along a dimension; the gradient goes to its first position. NaN is larger than all. */
export const max = (x: Tensor, dim = -1, keepDim = false): Tensor => maxOp([x], { dim, keepDim });
/** Smallest item along a dimension; the gradient goes to its first position. NaN is smaller than all. */
export const min = (x: Tensor, dim = -1, keepDim = false): Tensor => minOp([x], { dim, keepDim });

export const argmaxOp = defineOp<"argmax", Along>({
  name: "argmax",
  forward: ([x], { dim }) => {
    expectDType("argmax", "f32", x!);
    const k = axis(dim, x!.rank, "argmax");
    if (x!.shape[k] === 0) throw new ShapeError(`argmax: dimension ${dim} of ${showShape(x!.shape)} is empty`);
    const shape = x!.shape.filter((_, j) => j !== k);
    const [value, index] = [empty(shape), empty(shape, "i32")];
    emit(Op.MAX, value.ref, index.ref, x!.ref, ...around(x!.shape, k));
    value.dispose();
    return { out: index };
  },
  gradient: null,
});

/** First position of the largest item along a dimension, as i32. */
export const argmax = (x: Tensor, dim = -1): Tensor => argmaxOp([x], { dim, keepDim: false });

export const gatherRowsOp = defineOp<"gatherRows", undefined>({
  name: "gatherRows",
  forward: ([x, index]) => {
    expectDType("gatherRows", "f32", x!);
    expectDType("gatherRows", "i32", index!);
    if (x!.rank === 0) throw new ShapeError("gatherRows: the source has no rows");
    const rest = x!.shape.slice(1);
    const out = empty([...index!.shape, ...rest]);
    emit(Op.GATHER_ROWS, out.ref, x!.ref, index!.ref, 0, index!.size, sizeOf(rest), Source.WORD, 1, 0);
    return { out };
  },
  uses: { inputs: [1] },
  gradient: ({ inputs: [x, index] }, dy) => {
    const dx = empty(x!.shape);
    emit(Op.FILL, dx.ref, dx.size, 0);
    emit(Op.SCATTER_ADD_ROWS, dx.ref, dy.ref, index!.ref, index!.size, sizeOf(x!.shape.slice(1)));
    return [dx, undefined];
  },
});

/** Rows of x by i32 index (repeats allowed; must lie within the rows of x). Gradients of repeated rows add up. */
export function gatherRows(x: Tensor, index: Tensor): Tensor {
  expectDType("gatherRows", "i32", index);
  checkIndices("gatherRows", index, x.shape[0] ?? 0, `a tensor of shape ${showShape(x.shape)} has ${x.shape[0] ?? 0} rows`);
  return gatherRowsOp([x, index], undefined);
}
