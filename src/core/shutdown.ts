import { state } from "./runtime";
import { turn } from "./scheduler";
import { leaveMemory } from "./storage";

/**
 * Ends the workers at once, and with them every fit (WorkerError, models being as after a whole step of the last quarter of a second), evaluate, predict and step.async that they
 * are at, and lets go of the linear memory: tensors, models, optimizers, steps and predictors that are still there keep their values outside of it, and are in a new memory at
 * their next use. What is called afterwards runs on the calling thread; init({ threads }) starts workers anew.
 */
export async function shutdown(): Promise<void> {
  await state.threads?.catch(() => {});
  const e = state.engine;
  if (e === undefined) return;
  const { team } = e;
  e.team = undefined;
  e.threads = 0;
  if (team !== undefined) e.threadsReason = "shutdown() ended them";
  e.shutdowns++;
  state.options = { ...state.options, threads: 0 };
  await team?.end();
  // runs hear of it at their turn, and give back what they have
  for (let k = 0; k < 3; k++) await turn();
  if (state.engine !== e) return;
  leaveMemory();
  const { arithmetic, binary, reason, threadsReason, maxBytes, programs, shutdowns } = e;
  state.past = { arithmetic, binary, reason, threadsReason, maxBytes, programs, shutdowns, highWater: e.allocator.highWater };
  state.engine = undefined;
}
