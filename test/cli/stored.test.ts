import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decidePaired, type Pair } from "../../src/cli/bench/decide";

/** Four runs of `npm run bench:selftest -- --no-slowed --keep DIR` on a busy virtual machine: by workload, run, launch and round, microseconds of two equal builds. */
const stored = JSON.parse(readFileSync(new URL("../golden/bench-unchanged.json", import.meta.url), "utf8")) as Record<string, Pair[][][]>;
const all = Object.entries(stored).flatMap(([name, runs]) => runs.map((launches, k) => ({ name, k, launches })));
const slowed = (launches: Pair[][], factor: number) => launches.map((rounds) => rounds.map(([base, head]): Pair => [base, head * factor]));

describe("samples of a real, busy machine, threshold 10 %", () => {
  it.each(all)("$name, run $k: two equal builds raise no alarm", ({ name, launches }) =>
    expect(["same", "unsure"]).toContain(decidePaired(name, launches, 0.1).verdict),
  );
  it.each(all.filter(({ name }) => name.startsWith("G")))("$name, run $k: 20 % more on one side is seen", ({ name, launches }) =>
    expect(decidePaired(name, slowed(launches, 1.2), 0.1).verdict).toBe("slower"),
  );
  it.each(all)("$name, run $k: 20 % more is never called the same", ({ name, launches }) =>
    expect(["slower", "unsure"]).toContain(decidePaired(name, slowed(launches, 1.2), 0.1).verdict),
  );
});
