import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  env?: Record<string, string>;
  noise?: Noise;
  factor?: number;
  opened?: typeof OPENED;
  fail?: string;
}

/** The command on a synthetic host, with three workloads of its own list. */
async function bench(args: string, { noise = QUIET, factor = 1, opened = OPENED, fail, env }: Given = {}) {
  const io = terminal(folder, env);
  const cost = (build: string, workload: string): number => {
    if (workload === fail) throw new Error("out of order");
    return 100 * (build === "base" ? 1 : factor);
  };
  const connect: Connect = async () => ({ open: faked(new Host(noise, ++seed), cost, opened), close: async () => {} });
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
    expect(text).toMatch(/this machine's limits 50\.0 GFLOP\/s and 20\.0 GB\/s\n$/);
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

  it("measures another build in turn and compares: 1 where this one is slower", async () => {
    mkdirSync(path("base"), { recursive: true });
    write("base/package.json", readFileSync(path("package.json"), "utf8").replace("9.9.9", "9.9.8"));
    expect(await bench("--against base")).toMatchObject({
      code: 0,
      text: expect.stringMatching(/9\.9\.9 against base \(9\.9\.8\), both builds in turn\n[\s\S]*\n3 same\n$/),
    });
    const { code, text } = await bench("--against base --json paired.json", { noise: BIMODAL, factor: 1.3 });
    expect(code).toBe(1);
    expect(text).toMatch(/\n3 slower\n$/);
    expect(read("paired.json")).toMatchObject({
      plan: { launches: 8, rounds: 6 },
      comparison: { kind: "paired", base: { name: "base", version: "9.9.8" } },
    });
  });

  it("keeps a history, shows its trend, and ends with 1 where many small steps have added up", async () => {
    const codes: unknown[] = [];
    let last = "";
    for (let k = 0; k < 12; k++) {
      const { code, text } = await bench("--history runs.jsonl --quick", { factor: 1.012 ** k });
      codes.push(code);
      last = text;
    }
    expect(readFileSync(path("runs.jsonl"), "utf8").trim().split("\n")).toHaveLength(12);
    expect(codes.slice(0, 7)).toEqual(Array(7).fill(0));
    expect(codes.at(-1)).toBe(1);
    expect(last).toMatch(/G-dX NN 32x784x128 +[▁-█]{12} \+1\d\.\d % over 12 runs {2}drifting/);
    for (let k = 0; k < 12; k++) expect(await bench("--history flat.jsonl --quick")).toMatchObject({ code: 0 });
    write("cut.jsonl", `${readFileSync(path("flat.jsonl"), "utf8")}{"schema"`);
    expect(await failure("--history cut.jsonl")).toBe(
      "CliError: cut.jsonl, line 13: not JSON; a run that was cut off while it wrote? Take the line out",
    );
  });

  it("writes Markdown, into the job's summary too, and the formats of others", async () => {
    const summary = path("summary.md");
    const { code } = await bench(
      "--compare base.json --markdown out.md --custom-smaller-is-better s.json --custom-bigger-is-better b.json --bencher bmf.json",
      {
        factor: 1.3,
        env: { GITHUB_STEP_SUMMARY: summary },
      },
    );
    expect(code).toBe(1);
    const text = readFileSync(path("out.md"), "utf8");
    expect(readFileSync(summary, "utf8")).toBe(text);
    expect(text).toMatch(/^### neurite bench\n\n9\.9\.9 against base\.json \(9\.9\.9\): \*\*3 slower\*\*\n\n\| workload \| time/);
    expect(text).toMatch(/\| G-fwd NT 32x128x784 \| \+\d\d\.\d % \| .+ \| \+10\.0 % \| :red_circle: slower \|/);
    for (const name of ["s.json", "b.json", "bmf.json"])
      expect(Object.values(JSON.parse(readFileSync(path(name), "utf8")) as object)).toHaveLength(3);
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
    ["--compare base.json --against base", "UsageError: --compare and --against exclude each other"],
    ["--against base --launches 3", "UsageError: --launches takes a whole number from 5 to 1000, got 3"],
    ["--against no/such", "CliError: --against no/such: neither a folder, a revision of neurite's repository here, nor a version"],
    ["--against text.json", "CliError: --against text.json: a file, but no packed package (.tgz)"],
    ["--browser /no/browser", "CliError: --browser: there is no /no/browser"],
    ["--workload missing.mjs", "CliError: there is no workload file missing.mjs"],
    [
      "--workload wrong.mjs",
      "CliError: cannot take workloads from wrong.mjs: wrong: its default export must be a function make(neurite), ",
    ],
    ["--workload broken.mjs", "CliError: cannot take workloads from broken.mjs: "],
    ["--workload double.mjs", "CliError: two workloads are called relu 2^20; names must differ"],
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
    write("wrong.mjs", "export default 5;");
    write("broken.mjs", "throw new Error('broken')");
    write("double.mjs", "export default { name: 'relu 2^20', make: () => () => 0 };");
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
