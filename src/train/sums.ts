import { heap } from "../core/runtime";
import type { Shape } from "../tensor/shape";
import { own, pinned, type Tensor } from "../tensor/tensor";

/** Gradients summed over batches before an update, each times its batch's rows (or their weights), and the sum of these: their quotient is a mean over rows. */
export interface GradientSums {
  /** The sum of a parameter's gradients; starts at zero. */
  of(p: Tensor): Tensor;
  /** Rows so far, or their weights: one number. */
  readonly weight: Tensor;
  /** All of them. */
  readonly all: readonly Tensor[];
  dispose(): void;
}

export function gradientSums(): GradientSums {
  const tensors = new Map<Tensor, Tensor>();
  const of = (p: Tensor): Tensor => {
    let t = tensors.get(p);
    if (t === undefined) tensors.set(p, (t = zeros(p.shape)));
    return t;
  };
  const weight = zeros([]);
  return {
    of,
    weight,
    get all() {
      return [...tensors.values(), weight];
    },
    dispose: () => {
      for (const t of [...tensors.values(), weight]) t.dispose();
    },
  };
}

function zeros(shape: Shape): Tensor {
  const t = own(pinned(shape, "state"));
  const at = t.storage.address / 4;
  heap().f32.fill(0, at, at + t.size);
  return t;
}
