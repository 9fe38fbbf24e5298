import { Op, Pair } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { GradientError } from "../core/errors";
import { empty, type Tensor } from "../tensor/tensor";
import { defineOp } from "./define";
import { expectPair, type Reduced, spread } from "./loss";
import { reduceTo } from "./reduce";

interface Attrs extends Reduced {
  /** Where Huber's loss becomes a line. */
  delta?: number;
}

/**
 * A loss of outputs x against targets t, item by item, as one kernel. `symmetric`: x and t may change places, so t has a gradient too. A third operand, of x's
 * shape, weighs the part of t = 1.
 */
const pair = <const N extends string>(name: N, kind: Pair, symmetric: boolean) =>
  defineOp<N, Attrs>({
    name,
    forward: ([x, t, w], { divisor, delta = 0 }) => {
      const each = empty(x!.shape);
      emit(Op.PAIR_LOSS, each.ref, x!.ref, t!.ref, w?.ref ?? 0, x!.size, kind, delta);
      return { out: reduceTo(each, divisor) };
    },
    uses: { inputs: [0, 1, 2] },
    gradient: ({ inputs, attrs: { divisor, delta = 0 }, needs }, dy) => {
      const [x, t, w] = inputs as [Tensor, Tensor, Tensor | undefined];
      const toward = (a: Tensor, b: Tensor) => {
        const da = empty(a.shape);
        emit(Op.PAIR_LOSS_GRAD, da.ref, a.ref, b.ref, w?.ref ?? 0, dy.ref, a.size, kind, ...spread(divisor), delta);
        return da;
      };
      if (!symmetric && needs.some((n, k) => n && k > 0))
        throw new GradientError(`${name}: only the output has a gradient; detach() the target and the weights`);
      return inputs.map((_, k) => (!needs[k] ? undefined : k === 0 ? toward(x, t) : toward(t, x)));
    },
  });

/** |x - t| */
export const absoluteErrorOp = pair("absoluteError", Pair.ABSOLUTE, true);
/** d^2 / 2 where d = |x - t| is at most delta, else delta (d - delta / 2). */
export const huberOp = pair("huber", Pair.HUBER, true);
/** -t x, x a log-probability; 0 where t is 0, at x = -Infinity too. */
export const logProbabilityOp = pair("logProbability", Pair.LOG_PROBABILITY, true);
/** -t log x, x a probability; the logarithm stops at -100, the gradient -t / x at x = 1e-12. */
export const probabilityOp = pair("probability", Pair.PROBABILITY, false);
/** t (log t - x), x a log-probability; 0 where t is 0. */
export const divergenceOp = pair("divergence", Pair.DIVERGENCE, false);
/** -(t log x + (1 - t) log(1 - x)), x a probability; the logarithms stop at -100, the divisor of the gradient, x (1 - x), at 1e-12. */
export const binaryOp = pair("binary", Pair.BINARY, false);
/** w t log(1 + e^-x) + (1 - t) log(1 + e^x), x a logit. */
export const binaryLogitOp = pair("binaryLogit", Pair.BINARY_LOGIT, false);

export type PairOp = (inputs: readonly Tensor[], attrs: Attrs) => Tensor;

/** One of these losses of equal shapes, the sum divided. */
export function pairLoss(name: string, op: PairOp, x: Tensor, t: Tensor, attrs: Attrs, weight?: Tensor): Tensor {
  expectPair(name, x, t);
  return op(weight === undefined ? [x, t] : [x, t, weight], attrs);
}
