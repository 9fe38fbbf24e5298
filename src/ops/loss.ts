import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { ShapeError } from "../core/errors";
import { sameShape, showShape } from "../tensor/shape";
import { empty, type Tensor } from "../tensor/tensor";
import { checkIndices, defineOp, expectDType } from "./define";
import { reduceTo } from "./reduce";

/** mean and sum give one number, none keeps the single losses. */
export type Reduction = "mean" | "sum" | "none";

export interface Reduced {
  /** What the sum of the single losses is divided by; undefined keeps them. */
  divisor: number | undefined;
}

/** The divisor of a reduction over n losses; a mean over nothing is 0. */
export const divisorOf = (reduction: Reduction, n: number): number | undefined =>
  reduction === "none" ? undefined : reduction === "mean" ? Math.max(1, n) : 1;

/** Where a reduced loss has one gradient for all items, and what it is divided by. */
export const spread = (divisor: number | undefined): [stride: number, divisor: number] => [divisor === undefined ? 1 : 0, divisor ?? 1];

export const crossEntropyOp = defineOp<"crossEntropy", Reduced>({
  name: "crossEntropy",
  forward: ([logits, labels], { divisor }) => {
    const [rows, cols] = logits!.shape as [number, number];
    const probs = empty(logits!.shape);
    const each = empty([rows]);
    emit(Op.CROSS_ENTROPY, each.ref, probs.ref, logits!.ref, labels!.ref, rows, cols);
    return { out: reduceTo(each, divisor), saved: [probs] };
  },
  uses: { inputs: [1] },
  gradient: ({ inputs: [logits, labels], saved: [probs], attrs: { divisor } }, dy) => {
    const [rows, cols] = logits!.shape as [number, number];
    const dx = empty(logits!.shape);
    emit(Op.CROSS_ENTROPY_GRAD, dx.ref, probs!.ref, labels!.ref, dy.ref, rows, cols, ...spread(divisor));
    return [dx, undefined];
  },
});

/** Cross-entropy of logits (rows, classes) against class indices (rows), i32: softmax, logarithm and loss as one op. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, divisor: number | undefined): Tensor {
  checkIndices("crossEntropy", labels, logits.shape[1]!, `there are ${logits.shape[1]} classes`);
  return crossEntropyOp([logits, labels], { divisor });
}

export const squaredErrorOp = defineOp<"squaredError", Reduced>({
  name: "squaredError",
  forward: ([a, b], { divisor }) => {
    const each = empty(a!.shape);
    emit(Op.SQUARED_ERROR, each.ref, a!.ref, b!.ref, a!.size);
    return { out: reduceTo(each, divisor) };
  },
  uses: { inputs: [0, 1] },
  gradient: ({ inputs, attrs: { divisor }, needs }, dy) => {
    const [a, b] = inputs as [Tensor, Tensor];
    const toward = (x: Tensor, y: Tensor) => {
      const dx = empty(x.shape);
      emit(Op.SQUARED_ERROR_GRAD, dx.ref, x.ref, y.ref, dy.ref, x.size, ...spread(divisor));
      return dx;
    };
    return [needs[0] ? toward(a, b) : undefined, needs[1] ? toward(b, a) : undefined];
  },
});

/** Throws unless both are f32 and of one shape. */
export function expectPair(name: string, x: Tensor, t: Tensor): void {
  expectDType(name, "f32", x, t);
  if (!sameShape(x.shape, t.shape)) throw new ShapeError(`${name}: shapes differ, ${showShape(x.shape)} and ${showShape(t.shape)}`);
}

/** (a - b)^2 of equal shapes, their sum divided. */
export function squaredDifference(a: Tensor, b: Tensor, divisor: number | undefined): Tensor {
  expectPair("squaredDifference", a, b);
  return squaredErrorOp([a, b], { divisor });
}
