import { DataError, OptionError, ShapeError } from "../core/errors";

// Figures of probabilities that are already there, in float64.

function checked(name: string, scores: ArrayLike<number>, targets: ArrayLike<number>): void {
  if (scores.length !== targets.length) throw new ShapeError(`${name}: ${scores.length} scores, but ${targets.length} targets`);
  if (scores.length === 0) throw new DataError(`${name}: there are no scores`);
  for (let k = 0; k < targets.length; k++) {
    if (targets[k] !== 0 && targets[k] !== 1) throw new DataError(`${name}: target ${k} is ${targets[k]}; it must be 0 or 1`);
    if (Number.isNaN(scores[k])) throw new DataError(`${name}: score ${k} is NaN`);
  }
}

/** Row numbers by falling score. */
const falling = (scores: ArrayLike<number>): number[] =>
  Array.from({ length: scores.length }, (_, k) => k).sort((a, b) => scores[b]! - scores[a]!);

export interface RocPoint {
  /** Share of the 0s and of the 1s whose score is at least the threshold. */
  readonly falsePositives: number;
  readonly truePositives: number;
  readonly threshold: number;
}

/**
 * Receiver operating characteristic of scores (higher: rather 1) against targets of 0 and 1: a point for each different score, from (0, 0) at infinity to (1, 1). Throws
 * ShapeError, DataError, also where all targets are the same.
 */
export function rocCurve(scores: ArrayLike<number>, targets: ArrayLike<number>): RocPoint[] {
  checked("rocCurve", scores, targets);
  const order = falling(scores);
  const ones = order.reduce((n, k) => n + targets[k]!, 0);
  const zeros = order.length - ones;
  if (ones === 0 || zeros === 0) throw new DataError(`rocCurve: all targets are ${ones === 0 ? 0 : 1}; both have to occur`);
  const points: RocPoint[] = [{ falsePositives: 0, truePositives: 0, threshold: Infinity }];
  let [hits, alarms] = [0, 0];
  for (const [at, k] of order.entries()) {
    if (targets[k] === 1) hits++;
    else alarms++;
    // equal scores come together
    if (at + 1 < order.length && scores[order[at + 1]!] === scores[k]) continue;
    points.push({ falsePositives: alarms / zeros, truePositives: hits / ones, threshold: scores[k]! });
  }
  return points;
}

/** Area under the ROC curve: the chance that a 1 has a higher score than a 0, ties counting half (Hanley and McNeil 1982). Throws as rocCurve. */
export function rocAuc(scores: ArrayLike<number>, targets: ArrayLike<number>): number {
  const points = rocCurve(scores, targets);
  return points
    .slice(1)
    .reduce((area, p, k) => area + ((p.falsePositives - points[k]!.falsePositives) * (p.truePositives + points[k]!.truePositives)) / 2, 0);
}

/** Rows of probabilities, (rows, classes). */
export interface Probabilities {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** Mean over classes of the AUC of each against the others, by its probability; classes that have no rows, or all, are left out. Two classes: that of the second. */
export function rocAucOvr({ data, shape }: Probabilities, classes: ArrayLike<number>): number {
  const [rows = 0, width = 1] = shape;
  if (rows !== classes.length) throw new ShapeError(`rocAucOvr: ${rows} rows of probabilities, but ${classes.length} targets`);
  const of = (c: number) =>
    rocAuc(
      Float64Array.from({ length: rows }, (_, r) => data[r * width + c]!),
      Uint8Array.from(classes, (k) => (k === c ? 1 : 0)),
    );
  if (width === 2) return of(1);
  const present = Array.from({ length: width }, (_, c) => c).filter((c) => {
    const n = Array.from(classes).filter((k) => k === c).length;
    return n > 0 && n < rows;
  });
  if (present.length === 0) throw new DataError("rocAucOvr: all targets are of one class");
  return present.reduce((sum, c) => sum + of(c), 0) / present.length;
}

/** Mean of -log of the probability given to the right class, probabilities held above 2^-53. */
export function logLoss({ data, shape }: Probabilities, classes: ArrayLike<number>): number {
  const [rows = 0, width = 1] = shape;
  if (rows !== classes.length) throw new ShapeError(`logLoss: ${rows} rows of probabilities, but ${classes.length} targets`);
  if (rows === 0) throw new DataError("logLoss: there are no rows");
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    const c = classes[r]!;
    if (!(c >= 0 && c < width)) throw new DataError(`logLoss: target ${r} is ${c}; classes go from 0 to ${width - 1}`);
    sum -= Math.log(Math.max(data[r * width + c]!, 2 ** -53));
  }
  return sum / rows;
}

export interface CalibrationBin {
  readonly rows: number;
  /** Mean of the probabilities in the bin, and share of its rows that are 1. */
  readonly predicted: number;
  readonly actual: number;
}

/**
 * How far probabilities are to be believed: bins of equal width with the mean probability and the share of 1s in each (empty ones left out), and the expected calibration error, their
 * distance weighted by rows (Guo et al. 2017). Throws ShapeError, DataError, OptionError.
 */
export function calibration(
  probabilities: ArrayLike<number>,
  targets: ArrayLike<number>,
  bins = 10,
): { bins: CalibrationBin[]; error: number } {
  checked("calibration", probabilities, targets);
  if (!Number.isInteger(bins) || bins < 1) throw new OptionError(`calibration: bins must be a whole number of 1 or more, got ${bins}`);
  const sums = Array.from({ length: bins }, () => ({ rows: 0, predicted: 0, actual: 0 }));
  for (let k = 0; k < probabilities.length; k++) {
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.floor(probabilities[k]! * bins)))]!;
    bin.rows++;
    bin.predicted += probabilities[k]!;
    bin.actual += targets[k]!;
  }
  const used = sums
    .filter((b) => b.rows > 0)
    .map(({ rows, predicted, actual }) => ({ rows, predicted: predicted / rows, actual: actual / rows }));
  const error = used.reduce((sum, b) => sum + (b.rows * Math.abs(b.predicted - b.actual)) / probabilities.length, 0);
  return { bins: used, error };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Percentile bootstrap interval of a figure (Efron 1979): the figure of `samples` draws of as many rows with replacement, and the quantiles that leave out (1 - level) / 2 at
 * either end. Draws on which the figure throws DataError (only one class, say) are passed over. `random` gives numbers in [0, 1). Throws OptionError; DataError where the figure
 * could be had on fewer than half of the draws.
 */
export function bootstrap(
  rows: number,
  figure: (rows: Int32Array) => number,
  { samples = 1000, level = 0.95, random }: { samples?: number; level?: number; random: () => number },
): Interval {
  if (!(level > 0 && level < 1)) throw new OptionError(`bootstrap: level must be between 0 and 1, got ${level}`);
  if (!Number.isInteger(samples) || samples < 10)
    throw new OptionError(`bootstrap: samples must be a whole number of 10 or more, got ${samples}`);
  const figures: number[] = [];
  for (let s = 0; s < samples; s++) {
    const drawn = Int32Array.from({ length: rows }, () => Math.floor(random() * rows));
    try {
      figures.push(figure(drawn));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
    }
  }
  if (figures.length < samples / 2)
    throw new DataError(`bootstrap: the figure could be had on ${figures.length} of ${samples} draws only; there are too few rows`);
  figures.sort((a, b) => a - b);
  const at = (q: number) => figures[Math.min(figures.length - 1, Math.max(0, Math.round(q * (figures.length - 1))))]!;
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}
