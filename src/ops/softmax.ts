import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { ShapeError } from "../core/errors";
import { axis } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { consume, defineOp, expectDType } from "./define";
import { transpose } from "./shape";

const lastAxis = <const N extends string>(
  name: N,
  forward: Op.SOFTMAX | Op.LOG_SOFTMAX,
  backward: Op.SOFTMAX_GRAD | Op.LOG_SOFTMAX_GRAD,
) => {
  const rowsOf = (x: Tensor): [number, number] => {
    const cols = x.shape.at(-1)!;
    return [cols === 0 ? 0 : x.size / cols, cols];
  };
  return defineOp<N, undefined>({
    name,
    forward: ([x]) => {
      expectDType(name, "f32", x!);
      const out = empty(x!.shape);
      emit(forward, out.ref, x!.ref, ...rowsOf(x!));
      return { out };
    },
    uses: { output: true },
    gradient: ({ output }, dy) => {
      const dx = empty(output.shape);
      emit(backward, dx.ref, dy.ref, output.ref, ...rowsOf(output));
      return [dx];
    },
  });
};

export const softmaxOp = lastAxis("softmax", Op.SOFTMAX, Op.SOFTMAX_GRAD);
export const logSoftmaxOp = lastAxis("logSoftmax", Op.LOG_SOFTMAX, Op.LOG_SOFTMAX_GRAD);

const along =
  (name: string, op: (inputs: readonly Tensor[], attrs: undefined) => Tensor) =>
  (x: Tensor, dim = -1): Tensor => {
    if (x.rank === 0) throw new ShapeError(`${name}: needs at least one dimension`);
    const k = axis(dim, x.rank, name);
    if (k === x.rank - 1) return op([x], undefined);
    return consume(
      consume(transpose(x, k, -1), (t) => op([t], undefined)),
      (t) => transpose(t, k, -1),
    );
  };

/** e^x over its sum along a dimension, the largest value subtracted first. */
export const softmax = along("softmax", softmaxOp);
/** Logarithm of softmax, computed without it. */
export const logSoftmax = along("logSoftmax", logSoftmaxOp);
