import { OptionError } from "../core/errors";
import type { Parameter } from "../nn/parameter";
import { Adam, type AdamOptions, AdamW } from "./adam";
import { Optimizer } from "./optimizer";
import { SGD, type SGDOptions } from "./sgd";

/** An optimizer as JSON: its type and options. */
export type OptimizerConfig = ({ type: "sgd" } & SGDOptions) | ({ type: "adam" | "adamw" } & AdamOptions);

const TYPES = { sgd: SGD, adam: Adam, adamw: AdamW } as const;

/** An optimizer itself, or one made from its description for these parameters. */
export function resolveOptimizer(given: Optimizer | OptimizerConfig, params: readonly Parameter[]): Optimizer {
  if (given instanceof Optimizer || !("type" in given)) return given as Optimizer;
  const { type, ...options } = given;
  const make = TYPES[type];
  if (make === undefined) throw new OptionError(`optimizer: unknown type "${String(type)}"; known are ${Object.keys(TYPES).join(", ")}`);
  return new (make as new (p: readonly Parameter[], o: object) => Optimizer)(params, options);
}
