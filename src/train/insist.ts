import { WorkerError } from "../core/errors";
import type { Program } from "../core/program";

/** Times that a piece of work is begun, when workers keep ending in the middle of it. */
const TRIES = 3;

/** Does something on workers, and does it again where one ended meanwhile. `restore` puts back what it may have left half done. */
export async function insist<T>(work: () => Promise<T>, restore: () => void = () => {}): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof WorkerError)) throw error;
      restore();
      if (!error.lost || tries === TRIES) throw error;
    }
  }
}

/** Runs a program that only reads what others need, on the team where there is one. */
export async function runReading(program: Program): Promise<void> {
  await insist(async () => {
    const away = program.onTeam();
    if (away === undefined) program.run();
    else await away;
  });
}
