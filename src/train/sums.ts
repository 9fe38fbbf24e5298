import { heap } from "../core/runtime";
import { own, pinned, type Tensor } from "../tensor/tensor";

/** Gradients summed over `every` batches before an update. */
export interface GradientSums {
  readonly every: number;
  /** The sum of a parameter's gradients; starts at zero. */
  of(p: Tensor): Tensor;
  dispose(): void;
}

export function gradientSums(every: number): GradientSums {
  const tensors = new Map<Tensor, Tensor>();
  const of = (p: Tensor): Tensor => {
    let t = tensors.get(p);
    if (t === undefined) {
      t = own(pinned(p.shape, "state"));
      const at = t.storage.address / 4;
      heap().f32.fill(0, at, at + t.size);
      tensors.set(p, t);
    }
    return t;
  };
  return {
    every,
    of,
    dispose: () => {
      for (const t of tensors.values()) t.dispose();
    },
  };
}
