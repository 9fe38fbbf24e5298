import { describe, expect, it } from "vitest";
import { bencher, customBigger, customSmaller } from "../../src/cli/bench/formats";
import { sparkline, trends } from "../../src/cli/bench/history";
import { markdown } from "../../src/cli/bench/markdown";
import { painter, signed, time } from "../../src/cli/bench/table";
import type { Report, Row } from "../../src/cli/bench/types";
import { random } from "./host";

const row = (name: string, us: number, more: Partial<Row> = {}): Row => ({
  name,
  group: "products",
  bound: "compute",
  best: us,
  median: us,
  mad: 0.01,
  normalized: us * 50,
  rounds: [[us, us * 1.02], [us * 0.98]],
  limits: [[50, 50], [50]],
  flops: 1e6,
  ...more,
});

const report = (workloads: Row[]): Report => ({
  schema: "neurite-bench/1",
  date: "2026-01-02T03:04:05.000Z",
  machine: {
    cpu: "A | CPU",
    cores: 2,
    memory: 1e9,
    platform: "linux x64",
    runtime: "node 24.0.0",
    v8: "13",
    relaxedSimd: true,
    arithmetic: "fused",
    binary: "relaxed",
  },
  build: { version: "1.2.3", commit: "0123456789abcdef+" },
  limits: { gflops: 50, gbps: 20 },
  plan: { launches: 2, rounds: 2, sampleMs: 20 },
  workloads,
});
const two = report([row("G|a", 40), row("broken", 0, { failed: "no such op", rounds: [], limits: [] })]);

describe("formats of other tools", () => {
  it("github-action-benchmark: name, unit and value, range and extra as strings; what failed is left out", () => {
    for (const [render, unit, value] of [
      [customSmaller, "us", 40],
      [customBigger, "1/s", 25000],
    ] as const) {
      const list = JSON.parse(render(two)) as Record<string, unknown>[];
      expect(list).toEqual([
        { name: "G|a", unit, value, range: expect.stringMatching(/^± \d/), extra: expect.stringContaining("0123456789abcdef+") },
      ]);
    }
  });

  it("Bencher Metric Format: as its JSON schema asks, benchmark, measure, value with bounds around it", () => {
    const bmf = JSON.parse(bencher(two)) as Record<string, Record<string, Record<string, number>>>;
    expect(bmf).toEqual({
      "G|a": {
        latency: { value: 40000, lower_value: 39200, upper_value: 40800 },
        throughput: { value: 25000, lower_value: 24510, upper_value: 25510 },
      },
    });
  });
});

describe("Markdown", () => {
  it("escapes what would break a table, and shows what failed", () => {
    const text = markdown(two);
    expect(text).toContain("| G\\|a | 40.0 us | 40.0 us | 1.0 % | 25.0 GFLOP/s 50 % |");
    expect(text).toContain("| broken |  |  |  | failed: no such op |");
    // every row of the table has as many bars as its head
    const bars = text.split("\n").flatMap((l) => (l.startsWith("|") ? [l.replaceAll("\\|", "").split("|").length] : []));
    expect(new Set(bars).size).toBe(1);
  });
  it("folds away what has not changed", () => {
    const changes = [
      { name: "a", verdict: "same", ratio: 1.01, low: 0.99, high: 1.03, threshold: 0.1 },
      { name: "b", verdict: "slower", ratio: 1.2, low: 1.15, high: 1.25, threshold: 0.1 },
    ] as const;
    const base = { name: "main", version: "1.2.2", commit: "fedcba9876543210" };
    const text = markdown({ ...two, comparison: { kind: "paired", base, normalized: false, warnings: ["careful"], changes } });
    expect(text).toMatch(
      /1\.2\.3 against main \(1\.2\.2, fedcba9876\), both builds in turn: \*\*1 slower, 1 same\*\*\n\n> careful\n\n\| workload[\s\S]*\| b \|[\s\S]*<details>[\s\S]*\| a \|/,
    );
  });
});

describe("trends", () => {
  const entries = (values: readonly number[], runtime = "node 24.0.0") =>
    values.map((normalized) => ({
      schema: "neurite-bench-history/1" as const,
      date: "",
      machine: { ...two.machine, runtime },
      build: two.build,
      limits: two.limits,
      workloads: { w: { us: 1, normalized } },
    }));
  const look = (values: readonly number[], others: ReturnType<typeof entries> = []) => {
    const all = entries(values);
    return trends([...others, ...all.slice(0, -1)], all.at(-1)!, [row("w", 1)], () => 0.1)[0]!;
  };
  const noisy = (seed: number, step: number, n = 20) => {
    const next = random(seed);
    return Array.from({ length: n }, (_, k) => (1 + step) ** k * (1 + 0.04 * (next() - 0.5)));
  };

  it("half a percent a run adds up to a drift in 30 runs, at least 99 of 100 times", () => {
    const seen = Array.from({ length: 100 }, (_, k) => look(noisy(k, 0.006, 30)).drifting).filter(Boolean).length;
    expect(seen).toBeGreaterThanOrEqual(99);
  });
  it("noise without a trend is none, in 2000 histories", () => {
    for (let k = 0; k < 2000; k++) expect(look(noisy(k, 0)).drifting).toBe(false);
  });
  it("a step is seen, becoming faster is not", () => {
    expect(look([...Array(10).fill(1), ...Array(10).fill(1.3)]).drifting).toBe(true);
    expect(look(noisy(1, -0.02)).drifting).toBe(false);
  });
  it("only runs on machines like this one count", () => {
    const { values, drifting } = look([2, 2], entries(Array(20).fill(1), "node 22.0.0"));
    expect([values, drifting]).toEqual([[2, 2], false]);
  });
  it("sparklines go from the least to the greatest", () => {
    expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8])).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([1, 1.01, 1])).toBe("▄▄▄");
  });
});

describe("figures", () => {
  it("come in the unit that reads best, colours only where they are wanted", () => {
    expect([time(0.25), time(12.345), time(123456)]).toEqual(["250 ns", "12.3 us", "123 ms"]);
    expect([signed(1.2), signed(0.95)]).toEqual(["+20.0 %", "-5.0 %"]);
    expect([painter(false)("red", "x"), painter(true)("red", "x")]).toEqual(["x", "\x1b[31mx\x1b[39m"]);
  });
});
