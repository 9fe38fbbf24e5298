import { OptionError } from "./errors";
import type { Engine } from "./runtime";

/** Workers to train with: so many, or a core less than there are. */
export type Threads = number | "auto";

/** More than helps: lanes wait for each other. */
export const MOST_THREADS = 64;

/** Throws OptionError. */
export function checkThreads(threads: unknown, workerUrl: unknown): void {
  const fits =
    threads === undefined ||
    threads === "auto" ||
    (Number.isInteger(threads) && (threads as number) >= 0 && (threads as number) <= MOST_THREADS);
  if (!fits) throw new OptionError(`init: threads must be "auto" or a whole number from 0 to ${MOST_THREADS}, got ${String(threads)}`);
  if (workerUrl !== undefined && typeof workerUrl !== "string" && !(workerUrl instanceof URL))
    throw new OptionError(`init: workerUrl must be the address of neurite/lane.js, got ${String(workerUrl)}`);
}

/** Gives the engine a team of so many workers in the place of what it has, whose work is finished first. Where none can be had, the reason is kept, and said. */
export async function setThreads(engine: Engine, threads: Threads, workerUrl: string | URL | undefined): Promise<void> {
  const before = engine.team;
  engine.threads = threads;
  engine.team = undefined;
  engine.threadsReason = threads === 0 ? "none were asked for" : `${threads} were asked for`;
  if (threads !== 0) {
    const { Team } = await import("./team");
    const started = await Team.start(engine, threads, workerUrl);
    if (typeof started === "string") {
      engine.threadsReason = started;
      console.warn(`neurite: training runs on the calling thread, since ${started}`);
    } else engine.team = started;
  }
  await before?.retire();
}
