import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { ShapeError } from "../core/errors";
import { sameShape, showShape } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { checkIndices, defineOp, expectDType } from "./define";
import { reduceTo } from "./reduce";

export type Reduction = "mean" | "sum" | "none";
interface Attrs {
  reduction: Reduction;
}

/** Where a reduced loss has one gradient for all items, and what it is divided by. */
const spread = (reduction: Reduction, n: number): [stride: number, divisor: number] => [
  reduction === "none" ? 1 : 0,
  reduction === "mean" ? n : 1,
];

export const crossEntropyOp = defineOp<"crossEntropy", Attrs>({
  name: "crossEntropy",
  forward: ([logits, labels], { reduction }) => {
    const [rows, cols] = logits!.shape as [number, number];
    const probs = empty(logits!.shape);
    const each = empty([rows]);
    emit(Op.CROSS_ENTROPY, each.ref, probs.ref, logits!.ref, labels!.ref, rows, cols);
    return { out: reduceTo(each, reduction), saved: [probs] };
  },
  uses: { inputs: [1] },
  gradient: ({ inputs: [logits, labels], saved: [probs], attrs: { reduction } }, dy) => {
    const [rows, cols] = logits!.shape as [number, number];
    const dx = empty(logits!.shape);
    emit(Op.CROSS_ENTROPY_GRAD, dx.ref, probs!.ref, labels!.ref, dy.ref, rows, cols, ...spread(reduction, rows));
    return [dx, undefined];
  },
});

/** Cross-entropy of logits (rows, classes) against class indices (rows), i32: softmax, logarithm and loss as one op. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, reduction: Reduction = "mean"): Tensor {
  expectDType("crossEntropy", "f32", logits);
  expectDType("crossEntropy", "i32", labels);
  if (logits.rank !== 2 || labels.rank !== 1 || labels.size !== logits.shape[0])
    throw new ShapeError(
      `crossEntropy: logits are ${showShape(logits.shape)}, labels ${showShape(labels.shape)}; expected (rows, classes) and (rows)`,
    );
  checkIndices("crossEntropy", labels, logits.shape[1]!, `there are ${logits.shape[1]} classes`);
  return crossEntropyOp([logits, labels], { reduction });
}

export const squaredErrorOp = defineOp<"squaredError", Attrs>({
  name: "squaredError",
  forward: ([a, b], { reduction }) => {
    const each = empty(a!.shape);
    emit(Op.SQUARED_ERROR, each.ref, a!.ref, b!.ref, a!.size);
    return { out: reduceTo(each, reduction) };
  },
  uses: { inputs: [0, 1] },
  gradient: ({ inputs, attrs: { reduction }, needs }, dy) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const toward = (x: Tensor, y: Tensor) => {
      const dx = empty(x.shape);
      emit(Op.SQUARED_ERROR_GRAD, dx.ref, x.ref, y.ref, dy.ref, x.size, ...spread(reduction, x.size));
      return dx;
    };
    return [needs[0] ? toward(a, b) : undefined, needs[1] ? toward(b, a) : undefined];
  },
});

/** (a - b)^2 of equal shapes, reduced over all items. */
export function squaredDifference(a: Tensor, b: Tensor, reduction: Reduction = "mean"): Tensor {
  expectDType("squaredDifference", "f32", a, b);
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(`squaredDifference: shapes differ, ${showShape(a.shape)} and ${showShape(b.shape)}`);
  return squaredErrorOp([a, b], { reduction });
}
