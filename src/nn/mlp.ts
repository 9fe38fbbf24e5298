import { OptionError } from "../core/errors";
import { checkShare, seeded } from "../ops/random";
import {
  ELU,
  GELU,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  ReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Step,
  Tanh,
} from "./activations";
import { Dropout } from "./dropout";
import { Linear, type LinearOptions } from "./layers";
import { isModule } from "./module";
import { BatchNorm1d, LayerNorm } from "./norm";
import { Sequential, type Stage } from "./sequential";

/** Activations by the names of their functions. */
const ACTIVATIONS = {
  relu: ReLU,
  leakyRelu: LeakyReLU,
  prelu: PReLU,
  elu: ELU,
  selu: SELU,
  gelu: GELU,
  silu: SiLU,
  mish: Mish,
  softplus: Softplus,
  hardtanh: Hardtanh,
  sigmoid: Sigmoid,
  tanh: Tanh,
  logSigmoid: LogSigmoid,
  softmax: Softmax,
  logSoftmax: LogSoftmax,
  step: Step,
} as const;

export type ActivationName = keyof typeof ACTIVATIONS;

export interface MlpOptions extends LinearOptions {
  /** Behind every hidden layer: a name, a module (each layer gets a clone) or a function. Default "relu". */
  activation?: ActivationName | Stage;
  /** Behind the last layer. Default none: losses take logits. */
  outputActivation?: ActivationName | Stage;
  /** BatchNorm1d in every hidden layer, before the activation (true, "before"; Ioffe and Szegedy 2015) or after it. Default false. */
  batchNorm?: boolean | "before" | "after";
  /** LayerNorm likewise. Default false. */
  layerNorm?: boolean | "before" | "after";
  /** Share dropped behind every hidden layer, in [0, 1); or one for each of them. Default 0: no Dropout. */
  dropout?: number | readonly number[];
  /**
   * Key of the first values, a whole number from 0 to 2^53 - 1: those of a layer depend on it and the layer's place alone, not on what was drawn before, and nothing is
   * drawn from the global generator. Default: the global generator's next ones.
   */
  seed?: number;
}

/** Modules for layer after layer from what an option says: the one given first, then clones of it, so that none shares parameters with another. */
function activations(option: string, given: ActivationName | Stage): () => Stage {
  if (typeof given === "string") {
    if (!Object.hasOwn(ACTIVATIONS, given))
      throw new OptionError(
        `mlp: ${option}: unknown activation ${JSON.stringify(given)}; known are ${Object.keys(ACTIVATIONS).join(", ")}`,
      );
    return () => new ACTIVATIONS[given]();
  }
  if (!isModule(given)) {
    if (typeof given !== "function") throw new OptionError(`mlp: ${option} must be a name, a module or a function, got ${String(given)}`);
    return () => given;
  }
  let used = false;
  return () => {
    const next = used ? given.clone() : given;
    used = true;
    return next;
  };
}

function position(option: string, given: boolean | "before" | "after"): "before" | "after" | undefined {
  if (given === true) return "before";
  if (given === false) return undefined;
  if (given !== "before" && given !== "after")
    throw new OptionError(`mlp: ${option} must be true, false, "before" or "after" (the activation), got ${JSON.stringify(given)}`);
  return given;
}

function shares(given: number | readonly number[], hidden: number): readonly number[] {
  const list = typeof given === "number" ? Array.from({ length: hidden }, () => given) : given;
  if (list.length !== hidden)
    throw new OptionError(`mlp: dropout has ${list.length} shares for ${hidden} hidden layers; give one each, or a single number`);
  for (const p of list) checkShare("mlp: dropout", p);
  return list;
}

/**
 * A multilayer perceptron: mlp([1600, 100, 100, 100, 10]) takes x (batch, 1600) to (batch, 10) and has 181,310 parameters. `sizes` are the inputs, the units of each
 * hidden layer, the outputs. A hidden layer is Linear, normalisation, activation, Dropout, in this order (normalisation behind the activation with "after"), each
 * of them a stage of its own; the last layer is Linear, and `outputActivation` where asked. `bias`, `init` and `biasInit` are those of every Linear.
 *
 * mlp([784, 300, 100, 10], { activation: "tanh", batchNorm: true, dropout: [0, 0.5], init: "glorotUniform" })
 *
 * Throws OptionError.
 */
export function mlp(sizes: readonly number[], options: MlpOptions = {}): Sequential {
  const { activation = "relu", outputActivation, batchNorm = false, layerNorm = false, dropout = 0, seed, ...linear } = options;
  if (sizes.length < 2 || !sizes.every((n) => Number.isInteger(n) && n > 0))
    throw new OptionError(
      `mlp: sizes must be two or more whole numbers of 1 or more: inputs, hidden units, outputs; got [${sizes.join(", ")}]`,
    );
  const unknown = Object.keys(linear).filter((name) => !["bias", "init", "biasInit"].includes(name));
  if (unknown.length > 0)
    throw new OptionError(
      `mlp: unknown option "${unknown[0]}"; known are activation, outputActivation, batchNorm, layerNorm, dropout, seed, bias, init, biasInit`,
    );
  const [batch, layer] = [position("batchNorm", batchNorm), position("layerNorm", layerNorm)];
  if (batch !== undefined && layer !== undefined) throw new OptionError("mlp: choose batchNorm or layerNorm, not both");
  const norm = (at: "before" | "after", n: number): Stage[] =>
    batch === at ? [new BatchNorm1d(n)] : layer === at ? [new LayerNorm(n)] : [];
  const p = shares(dropout, sizes.length - 2);
  const next = activations("activation", activation);
  const last = outputActivation === undefined ? [] : [activations("outputActivation", outputActivation)];
  const stages: Stage[] = [];
  const build = () => {
    for (const [k, n] of sizes.slice(1).entries()) {
      stages.push(new Linear(sizes[k]!, n, linear));
      if (k === sizes.length - 2) stages.push(...last.map((f) => f()));
      else stages.push(...norm("before", n), next(), ...norm("after", n), ...(p[k]! > 0 ? [new Dropout(p[k])] : []));
    }
  };
  if (seed === undefined) build();
  else seeded(seed, () => String(stages.length), build);
  return new Sequential(...stages);
}
