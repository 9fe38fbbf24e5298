/** One training: from the journal's data to a model, with checkpoints on the way. */
import { type EpochRecord, earlyStopping, evaluate, fit, type History, type Module, mlp, predict, r2 } from "neurite";
import type { Dataset, Preprocessing } from "./dataset";
import type { Spec } from "./spec";

export interface Training {
  readonly data: Dataset;
  readonly preprocessing: Preprocessing;
  readonly spec: Spec;
  readonly checkpoints: string;
  readonly checkpointSeconds: number;
  readonly yieldMs: number;
  readonly signal: AbortSignal;
  onEpoch(record: EpochRecord): void;
}

export interface Trained {
  readonly model: Module;
  readonly history: History;
  readonly evaluation: Record<string, number>;
}

/** Rows of a data set, as fit takes them. */
function part({ x, y, columns, outputs }: Dataset, from: number, to: number) {
  const numbers = y instanceof Float32Array;
  return {
    x: { data: x.subarray(from * columns, to * columns), shape: [to - from, columns] },
    y: numbers ? { data: y.subarray(from * outputs, to * outputs), shape: [to - from, outputs] } : y.subarray(from, to),
  };
}

type Part = ReturnType<typeof part>;

/** How good a model is: loss and accuracy; of numbers the root mean square error, in the target's unit where there is but one, and R2. */
async function evaluationOf(model: Module, rows: Part, { preprocessing: { target }, yieldMs }: Training): Promise<Record<string, number>> {
  if (target.kind === "classes") return evaluate(model, rows, { loss: "crossEntropy", metrics: ["accuracy"], yieldEveryMs: yieldMs });
  const { loss } = await evaluate(model, rows, { loss: "mse", yieldEveryMs: yieldMs });
  const { data } = await predict(model, rows.x, { yieldEveryMs: yieldMs });
  const unit = target.single ? { rmse: Math.sqrt(loss) * target.scale[0]! } : {};
  return { loss, ...unit, r2: r2(data, (rows.y as { data: Float32Array }).data) };
}

/** Trains, or goes on from the newest checkpoint. The caller disposes the model. Rejects where the run fails. */
export async function train(run: Training): Promise<Trained> {
  const { data, spec } = run;
  const classes = data.y instanceof Int32Array;
  const training = part(data, 0, data.rows);
  const held = data.held > 0 ? part(data, data.rows, data.rows + data.held) : undefined;
  const { hidden, activation, dropout, seed } = spec;
  const model = mlp([data.columns, ...hidden, data.outputs], { activation, dropout, seed });
  try {
    const history = await fit(model, training, {
      loss: classes ? "crossEntropy" : "mse",
      metrics: classes ? ["accuracy"] : [],
      optimizer: { type: "adamw", lr: spec.learningRate, weightDecay: spec.weightDecay },
      epochs: spec.epochs,
      batchSize: spec.batchSize,
      seed,
      ...(held === undefined ? {} : { validation: held }),
      callbacks: [
        { onEpochEnd: run.onEpoch },
        ...(held !== undefined && spec.patience > 0 ? [earlyStopping({ patience: spec.patience })] : []),
      ],
      checkpoint: { dir: run.checkpoints, every: { seconds: run.checkpointSeconds }, keep: 2, atEnd: "skip" },
      resume: true,
      signal: run.signal,
      yieldEveryMs: run.yieldMs,
    });
    return { model, history, evaluation: history.stopped === "aborted" ? {} : await evaluationOf(model, held ?? training, run) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
