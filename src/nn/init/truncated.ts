import { Op } from "../../../assembly/opcodes";
import { emit } from "../../core/emit";
import { add, ge, le, lt, mul, sub } from "../../ops/binary";
import { normalInto, uniformInto } from "../../ops/random";
import { sum } from "../../ops/reduce";
import { clamp, where } from "../../ops/select";
import { exp } from "../../ops/unary";
import { ones, zeros } from "../../tensor/create";
import type { Shape } from "../../tensor/shape";
import { empty, scope, type Tensor } from "../../tensor/tensor";

/** Standard normal numbers of which each is right, or not to be taken. */
interface Proposal {
  readonly z: Tensor;
  /** 1 where z is right, else 0. */
  readonly right: Tensor;
}

/** Density beyond here is below e^-20 of the density at the near end: less than a step of the random numbers. */
const FAR = 40;

/**
 * Proposals for numbers from `a` to `b`: normal ones of which those inside are right, or, for a narrow interval or one far out, uniform ones kept with the
 * probability that the density says (Robert, Simulation of truncated normal variables, 1995). At least one in 25 is right.
 */
function proposals(a: number, b: number): (shape: Shape) => Proposal {
  const side = b < 0 ? -1 : 1;
  /** The end that is nearer to 0, where 0 is outside. */
  const near = a > 0 ? a : b < 0 ? -b : 0;
  const width = near === 0 ? b - a : Math.min(b - a, FAR / (Math.sqrt(near * near + FAR) + near));
  // sqrt(2 pi) e^(near^2 / 2) against the width, with the exponential's first terms: engines differ in Math.exp
  if (width > 2.5 * (1 + (near * near) / 2))
    return (shape) => {
      const z = normalInto(empty(shape), 0, 1);
      return { z, right: mul(ge(z, a), le(z, b)) };
    };
  const [from, to] = near === 0 ? [a, b] : [0, width];
  return (shape) => {
    const t = uniformInto(empty(shape), from, to);
    // density at near + t over density at near
    const share = exp(mul(mul(t, add(t, 2 * near)), -0.5));
    return { z: mul(add(t, near), side), right: lt(uniformInto(empty(shape), 0, 1), share) };
  };
}

/** Fills t with normal numbers, those outside [low, high] drawn again. */
export function truncatedInto(t: Tensor, mean: number, std: number, low: number, high: number): void {
  if (t.size === 0) return;
  const propose = proposals((low - mean) / std, (high - mean) / std);
  let result = { z: zeros(t.shape), missing: ones(t.shape) };
  for (let left = 1; left > 0; left = sum(result.missing).item()) {
    const { z, missing } = result;
    result = scope(() => {
      const next = propose(t.shape);
      const taken = mul(missing, next.right);
      return { z: where(taken, next.z, z), missing: sub(missing, taken) };
    });
    z.dispose();
    missing.dispose();
  }
  emit(Op.COPY, t.ref, clamp(add(mul(result.z, std), mean), low, high).ref, t.size);
}
