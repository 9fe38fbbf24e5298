import { OptionError } from "../core/errors";
import { splitIndices } from "../data/split";
import { Generator, generator, randperm } from "../ops/random";

export interface StratifyOptions {
  /** Default: the global generator. */
  seed?: number;
  /** Class of each row: every part gets its share of each. */
  stratify?: ArrayLike<number>;
}

/** Row numbers class by class, each class shuffled; without classes all of them. */
function shuffled(rows: number, { seed, stratify }: StratifyOptions): Int32Array[] {
  if (stratify !== undefined && stratify.length !== rows) throw new OptionError(`stratify has ${stratify.length} classes for ${rows} rows`);
  const own = seed === undefined ? undefined : new Generator(seed);
  try {
    const order = randperm(rows, own ?? generator());
    if (stratify === undefined) return [order];
    const classes = [...new Set(Array.from(stratify))].sort((a, b) => a - b);
    return classes.map((c) => order.filter((r) => stratify[r] === c));
  } finally {
    own?.dispose();
  }
}

/**
 * Row numbers cut into parts by fractions, as splitIndices() does; with classes, each part gets its share of every one (to a row), taken in turn so that rounding does not favour
 * a part. What fractions leave over goes to the first. Throws OptionError.
 */
export function stratifiedSplit(rows: number, fractions: readonly number[], options: StratifyOptions = {}): Int32Array[] {
  const sizes = splitIndices(rows, fractions, { shuffle: false }).map((p) => p.length);
  const parts: number[][] = fractions.map(() => []);
  // one after the other to the part that is furthest behind its share
  let given = 0;
  for (const r of shuffled(rows, options).flatMap((list) => [...list])) {
    given++;
    let [best, behind] = [0, -Infinity];
    for (const [k, size] of sizes.entries()) {
      const lag = (size * given) / rows - parts[k]!.length;
      if (lag > behind && parts[k]!.length < size) [best, behind] = [k, lag];
    }
    parts[best]!.push(r);
  }
  return parts.map((p) => Int32Array.from(p));
}

/** k parts of all rows, each to be held out once: { train, test } row numbers. With classes, each part has its share of every one. Throws OptionError. */
export function kFold(rows: number, k: number, options: StratifyOptions = {}): { train: Int32Array; test: Int32Array }[] {
  if (!Number.isInteger(k) || k < 2 || k > rows)
    throw new OptionError(`kFold: k must be a whole number from 2 to the ${rows} rows, got ${k}`);
  const part = new Int32Array(rows);
  let next = 0;
  for (const list of shuffled(rows, options)) for (const r of list) part[r] = next++ % k;
  const all = Int32Array.from({ length: rows }, (_, r) => r);
  return Array.from({ length: k }, (_, fold) => ({
    train: all.filter((r) => part[r] !== fold),
    test: all.filter((r) => part[r] === fold),
  }));
}

/** A weight for each row, so that every class weighs the same in all: rows / (classes x rows of its class), as scikit-learn's "balanced". */
export function balancedWeights(classes: ArrayLike<number>): Float32Array {
  const counts = new Map<number, number>();
  for (let r = 0; r < classes.length; r++) counts.set(classes[r]!, (counts.get(classes[r]!) ?? 0) + 1);
  return Float32Array.from(Array.from(classes), (c) => classes.length / (counts.size * counts.get(c)!));
}
