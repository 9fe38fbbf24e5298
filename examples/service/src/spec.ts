/** What a training is to do, with all defaults filled in, so that it is the same after a restart. */
import { randomInt } from "node:crypto";
import type { ActivationName } from "neurite";
import { bytesOf, type JobSize, type Limits, parametersOf, within } from "./limits";
import type { TrainBody } from "./schemas";

export interface Spec {
  hidden: number[];
  activation: ActivationName;
  dropout: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  weightDecay: number;
  validation: number;
  patience: number;
  seed: number;
}

/** Fewer rows than these are all trained on. */
const ROWS_TO_HOLD_OUT = 50;

export function specOf(body: TrainBody): Spec {
  return {
    hidden: body.hidden ?? [32],
    activation: body.activation ?? "relu",
    dropout: body.dropout ?? 0,
    epochs: body.epochs ?? 200,
    batchSize: body.batchSize ?? 32,
    learningRate: body.learningRate ?? 0.005,
    weightDecay: body.weightDecay ?? 0.01,
    validation: body.validation ?? (body.rows.length < ROWS_TO_HOLD_OUT ? 0 : 0.2),
    patience: body.patience ?? 20,
    seed: body.seed ?? randomInt(2 ** 32),
  };
}

/** Bytes the training takes. Throws the problem of the first limit that is exceeded. */
export function checkSpec(spec: Spec, size: JobSize, limits: Limits): number {
  within(limits, "epochs", spec.epochs, "epochs");
  within(limits, "hiddenLayers", spec.hidden.length, "hidden layers");
  within(limits, "parameters", parametersOf(size), "parameters of the network");
  const bytes = bytesOf(size);
  within(limits, "jobBytes", bytes, "bytes the training takes");
  return bytes;
}
