import type { Tensor } from "../tensor/tensor";
import { mul } from "./binary";
import { defineOp, expectDType } from "./define";
import { checkShare, maskFrom, type Place, place } from "./random";

export const dropoutOp = defineOp<"dropout", { p: number; from: Place }>({
  name: "dropout",
  forward: ([x], { p, from }) => {
    expectDType("dropout", "f32", x!);
    const mask = maskFrom(from, x!.shape, p);
    return { out: mul(x!, mask), saved: [mask] };
  },
  gradient: ({ saved: [mask] }, dy) => [mul(dy, mask!)],
});

/**
 * Each item is 0 with probability p, else divided by 1 - p, so that its expectation stays; p in [0, 1). Always active: the layer Dropout knows training from
 * evaluation. Within fit and trainStep the numbers belong to the module that asks, the step and the row; elsewhere they come from the global generator.
 */
export function dropout(x: Tensor, p = 0.5): Tensor {
  checkShare("dropout", p);
  return dropoutOp([x], { p, from: place() });
}
