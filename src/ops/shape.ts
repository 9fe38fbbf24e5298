import { Op } from "../../assembly/opcodes";
import { unbroadcast } from "../autograd/graph";
import { emit } from "../core/emit";
import { DTypeError, ShapeError } from "../core/errors";
import {
  axis,
  broadcastShapes,
  broadcastStrides,
  checkShape,
  collapse,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  stridesOf,
} from "../tensor/shape";
import { BYTES, empty, type Tensor, view } from "../tensor/tensor";
import { defineOp } from "./define";

/** Copies a box of items with steps of its own on either side, in units of items of four bytes. */
function move(out: Tensor, outOffset: number, outStrides: number[], x: Tensor, xOffset: number, xStrides: number[], shape: Shape): void {
  if (BYTES[x.dtype] !== 4) throw new DTypeError(`${x.dtype} tensors are only copied as a whole; toF32() converts`);
  if (sizeOf(shape) === 0) return;
  const box = collapse(shape, outStrides, xStrides);
  if (box.shape.length > 4)
    throw new ShapeError(`shape ${showShape(shape)} is permuted in more than 4 dimensions at once; do it in two steps`);
  const pad = (list: number[], none: number) => [...new Array<number>(4 - list.length).fill(none), ...list];
  const at = (t: Tensor, items: number) => ({ storage: t.ref.storage, offset: t.offset + 4 * items });
  const [so, sx] = box.strides as [number[], number[]];
  emit(Op.STRIDED_COPY, at(out, outOffset), at(x, xOffset), ...pad(box.shape, 1), ...pad(so, 0), ...pad(sx, 0));
}

/** Contiguous copy of any four-byte dtype. */
export const cloneOp = defineOp<"clone", undefined>({
  name: "clone",
  forward: ([x]) => {
    const out = empty(x!.shape, x!.dtype);
    // storages are padded, so a tail of bytes is copied as a whole word
    emit(Op.COPY, out.ref, x!.ref, Math.ceil((x!.size * BYTES[x!.dtype]) / 4));
    return { out };
  },
  gradient: (_, dy) => [dy],
});

/** A copy in memory of its own; gradients flow through. */
export const clone = (x: Tensor): Tensor => cloneOp([x], undefined);

/** The same values, cut off from the graph. Shares memory. */
export const detach = (x: Tensor): Tensor => view(x, x.shape);

export const reshapeOp = defineOp<"reshape", { shape: Shape }>({
  name: "reshape",
  forward: ([x], { shape }) => ({ out: view(x!, shape) }),
  gradient: ({ inputs: [x] }, dy) => [view(dy, x!.shape)],
});

/** The same values in another shape, sharing memory; one dimension may be -1: what is left. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1);
  const rest = sizeOf(shape.filter((_, k) => k !== open));
  const full = open < 0 ? shape : shape.map((d, k) => (k === open ? x.size / rest : d));
  if (!full.every(Number.isInteger) || sizeOf(full) !== x.size)
    throw new ShapeError(`reshape: ${showShape(x.shape)} has ${x.size} items, which do not fill ${showShape(shape)}`);
  checkShape(full, "reshape");
  return reshapeOp([x], { shape: full });
}

export const permuteOp = defineOp<"permute", { dims: readonly number[] }>({
  name: "permute",
  forward: ([x], { dims }) => {
    const shape = dims.map((d) => x!.shape[d]!);
    const own = stridesOf(x!.shape);
    const out = empty(shape, x!.dtype);
    move(
      out,
      0,
      stridesOf(shape),
      x!,
      0,
      dims.map((d) => own[d]!),
      shape,
    );
    return { out };
  },
  gradient: ({ attrs }, dy) => [
    permute(
      dy,
      attrs.dims.map((_, k) => attrs.dims.indexOf(k)),
    ),
  ],
});

/** Dimensions in another order, copied. */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  const order = dims.map((d) => axis(d, x.rank, "permute"));
  if (order.length !== x.rank || new Set(order).size !== x.rank)
    throw new ShapeError(`permute: ${showShape(dims)} does not name each of the ${x.rank} dimensions once`);
  return permuteOp([x], { dims: order });
}

/** Two dimensions exchanged, the last two by default; copied. */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  const [i, j] = [axis(a, x.rank, "transpose"), axis(b, x.rank, "transpose")];
  return permute(
    x,
    x.shape.map((_, k) => (k === i ? j : k === j ? i : k)),
  );
}

interface Slice {
  dim: number;
  start: number;
  end: number;
}

export const sliceOp = defineOp<"slice", Slice>({
  name: "slice",
  forward: ([x], { dim, start, end }) => {
    const shape = x!.shape.map((d, k) => (k === dim ? end - start : d));
    const strides = stridesOf(x!.shape);
    // leading dimensions of one item do not break contiguity
    if (x!.shape.slice(0, dim).every((d) => d === 1)) return { out: view(x!, shape, x!.offset + start * strides[dim]! * BYTES[x!.dtype]) };
    const out = empty(shape, x!.dtype);
    move(out, 0, stridesOf(shape), x!, start * strides[dim]!, strides, shape);
    return { out };
  },
  gradient: ({ inputs: [x], attrs: { dim, start, end } }, dy) => {
    const dx = empty(x!.shape);
    const strides = stridesOf(x!.shape);
    emit(Op.FILL, dx.ref, dx.size, 0);
    move(
      dx,
      start * strides[dim]!,
      strides,
      dy,
      0,
      stridesOf(dy.shape),
      x!.shape.map((d, k) => (k === dim ? end - start : d)),
    );
    return [dx];
  },
});

/** Items start to end (not included; both may count from the end) of one dimension. Shares memory where they lie together. */
export function slice(x: Tensor, start: number, end?: number, dim = 0): Tensor {
  const k = axis(dim, x.rank, "slice");
  const n = x.shape[k]!;
  const [from, to] = [start < 0 ? start + n : start, end === undefined ? n : end < 0 ? end + n : end];
  if (!(Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= n))
    throw new ShapeError(`slice: ${start} to ${end ?? n} does not lie within dimension ${dim} of ${showShape(x.shape)}`);
  return sliceOp([x], { dim: k, start: from, end: to });
}

/** Rows start to end: slice() of the first dimension, a view. */
export const rows = (x: Tensor, start: number, end?: number): Tensor => slice(x, start, end, 0);

export const concatOp = defineOp<"concat", { dim: number }>({
  name: "concat",
  forward: (inputs, { dim }) => {
    const first = inputs[0]!;
    const shape = first.shape.map((d, k) => (k === dim ? inputs.reduce((sum, t) => sum + t.shape[dim]!, 0) : d));
    const out = empty(shape, first.dtype);
    const strides = stridesOf(shape);
    let at = 0;
    for (const t of inputs) {
      move(out, at * strides[dim]!, strides, t, 0, stridesOf(t.shape), t.shape);
      at += t.shape[dim]!;
    }
    return { out };
  },
  gradient: ({ inputs, attrs: { dim }, needs }, dy) => {
    let at = 0;
    return inputs.map((t, k) => {
      at += t.shape[dim]!;
      return needs[k] ? slice(dy, at - t.shape[dim]!, at, dim) : undefined;
    });
  },
});

/** Tensors joined along a dimension; the others must agree. */
export function concat(tensors: readonly Tensor[], dim = 0): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new ShapeError("concat: needs at least one tensor");
  const k = axis(dim, first.rank, "concat");
  for (const [j, t] of tensors.entries())
    if (t.dtype !== first.dtype || t.rank !== first.rank || !t.shape.every((d, i) => i === k || d === first.shape[i]))
      throw new ShapeError(
        `concat: tensor ${j} is ${t.dtype} ${showShape(t.shape)}, the first ${first.dtype} ${showShape(first.shape)}; all but dimension ${dim} must agree`,
      );
  return concatOp(tensors, { dim: k });
}

export const expandOp = defineOp<"expand", { shape: Shape }>({
  name: "expand",
  forward: ([x], { shape }) => {
    const out = empty(shape, x!.dtype);
    move(out, 0, stridesOf(shape), x!, 0, broadcastStrides(x!.shape, shape), shape);
    return { out };
  },
  gradient: ({ inputs: [x] }, dy) => [unbroadcast(dy, x!.shape)],
});

/** x copied along new or one-item dimensions until it has this shape. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (!sameShape(broadcastShapes(x.shape, shape, "expand"), shape))
    throw new ShapeError(`expand: ${showShape(x.shape)} does not stretch to ${showShape(shape)}`);
  return expandOp([x], { shape });
}

/** x itself where it has the shape already. */
export const expandTo = (x: Tensor, shape: Shape): Tensor => (sameShape(x.shape, shape) ? x : expand(x, shape));
