import { OptionError } from "../core/errors";
import { bce, bceWithLogits } from "./binary";
import { crossEntropy, crossEntropyOnProbabilities, hinge, nll } from "./classes";
import type { ConfiguredLoss, Loss } from "./define";
import { binaryHinge, huber, klDiv, mae, mse, smoothL1, squaredError } from "./numbers";

export type { Loss } from "./define";

/** All losses, by name. */
export const LOSSES = {
  crossEntropy,
  nll,
  crossEntropyOnProbabilities,
  bceWithLogits,
  bce,
  mse,
  squaredError,
  mae,
  huber,
  smoothL1,
  hinge,
  binaryHinge,
  klDiv,
} as const;

export type LossName = keyof typeof LOSSES;

type OptionsOf<L> = L extends ConfiguredLoss<infer O> ? O : never;

/** A loss as JSON: its type and options, { type: "crossEntropy", labelSmoothing: 0.1 }. */
export type LossConfig = { [K in LossName]: { type: K } & OptionsOf<(typeof LOSSES)[K]> }[LossName];

/** What fit, evaluate and trainStep take as a loss: one of these functions or your own, the name of one, or its description. */
export type LossSpec = Loss | LossName | LossConfig;

/** A loss itself, or one of the built-in ones by name or description. Throws OptionError. */
export function resolveLoss(given: LossSpec): Loss {
  if (typeof given === "function") return given;
  const { type, ...options } = typeof given === "string" ? { type: given } : (given ?? {});
  const found = (LOSSES as Record<string, ConfiguredLoss>)[type];
  if (found === undefined || !Object.hasOwn(LOSSES, type))
    throw new OptionError(`loss: unknown name ${JSON.stringify(type)}; known are ${Object.keys(LOSSES).join(", ")}`);
  return Object.keys(options).length === 0 ? found : found.with(options);
}
