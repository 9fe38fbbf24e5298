import { counted } from "../core/arrays";
import { OptionError } from "../core/errors";
import { Generator, generator, randperm } from "../ops/random";

export interface SplitOptions {
  /** Shuffled before it is cut. Default true. */
  shuffle?: boolean;
  /** Default: the global generator. */
  seed?: number;
}

/** Row numbers 0 to rows - 1 cut into parts by fractions that sum to 1 at most; what is left over goes to the first. */
export function splitIndices(rows: number, fractions: readonly number[], { shuffle = true, seed }: SplitOptions = {}): Int32Array[] {
  const total = fractions.reduce((sum, f) => sum + f, 0);
  if (fractions.some((f) => !(f >= 0)) || total > 1 + 1e-9)
    throw new OptionError(`splitIndices: fractions ${fractions.join(", ")} must be 0 or more and sum to 1 at most`);
  const own = seed === undefined ? undefined : new Generator(seed);
  const order = shuffle ? randperm(rows, own ?? generator()) : counted(rows);
  own?.dispose();
  const counts = fractions.map((f) => Math.floor(f * rows + 1e-9));
  counts[0]! += rows - counts.reduce((sum, n) => sum + n, 0);
  let at = 0;
  return counts.map((n) => order.slice(at, (at += n)));
}
