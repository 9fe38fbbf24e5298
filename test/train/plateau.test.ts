import { describe, expect, it, vi } from "vitest";
import {
  constant,
  type EpochRecord,
  type FitContext,
  fit,
  OptionError,
  type PlateauState,
  type ReduceOnPlateauOptions,
  reduceOnPlateau,
  SGD,
} from "../../src/index";
import { read } from "../golden/files";
import { noLeaks } from "../leaks";
import { data, model, options } from "../small";

noLeaks();

interface Run {
  options: ReduceOnPlateauOptions;
  lrs: number[];
  /** null: NaN. */
  figures: (number | null)[];
  rates: number[][];
  state: PlateauState;
}

const { runs } = read<{ runs: Run[] }>("./plateau.json");
const record = (epoch: number, loss: number): EpochRecord => ({ epoch, loss, lr: 0, seconds: 0, samplesPerSecond: 0 });

/** Groups with these rates, as a run would show them. */
function contextOf(lrs: readonly number[]) {
  const m = model();
  const params = m.parameters();
  const optimizer = new SGD(lrs.map((lr, k) => ({ params: k === 0 ? params.slice(0, 2) : params.slice(2), lr })));
  const context: FitContext = { model: m, optimizer, epochs: 99, stepsPerEpoch: 1, evaluate: () => Promise.reject(new Error("not asked")) };
  const dispose = () => {
    optimizer.dispose();
    m.dispose();
  };
  return { context, optimizer, dispose };
}

describe("the rates after each epoch are PyTorch's to the last bit", () => {
  it.each(runs.map((r) => [JSON.stringify(r.options), r] as const))("%s", (_, run) => {
    const { context, optimizer, dispose } = contextOf(run.lrs);
    const callback = reduceOnPlateau({ monitor: "loss", ...run.options });
    callback.onStart?.(context);
    const rates = run.figures.map((figure, k) => {
      callback.onEpochEnd?.(record(k + 1, figure ?? Number.NaN));
      return optimizer.groups.map((g) => g.options.lr);
    });
    expect(rates).toEqual(run.rates);
    expect(callback.stateDict()).toEqual(run.state);
    dispose();
  });
});

it("goes on from a saved state, and begins anew without", () => {
  const run = runs[3]!;
  const { context, optimizer, dispose } = contextOf(run.lrs);
  const half = 9;
  const first = reduceOnPlateau({ monitor: "loss", ...run.options });
  const second = reduceOnPlateau({ monitor: "loss", ...run.options });
  first.onStart?.(context);
  for (let k = 0; k < half; k++) first.onEpochEnd?.(record(k + 1, run.figures[k]!));
  second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict())));
  second.onStart?.(context);
  for (let k = half; k < run.figures.length; k++) second.onEpochEnd?.(record(k + 1, run.figures[k]!));
  expect(optimizer.lr).toBe(run.rates.at(-1)![0]);
  expect(second.stateDict()).toEqual(run.state);
  second.onStart?.(context);
  expect(second.stateDict()).toEqual({ best: null, num_bad_epochs: 0, cooldown_counter: 0, last_epoch: 0 });
  dispose();
});

it("in a run: the lowered rate is that of the next epoch's steps, and stands in the history", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const weights = async (callbacks: FitOptionsCallbacks, lr: number | ((step: number) => number)) => {
    const m = model();
    const history = await fit(m, data, options({ optimizer: { type: "sgd", lr }, epochs: 6, callbacks }));
    const values = m.parameters().map((p) => p.data());
    m.dispose();
    return { values, rates: history.epochs.map((e) => e.lr) };
  };
  // nothing is an improvement by 10: the rate is halved after epochs 2 (the first bad one), 3, ...
  const plateau = reduceOnPlateau({ monitor: "loss", factor: 0.5, patience: 0, threshold: 10, thresholdMode: "abs", verbose: true });
  const lowered = await weights([plateau], 0.5);
  expect(lowered.rates).toEqual([0.5, 0.5, 0.25, 0.125, 0.0625, 0.03125]);
  expect(log).toHaveBeenCalledTimes(5);
  expect(log.mock.calls[0]![0]).toContain("epoch 2: lr of group 0 lowered from 0.5 to 0.25");
  log.mockRestore();
  // three steps an epoch
  expect(await weights([], (step) => [0.5, 0.5, 0.25, 0.125, 0.0625, 0.03125][Math.floor(step / 3)]!)).toEqual(lowered);
});

type FitOptionsCallbacks = NonNullable<Parameters<typeof fit>[2]["callbacks"]>;

describe("says what cannot be", () => {
  it.each([
    [{ factor: 1 }, "factor must lie in [0, 1), got 1"],
    [{ factor: -0.1 }, "factor must lie in [0, 1)"],
    [{ patience: -1 }, "patience must be a whole number of 0 or more"],
    [{ cooldown: 0.5 }, "cooldown must be a whole number"],
    [{ threshold: -1 }, "threshold must lie in [0, Infinity)"],
    [{ minLr: [0.1, -1] }, "minLr must lie in [0, Infinity)"],
    [{ mode: "most" as "max" }, 'mode must be "min" or "max"'],
    [{ thresholdMode: "percent" as "rel" }, 'thresholdMode must be "rel" or "abs"'],
  ])("%j", (given, says) => {
    expect(() => reduceOnPlateau(given)).toThrow(OptionError);
    expect(() => reduceOnPlateau(given)).toThrow(says);
  });

  it.each([
    ["a rate that is a schedule", { type: "sgd", lr: constant(0.1) }, {}, "lr is a schedule"],
    ["minLr for other groups", { type: "sgd", lr: 0.1 }, { minLr: [0, 0] }, "minLr has 2 numbers, the optimizer 1 groups"],
    ["a figure the run does not have", { type: "sgd", lr: 0.1 }, { monitor: "validation.loss" }, 'no figure "validation.loss"'],
  ] as const)("%s", async (_, optimizer, given, says) => {
    const m = model();
    const run = fit(m, data, options({ optimizer, callbacks: [reduceOnPlateau({ monitor: "loss", ...given })] }));
    await expect(run).rejects.toThrow(OptionError);
    await expect(run).rejects.toThrow(says);
    m.dispose();
  });
});
