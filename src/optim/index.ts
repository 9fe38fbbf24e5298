import { OptionError } from "../core/errors";
import type { Parameter } from "../nn/parameter";
import { Adam, Adamax, type AdamOptions, AdamW, type MomentOptions, NAdam, type NAdamOptions, RAdam } from "./adam";
import { Adadelta, type AdadeltaOptions, Adagrad, type AdagradOptions, RMSprop, type RMSpropOptions } from "./adaptive";
import type { LBFGS, LBFGSOptions } from "./lbfgs";
import { Optimizer } from "./optimizer";
import { Momentum, type MomentumOptions, NAG, SGD, type SGDOptions } from "./sgd";
import { Lion, type LionOptions, Rprop, type RpropOptions } from "./signs";

/** An optimizer as JSON: its type and options. */
export type OptimizerConfig =
  | ({ type: "sgd" } & SGDOptions)
  | ({ type: "momentum" | "nag" } & MomentumOptions)
  | ({ type: "adagrad" } & AdagradOptions)
  | ({ type: "adadelta" } & AdadeltaOptions)
  | ({ type: "rmsprop" } & RMSpropOptions)
  | ({ type: "adam" | "adamw" } & AdamOptions)
  | ({ type: "adamax" | "radam" } & MomentOptions)
  | ({ type: "nadam" } & NAdamOptions)
  | ({ type: "rprop" } & RpropOptions)
  | ({ type: "lion" } & LionOptions)
  | ({ type: "lbfgs" } & LBFGSOptions);

const TYPES = {
  sgd: SGD,
  momentum: Momentum,
  nag: NAG,
  adagrad: Adagrad,
  adadelta: Adadelta,
  rmsprop: RMSprop,
  adam: Adam,
  adamw: AdamW,
  adamax: Adamax,
  nadam: NAdam,
  radam: RAdam,
  rprop: Rprop,
  lion: Lion,
} as const satisfies Record<Exclude<OptimizerConfig["type"], "lbfgs">, unknown>;

/** An optimizer itself, or one made from its description for these parameters. `lbfgs`, the largest, comes from the caller, so that only those who name it load it. */
export function resolveOptimizer(given: Optimizer | OptimizerConfig, params: readonly Parameter[], lbfgs?: typeof LBFGS): Optimizer {
  if (given instanceof Optimizer || !("type" in given)) return given as Optimizer;
  const { type, ...options } = given;
  const types = { ...TYPES, lbfgs };
  const make = types[type];
  if (make === undefined) throw new OptionError(`optimizer: unknown type "${String(type)}"; known are ${Object.keys(types).join(", ")}`);
  return new (make as new (p: readonly Parameter[], o: object) => Optimizer)(params, options);
}
