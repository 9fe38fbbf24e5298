import { NeuriteError, OptionError, StateError } from "../core/errors";
import { shared } from "../core/shared";
import * as activations from "../nn/activations";
import { Dropout } from "../nn/dropout";
import { Flatten, Linear } from "../nn/layers";
import { isModule, type Module } from "../nn/module";
import { BatchNorm1d, LayerNorm, RMSNorm } from "../nn/norm";
import { Sequential, type Stage } from "../nn/sequential";
import { AveragedModel } from "../optim/averaged";
import { Perceptron } from "../perceptron/perceptron";
import { ThresholdUnit } from "../perceptron/threshold";
import { at, FUNCTIONS, join, type ModuleConfig } from "./describe";

/** A class of modules that files may name: its static `type`, and either fromConfig or a constructor that takes the config object. */
export interface ModuleClass {
  new (...args: never[]): Module;
  readonly type: string;
  /** Builds one from its `config`. Default: `new Class(config)`. */
  fromConfig?(config: Record<string, unknown>): Module;
}

export interface BuildOptions {
  /** Classes of your own that the description names, beside those of registerModule(). */
  modules?: readonly ModuleClass[];
}

/** Options as read from JSON: constructors check them. */
// biome-ignore lint/suspicious/noExplicitAny: every constructor wants its own
type Given = any;

/** How each type of the library is made from its config. */
const BUILT_IN: Readonly<Record<string, (config: Given) => Module>> = {
  Linear: ({ inFeatures, outFeatures, ...o }) => new Linear(inFeatures, outFeatures, o),
  Flatten: () => new Flatten(),
  Dropout: ({ p }) => new Dropout(p),
  BatchNorm1d: ({ numFeatures, ...o }) => new BatchNorm1d(numFeatures, o),
  LayerNorm: ({ normalizedShape, ...o }) => new LayerNorm(normalizedShape, o),
  RMSNorm: ({ normalizedShape, ...o }) => new RMSNorm(normalizedShape, o),
  ReLU: () => new activations.ReLU(),
  Sigmoid: () => new activations.Sigmoid(),
  Tanh: () => new activations.Tanh(),
  SELU: () => new activations.SELU(),
  SiLU: () => new activations.SiLU(),
  Mish: () => new activations.Mish(),
  LogSigmoid: () => new activations.LogSigmoid(),
  Softmax: ({ dim }) => new activations.Softmax(dim),
  LogSoftmax: ({ dim }) => new activations.LogSoftmax(dim),
  Step: ({ straightThrough }) => new activations.Step(straightThrough),
  LeakyReLU: ({ negativeSlope }) => new activations.LeakyReLU(negativeSlope),
  PReLU: ({ numParameters, init }) => new activations.PReLU(numParameters, init),
  ELU: ({ alpha }) => new activations.ELU(alpha),
  GELU: (o) => new activations.GELU(o),
  Softplus: ({ beta, threshold }) => new activations.Softplus(beta, threshold),
  Hardtanh: ({ minVal, maxVal }) => new activations.Hardtanh(minVal, maxVal),
  ThresholdUnit: ({ weights }) => new ThresholdUnit(weights),
  Perceptron: ({ inputs, outputs }) => new Perceptron(inputs, outputs),
  AveragedModel: ({ module, ...o }) => {
    if (!isModule(module)) throw new OptionError("AveragedModel: module is missing");
    const averaged = new AveragedModel(module, o);
    // it keeps a copy
    module.dispose();
    return averaged;
  },
};

const registered = /* @__PURE__ */ shared("modules", () => new Map<string, ModuleClass>());

function checkClass(what: string, Class: ModuleClass): void {
  if (typeof Class !== "function" || !Object.hasOwn(Class, "type") || typeof Class.type !== "string" || Class.type === "Module")
    throw new OptionError(
      `${what}: expected a class of modules with a static type of its own, got ${(Class as { name?: string })?.name ?? String(Class)}`,
    );
  if (Object.hasOwn(BUILT_IN, Class.type) || Class.type === "Sequential")
    throw new OptionError(`${what}: "${Class.type}" is a type of the library; give ${Class.name} another`);
}

/** Makes a class of your own known to fromConfig(), load() and loadModel(), by its static `type`. A class of the same type registered before is replaced. */
export function registerModule(Class: ModuleClass): void {
  checkClass("registerModule", Class);
  registered.set(Class.type, Class);
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);
/** Descriptions within descriptions: deeper than any model, and far from the end of the stack. */
const DEEPEST = 200;

class Builder {
  readonly made = new Map<string, Module>();
  private readonly classes: ReadonlyMap<string, ModuleClass>;

  constructor(
    private readonly what: string,
    modules: readonly ModuleClass[],
  ) {
    for (const m of modules) checkClass(`${what}: modules`, m);
    this.classes = new Map([...registered, ...modules.map((m): [string, ModuleClass] => [m.type, m])]);
  }

  private fail(why: string, cause?: unknown): StateError {
    return new StateError(`${this.what}: ${why}`, cause === undefined ? undefined : { cause });
  }

  private option(value: unknown, path: string, depth: number): unknown {
    if (depth > DEEPEST) throw this.fail(`${at(path)} lies more than ${DEEPEST} levels deep`);
    if (Array.isArray(value)) return value.map((v, k) => this.option(v, join(path, k), depth + 1));
    if (!isObject(value)) return value;
    if (Object.hasOwn(value, "$module")) return this.part(value.$module, path, depth + 1);
    return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, this.option(v, join(path, name), depth + 1)]));
  }

  part(given: unknown, path: string, depth: number): Module {
    if (depth > DEEPEST) throw this.fail(`${at(path)} lies more than ${DEEPEST} levels deep`);
    if (!isObject(given))
      throw this.fail(`the description of ${at(path)} must be { type, ...options }, got ${JSON.stringify(given)?.slice(0, 60)}`);
    if (typeof given.shared === "string") {
      const known = this.made.get(given.shared);
      if (known === undefined) throw this.fail(`${at(path)} is said to be the one at "${given.shared}", where there is none`);
      return known;
    }
    const { type, ...config } = given;
    if (typeof type !== "string") throw this.fail(`the description of ${at(path)} has no type`);
    const module = type === "Sequential" ? this.sequential(config.stages, path, depth) : this.make(type, config, path, depth);
    this.made.set(path, module);
    return module;
  }

  private sequential(stages: unknown, path: string, depth: number): Sequential {
    if (!Array.isArray(stages)) throw this.fail(`${at(path)} is a Sequential without stages`);
    return new Sequential(
      ...stages.map((s: unknown, k) => {
        const name = isObject(s) && typeof s.type === "string" && Object.hasOwn(FUNCTIONS, s.type) ? s.type : undefined;
        return name === undefined ? this.part(s, join(path, k), depth + 1) : (FUNCTIONS[name] as Stage);
      }),
    );
  }

  private make(type: string, config: Record<string, unknown>, path: string, depth: number): Module {
    const known = Object.hasOwn(BUILT_IN, type) ? BUILT_IN[type] : undefined;
    const Class = this.classes.get(type);
    if (known === undefined && Class === undefined)
      throw this.fail(
        `${at(path)} is of type ${JSON.stringify(type)}, which is not known here; pass its class, { modules: [${type}] }, or call registerModule(${type}) before`,
      );
    const options = this.option(config, path, depth) as Record<string, unknown>;
    try {
      if (known !== undefined) return known(options);
      const made = Class!.fromConfig?.(options) ?? new (Class as unknown as new (config: object) => Module)(options);
      if (isModule(made)) return made;
    } catch (cause) {
      if (known !== undefined && !(cause instanceof TypeError) && cause instanceof NeuriteError) throw cause;
      throw this.fail(`${at(path)}: ${type} cannot be made from its config ${JSON.stringify(config)}: ${(cause as Error).message}`, cause);
    }
    throw this.fail(`${at(path)}: fromConfig of ${type} gave no module`);
  }
}

/**
 * Builds the model that describe() wrote down, with first values as new layers have them. Types that are not of the library are looked for among `modules` and those of
 * registerModule(). `what` is what errors call the description. Throws StateError, naming the place and the type, and OptionError for options out of range.
 */
export function fromConfig(config: ModuleConfig, { modules = [] }: BuildOptions = {}, what = "fromConfig"): Module {
  const builder = new Builder(what, modules);
  try {
    return builder.part(config, "", 0);
  } catch (error) {
    for (const m of builder.made.values()) m.dispose();
    throw error;
  }
}
