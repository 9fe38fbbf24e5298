import { backward } from "../../src/autograd/backward";
import { fromValues, scope, type Tensor } from "../../src/tensor/tensor";
import { random } from "./operands";

const STEP = 2 ** -7;
/** Items of one operand whose derivative is taken, at most. */
const MOST = 40;

/** What the results are weighted by, so that each counts differently. */
export function weights(n: number): Float32Array {
  const next = random(99);
  return Float32Array.from({ length: n }, () => 0.5 + next());
}

/** Gradients of the weighted sum of what `f` gives for the leaves. */
export function analytic(f: () => Tensor, leaves: readonly Tensor[]): (Float32Array | undefined)[] {
  for (const t of leaves) t.requiresGrad = true;
  const y = f();
  backward(y, fromValues(weights(y.size), y.shape, "f32"));
  return leaves.map((t) => t.grad?.data() as Float32Array | undefined);
}

/**
 * The same by central differences for some items of `values`, which `f` takes the place of: only the function itself is computed in f32, the weighted sum and
 * the difference in float64.
 */
export function* differences(f: (moved: Float32Array) => Tensor, values: Float32Array): Generator<[index: number, slope: number]> {
  const total = (moved: Float32Array) =>
    scope(() => {
      const y = f(moved);
      const w = weights(y.size);
      return (y.data() as Float32Array).reduce((sum, v, i) => sum + v * w[i]!, 0);
    });
  const n = values.length;
  for (let j = 0; j < Math.min(n, MOST); j++) {
    const i = n <= MOST ? j : Math.floor((j * n) / MOST);
    const [up, down] = [values.slice(), values.slice()];
    up[i]! += STEP;
    down[i]! -= STEP;
    yield [i, (total(up) - total(down)) / (up[i]! - down[i]!)];
  }
}

/** Throws with the item where a gradient and the differences are further apart than `bound`, relative to the largest item of the gradient or 1. */
export function compare(gradient: Float32Array, slopes: Iterable<[number, number]>, bound: number): void {
  const scale = gradient.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  for (const [i, slope] of slopes)
    if (!(Math.abs(gradient[i]! - slope) / scale < bound))
      throw new Error(`item ${i}: gradient ${gradient[i]}, central difference ${slope}`);
}
