import { Bench } from "tinybench";
import type { Run } from "./types";

/** Microseconds of one run(). */
export interface Sample {
  readonly best: number;
  readonly median: number;
}

const now = () => performance.now();

/** Times a run in groups of calls, long enough for the clock and short against the turns the system gives to processes. */
export class Meter {
  private calls = 1;
  /** Milliseconds of a group, the best of the warm-up. */
  private groupBest = Infinity;
  private readonly waits: boolean;

  constructor(
    private readonly run: Run["run"],
    private readonly groupMs: number,
  ) {
    const first = run();
    this.waits = first instanceof Promise;
    this.ready = this.waits ? (first as Promise<unknown>) : Promise.resolve();
  }
  private readonly ready: Promise<unknown>;

  /** Milliseconds of a group. */
  private async group(): Promise<number> {
    const start = now();
    if (this.waits) for (let k = 0; k < this.calls; k++) await this.run();
    else for (let k = 0; k < this.calls; k++) this.run();
    return now() - start;
  }

  /**
   * Runs until groups have not become faster for `stillMs`: an engine starts with baseline code and replaces it behind the scenes. At most `mostMs`.
   */
  async warm(stillMs: number, mostMs: number): Promise<void> {
    await this.ready;
    const since = now();
    while ((await this.group()) < this.groupMs && this.calls < 2 ** 30) this.calls *= 2;
    let best = Infinity;
    for (let at = now(), idle = 0; (idle < 5 || now() - at < stillMs) && now() - since < mostMs; ) {
      const ms = await this.group();
      idle++;
      if (ms < 0.98 * best) [at, idle] = [now(), 0];
      best = Math.min(best, ms);
    }
    const factor = Math.max(1 / this.calls, this.groupMs / best);
    this.calls = Math.round(this.calls * factor);
    this.groupBest = best * factor;
    await this.sample(this.groupMs);
  }

  /**
   * As many groups as take `ms` when nothing comes between, at least one. Not for as long as that: where the system gives the core to others for a
   * while there would be few groups, and most of them disturbed.
   */
  async sample(ms: number): Promise<Sample> {
    const { calls, run } = this;
    const bench = new Bench({ time: 0, iterations: Math.max(1, Math.round(ms / this.groupBest)), warmup: false, throws: true });
    if (this.waits)
      bench.add(
        "group",
        async () => {
          for (let k = 0; k < calls; k++) await run();
        },
        { async: true },
      );
    else
      bench.add(
        "group",
        () => {
          for (let k = 0; k < calls; k++) run();
        },
        { async: false },
      );
    if (this.waits) await bench.run();
    else bench.runSync();
    const { result } = bench.tasks[0]!;
    if (!("latency" in result)) throw new Error(`no result (${result.state})`);
    const us = 1000 / calls;
    return { best: result.latency.min * us, median: result.latency.p50 * us };
  }
}
