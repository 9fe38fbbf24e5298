import { DataError, OptionError } from "../core/errors";
import type { DataSet } from "../data/dataset";
import { initialize } from "../nn/init/initialize";
import { type ActivationName, mlp } from "../nn/mlp";
import type { OptimizerConfig } from "../optim/index";
import { fit } from "../train/fit";
import { earlyStopping } from "../train/monitor";
import type { Callback, FitOptions, History } from "../train/options";
import { TableModel } from "./model";
import { learnable, Preprocessor, type PreprocessorOptions } from "./preprocessor";
import { balancedWeights, stratifiedSplit } from "./split";
import type { Table } from "./table";

export interface TrainTableOptions extends PreprocessorOptions {
  /** Units of the hidden layers; [] is logistic or linear regression. Default [32, 16]. */
  hidden?: readonly number[];
  /** Default "relu". */
  activation?: ActivationName;
  /** Default false. */
  batchNorm?: boolean;
  /** Share dropped behind every hidden layer. Default 0. */
  dropout?: number;
  /** Default { type: "adamw", lr: 1e-3, weightDecay: 1e-2 }. */
  optimizer?: OptimizerConfig;
  /** Most passes over the rows; early stopping mostly ends before. Default 500. */
  epochs?: number;
  /** Default 16 for fewer than 2000 rows, else 64. */
  batchSize?: number;
  /** Share of the rows that early stopping looks at; 0: none, all epochs are run. Default 0.15. */
  validation?: number;
  /** Epochs without improvement of the validation's loss that end the run. Default 30. */
  patience?: number;
  /** `balanced`: every class weighs the same in all. Default "none". */
  weights?: "none" | "balanced";
  /** Key of the split, the first weights and the order of rows. Default 0. */
  seed?: number;
  /** Everything else that fit() takes. */
  fit?: Pick<FitOptions, "callbacks" | "signal" | "progress" | "checkpoint" | "resume" | "yieldEveryMs" | "clip" | "regularization">;
}

export interface TrainedTable {
  readonly model: TableModel;
  readonly history: History;
  /** Rows that were trained on, and that early stopping looked at. */
  readonly rows: { readonly training: number; readonly validation: number };
}

const RECTIFIERS: readonly ActivationName[] = ["relu", "leakyRelu", "prelu", "elu", "gelu", "silu", "mish", "softplus"];

/**
 * Learns to predict a column from the others: fits the preprocessing, holds back a stratified share for early stopping, and trains a multilayer perceptron with cross-entropy, or
 * mean squared error of the scaled target. The best epoch's weights are kept. Throws OptionError, DataError, and what fit() throws.
 */
export async function trainTable(table: Table, options: TrainTableOptions): Promise<TrainedTable> {
  const { hidden = [32, 16], activation = "relu", batchNorm = false, dropout = 0, seed = 0, validation = 0.15, weights = "none" } = options;
  if (!(validation >= 0 && validation < 1)) throw new OptionError(`validation must be a share from 0 to below 1, got ${validation}`);
  if (weights !== "none" && weights !== "balanced")
    throw new OptionError(`weights must be "none" or "balanced", got ${JSON.stringify(weights)}`);
  const { probe, rows, strata } = learnable(table, options);
  const [train, held] =
    validation === 0
      ? [Int32Array.from({ length: rows.rows }, (_, r) => r), new Int32Array(0)]
      : (stratifiedSplit(rows.rows, [1 - validation, validation], { seed, ...strata }) as [Int32Array, Int32Array]);
  if (train.length === 0) throw new DataError(`${rows.rows} rows are too few to train on`);
  // means, medians and levels of the training rows alone; the classes of the target of all
  const fitted = Preprocessor.fit(rows.take(train), options);
  const preprocessor = Preprocessor.from({ ...fitted.config, target: probe.target.task === "classify" ? probe.target : fitted.target });
  const encode = (part: Int32Array): DataSet => {
    const { x, y } = preprocessor.encodeWithTarget(rows.take(part));
    const balanced = weights === "balanced" && y instanceof Int32Array ? { sampleWeight: balancedWeights(y) } : {};
    return { x, y, ...balanced };
  };
  const module = mlp([preprocessor.inputs.length, ...hidden, preprocessor.outputs], { activation, batchNorm, dropout });
  try {
    initialize(module, RECTIFIERS.includes(activation) ? "heUniform" : "glorotUniform", { seed });
    const { callbacks = [], ...rest } = options.fit ?? {};
    const stopping: Callback[] = held.length === 0 ? [] : [earlyStopping({ patience: options.patience ?? 30 })];
    const history = await fit(module, encode(train), {
      loss: preprocessor.target.task === "classify" ? "crossEntropy" : "mse",
      optimizer: options.optimizer ?? { type: "adamw", lr: 1e-3, weightDecay: 1e-2 },
      epochs: options.epochs ?? 500,
      batchSize: options.batchSize ?? (train.length < 2000 ? 16 : 64),
      seed,
      ...(held.length === 0 ? {} : { validation: encode(held) }),
      ...rest,
      callbacks: [...stopping, ...callbacks],
    });
    return { model: new TableModel(module, preprocessor), history, rows: { training: train.length, validation: held.length } };
  } catch (error) {
    module.dispose();
    throw error;
  }
}
