import { recording } from "../core/emit";
import { GradientError, RecordingError } from "../core/errors";
import type { Storage } from "../core/storage";
import { fromValues, scope, type Tensor } from "../tensor/tensor";
import { accumulate, checkSeed, gradients } from "./graph";

export interface BackwardOptions {
  /** Keep what the graph saved, for another backward(). */
  retainGraph?: boolean;
}

/**
 * Gradients of a scalar (or of a tensor weighted by `seed`) for every leaf that requires one, added to the leaf's `grad`.
 * What only the graph held is given back.
 */
export function backward(root: Tensor, seed?: Tensor, options: BackwardOptions = {}): void {
  if (recording() !== undefined)
    throw new RecordingError("backward() cannot be called inside forward() of a recorded step; return the loss instead");
  void root.ref;
  checkSeed(root, seed);
  if (!root.requiresGrad)
    throw new GradientError(
      "backward(): nothing here requires a gradient: no parameter was used, all are frozen, or it was computed inside noGrad()",
    );
  scope(() => {
    const start = seed ?? fromValues([1], root.shape, "f32");
    const taken = new Set<Storage>(seed === undefined ? [] : [seed.storage]);
    for (const [leaf, g] of gradients(root, start, options.retainGraph)) {
      const foreign = taken.has(g.storage) || g.storage.kind !== "eager";
      taken.add(g.storage);
      accumulate(leaf, g, foreign);
    }
  });
}
