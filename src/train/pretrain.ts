import { OptionError } from "../core/errors";
import type { Input } from "../data/column";
import type { LossSpec } from "../loss/losses";
import { Dropout } from "../nn/dropout";
import { initialize } from "../nn/init/initialize";
import { Linear } from "../nn/layers";
import { isModule, isTraining, Module } from "../nn/module";
import { Parameter } from "../nn/parameter";
import { Sequential, type Stage } from "../nn/sequential";
import { add, mul } from "../ops/binary";
import { dropout } from "../ops/dropout";
import { matmul } from "../ops/matmul";
import { checkShare, drawSeed, Generator, randn, randomBits } from "../ops/random";
import { checkRange } from "../optim/check";
import type { OptimizerConfig } from "../optim/index";
import { tensor } from "../tensor/create";
import { own, type Tensor } from "../tensor/tensor";
import { fit } from "./fit";
import type { FitOptions, History } from "./options";
import { predict } from "./predict";

/** What is done to the inputs of an autoencoder in training: a share of the items set to 0, or normal noise added. */
export type Corruption = { mask: number } | { std: number };

/** Those of fit, for each layer's run, and what follows. */
export interface PretrainOptions
  extends Omit<FitOptions, "loss" | "optimizer" | "metrics" | "validation" | "ema" | "checkpoint" | "resume"> {
  /** Between the layer's inputs and what the decoder makes of its outputs. Default "mse". */
  loss?: LossSpec;
  /** A description: each layer gets an optimizer of its own. Default { type: "adam", lr: 1e-3 }. */
  optimizer?: OptimizerConfig;
  /** The decoder's weight is the layer's, transposed, so that it learns a bias alone. Default false. */
  tied?: boolean;
  /** Denoising: the layer sees spoilt inputs in training and is to give back the clean ones (Vincent et al. 2008). Default none. */
  corruption?: Corruption;
  /** Which Linear layers, counted from 0 in the order of the model. Default: all but the last, which the task itself trains. */
  layers?: readonly number[];
}

/** Plain JSON. */
export interface PretrainHistory {
  /** In the order of training: the path of the Linear layer, and what fit says of its autoencoder. */
  layers: { layer: string; history: History }[];
  stopped: "finished" | "aborted";
}

class Corrupt extends Module {
  static override readonly type = "Corrupt";
  constructor(readonly how: Corruption) {
    super();
  }
  forward(x: Tensor): Tensor {
    if (!isTraining(this)) return x;
    if ("std" in this.how) return add(x, mul(randn(x.shape), this.how.std));
    // what is left is not scaled up: a damage to be undone, other than Dropout
    return mul(dropout(x, this.how.mask), 1 - this.how.mask);
  }
}

/** h (batch, out) to (batch, in) by the weight (out, in) of a layer, and a bias. */
class TiedDecoder extends Module {
  static override readonly type = "TiedDecoder";
  readonly bias: Parameter;
  constructor(readonly weight: Parameter) {
    super();
    this.bias = new Parameter([weight.shape[1]!]);
  }
  forward(h: Tensor): Tensor {
    return add(matmul(h, this.weight), this.bias);
  }
}

/** Stages of a Sequential and of those inside it, by path. */
function stagesOf(model: Sequential, prefix = ""): [string, Stage][] {
  return model.stages.flatMap((s, k): [string, Stage][] => (is(s, Sequential) ? stagesOf(s, `${prefix}${k}.`) : [[`${prefix}${k}`, s]]));
}

/** By the static type: classes of another copy of the library count. */
const is = <M extends Module>(s: Stage, kind: { new (...args: never[]): M; readonly type: string }): s is M =>
  isModule(s) && (s.constructor as typeof Module).type === kind.type;

/** A Linear layer with what stands between it and the next. */
interface Block {
  readonly path: string;
  readonly linear: Linear;
  readonly stages: readonly Stage[];
}

function blocksOf(model: Sequential): { before: Stage[]; blocks: Block[] } {
  const before: Stage[] = [];
  const blocks: (Block & { stages: Stage[] })[] = [];
  for (const [path, stage] of stagesOf(model))
    if (is(stage, Linear)) blocks.push({ path, linear: stage, stages: [stage] });
    else (blocks.at(-1)?.stages ?? before).push(stage);
  return { before, blocks };
}

function checkLayers(layers: readonly number[] | undefined, count: number): ReadonlySet<number> {
  const known = layers ?? Array.from({ length: count - 1 }, (_, k) => k);
  for (const k of known)
    if (!Number.isInteger(k) || k < 0 || k >= count)
      throw new OptionError(
        `pretrain: layers: there is no layer ${k}; the model has ${count} Linear layers, counted from 0 to ${count - 1}`,
      );
  if (known.length === 0)
    throw new OptionError(
      `pretrain: no layer to train: the model has ${count} Linear layers, of which the last is left out unless { layers } names it`,
    );
  return new Set(known);
}

function checkCorruption(given: Corruption | undefined): void {
  if (given === undefined) return;
  const { mask, std, ...rest } = given as { mask?: number; std?: number };
  if ((mask === undefined) === (std === undefined) || Object.keys(rest).length > 0)
    throw new OptionError(`pretrain: corruption must be { mask } or { std }, got ${JSON.stringify(given)}`);
  if (mask !== undefined) checkShare("pretrain: corruption.mask", mask);
  else checkRange("pretrain: corruption.std", std, 0);
}

/** The outputs of some stages for all rows, in evaluation mode, in linear memory once. */
async function outputsOf(stages: readonly Stage[], x: Input, options: PretrainOptions): Promise<Tensor> {
  const { eager, source, signal, yieldEveryMs, allowNonFinite } = options;
  const given = Object.entries({ eager, source, signal, yieldEveryMs, allowNonFinite }).filter(([, v]) => v !== undefined);
  const { data, shape } = await predict(new Sequential(...stages), x, Object.fromEntries(given));
  return own(tensor(data, shape));
}

/**
 * Greedy layer-wise pre-training without labels, for a model that is a Sequential: for one Linear layer after the other, an autoencoder learns to give back the layer's
 * inputs, which are what the layers before make of x (in, ...). Its encoder is the layer itself with what follows up to the next Linear (normalisation, activation;
 * Dropout rests), its decoder a Linear(out, in) that is thrown away. Nothing but the layer at hand changes. Then train the whole model as usual, with fit.
 *
 * Runs fit for each layer: its options, its event loop turns, its progress with a line a layer; an abort ends the whole, what was learned stays. With a seed, a layer's
 * random numbers depend on it and on the layer's place alone. Callbacks see one run a layer.
 *
 * Throws OptionError, and what fit throws. Hinton and Salakhutdinov 2006; Bengio, Lamblin, Popovici and Larochelle 2007; denoising: Vincent et al. 2008.
 */
export async function pretrain(model: Sequential, x: Input, options: PretrainOptions = {}): Promise<PretrainHistory> {
  const { loss = "mse", optimizer = { type: "adam", lr: 1e-3 }, tied = false, corruption, layers, seed = drawSeed(), ...rest } = options;
  if (!isModule(model) || !is(model, Sequential)) throw new OptionError("pretrain: the model must be a Sequential");
  if (!("type" in optimizer) || "step" in optimizer)
    throw new OptionError('pretrain: optimizer must be a description such as { type: "adam", lr: 1e-3 }: each layer gets one of its own');
  checkCorruption(corruption);
  const { before, blocks } = blocksOf(model);
  const chosen = checkLayers(layers, blocks.length);
  const last = Math.max(...chosen);
  const seeds = seedsOf(seed, blocks.length);
  const result: PretrainHistory = { layers: [], stopped: "finished" };
  let inputs = x;
  /** Goes on to what these stages make of the inputs. */
  const pass = async (stages: readonly Stage[]) => {
    const outputs = await outputsOf(stages, inputs, rest);
    if (inputs !== x) (inputs as Tensor).dispose();
    inputs = outputs;
  };
  try {
    if (before.length > 0) await pass(before);
    for (const [k, block] of blocks.slice(0, last + 1).entries()) {
      rest.signal?.throwIfAborted();
      if (chosen.has(k)) {
        const history = await learn(block, inputs, { ...rest, loss, optimizer, seed: seeds[k]! }, tied, corruption);
        result.layers.push({ layer: block.path, history });
      }
      rest.signal?.throwIfAborted();
      if (k < last) await pass(block.stages);
    }
  } catch (error) {
    if (rest.signal?.aborted !== true || error !== rest.signal.reason) throw error;
    result.stopped = "aborted";
  } finally {
    if (inputs !== x) (inputs as Tensor).dispose();
  }
  return result;
}

/** Trains one layer as the encoder of an autoencoder. */
async function learn(
  { path, linear, stages }: Block,
  inputs: Input,
  options: FitOptions & { seed: number },
  tied: boolean,
  corruption: Corruption | undefined,
): Promise<History> {
  const heading = `layer ${path}: ${linear.inFeatures} to ${linear.outFeatures}`;
  if (options.progress === true) console.log(heading);
  else if (typeof options.progress === "object") options.progress.write(`${heading}\n`);
  const encoder = stages.filter((s) => !is(s, Dropout));
  const decoder = tied
    ? new TiedDecoder(linear.weight)
    : initialize(new Linear(linear.outFeatures, linear.inFeatures, { init: "zeros", biasInit: "zeros" }), "glorotUniform", {
        seed: options.seed,
      });
  try {
    const auto = new Sequential(...(corruption === undefined ? [] : [new Corrupt(corruption)]), ...encoder, decoder);
    return await fit(auto, { x: inputs, y: inputs }, options);
  } finally {
    // a tied weight is the layer's own
    if (!tied) decoder.weight.dispose();
    decoder.bias?.dispose();
  }
}

/** A seed for each layer. */
function seedsOf(seed: number, count: number): number[] {
  const random = new Generator(seed);
  try {
    const bits = randomBits(2 * count, random);
    return Array.from({ length: count }, (_, k) => bits[2 * k]! + (bits[2 * k + 1]! & 0x1fffff) * 2 ** 32);
  } finally {
    random.dispose();
  }
}
