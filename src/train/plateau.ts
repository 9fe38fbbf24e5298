import { OptionError } from "../core/errors";
import { checkRange } from "../optim/check";
import { figureOf, type MonitorOptions } from "./monitor";
import { type Callback, type FitContext, oneOf, whole } from "./options";

export interface ReduceOnPlateauOptions extends MonitorOptions {
  /** What a rate is multiplied by, in [0, 1). Default 0.1. */
  factor?: number;
  /** Epochs in a row without improvement that change nothing; the next such epoch lowers the rates. 0 or more, default 10. */
  patience?: number;
  /** How large an improvement has to be, 0 or more. Default 1e-4. */
  threshold?: number;
  /** rel: better than best (1 - threshold), as "max" than best (1 + threshold). abs: than best - threshold, best + threshold. Default rel. */
  thresholdMode?: "rel" | "abs";
  /** Epochs after a reduction that do not count. Default 0. */
  cooldown?: number;
  /** No rate goes below: one number, or one for each group of parameters. Default 0. */
  minLr?: number | readonly number[];
  /** A reduction by no more than this is left out. Default 1e-8. */
  eps?: number;
  /** Say each reduction on the console. Default false. */
  verbose?: boolean;
}

/** What it carries from epoch to epoch, under PyTorch's names: JSON. */
export interface PlateauState {
  /** Best figure so far, null before the first. */
  best: number | null;
  num_bad_epochs: number;
  cooldown_counter: number;
  last_epoch: number;
}

export interface ReduceOnPlateau extends Callback {
  stateDict(): PlateauState;
  /** The next run goes on from here; without, each run begins anew. */
  loadStateDict(state: PlateauState): void;
}

const fresh = (): PlateauState => ({ best: null, num_bad_epochs: 0, cooldown_counter: 0, last_epoch: 0 });

/**
 * Multiplies the rate of every group by `factor` once `monitor` has not improved for more than `patience` epochs in a row; the new rate counts from the next epoch on
 * and stands in the history as `lr`. The rule, its names and defaults are those of torch.optim.lr_scheduler.ReduceLROnPlateau, but for `monitor`, which names the
 * figure (default "validation.loss").
 *
 * Throws OptionError for options out of range; at the start of a run for an optimizer whose rate is a schedule; after an epoch that has no such figure.
 */
export function reduceOnPlateau(options: ReduceOnPlateauOptions = {}): ReduceOnPlateau {
  const { monitor = "validation.loss", factor = 0.1, threshold = 1e-4, minLr = 0, eps = 1e-8, verbose = false } = options;
  const name = "reduceOnPlateau";
  const patience = whole(`${name}: patience`, options.patience ?? 10, 0);
  const cooldown = whole(`${name}: cooldown`, options.cooldown ?? 0, 0);
  const max = oneOf(`${name}: mode`, options.mode ?? "min", ["min", "max"]) === "max";
  const relative = oneOf(`${name}: thresholdMode`, options.thresholdMode ?? "rel", ["rel", "abs"]) === "rel";
  checkRange(`${name}: factor`, factor, 0, 1);
  checkRange(`${name}: threshold`, threshold, 0);
  checkRange(`${name}: eps`, eps, 0);
  for (const least of [minLr].flat()) checkRange(`${name}: minLr`, least, 0);

  const isBetter = (value: number, best: number): boolean => {
    const margin = max ? threshold : -threshold;
    const bar = relative ? best * (1 + margin) : best + margin;
    return max ? value > bar : value < bar;
  };

  let groups: { lr?: unknown }[] = [];
  const reduce = (epoch: number): void => {
    for (const [k, group] of groups.entries()) {
      const old = group.lr as number;
      const lr = Math.max(old * factor, typeof minLr === "number" ? minLr : minLr[k]!);
      if (old - lr <= eps) continue;
      group.lr = lr;
      if (verbose) console.log(`epoch ${epoch}: lr of group ${k} lowered from ${old} to ${lr}, ${monitor} is on a plateau`);
    }
  };

  let state = fresh();
  let loaded = false;
  return {
    stateDict: () => ({ ...state }),
    loadStateDict(given) {
      state = { ...fresh(), ...given };
      loaded = true;
    },
    onStart({ optimizer }: FitContext) {
      if (!loaded) state = fresh();
      loaded = false;
      groups = optimizer.groups.map((g) => g.options);
      if (groups.some(({ lr }) => typeof lr !== "number"))
        throw new OptionError(`${name}: the optimizer's lr is a schedule, which would set the rate anew at each step; give it a number`);
      if (typeof minLr !== "number" && minLr.length !== groups.length)
        throw new OptionError(`${name}: minLr has ${minLr.length} numbers, the optimizer ${groups.length} groups of parameters`);
    },
    onEpochEnd(record) {
      const value = figureOf(record, monitor);
      state.last_epoch++;
      if (state.best === null ? !Number.isNaN(value) : isBetter(value, state.best)) {
        state.best = value;
        state.num_bad_epochs = 0;
      } else state.num_bad_epochs++;
      if (state.cooldown_counter > 0) {
        state.cooldown_counter--;
        state.num_bad_epochs = 0;
      }
      if (state.num_bad_epochs <= patience) return;
      reduce(record.epoch);
      state.cooldown_counter = cooldown;
      state.num_bad_epochs = 0;
    },
  };
}
