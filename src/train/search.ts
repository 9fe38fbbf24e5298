import { OptionError, WorkerError } from "../core/errors";
import type { Program } from "../core/program";
import { engine } from "../core/runtime";
import { turn } from "../core/scheduler";
import type { Optimizer } from "../optim/optimizer";
import type { Parts } from "./body";
import type { Batch } from "./feed";
import type { Shadow } from "./shadow";
import type { Trainer } from "./trainer";

/**
 * One step of an optimizer that looks at several points: yields wherever the batch is to be run, whole, with its row filled. The figures left at the end are those of
 * the first point, where the step began. `failed`: the error for a first loss that is not finite.
 */
export function* evaluations(trainer: Trainer, failed: (loss: number) => Error): Generator<void, void, void> {
  const run = trainer.optimizer!.search!();
  let putBack: (() => void) | undefined;
  try {
    for (let asked = run.next(); asked.done !== true; ) {
      yield;
      const loss = trainer.figure(0, 0);
      if (putBack === undefined) {
        if (!Number.isFinite(loss)) throw failed(loss);
        putBack = trainer.keepFigures();
      }
      asked = run.next(loss);
    }
  } finally {
    run.return(Number.NaN);
  }
  putBack?.();
}

/** Runs programs, or their beginnings, some instructions at a time: the event loop gets a turn whenever so many milliseconds have passed. */
export function inPieces(ms: number): (program: Program, end?: number) => Promise<void> {
  let since = performance.now();
  const { shutdowns } = engine();
  return async (program, end = program.instructions.length) => {
    for (let k = 0; k < end; k++) {
      program.run(k, k + 1);
      if (performance.now() - since < ms) continue;
      await turn();
      if (engine().shutdowns > shutdowns) throw new WorkerError("shutdown() was called in the middle of a step");
      since = performance.now();
    }
  };
}

/** A step of a run of an optimizer that looks at several points. One that fails was not done: the shadow is of its beginning. */
export async function searchStep(
  trainer: Trainer,
  program: Program | undefined,
  batch: () => Batch,
  run: (program: Program) => Promise<void>,
  failed: (loss: number) => Error,
  shadow: Shadow,
): Promise<void> {
  try {
    for (const _ of evaluations(trainer, failed))
      if (program === undefined) trainer.eager(true, batch);
      else await run(program);
  } catch (error) {
    shadow.restore();
    throw error;
  }
}

interface Asked extends Pick<Parts, "clip" | "regularization" | "ema"> {
  readonly batches?: number;
  readonly accumulate?: number;
}

/** Throws OptionError where an optimizer that looks at several points would see another loss at each, or gradients that are not the loss's. */
export function checkSearch(what: string, optimizer: Optimizer, asked: Asked): void {
  const { batches = 1, accumulate = 1, clip, regularization, ema } = asked;
  if (optimizer.search === undefined) return;
  const name = optimizer.constructor.name;
  if (batches > 1 || accumulate > 1)
    throw new OptionError(`${what}: ${name} needs all rows at once; pass { batchSize: "all" } and no accumulate`);
  if (clip !== undefined) throw new OptionError(`${what}: ${name} needs gradients as they are; leave clip out`);
  if (regularization !== undefined)
    throw new OptionError(`${what}: ${name} needs gradients as they are; leave regularization out and add penalty(model, ...) to the loss`);
  if (ema !== undefined) throw new OptionError(`${what}: ${name} tries several points a step, which are not to be averaged; leave ema out`);
}
