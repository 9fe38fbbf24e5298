import { CHUNK, Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import type { NonFiniteError } from "../core/errors";
import { heap } from "../core/runtime";
import type { Module } from "../nn/module";
import { empty, scope, type Tensor } from "../tensor/tensor";

/** The first value of an f32 tensor that is NaN or infinite. */
export function firstBad(t: Tensor): number | undefined {
  const { f32 } = heap();
  // not t.ref: the handles of a program's temporaries were disposed when it was recorded
  const at = (t.storage.address + t.offset) / 4;
  for (let j = at; j < at + t.size; j++) if (!Number.isFinite(f32[j]!)) return f32[j]!;
  return undefined;
}

/** By kernel: a chunk whose sum is finite has finite terms. Only where a sum is not, the terms are looked at. */
function isFiniteTensor(t: Tensor): boolean {
  if (t.dtype !== "f32" || t.size === 0) return true;
  return scope(() => {
    const sums = empty([Math.ceil(t.size / CHUNK)]);
    emit(Op.SUM_CHUNKS, sums.ref, t.ref, t.size);
    return firstBad(sums) === undefined || firstBad(t) === undefined;
  });
}

/** Name of the first parameter or buffer that holds NaN or Infinity. */
export function badState(model: Module): string | undefined {
  return [...model.namedParameters(), ...model.namedBuffers()].find(([, t]) => !isFiniteTensor(t))?.[0];
}

/** How a run goes back and does its steps again; steps are counted from the beginning of the run. */
export interface Replay {
  readonly model: Module;
  /** Puts everything back to the last copy; returns the steps done by then. */
  restore(): number;
  again(step: number): void;
  /** Describes what went wrong in a step, everything being as before it; may leave things changed. `culprit`: what its update spoilt. */
  explain(step: number, culprit: string | undefined): NonFiniteError;
}

/**
 * The error for a run whose step `failed` gave a loss that is not finite, or whose state is not finite just before it. Leaves everything as after the last step
 * that ended well: an update may spoil the model in a step whose own loss was still finite, and then it is that step that failed.
 */
export function blame(run: Replay, failed: number): NonFiniteError {
  const goTo = (end: number): number | undefined => {
    for (let step = run.restore(); step < end; step++) {
      run.again(step);
      if (badState(run.model) !== undefined) return step;
    }
    return undefined;
  };
  const spoilt = goTo(failed);
  const culprit = spoilt === undefined ? undefined : badState(run.model);
  const at = spoilt ?? failed;
  if (spoilt !== undefined) goTo(at);
  const error = run.explain(at, culprit);
  goTo(at);
  return error;
}
