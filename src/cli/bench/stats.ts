/** Of a sorted copy, with interpolation. */
export function quantile(values: readonly number[], q: number): number {
  const s = [...values].sort((a, b) => a - b);
  const at = q * (s.length - 1);
  const [low, high] = [s[Math.floor(at)]!, s[Math.ceil(at)]!];
  return low + (at - Math.floor(at)) * (high - low);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** To five digits: more would be noise. */
export const short = (x: number): number => Number(x.toPrecision(5));

/** Median absolute deviation from the median. */
export function mad(values: readonly number[]): number {
  const m = median(values);
  return median(values.map((v) => Math.abs(v - m)));
}

/** By this a normal distribution's MAD is its standard deviation. */
export const MAD_TO_SD = 1.4826;

/** Means of all pairs, each value with itself too, sorted. */
function walsh(values: readonly number[]): number[] {
  const means: number[] = [];
  for (let i = 0; i < values.length; i++) for (let j = i; j < values.length; j++) means.push((values[i]! + values[j]!) / 2);
  return means.sort((a, b) => a - b);
}

/** Chances that a signed-rank statistic of n values is 0, 1, 2, ...: each rank counts or not, evenly. */
function signedRank(n: number): number[] {
  let chance = [1];
  for (let rank = 1; rank <= n; rank++) {
    const next = new Array<number>(chance.length + rank).fill(0);
    for (const [sum, p] of chance.entries()) {
      next[sum]! += p / 2;
      next[sum + rank]! += p / 2;
    }
    chance = next;
  }
  return chance;
}

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Chance that the interval holds the truth. */
  readonly confidence: number;
}

/**
 * The Hodges-Lehmann estimate of a symmetric distribution's centre and Wilcoxon's exact interval: the narrowest between Walsh averages that has at least the
 * confidence asked for, or the widest there is. Nothing is assumed of the distribution but symmetry. Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3.2-3.3.
 */
export function hodgesLehmann(values: readonly number[], confidence = 0.98): Interval {
  const means = walsh(values);
  const chance = signedRank(values.length);
  let tail = chance[0]!;
  let cut = 0;
  while (cut + 1 < means.length / 2 && 1 - 2 * (tail + chance[cut + 1]!) >= confidence) tail += chance[++cut]!;
  return { estimate: median(means), low: means[cut]!, high: means[means.length - 1 - cut]!, confidence: 1 - 2 * tail };
}

/** Median of the slopes between all pairs of points at 0, 1, 2, ... (Theil and Sen). */
export function slope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i++) for (let j = i + 1; j < values.length; j++) slopes.push((values[j]! - values[i]!) / (j - i));
  return median(slopes);
}

/** Mann and Kendall's test for a trend, as standard deviations: above 0 where later values tend to be greater. */
export function trend(values: readonly number[]): number {
  const n = values.length;
  let s = 0;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) s += Math.sign(values[j]! - values[i]!);
  return s === 0 ? 0 : (s - Math.sign(s)) / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
}

/** Half the interquartile range over the median. */
export const spread = (values: readonly number[]): number => (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values);
