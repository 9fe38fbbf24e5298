import { describe, expect, it } from "vitest";
import { decidePaired, decideStored, type Pair } from "../../src/cli/bench/decide";
import { measurePaired } from "../../src/cli/bench/run";
import { hodgesLehmann, mad, median, quantile, slope, trend } from "../../src/cli/bench/stats";
import type { Verdict } from "../../src/cli/bench/types";
import { faked, listed, target } from "./fake";
import { BIMODAL, DRIFTING, Host, type Noise, QUIET, ROUGH, random } from "./host";

const PLAN = { launches: 8, rounds: 6, sampleMs: 1 };
const NOISES = { QUIET, BIMODAL, DRIFTING, ROUGH } as const;

/** Verdicts of `runs` paired measurements of a build that takes `factor` times as long. */
async function paired(noise: Noise, factor: number, runs: number): Promise<Record<Verdict, number>> {
  const counts = { slower: 0, faster: 0, same: 0, unsure: 0, new: 0, gone: 0, failed: 0 };
  for (let seed = 0; seed < runs; seed++) {
    const open = faked(new Host(noise, seed), (build) => (build === "head" ? 100 * factor : 100));
    const { changes } = await measurePaired(open, target("base"), target("head"), [listed("w")], PLAN, () => {});
    counts[changes[0]!.verdict]++;
  }
  return counts;
}

/** A run at some other time: three launches with other workloads between them. */
function run(noise: Noise, seed: number, factor: number) {
  const host = new Host(noise, seed);
  const rounds: number[][] = [];
  const limits: number[][] = [];
  for (let launch = 0; launch < 3; launch++) {
    const luck = host.process();
    const samples = Array.from({ length: 5 }, () => {
      const before = 1 / host.time();
      return { us: luck * factor * host.time(), limit: 25 * (before + 1 / host.time()) };
    });
    rounds.push(samples.map((s) => s.us));
    limits.push(samples.map((s) => s.limit));
    for (let k = 0; k < 100; k++) host.time();
  }
  return { rounds, limits, bound: "compute" as const };
}

function stored(noise: Noise, factor: number, runs: number, normalize: boolean): Record<Verdict, number> {
  const counts = { slower: 0, faster: 0, same: 0, unsure: 0, new: 0, gone: 0, failed: 0 };
  for (let seed = 0; seed < runs; seed++)
    counts[decideStored("w", run(noise, 2 * seed, 1), run(noise, 2 * seed + 1, factor), 0.1, normalize).verdict]++;
  return counts;
}

describe("two builds in turn, threshold 10 %", () => {
  it.each(["QUIET", "BIMODAL", "DRIFTING"] as const)("an unchanged build raises no alarm in 1000 runs: %s", async (name) => {
    const { slower, faster } = await paired(NOISES[name], 1, 1000);
    expect(slower).toBe(0);
    expect(faster).toBeLessThanOrEqual(1);
  });
  it("at most one in 1000 on a host with 6 % noise, spikes, phases and drift", async () => {
    expect((await paired(ROUGH, 1, 1000)).slower).toBeLessThanOrEqual(1);
  });
  it.each([
    ["QUIET", 1000],
    ["BIMODAL", 990],
    ["DRIFTING", 990],
    ["ROUGH", 850],
  ] as const)("20 %% more time is seen in %s, at least %i runs of 1000", async (name, least) => {
    const { slower, same, faster } = await paired(NOISES[name], 1.2, 1000);
    expect(slower).toBeGreaterThanOrEqual(least);
    expect(same + faster).toBe(0);
  });
  it("half of the threshold does not count", async () => expect((await paired(BIMODAL, 1.05, 500)).slower).toBe(0));
  it("20 % less time is seen in 9 of 10 runs: what is not slower is not launched again", async () =>
    expect((await paired(BIMODAL, 1 / 1.2, 300)).faster).toBeGreaterThanOrEqual(270));

  it("phases that last as long as a launch do not matter, since both builds of a round have the same", () => {
    const next = random(3);
    const launches = Array.from({ length: 8 }, (_, k) =>
      Array.from({ length: 6 }, (): Pair => {
        const phase = k % 2 === 0 ? 1 : 1 / 0.7;
        return [phase * (1 + 0.01 * next()), phase * 1.01 * (1 + 0.01 * next())];
      }),
    );
    const { verdict, ratio, low, high } = decidePaired("w", launches, 0.1);
    expect(verdict).toBe("same");
    expect(ratio).toBeCloseTo(1.01, 2);
    expect(high! - low!).toBeLessThan(0.02);
  });

  it("a finding that a second measurement does not show is dropped, and its second figures given", async () => {
    let opened = 0;
    // the first eight launches of the head are unlucky, one and all
    const open = faked(new Host(QUIET, 1), (build) => (build === "head" && opened++ < 8 ? 130 : 100));
    const { changes } = await measurePaired(open, target("base"), target("head"), [listed("w")], PLAN, () => {});
    expect(changes[0]!.verdict).toBe("same");
    expect(changes[0]!.ratio).toBeCloseTo(1, 1);
    expect(opened).toBe(16);
  });

  it("a workload that one build lacks is new, one that breaks in the new build failed", async () => {
    const open = faked(new Host(QUIET, 1), (build, w) => {
      if (`${build} ${w}` === "base added" || `${build} ${w}` === "head broken") throw new Error(`no ${w} here`);
      return 100;
    });
    const { changes } = await measurePaired(
      open,
      target("base"),
      target("head"),
      ["added", "broken", "kept"].map((n) => listed(n)),
      PLAN,
      () => {},
    );
    expect(changes.map((c) => [c.name, c.verdict, c.why])).toEqual([
      ["added", "new", "no added here"],
      ["broken", "failed", "no broken here"],
      ["kept", "same", undefined],
    ]);
  });
});

describe("two runs at different times, threshold 10 %", () => {
  it.each(["QUIET", "BIMODAL", "DRIFTING", "ROUGH"] as const)("an unchanged build raises an alarm in at most 1 %% of runs: %s", (name) => {
    for (const normalize of [false, true]) expect(stored(NOISES[name], 1, 1000, normalize).slower).toBeLessThanOrEqual(10);
  });
  it.each([
    ["QUIET", 990],
    ["BIMODAL", 900],
    ["DRIFTING", 900],
  ] as const)("normalised, 20 %% more time is seen: %s, at least %i of 1000", (name, least) =>
    expect(stored(NOISES[name], 1.2, 1000, true).slower).toBeGreaterThanOrEqual(least),
  );
  it("without normalisation a host in two phases leaves most of it unsure, but calls none of it the same", () => {
    const { same, faster, slower, unsure } = stored(BIMODAL, 1.2, 500, false);
    expect(same + faster).toBeLessThanOrEqual(3);
    expect(unsure).toBeGreaterThan(slower);
  });
  it("a machine of 0.7 of the speed is no regression, normalised or not, and 20 % on top of it is one when normalised", () => {
    const slow = (m: ReturnType<typeof run>) => ({
      ...m,
      rounds: m.rounds.map((l) => l.map((us) => us / 0.7)),
      limits: m.limits.map((l) => l.map((x) => x * 0.7)),
    });
    const verdict = (factor: number, normalize: boolean) =>
      decideStored("w", run(QUIET, 1, 1), slow(run(QUIET, 2, factor)), 0.1, normalize).verdict;
    expect([verdict(1, false), verdict(1, true), verdict(1.2, true)]).toEqual(["unsure", "same", "slower"]);
  });
});

describe("the statistics", () => {
  it("Hodges-Lehmann estimate and exact signed-rank interval, as R's wilcox.test gives them", () => {
    // wilcox.test(c(1.1,2.2,0.3,3.7,1.9,2.6,0.8,1.5), conf.int = TRUE, conf.level = 0.95): the differences of Walsh averages that 4 of 36 lie below
    const x = [1.1, 2.2, 0.3, 3.7, 1.9, 2.6, 0.8, 1.5];
    const { estimate, low, high, confidence } = hodgesLehmann(x, 0.95);
    const means = x.flatMap((a, i) => x.slice(i).map((b) => (a + b) / 2)).sort((a, b) => a - b);
    expect(estimate).toBeCloseTo(median(means), 12);
    expect([low, high]).toEqual([means[3], means[32]]);
    // P(V <= 3) of 8 is 5/256 on each side (tables of Wilcoxon's statistic)
    expect(confidence).toBeCloseTo(1 - 10 / 256, 12);
  });
  it("the interval of few values is the widest there is, and says so", () => {
    expect(hodgesLehmann([1, 2, 3], 0.98)).toEqual({ estimate: 2, low: 1, high: 3, confidence: 0.75 });
    expect(hodgesLehmann([5], 0.98)).toEqual({ estimate: 5, low: 5, high: 5, confidence: 0 });
  });
  it("holds the truth as often as it says, within 1 %, for noise with spikes", () => {
    const next = random(11);
    let held = 0;
    for (let k = 0; k < 4000; k++) {
      const x = Array.from({ length: 9 }, () => (next() - 0.5) * (next() < 0.1 ? 20 : 1));
      const { low, high } = hodgesLehmann(x, 0.95);
      if (low <= 0 && high >= 0) held++;
    }
    const { confidence } = hodgesLehmann([1, 2, 3, 4, 5, 6, 7, 8, 9], 0.95);
    expect(Math.abs(held / 4000 - confidence)).toBeLessThan(0.01);
  });
  it("median, quantile, MAD, slope and trend", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), quantile([0, 10], 0.25), mad([1, 2, 3, 4, 100])]).toEqual([2, 2.5, 2.5, 1]);
    expect([slope([1, 3, 5, 7, 90]), trend([1, 1, 1])]).toEqual([2, 0]);
    // S = 10, variance 5 * 4 * 15 / 18
    expect(trend([1, 2, 3, 4, 5])).toBeCloseTo(9 / Math.sqrt(300 / 18), 12);
  });
});
