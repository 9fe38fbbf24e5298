import { DataError, NeuriteError, OptionError, StateError } from "../core/errors";
import { runtimeInfo } from "../core/runtime";
import { readCheckpoint } from "../io/checkpoint";
import { CheckpointFiles, checkpointsAt, type Found, firstWhole } from "../io/places";
import type { SafeTensors } from "../io/safetensors";
import type { Module, StateDict } from "../nn/module";
import type { AveragedModel } from "../optim/averaged";
import type { Optimizer } from "../optim/optimizer";
import type { OptimizerState } from "../optim/state";
import { epochsOf, type Packed } from "./epoch-table";
import type { Callback, EpochRecord, FitOptions } from "./options";
import type { Runner } from "./run";
import type { Position } from "./shadow";
import type { Trainer } from "./trainer";

/** What has to be the same in a run that goes on: it says which rows a step has, and in which order. */
export interface Settings {
  readonly rows: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly accumulate: number;
  readonly shuffle: boolean;
  /** How many. */
  readonly metrics: number;
}

/** All that a run needs to go on, but for the model's own entries. */
export interface RunState {
  settings: Settings;
  seed: number;
  arithmetic: string;
  position: Position;
  sums: Float64Array;
  rows: number;
  flops: number;
  lastLoss: number;
  epochSeconds: number;
  history: { epochs: Packed; seconds: number; cpuSeconds: number };
  optimizer: OptimizerState;
  lastRate: number;
  /** Sums of gradients that wait for an update. */
  waiting: Float32Array[];
  ema: StateDict | null;
  /** Of the callbacks that have a state, in their order. */
  callbacks: unknown[];
}

/** A checkpoint that was read. */
export interface Saved {
  readonly path: string;
  readonly run: RunState;
  /** What the history says. */
  readonly epochs: EpochRecord[];
  readonly tensors: SafeTensors["tensors"];
}

function read({ path, bytes }: Found): Saved {
  const { state, tensors } = readCheckpoint(bytes, path);
  const run = (state as { run?: RunState } | null)?.run;
  const { position, settings } = run ?? {};
  const counts = [position?.epoch, position?.step, position?.total, settings?.rows, run?.seed];
  if (run === undefined || !counts.every((n) => Number.isSafeInteger(n) && n! >= 0) || run.sums?.length !== settings!.metrics + 3)
    throw new DataError(`${path}: this is no checkpoint of fit(); loadCheckpoint() gives what saveCheckpoint() wrote`);
  return { path, run, epochs: epochsOf(run.history?.epochs, path), tensors };
}

/** The files of a run, and the checkpoint it goes on from. Throws OptionError, StateError, DataError, FileError. */
export async function openRun({ checkpoint, resume = false }: FitOptions): Promise<{ files?: CheckpointFiles; saved?: Saved }> {
  if (resume === true && checkpoint === undefined)
    throw new OptionError(
      "fit: { resume: true } goes on from the newest of { checkpoint }, which is missing; give it, or the path of a file to go on from",
    );
  const { every: _, atEnd: __, ...place } = checkpoint ?? {};
  const files = checkpoint === undefined ? undefined : await CheckpointFiles.open(place);
  const paths = resume === false ? [] : resume === true ? await files!.all() : await checkpointsAt(resume);
  const saved = paths.length === 0 ? undefined : await firstWhole(paths, read);
  // where a newer one is damaged, it is written anew when its step comes
  if (resume !== true) await files?.check(saved?.path);
  return { ...(files && { files }), ...(saved && { saved }) };
}

interface Target {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly ema: AveragedModel | undefined;
  readonly settings: Settings;
  readonly seed: number | undefined;
  readonly callbacks: readonly Callback[];
}

/** Why a run cannot go on as this one. */
function mismatch({ run }: Saved, { optimizer, ema, settings, seed, callbacks }: Target): string | undefined {
  for (const name of Object.keys(settings) as (keyof Settings)[])
    if (run.settings[name] !== settings[name]) return `${name} was ${run.settings[name]} and is ${settings[name]} now`;
  if (seed !== undefined && seed !== run.seed) return `the seed was ${run.seed} and is ${seed} now; leave it out`;
  if ((run.ema === null) !== (ema === undefined)) return `ema was ${run.ema === null ? "not " : ""}asked for then; do likewise`;
  const stateful = callbacks.filter((c) => c.stateDict !== undefined);
  if (run.callbacks.length !== stateful.length)
    return `${run.callbacks.length} callbacks had a state (reduceOnPlateau, earlyStopping, ...), ${stateful.length} have one now; pass the same ones`;
  for (const [k, { options }] of optimizer.groups.entries())
    if (run.optimizer.groups[k] !== undefined && run.optimizer.groups[k].options.lr === undefined && typeof options.lr !== "function")
      return "the rate was a function of your own, which is in no file; pass it again as lr";
  return undefined;
}

/** Puts a checkpoint into a model and all that trains it; where it does not fit, all of it is as before. Throws StateError, DataError. */
export function restore(saved: Saved, target: Target): void {
  const { model, optimizer, ema, callbacks } = target;
  const { run, tensors, path } = saved;
  const own = Object.entries(tensors).filter(([name]) => name.startsWith("model."));
  const before = { model: model.stateDict(), optimizer: optimizer.stateDict(), ema: ema?.stateDict() };
  try {
    const why = mismatch(saved, target);
    if (why !== undefined) throw new StateError(`the run cannot go on: ${why}`);
    model.loadStateDict(Object.fromEntries(own.map(([name, t]) => [name.slice("model.".length), t])));
    optimizer.loadStateDict(run.optimizer);
    if (run.ema !== null) ema!.loadStateDict(run.ema);
    optimizer.lastRate[0] = run.lastRate;
    for (const [k, c] of callbacks.filter((c) => c.stateDict !== undefined).entries()) c.loadStateDict?.(run.callbacks[k]);
  } catch (cause) {
    model.loadStateDict(before.model);
    optimizer.loadStateDict(before.optimizer);
    if (before.ema !== undefined) ema?.loadStateDict(before.ema);
    const { message } = cause as Error;
    if (cause instanceof NeuriteError) throw new StateError(`fit: ${path}: ${message}`, { cause });
    throw new DataError(`fit: ${path}: the checkpoint is damaged: ${message}`, { cause });
  }
  const { arithmetic } = runtimeInfo();
  if (arithmetic !== run.arithmetic)
    console.warn(
      `neurite: ${path} was computed with ${run.arithmetic} arithmetic, here it is ${arithmetic}: from here on bits will differ from those of a run that never stopped. ` +
        "init({ reproducible: true }), from the beginning of a run, gives the same bits everywhere",
    );
}

/** Sets a run to where the checkpoint was taken. */
export function position({ run }: Saved, runner: Runner, trainer: Trainer): void {
  const { waiting } = trainer;
  if (run.position.step > 0) runner.goesOn = true;
  runner.position = { ...run.position };
  runner.sums.set(run.sums);
  runner.rows = run.rows;
  runner.flops = run.flops;
  runner.lastLoss = run.lastLoss;
  runner.begun = performance.now() - 1000 * run.epochSeconds;
  for (const [k, t] of waiting.entries()) if (run.waiting[k] !== undefined) t.set(run.waiting[k]);
}
