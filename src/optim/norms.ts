import { OptionError, StateError } from "../core/errors";
import type { Module } from "../nn/module";
import type { Tensor } from "../tensor/tensor";
import { normOf } from "./clip";

/**
 * Euclidean norms of the gradients that backward() has left, by path: of each layer, its parameters taken as one vector, or of each parameter. Parameters without a
 * gradient have none and do not count; the model's own are under "(model)". Squares are summed in double precision. Throws StateError where there is no gradient at all.
 *
 * Small norms in the first layers tell of gradients that vanish on the way back, large ones of gradients that explode:
 *
 *     crossEntropy(model.forward(x), y).backward();
 *     gradientNorms(model); // { "0": 0.0021, "2": 0.034, "4": 0.61 }
 *     optimizer.zeroGrad();
 *
 * The steps of fit and trainStep leave no gradients behind; a callback may do the above with a batch of its own, which does not disturb the run.
 */
export function gradientNorms(model: Module, { each = "layer" }: { each?: "layer" | "parameter" } = {}): Record<string, number> {
  if (each !== "layer" && each !== "parameter")
    throw new OptionError(`gradientNorms: each must be "layer" or "parameter", got ${JSON.stringify(each)}`);
  const groups = new Map<string, Tensor[]>();
  for (const [path, p] of model.namedParameters()) {
    if (p.grad === undefined) continue;
    const dot = path.lastIndexOf(".");
    const name = each === "parameter" ? path : dot < 0 ? "(model)" : path.slice(0, dot);
    groups.set(name, [...(groups.get(name) ?? []), p.grad]);
  }
  if (groups.size === 0) throw new StateError("gradientNorms: no parameter has a gradient; call backward() on a loss before");
  return Object.fromEntries([...groups].map(([name, grads]) => [name, normOf(grads)]));
}
