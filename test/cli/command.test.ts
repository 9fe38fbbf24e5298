import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connect } from "../../src/cli/bench/child";
import { run } from "../../src/cli/bench/command";
import { thresholds } from "../../src/cli/bench/settings";
import type { Report } from "../../src/cli/bench/types";
import { faked, OPENED, terminal } from "./fake";
import { BIMODAL, Host, type Noise, QUIET } from "./host";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "neurite-cli-"));
  // a built package, as far as the command looks
  write("package.json", JSON.stringify({ name: "neurite", version: "9.9.9" }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(path(name), text);
const read = (name: string) => JSON.parse(readFileSync(path(name), "utf8")) as Report;

let seed = 0;
interface Given {
  noise?: Noise;
  factor?: number;
  opened?: typeof OPENED;
  fail?: string;
}

/** The command on a synthetic host, with three workloads of its own list. */
async function bench(args: string, { noise = QUIET, factor = 1, opened = OPENED, fail }: Given = {}) {
  const io = terminal(folder);
  const connect: Connect = () =>
    faked(
      new Host(noise, ++seed),
      (_, workload) => {
        if (workload === fail) throw new Error("out of order");
        return 100 * factor;
      },
      opened,
    );
  const words = `--package . --filter ^G-(fwd|dW|dX) ${args}`.trim().split(" ");
  const code = await run(words, io, connect).catch((error: Error) => error);
  return { code, text: io.text };
}
const failure = async (args: string): Promise<string> => {
  const { code, text } = await bench(args);
  expect(text).toBe("");
  expect(code).toBeInstanceOf(Error);
  return `${(code as Error).name}: ${(code as Error).message}`;
};

describe("before there is a build", () => {
  it("says so", async () =>
    expect(await failure("")).toMatch(/^CliError: \. is not built: there is no .*dist\/index\.js \(npm run build\)$/));
});

describe("a run", () => {
  beforeAll(() =>
    write(
      "package.json",
      JSON.stringify({ name: "neurite", version: "9.9.9", exports: { ".": { import: { default: "./package.json" } } } }),
    ),
  );

  it("prints machine, columns and limits, and writes the report", async () => {
    const { code, text } = await bench("--json base.json");
    expect(code).toBe(0);
    expect(text).toMatch(
      /^.+ cores, node \d+.+, fused arithmetic\n +best us +median us +\+- +achieved, by the best\nG-fwd NT 32x128x784 +\d/,
    );
    expect(text).toMatch(/this machine's limits: 50\.0 GFLOP\/s, 20\.0 GB\/s\n$/);
    const report = read("base.json");
    expect(report).toMatchObject({
      schema: "neurite-bench/1",
      build: { version: "9.9.9" },
      plan: { launches: 3, rounds: 5, sampleMs: 15 },
    });
    expect(report.machine).toMatchObject({ arithmetic: "fused", relaxedSimd: true, runtime: `node ${process.versions.node}` });
    expect(report.workloads.map((w) => w.name)).toEqual(["G-fwd NT 32x128x784", "G-dW TN 128x784x32", "G-dX NN 32x784x128"]);
    for (const w of report.workloads) {
      expect([w.rounds.length, w.rounds[0]!.length, w.limits[2]!.length, w.bound]).toEqual([3, 5, 5, "compute"]);
      expect(w.best).toBeLessThanOrEqual(w.median);
      // 100 us at 50 GFLOP/s
      expect(w.normalized / 5000).toBeCloseTo(1, 1);
    }
  });

  it("is compared: 0 for the same, 1 for slower, 0 for faster", async () => {
    expect(await bench("--compare base.json")).toMatchObject({ code: 0, text: expect.stringMatching(/\n3 same\n$/) });
    const slower = await bench("--compare base.json --json new.json", { factor: 1.25 });
    expect(slower).toMatchObject({ code: 1, text: expect.stringMatching(/\n3 slower\n$/) });
    expect(read("new.json").comparison!.changes[0]).toMatchObject({ name: "G-fwd NT 32x128x784", verdict: "slower", threshold: 0.1 });
    expect(read("new.json").comparison!.changes[0]!.ratio).toBeCloseTo(1.25, 1);
    expect(await bench("--compare base.json", { factor: 0.7 })).toMatchObject({ code: 0, text: expect.stringMatching(/\n3 faster\n$/) });
  });

  it("takes thresholds, for all and for some", async () => {
    expect(await bench("--compare base.json --threshold 40%", { factor: 1.25 })).toMatchObject({ code: 0 });
    const { code, text } = await bench("--compare base.json --threshold 40% --threshold g-dx=5%", { factor: 1.25 });
    expect(code).toBe(1);
    expect(text).toMatch(/G-dX.+slower +counts from \+5\.0 %/);
    expect(text).toMatch(/2 same, 1 slower\n$/);
  });

  it("ends with 2 where a workload fails, and measures the others", async () => {
    const { code, text } = await bench("--compare base.json", { fail: "G-dW TN 128x784x32" });
    expect(code).toBe(2);
    expect(text).toMatch(/G-dW.+failed: out of order/);
    expect(text).toMatch(/2 same, 1 failed\n$/);
  });

  it("names what is new and what is gone", async () => {
    const base = read("base.json");
    write("other.json", JSON.stringify({ ...base, workloads: [base.workloads[0], { ...base.workloads[1], name: "G-dW old" }] }));
    const { code, text } = await bench("--compare other.json");
    expect(code).toBe(0);
    expect(text).toMatch(/G-dW TN.+new +not in the baseline/);
    expect(text).toMatch(/G-dW old.+gone +in the baseline only/);
    expect(text).toMatch(/1 same, 2 new, 1 gone\n$/);
  });

  it("warns of another machine and another speed, unless it is normalised", async () => {
    const base = read("base.json");
    write("far.json", JSON.stringify({ ...base, machine: { ...base.machine, cpu: "Another CPU" } }));
    const slow = { ...OPENED, limits: { gflops: 30, gbps: 20 } };
    const { code, text } = await bench("--compare far.json", { factor: 50 / 30, opened: slow });
    expect(code).toBe(0);
    expect(text).toMatch(/warning: the baseline is from another machine: cpu Another CPU against .+\n/);
    expect(text).toMatch(/warning: this machine's multiply-adds ran at 0\.60 of the speed of the baseline's\n/);
    expect(text).toMatch(/warning: --normalize takes the machine's speed out/);
    expect(text).toMatch(/\n3 unsure\n$/);
    const normalized = await bench("--compare far.json --normalize", { factor: 50 / 30, opened: slow });
    expect(normalized.text).toMatch(/\n3 same\n$/);
    expect(await bench("--compare far.json --normalize", { factor: (1.25 * 50) / 30, opened: slow })).toMatchObject({ code: 1 });
  });

  it("lists without measuring", async () => {
    const { code, text } = await bench("--list");
    expect(code).toBe(0);
    expect(text.split("\n")).toHaveLength(4);
    expect(text).toMatch(/^G-fwd NT 32x128x784 +products +bound by compute\n/);
  });

  it("takes rounds, launches and a quick plan", async () => {
    await bench("--rounds 2 --launches 4 --json plan.json", { noise: BIMODAL });
    expect(read("plan.json").plan).toMatchObject({ launches: 4, rounds: 2 });
    await bench("--quick --json plan.json");
    expect(read("plan.json").plan).toMatchObject({ launches: 1, rounds: 5 });
  });

  it.each([
    ["--compare missing.json", "CliError: there is no baseline missing.json; write one with --json missing.json"],
    ["--compare text.json", "CliError: text.json is not JSON: "],
    ["--compare list.json", 'CliError: list.json is no report of neurite bench --json: it has no "schema"'],
    [
      "--compare later.json",
      'CliError: later.json has schema "neurite-bench/9", this version reads neurite-bench/1; write the baseline anew with --json',
    ],
    ["--compare bare.json", "CliError: bare.json is damaged: machine, build or limits are missing"],
    ["--compare rows.json", "CliError: rows.json is damaged: G: rounds and limits are not lists of positive numbers"],
    ["--normalize", "UsageError: --normalize goes with --compare"],
    ["--threshold ten", "UsageError: --threshold takes a percentage above 0 such as 10%, or REGEX=10% for some workloads, got ten"],
    ["--threshold -5%", "UsageError: --threshold needs a value, got the option -5%"],
    ["--threshold 0%", "UsageError: --threshold takes a percentage above 0"],
    ["--threshold 10", "UsageError: --threshold takes a percentage above 0"],
    ["--threshold (=10%", "UsageError: --threshold: Invalid regular expression"],
    ["--rounds 0", "UsageError: --rounds takes a whole number from 1 to 1000, got 0"],
    ["--launches many", "UsageError: --launches takes a whole number from 1 to 1000, got many"],
    ["--filter (", "UsageError: --filter: Invalid regular expression"],
    ["--filter nothing-of-the-kind", "CliError: no workload matches nothing-of-the-kind; there are G NN 64x64x64, "],
    ["--package nowhere", "CliError: nowhere is not a package of neurite: no package.json with that name in "],
    ["--json nowhere/out.json", "CliError: cannot write nowhere/out.json: there is no folder "],
  ])("%s is refused before anything is measured", async (args, message) => {
    const base = read("base.json");
    write("text.json", "{ not json");
    write("list.json", "[1, 2]");
    write("later.json", JSON.stringify({ ...base, schema: "neurite-bench/9" }));
    write("bare.json", JSON.stringify({ schema: base.schema }));
    write("rows.json", JSON.stringify({ ...base, workloads: [{ name: "G", bound: "compute", rounds: [[0]], limits: [[1]] }] }));
    expect((await failure(args)).slice(0, message.length)).toBe(message);
    expect(existsSync(path("nowhere"))).toBe(false);
  });
});

describe("thresholds", () => {
  it("the last rule that matches, else the workload's own, else the general one, else 10 %", () => {
    const rule = thresholds(["^g=20%", "g-dx = 5 %", "15%"]);
    expect([rule({ name: "G-dX" }), rule({ name: "G NN" }), rule({ name: "T3" }), rule({ name: "T3", threshold: 0.3 })]).toEqual([
      0.05, 0.2, 0.15, 0.3,
    ]);
    expect(thresholds([])({ name: "T3" })).toBe(0.1);
  });
});
