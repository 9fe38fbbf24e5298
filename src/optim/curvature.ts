import { StateError } from "../core/errors";
import type { Tensor } from "../tensor/tensor";
import type { Flat } from "./flat";

/** s = change of the parameters, y = change of the gradient, 1 / (y s). */
interface Pair {
  readonly s: Tensor;
  readonly y: Tensor;
  readonly inverse: number;
}

/** y s up to this tells nothing of the curvature. */
const LEAST = 1e-10;

/** What L-BFGS has learned of the inverse Hessian: the last pairs of differences. */
export class Curvature {
  private pairs: Pair[] = [];

  constructor(private readonly flat: Flat) {}

  /** Takes in the step `t d`, over which the gradient went from `before` to `g`; keeps `most` pairs. Returns the new scale y s / y y, if it has one. */
  learn(g: Tensor, before: Tensor, d: Tensor, t: number, most: number): number | undefined {
    const { flat } = this;
    const [s, y] = [flat.vector(), flat.vector()];
    flat.axpy(y, -1, before, g);
    flat.axpy(s, t, d);
    const product = flat.dot(y, s);
    if (!(product > LEAST)) {
      s.dispose();
      y.dispose();
      return undefined;
    }
    if (this.pairs.length >= most) drop(this.pairs.shift()!);
    this.pairs.push({ s, y, inverse: 1 / product });
    return product / flat.dot(y, y);
  }

  /** d = H d by the two-loop recursion, from H = scale I. */
  apply(d: Tensor, scale: number): void {
    const { flat, pairs } = this;
    const alphas: number[] = [];
    for (const { s, y, inverse } of [...pairs].reverse()) {
      const alpha = flat.dot(s, d) * inverse;
      alphas.push(alpha);
      flat.axpy(d, -alpha, y, d);
    }
    flat.axpy(d, scale, d);
    for (const { s, y, inverse } of pairs) flat.axpy(d, alphas.pop()! - flat.dot(y, d) * inverse, s, d);
  }

  clear(): void {
    for (const pair of this.pairs) drop(pair);
    this.pairs = [];
  }

  /** By name, oldest first. */
  save(): [string, Tensor][] {
    return this.pairs.flatMap(({ s, y }, k): [string, Tensor][] => [
      [`old_stps.${k}`, s],
      [`old_dirs.${k}`, y],
    ]);
  }

  load(saved: Record<string, ArrayLike<number>>): void {
    this.clear();
    for (let k = 0; saved[`old_stps.${k}`] !== undefined; k++) {
      const dirs = saved[`old_dirs.${k}`];
      if (dirs === undefined) throw new StateError(`loadStateDict: old_dirs.${k} is missing`);
      const [s, y] = [this.flat.vector().set(saved[`old_stps.${k}`]!), this.flat.vector().set(dirs)];
      this.pairs.push({ s, y, inverse: 1 / this.flat.dot(y, s) });
    }
  }
}

function drop({ s, y }: Pair): void {
  s.dispose();
  y.dispose();
}
