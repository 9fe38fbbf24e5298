import { StateError } from "../core/errors";
import { isModule, type Module } from "../nn/module";
import type { Stage } from "../nn/sequential";
import { elu, gelu, hardtanh, leakyRelu, logSigmoid, mish, selu, silu, softplus, step } from "../ops/activation";
import { logSoftmax, softmax } from "../ops/softmax";
import { relu, sigmoid, tanh } from "../ops/unary";

/** A module as JSON: its type and options. A Sequential has `stages`; a module within an option stands as { $module }; one met before as { shared: its path }. */
export interface ModuleConfig {
  type: string;
  [option: string]: unknown;
}

/** Functions of the library that stand as stages, by the names they are described with. */
export const FUNCTIONS: Readonly<Record<string, (x: never) => unknown>> = {
  elu,
  gelu,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  step,
  tanh,
};

/** Where a part stands, in messages. */
export const at = (path: string): string => (path === "" ? "the model" : `${path} of the model`);
export const join = (path: string, name: string | number): string => (path === "" ? String(name) : `${path}.${name}`);

/** Parts described already, by their path. */
type Seen = Map<unknown, string>;

function stage(s: Stage, path: string, seen: Seen): unknown {
  if (isModule(s)) return part(s, path, seen);
  const known = Object.keys(FUNCTIONS).find((name) => FUNCTIONS[name] === s);
  if (known !== undefined) return { type: known };
  throw new StateError(
    `describe: ${at(path)} is a function of your own, which cannot be written down; make it a Module with a type of its own, or keep the weights alone`,
  );
}

function option(value: unknown, path: string, seen: Seen): unknown {
  if (isModule(value)) return { $module: part(value, path, seen) };
  if (Array.isArray(value)) return value.map((v, k) => option(v, join(path, k), seen));
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, option(v, join(path, name), seen)]));
  const plain = value === null || ["string", "boolean", "undefined"].includes(typeof value) || Number.isFinite(value);
  if (plain) return value;
  throw new StateError(
    `describe: config of ${at(path)} holds ${typeof value === "object" ? "an object that is not plain" : String(value)}, which JSON has not`,
  );
}

function part(m: Module, path: string, seen: Seen): ModuleConfig | { shared: string } {
  const before = seen.get(m);
  if (before !== undefined) return { shared: before };
  seen.set(m, path);
  const Class = m.constructor as { readonly type?: string; readonly name: string };
  if (!Object.hasOwn(Class, "type") || Class.type === "Module")
    throw new StateError(
      `describe: ${at(path)}, of class ${Class.name}, has no type: add static override readonly type = "${Class.name}" and a config that rebuilds it`,
    );
  const type = Class.type!;
  if (type === "Sequential")
    return { type, stages: (m as Module & { stages: readonly Stage[] }).stages.map((s, k) => stage(s, join(path, k), seen)) };
  const config = type === "AveragedModel" ? { ...m.config, module: (m as Module & { module: Module }).module } : m.config;
  return { type, ...(option(config, path, seen) as object) };
}

/**
 * A model as JSON, without its weights: { type, ...options } of each module, from which fromConfig() builds it again. Throws StateError, naming the place, where a
 * part cannot be written down: a function of your own as a stage, a class without a static `type` of its own, options that are not JSON.
 */
export function describe(model: Module): ModuleConfig {
  return part(model, "", new Map()) as ModuleConfig;
}
