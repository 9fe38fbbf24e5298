import type { Program } from "../core/program";
import type { Input } from "../data/column";
import type { DataSet } from "../data/dataset";
import type { LossSpec } from "../loss/losses";
import type { AveragedModel } from "../optim/averaged";
import type { Clip } from "../optim/clip";
import type { OptimizerConfig } from "../optim/index";
import type { Optimizer } from "../optim/optimizer";
import type { Regularization } from "../optim/regularization";

export interface TrainStepOptions {
  loss: LossSpec;
  optimizer: Optimizer | OptimizerConfig;
  /** Scales the gradients to a norm of at most `norm`, all of them taken as one vector, or moves each item into [-value, value]. Default: as they are. */
  clip?: Clip;
  /** A penalty on weights, as in fit: in the gradients, not in the loss returned. */
  regularization?: Regularization;
  /** Takes the parameters in after each step. */
  ema?: AveragedModel;
}

export interface RunOptions {
  /** Steps to run, over the data again and again in its order. */
  steps: number;
  /** Rows of a step. Default: all. */
  batchSize?: number | "all";
}

export interface TrainStep {
  /** One step on a batch; returns its loss. Recorded once for each shape of batch. */
  (x: Input, y: Input): number;
  /** The same, when it is this caller's turn of the event loop, and on the team's workers where there are any: one after the other. */
  async(x: Input, y: Input): Promise<number>;
  /** Many steps in one call, over data in linear memory; returns the loss of each. Synchronous: for scripts and workers. */
  run(data: DataSet, options: RunOptions): Float32Array;
  /** The program of the last step. */
  readonly program: Program | undefined;
  dispose(): void;
}
