import { hodgesLehmann, MAD_TO_SD, mad, median } from "./stats";
import type { Bound, Change, Limits, Row, Verdict } from "./types";

/** Chance that an interval of paired launches holds the truth. */
const CONFIDENCE = 0.98;
/** Spreads of a difference between two runs that are noise. */
const SPREADS = 2.5;

/** What a ratio and its interval say, all as logarithms. `limit` is the slow-down that counts. */
function verdict(estimate: number, low: number, high: number, limit: number): Verdict {
  if (estimate > limit && low > 0) return "slower";
  if (estimate < -limit && high < 0) return "faster";
  return high > limit ? "unsure" : "same";
}

function change(name: string, estimate: number, low: number, high: number, threshold: number): Change {
  const [ratio, least, most] = [estimate, low, high].map(Math.exp) as [number, number, number];
  return { name, verdict: verdict(estimate, low, high, Math.log1p(threshold)), ratio, low: least, high: most, threshold };
}

/** Times of both builds in one round, taken right after one another: before, after. */
export type Pair = readonly [base: number, head: number];

/**
 * Two builds measured in turn. `launches` are pairs of fresh processes, each of some rounds.
 *
 * A round's log ratio is free of whatever speed the host had just then. Rounds of one launch share the luck of their processes, where code and data came to lie for
 * instance, so that only launches are independent: each gives the Hodges-Lehmann estimate of its rounds, and the interval is the exact signed-rank one of
 * the launches' estimates.
 */
export function decidePaired(name: string, launches: readonly (readonly Pair[])[], threshold: number): Change {
  const estimates = launches.map((rounds) => hodgesLehmann(rounds.map(([base, head]) => Math.log(head / base))).estimate);
  const { estimate, low, high } = hodgesLehmann(estimates, CONFIDENCE);
  return change(name, estimate, low, high, threshold);
}

type Measured = Pick<Row, "rounds" | "limits" | "bound">;

/** Logarithms of the rounds; normalised, of work a machine at its limit would have done in that time. */
function logs({ rounds, limits }: Measured, normalize: boolean): number[] {
  return rounds.flatMap((launch, k) => launch.map((us, j) => Math.log(normalize ? us * limits[k]![j]! : us)));
}

/** How much faster the machine was in the second run, in what bounds the workload: a logarithm. */
export const speedUp = (bound: Bound, base: Limits, head: Limits): number =>
  bound === "compute" ? Math.log(head.gflops / base.gflops) : Math.log(head.gbps / base.gbps);

/**
 * Two runs at different times. Rounds of one run are near in time and not independent, so that their spread is taken as that of the run as a whole and does not
 * shrink with their number: the difference of the medians counts only beyond two and a half such spreads. Without normalisation the share by which the machine's own
 * limit differs between the runs is noise too.
 */
export function decideStored(name: string, base: Measured, head: Measured, threshold: number, normalize: boolean): Change {
  const [a, b] = [logs(base, normalize), logs(head, normalize)];
  const limit = (m: Measured) => Math.log(median(m.limits.flat()));
  const machine = normalize ? 0 : Math.abs(limit(head) - limit(base));
  const floor = SPREADS * MAD_TO_SD * Math.hypot(mad(a), mad(b)) + machine;
  const estimate = median(b) - median(a);
  return change(name, estimate, estimate - floor, estimate + floor, threshold);
}
