import { Bench } from "tinybench";

/** What is measured: a call that does `per` units of work, so that calls of nanoseconds can be grouped. */
export interface Timing {
  /** Microseconds a call, the least of all samples. */
  best: number;
  median: number;
}

const now = () => performance.now();

/** Milliseconds of `calls` calls. */
function time(f: () => unknown, calls: number): number {
  const start = now();
  for (let k = 0; k < calls; k++) f();
  return now() - start;
}

/**
 * Calls grouped into samples of at least `sampleMs`, warmed up until the best sample has stopped improving: V8 starts with baseline code and
 * replaces it between two calls.
 */
export function measure(name: string, f: () => unknown, { budgetMs = 400, sampleMs = 1 } = {}): Timing {
  let calls = 1;
  while (time(f, calls) < sampleMs) calls *= 2;
  let best = Infinity;
  const since = now();
  for (let idle = 0, rounds = 0; (idle < 5 || now() - since < budgetMs / 4) && now() - since < budgetMs && rounds < 1000; rounds++) {
    const ms = time(f, calls);
    idle = ms < 0.98 * best ? 0 : idle + 1;
    best = Math.min(best, ms);
  }
  calls = Math.max(1, Math.round((calls * sampleMs) / best));
  const group = () => {
    for (let k = 0; k < calls; k++) f();
  };
  const bench = new Bench({ time: budgetMs, iterations: 3, warmup: false, throws: true }).add(name, group);
  bench.runSync();
  const { result } = bench.tasks[0]!;
  if (!("latency" in result)) throw new Error(`${name}: no result (${result.state})`);
  const us = 1000 / calls;
  return { best: result.latency.min * us, median: result.latency.p50 * us };
}
