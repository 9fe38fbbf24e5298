import { Op } from "../../assembly/opcodes";
import { noGrad } from "../autograd/graph";
import { emit, type Ref } from "../core/emit";
import { OptionError, StateError } from "../core/errors";
import { Module } from "../nn/module";
import { Buffer } from "../nn/parameter";
import { add, eq, maximum } from "../ops/binary";
import { pow } from "../ops/unary";
import { sameShape, showShape } from "../tensor/shape";
import { BYTES, fromValues, scope, type Tensor } from "../tensor/tensor";
import { checkRange } from "./check";

export interface AveragedOptions {
  /** Share of the average that an update keeps, in [0, 1). Default 0.999. */
  decay?: number;
  /** Average buffers (running statistics) too; by default they are copied, so that they are the model's own at the last update. */
  useBuffers?: boolean;
  /** Begin with a short memory: the decay is at most 1 - (1 + n)^(-2/3) after n updates, as timm's use_warmup. Default false. */
  useWarmup?: boolean;
}

/**
 * A copy of a model whose parameters are an exponential moving average of the model's: average = decay average + (1 - decay) weights at each update, the first of
 * which copies (no bias to correct). A module itself: `predict(averaged, x)`, `evaluate(averaged, ...)`; in evaluation mode, without gradients.
 *
 * `fit(model, data, { ema })` and `trainStep(model, { ema })` update it with every step of the optimizer; in a loop of one's own `updateParameters(model)` does, after
 * `optimizer.step()`, to the same bits. With `accumulate` that is once a group.
 *
 * State: `module.*`, `n_averaged` (f32, exact to 2^24). torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn, whose names and formula these are; OptionError
 * for a decay out of range.
 */
export class AveragedModel<M extends Module = Module> extends Module {
  static override readonly type: string = "AveragedModel";
  /** The averaged copy. */
  readonly module: M;
  /** Updates so far. */
  readonly n_averaged: Buffer;
  readonly decay: number;
  readonly useBuffers: boolean;
  readonly useWarmup: boolean;

  constructor(model: M, { decay = 0.999, useBuffers = false, useWarmup = false, ...rest }: AveragedOptions = {}) {
    super();
    for (const name of Object.keys(rest))
      throw new OptionError(`AveragedModel: unknown option "${name}"; known are decay, useBuffers, useWarmup`);
    checkRange("AveragedModel: decay", decay, 0, 1);
    this.decay = decay;
    this.useBuffers = useBuffers;
    this.useWarmup = useWarmup;
    this.module = model.clone();
    this.n_averaged = new Buffer([]);
    for (const p of this.module.parameters()) p.requiresGrad = false;
    this.eval();
  }

  override get config() {
    const { decay, useBuffers, useWarmup } = this;
    return { decay, useBuffers, useWarmup };
  }

  forward(...inputs: Tensor[]): Tensor {
    return this.module.forward(...inputs);
  }

  /** Own tensors beside a model's of the same names: first those averaged, then those copied. Throws StateError where the models differ. */
  private pairs(model: Module): [averaged: [Tensor, Tensor][], copied: [Tensor, Tensor][]] {
    const averaged: [Tensor, Tensor][] = [];
    const copied: [Tensor, Tensor][] = [];
    const match = (own: [string, Tensor][], theirs: [string, Tensor][], into: (t: Tensor) => [Tensor, Tensor][]) => {
      for (let k = 0; k < Math.max(own.length, theirs.length); k++) {
        const [a, b] = [own[k], theirs[k]];
        if (a === undefined || b === undefined || a[0] !== b[0] || !sameShape(a[1].shape, b[1].shape) || a[1].dtype !== b[1].dtype)
          throw new StateError(`AveragedModel: it averages another model: ${show(a)} stands beside ${show(b)}; make a new one`);
        into(a[1]).push([a[1], b[1]]);
      }
    };
    match(this.module.namedParameters(), model.namedParameters(), () => averaged);
    match(this.module.namedBuffers(), model.namedBuffers(), (t) => (this.useBuffers && t.dtype === "f32" ? averaged : copied));
    return [averaged, copied];
  }

  /** Throws StateError unless `model` is built as the one averaged. */
  check(model: Module): void {
    this.pairs(model);
  }

  /** Takes the model's parameters into the average, and its buffers over. Throws StateError for a model of another build. */
  updateParameters(model: Module): void {
    const [averaged, copied] = this.pairs(model);
    const { n_averaged: n } = this;
    noGrad(() =>
      scope(() => {
        // 1 at first: a copy
        const first = maximum(eq(n, 0), Math.fround(1 - this.decay));
        const weight = this.useWarmup ? maximum(first, pow(add(n, 1), -2 / 3)) : first;
        const records: (Ref | number)[] = averaged.flatMap(([a, b]) => [a.ref, b.ref, a.size]);
        if (records.length > 0) emit(Op.LERP, weight.ref, ...records);
        const one = fromValues([1], [], "f32");
        emit(Op.ADD, n.ref, n.ref, one.ref, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1);
      }),
    );
    copyAll(copied);
    for (const [a] of averaged) a.storage.version++;
    n.storage.version++;
  }

  /** Puts the averaged parameters, and the buffers as they are here, into a model. Throws StateError for a model of another build. */
  copyTo(model: Module): void {
    copyAll(this.pairs(model).flatMap((list) => list.map(([own, theirs]): [Tensor, Tensor] => [theirs, own])));
  }
}

const show = (named: [string, Tensor] | undefined): string =>
  named === undefined ? "nothing" : `${named[0]} ${showShape(named[1].shape)}`;

function copyAll(pairs: readonly (readonly [to: Tensor, from: Tensor])[]): void {
  for (const [to, from] of pairs) {
    emit(Op.COPY, to.ref, from.ref, Math.ceil((to.size * BYTES[to.dtype]) / 4));
    to.storage.version++;
  }
}
