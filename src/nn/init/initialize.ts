import { seeded } from "../../ops/random";
import type { Module } from "../module";
import type { Parameter } from "../parameter";
import { type InitializerSpec, resolveInitializer } from "./initializers";

export interface InitializeOptions {
  /** Key of the random numbers, a whole number from 0 to 2^53 - 1. Default: the global generator's next ones. */
  seed?: number;
  /** For biases. Default "zeros". */
  bias?: InitializerSpec;
}

/** What a parameter is: by its name and shape, unless its module wants its first values to stay. */
function roleOf(module: Module, path: string, p: Parameter): "weight" | "bias" | undefined {
  if ((module.constructor as typeof Module).keepsValues) return undefined;
  if (p.rank >= 2) return "weight";
  return path.split(".").at(-1)!.startsWith("bias") ? "bias" : undefined;
}

/** The module that holds a parameter: the one with the longest path that begins the parameter's. */
function holderOf(modules: ReadonlyMap<string, Module>, path: string): Module {
  const parts = path.split(".");
  for (let k = parts.length - 1; k > 0; k--) {
    const found = modules.get(parts.slice(0, k).join("."));
    if (found !== undefined) return found;
  }
  return modules.get("")!;
}

/**
 * Gives the parameters of a whole model new first values, in place: `initialize(model, "heUniform", { seed: 7 })`. Weights are the parameters of two dimensions or
 * more, biases those of fewer whose name begins with bias; others (the weight of a normalisation, with its bias; slopes of PReLU) stay as they are. An initialiser is
 * one of `initializers`, its name, its description, or a function that fills a tensor.
 *
 * With a seed, the random numbers of a parameter depend on the seed and its path alone, so that another layer elsewhere changes nothing, and neither does what was
 * drawn before: same seed, same bits, with the same arithmetic (runtimeInfo().arithmetic; uniform ones with any). Returns the model. Throws OptionError, and ShapeError
 * for weights that the initialiser cannot fill.
 */
export function initialize<M extends Module>(model: M, initializer: InitializerSpec, options: InitializeOptions = {}): M {
  const fills = {
    weight: resolveInitializer("initialize", initializer),
    bias: resolveInitializer("initialize: bias", options.bias ?? "zeros"),
  };
  const modules = new Map(model.namedModules());
  let current = "";
  const all = () => {
    for (const [path, p] of model.namedParameters()) {
      current = path;
      const role = roleOf(holderOf(modules, path), path, p);
      if (role !== undefined) fills[role](p);
    }
  };
  if (options.seed === undefined) all();
  else seeded(options.seed, () => current, all);
  return model;
}
