import { heap } from "../core/runtime";
import type { Module } from "../nn/module";
import type { Optimizer } from "../optim/optimizer";
import type { Tensor } from "../tensor/tensor";
import type { EpochRecord } from "./options";

/** Fewer updates prove nothing: behind a layer that starts at zero, the first has no gradient. */
const LEAST_UPDATES = 10;

/**
 * Watches a run for weights that do not move, to the last bit: after some updates, at the end of an epoch with a rate and a loss above 0, it names them, once. They
 * learn nothing (`before` updates were done when it begins to watch), and a loss that falls by what is behind them may hide it. Biases do not count: in front of batch norm theirs is no gradient.
 */
export function watchStill(model: Module, optimizer: Optimizer, before: number): (record: EpochRecord, updates: number) => void {
  const moves = ({ lr }: { lr?: unknown }, group: number) => (typeof lr === "number" ? lr > 0 : group === 0);
  const known = new Set<Tensor>(optimizer.groups.flatMap((g, k) => (moves(g.options, k) ? g.params : [])));
  const words = (p: Tensor) => heap().i32.subarray(p.storage.address / 4, p.storage.address / 4 + p.size);
  const weights = model.namedParameters().filter(([, p]) => known.has(p) && p.requiresGrad && p.rank > 1 && p.size > 0);
  // an optimizer that searches may stay where it is with good reason
  let start = optimizer.search === undefined ? weights.map(([name, p]) => ({ name, p, at: words(p).slice() })) : undefined;
  return ({ loss, lr }, updates) => {
    if (start === undefined || updates - before < LEAST_UPDATES || lr === 0 || loss === 0) return;
    const still = start.filter(({ p, at }) => !p.disposed && p.requiresGrad && words(p).every((w, k) => w === at[k]));
    start = undefined;
    if (still.length === 0) return;
    console.warn(
      `neurite: ${still.map((s) => s.name).join(", ")} did not move in the first ${updates} updates: all gradients are 0, or far too small for the rate. Likely cause: ` +
        "an activation that is flat for every row (ReLU units that are all off: lower the rate, scale the inputs or use LeakyReLU; Step without straightThrough), or a " +
        "loss that does not depend on them. Set requiresGrad = false where that is meant",
    );
  };
}
