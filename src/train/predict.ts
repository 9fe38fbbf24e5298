import type { Ref } from "../core/emit";
import { OptionError } from "../core/errors";
import { heap } from "../core/runtime";
import { turn } from "../core/scheduler";
import { columnsOf, type DataSet } from "../data/dataset";
import type { Module } from "../nn/module";
import { drawSeed, Generator } from "../ops/random";
import { type Shape, sizeOf } from "../tensor/shape";
import { own, pinned, scope, type Tensor } from "../tensor/tensor";
import { cut, rowsOf } from "./cut";
import { createFeed, type SourceMode } from "./feed";
import { evaluated, type RecordedForward, recordForward, sampled } from "./forward";
import { runReading } from "./insist";
import { whole } from "./options";
import { sourceFor } from "./source";

/** Values outside linear memory: nothing to dispose. */
export interface Prediction {
  data: Float32Array;
  /** Rows first. */
  shape: Shape;
}

/** What samples with active dropout gave: `data` is their mean. */
export interface SampledPrediction extends Prediction {
  /** Standard deviation of each item over the samples, as torch.std with n - 1 below the sum; 0 for one sample. Shape as data. */
  std: Float32Array;
  samples: number;
}

export interface PredictOptions {
  /** Default 256. The numbers of samples do not depend on it. */
  batchSize?: number;
  /** Forward so often, with dropout active and all else in evaluation mode, for mean and standard deviation. Default: once, without dropout. */
  samples?: number;
  /** Key of the samples' random numbers. Default: one draw from the global generator. */
  seed?: number;
  yieldEveryMs?: number;
  eager?: boolean;
  source?: SourceMode;
  allowNonFinite?: boolean;
  signal?: AbortSignal;
}

/** Mean and sum of squared distances from it, item by item in double precision: Welford 1962. */
class Moments {
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private n = 0;

  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.squares = new Float64Array(size);
  }

  add(values: Float32Array): void {
    this.n++;
    for (let k = 0; k < values.length; k++) {
      const off = values[k]! - this.mean[k]!;
      this.mean[k]! += off / this.n;
      this.squares[k]! += off * (values[k]! - this.mean[k]!);
    }
  }

  write(mean: Float32Array, std: Float32Array, at: number): void {
    mean.set(this.mean, at);
    for (let k = 0; k < this.mean.length; k++) std[at + k] = Math.sqrt(this.squares[k]! / Math.max(1, this.n - 1));
  }
}

/** What random samples need: the numbers' block, and whether any were drawn. */
class Sampling {
  private readonly random: Generator;
  private drawn = false;

  constructor(
    private readonly model: Module,
    seed: number | undefined,
  ) {
    this.random = new Generator(seed ?? drawSeed());
  }

  /** Moves to a sample of the rows from `first` on. */
  begin(sample: number, first: number): void {
    this.random.step = sample;
    this.random.firstRow = first;
  }

  forward(inputs: readonly Tensor[]): Tensor {
    const block: Ref = this.random.block.ref;
    const output = sampled(this.model, inputs, block, () => void (this.drawn = true));
    const dropouts = () => [...this.model.namedModules()].some(([, m]) => (m.constructor as typeof Module).type.includes("Dropout"));
    if (!this.drawn && !dropouts())
      throw new OptionError(
        "predict: samples of this model are all the same: it draws no random numbers. Leave samples out, or add Dropout",
      );
    return output;
  }

  dispose(): void {
    this.random.dispose();
  }
}

/**
 * Outputs of a model for rows, in evaluation mode; in batches, with turns of the event loop between.
 *
 * With `samples`, Monte-Carlo dropout: mean and standard deviation of each output over so many forwards with dropout active (batch norm keeps to its running
 * statistics). The numbers are a function of seed, layer, sample, row and column, the same whatever the batch size. Random ops of forward() itself are drawn anew
 * for each sample too. Throws OptionError for samples below 1, and for a model that draws no random numbers. Gal and Ghahramani 2016.
 */
export function predict(model: Module, x: DataSet["x"], options: PredictOptions & { samples: number }): Promise<SampledPrediction>;
export function predict(model: Module, x: DataSet["x"], options?: PredictOptions): Promise<Prediction>;
export async function predict(model: Module, x: DataSet["x"], options: PredictOptions = {}): Promise<Prediction> {
  const samples = options.samples === undefined ? undefined : whole("predict: samples", options.samples);
  const columns = columnsOf({ x }, undefined, options.allowNonFinite);
  const plan = cut(columns.rows, whole("predict: batchSize", options.batchSize ?? 256), "keep");
  const feed = createFeed(columns, sourceFor(columns, options.source), plan.batch);
  const cursor = own(pinned([1], "program", "i32"));
  const programs = new Map<number, RecordedForward | undefined>();
  let result: Prediction | SampledPrediction | undefined;
  let sampling: Sampling | undefined;
  let moments: Moments | undefined;
  const take = (output: Tensor, first: number) => {
    const rowShape = output.shape.slice(1);
    const make = () => new Float32Array(plan.rows * sizeOf(rowShape));
    result ??= { data: make(), shape: [plan.rows, ...rowShape], ...(samples === undefined ? {} : { std: make(), samples }) };
    const at = (output.ref.storage.address + output.offset) / 4;
    const values = heap().f32.subarray(at, at + output.size);
    if (sampling === undefined) result.data.set(values, first * sizeOf(rowShape));
    else (moments ??= new Moments(output.size)).add(values);
  };
  try {
    if (samples !== undefined) sampling = new Sampling(model, options.seed);
    let since = performance.now();
    for (let step = 0; step < plan.steps; step++) {
      const [rows, first] = [rowsOf(plan, step), step * plan.batch];
      moments = undefined;
      for (let sample = 0; sample < (samples ?? 1); sample++) {
        if (performance.now() - since > (options.yieldEveryMs ?? 16)) {
          await turn();
          since = performance.now();
        }
        options.signal?.throwIfAborted();
        feed.reach(first, rows);
        heap().i32[cursor.storage.address / 4] = feed.cursor(first);
        sampling?.begin(sample, first);
        const forward = () => {
          const { inputs } = feed.batch(rows, cursor.ref);
          return sampling?.forward(inputs) ?? evaluated(model, inputs);
        };
        if (options.eager !== true && !programs.has(rows)) programs.set(rows, recordForward(model, forward));
        const recorded = programs.get(rows);
        if (recorded === undefined) scope(() => take(forward(), first));
        else {
          await runReading(recorded.program);
          take(recorded.output, first);
        }
      }
      const { data, std } = result as SampledPrediction;
      (moments as Moments | undefined)?.write(data, std, (first * data.length) / plan.rows);
    }
    return result!;
  } finally {
    for (const p of programs.values()) p?.program.dispose();
    cursor.dispose();
    feed.dispose();
    sampling?.dispose();
  }
}
