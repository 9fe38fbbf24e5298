import { OptionError } from "../core/errors";
import type { Module, StateDict } from "../nn/module";
import { checkRange } from "../optim/check";
import { type Callback, type EpochRecord, type FitContext, oneOf, whole } from "./options";

export interface MonitorOptions {
  /** A figure of the epoch: "loss", the name of a metric, or "validation.loss", "validation.accuracy". Default "validation.loss". */
  monitor?: string;
  /** Whether smaller ("min") or greater ("max") is better. Default "min". */
  mode?: "min" | "max";
}

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs in a row without improvement that end the run, 1 or more. Default 10. */
  patience?: number;
  /** An improvement is one by more than this, 0 or more. Default 0. */
  minDelta?: number;
  /** At the end, put back parameters and buffers of the best epoch. Default true. */
  restoreBest?: boolean;
}

/** What earlyStopping carries from epoch to epoch. */
interface StoppingState {
  best: number;
  bestEpoch: number;
  waited: number;
  /** Of the model, and of the averaged one. */
  kept: StateDict[];
}

/** The figure of an epoch under its name. Throws OptionError where the run has none of that name. */
export function figureOf(record: EpochRecord, name: string): number {
  const inner = name.startsWith("validation.") ? record.validation?.[name.slice("validation.".length)] : record[name];
  if (typeof inner !== "number")
    throw new OptionError(`monitor: the epochs of this run have no figure "${name}"; add the metric, or give fit() validation data`);
  return inner;
}

/**
 * Ends a run once `monitor` has not improved for `patience` epochs in a row, and puts back the best weights and buffers, averaged ones (`ema`) too. One callback may
 * serve several runs, one after the other. Prechelt, Early stopping - but when?, 1998.
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { monitor = "validation.loss", minDelta = 0, restoreBest = true } = options;
  const patience = whole("earlyStopping: patience", options.patience ?? 10);
  const sign = oneOf("earlyStopping: mode", options.mode ?? "min", ["min", "max"]) === "min" ? 1 : -1;
  checkRange("earlyStopping: minDelta", minDelta, 0);
  let models: Module[];
  let best = Infinity;
  let bestEpoch = 0;
  let waited = 0;
  let kept: [Module, StateDict][] = [];
  /** From a checkpoint, until the run begins. */
  let loaded: StoppingState | undefined;
  return {
    stateDict: (): StoppingState => ({ best, bestEpoch, waited, kept: kept.map(([, state]) => state) }),
    loadStateDict(state: StoppingState) {
      loaded = state;
    },
    onStart(c) {
      models = [c.model, ...(c.ema === undefined ? [] : [c.ema])];
      const from = loaded ?? { best: Infinity, bestEpoch: 0, waited: 0, kept: [] };
      loaded = undefined;
      ({ best, bestEpoch, waited } = from);
      kept = from.kept.map((state, k) => [models[k]!, state]);
    },
    onEpochEnd(record) {
      const value = sign * figureOf(record, monitor);
      if (value < best - minDelta) {
        [best, bestEpoch, waited] = [value, record.epoch, 0];
        if (restoreBest) kept = models.map((m) => [m, m.stateDict()]);
        return;
      }
      if (++waited < patience) return;
      const bestSoFar = bestEpoch === 0 ? "it was not a number in any of them" : `best was ${sign * best} in epoch ${bestEpoch}`;
      return { stop: `${monitor} did not improve for ${patience} epochs; ${bestSoFar}` };
    },
    onEnd() {
      for (const [m, state] of kept) m.loadStateDict(state);
      kept = [];
    },
  };
}

/** Ends a run after the first epoch at whose end no training example is wrong: for targets that are classes. */
export function stopWhenPerfect(): Callback {
  let context: FitContext;
  const metrics = ["accuracy"] as const;
  return {
    onStart: (c) => void (context = c),
    async onEpochEnd({ epoch }) {
      const { accuracy } = await context.evaluate(metrics);
      // a mean of ones is exactly 1
      if (accuracy === 1) return { stop: `no training example is wrong after epoch ${epoch}` };
    },
  };
}
