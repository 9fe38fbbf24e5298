import { CHUNK, Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { axis, type Shape, sizeOf } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { div } from "./binary";
import { consume, defineOp, expectDType } from "./define";
import { expandTo, reshape } from "./shape";

/** Which dimension to reduce: one, several, or all. */
export type Dims = number | readonly number[] | undefined;

interface Attrs {
  /** Ascending. */
  dims: readonly number[];
  mean: boolean;
}

/** Sum of n items into out, divided; in chunks of fixed size, so that the result does not depend on who adds. */
function sumAll(out: Tensor, x: Tensor, n: number, divisor: number): void {
  let [from, count] = [x, n];
  while (count > CHUNK) {
    const chunks = Math.ceil(count / CHUNK);
    const partial = empty([chunks]);
    emit(Op.SUM_CHUNKS, partial.ref, from.ref, count);
    if (from !== x) from.dispose();
    [from, count] = [partial, chunks];
  }
  emit(Op.SUM, out.ref, from.ref, 1, count, 1, divisor);
  if (from !== x) from.dispose();
}

/** Neighbouring dimensions are summed as one. */
function runs(dims: readonly number[]): [number, number][] {
  const list: [number, number][] = [];
  for (const d of dims) {
    const last = list.at(-1);
    if (last !== undefined && last[1] === d) last[1] = d + 1;
    else list.push([d, d + 1]);
  }
  return list;
}

export const sumOp = defineOp<"sum", Attrs>({
  name: "sum",
  forward: ([x], { dims, mean }) => {
    expectDType(mean ? "mean" : "sum", "f32", x!);
    const n = sizeOf(dims.map((d) => x!.shape[d]!));
    const divisor = mean ? n : 1;
    let shape: Shape = x!.shape;
    let current = x!;
    const groups = runs(dims);
    for (const [k, [from, to]] of groups.entries()) {
      const [outer, inner] = [sizeOf(shape.slice(0, from)), sizeOf(shape.slice(to))];
      const r = sizeOf(shape.slice(from, to));
      shape = shape.map((d, j) => (j >= from && j < to ? 1 : d));
      const out = empty(shape);
      const by = k === groups.length - 1 ? divisor : 1;
      if (outer === 1 && inner === 1) sumAll(out, current, r, by);
      else emit(Op.SUM, out.ref, current.ref, outer, r, inner, by);
      if (current !== x) current.dispose();
      current = out;
    }
    return { out: current };
  },
  gradient: ({ inputs: [x], attrs: { dims, mean } }, dy) => {
    const n = sizeOf(dims.map((d) => x!.shape[d]!));
    return [expandTo(mean ? div(dy, n) : dy, x!.shape)];
  },
});

function reduce(x: Tensor, dim: Dims, keepDim: boolean, mean: boolean): Tensor {
  const list = dim === undefined ? x.shape.map((_, k) => k) : typeof dim === "number" ? [dim] : dim;
  const dims = [...new Set(list.map((d) => axis(d, x.rank, mean ? "mean" : "sum")))].sort((a, b) => a - b);
  const out = dims.length === 0 ? reshape(x, x.shape) : sumOp([x], { dims, mean });
  return keepDim
    ? out
    : consume(out, (t) =>
        reshape(
          t,
          x.shape.filter((_, k) => !dims.includes(k)),
        ),
      );
}

/** Sum over one dimension, several, or all. */
export const sum = (x: Tensor, dim?: Dims, keepDim = false): Tensor => reduce(x, dim, keepDim, false);
/** Mean over one dimension, several, or all. */
export const mean = (x: Tensor, dim?: Dims, keepDim = false): Tensor => reduce(x, dim, keepDim, true);

/** The sum of a fresh tensor of single losses over a divisor; without one they are left as they are. Consumes it. */
export function reduceTo(each: Tensor, divisor: number | undefined): Tensor {
  if (divisor === undefined) return each;
  const out = empty([]);
  sumAll(out, each, each.size, divisor);
  each.dispose();
  return out;
}
