import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main } from "../../src/cli/main";
import { noLeaks } from "../leaks";
import { terminal } from "./fake";

noLeaks();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "neurite-cli-table-"));
  const rows = Array.from({ length: 150 }, (_, k) => [k % 15, (k * 7) % 13, k % 15 > (k * 7) % 13 ? "more" : "less"]);
  writeFileSync(join(folder, "rows.csv"), `a,b,which\n${rows.map((r) => r.join(",")).join("\n")}\n3,?,more\n`);
  writeFileSync(join(folder, "new.csv"), "b,a\n1,14\n12,0\n");
  writeFileSync(join(folder, "plain.csv"), "14,1\n0,12\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function neurite(line: string, progress?: (text: string) => void) {
  const io = { ...terminal(folder), text: "", errors: "" };
  io.out = (t) => void (io.text += t);
  io.err = (t) => void (io.errors += t);
  if (progress) io.progress = progress;
  const code = await main(line.split(" "), io);
  return { code, text: io.text, errors: io.errors };
}

describe("neurite train, evaluate, predict, inspect", () => {
  it("train says what it does and how good it is, and saves the model", async () => {
    const { code, text } = await neurite("train rows.csv --target which --lr 0.02 --seed 3 --epochs 200");
    expect(code).toBe(0);
    expect(text).toContain("151 rows; 121 to learn from, 30 held out");
    expect(text).toContain("missing cells: b (1)");
    expect(text).toMatch(/accuracy +(1|0\.9\d*) +95 %: [01]\.?\d* to [01]/);
    expect(text).toMatch(/model\.safetensors \(.* s of processor time, .* GFLOP .* mWh at 15 W\)/);
  });

  it("evaluate, predict and inspect read it again", async () => {
    const evaluated = await neurite("evaluate model.safetensors rows.csv --json --samples 50");
    expect(JSON.parse(evaluated.text)).toMatchObject({ task: "classify", rows: 151, classes: ["less", "more"] });
    expect(JSON.parse(evaluated.text).figures.accuracy).toBeGreaterThan(0.9);
    for (const file of ["new.csv", "plain.csv"]) {
      const { text } = await neurite(`predict model.safetensors ${file}`);
      expect(text).toMatch(/^prediction,probability of less,probability of more\nmore,\d\S*,[01]\S*\nless,[01]\S*,\d/);
    }
    const lines = (await neurite("predict model.safetensors new.csv --json")).text.trim().split("\n");
    expect(lines.map((l) => JSON.parse(l).prediction)).toEqual(["more", "less"]);
    await neurite("predict model.safetensors new.csv --out out.csv");
    expect(readFileSync(join(folder, "out.csv"), "utf8").split("\n")).toHaveLength(4);
    const { text } = await neurite("inspect model.safetensors --program");
    expect(text).toContain("2 columns become 2 inputs:");
    expect(text).toContain("which: one of less, more");
    expect(text).toContain("matmul_nt");
  });

  it("train --json ends with one object: task, rows, metrics on the rows held out, cost", async () => {
    const { code, text } = await neurite(
      "train rows.csv --target a --task regress --hidden 8 --epochs 5 --json --out a.safetensors --watts 7",
    );
    expect(code).toBe(0);
    const report = JSON.parse(text);
    expect(report).toMatchObject({ task: "regress", target: "a", rows: { all: 151, test: 30 }, missing: { b: 1 }, cost: { watts: 7 } });
    expect(Object.keys(report.metrics)).toEqual(["mse", "rmse", "mae", "r2"]);
    expect(report.cost.wattHours).toBeCloseTo((7 * report.cost.cpuSeconds) / 3600, 12);
  });

  it("Ctrl-C saves, says how to go on, and --resume comes to the same end as a run that never stopped", async () => {
    const line = "train rows.csv --target which --epochs 200 --patience 200 --lr 0.0001 --json";
    const whole = JSON.parse((await neurite(`${line} --out whole.safetensors`)).text);
    const { code, errors } = await neurite(`${line} --out cut.safetensors`, (text) => {
      if (text.startsWith("epoch 60 ")) process.emit("SIGINT");
    });
    expect([code, errors]).toEqual([
      130,
      expect.stringMatching(/^ended after epoch \d+; the same command with --resume goes on from .*cut\.safetensors\.checkpoint\n$/),
    ]);
    const resumed = JSON.parse((await neurite(`${line} --out cut.safetensors --resume`)).text);
    expect(resumed.metrics).toEqual(whole.metrics);
    expect(readFileSync(join(folder, "cut.safetensors"))).toEqual(readFileSync(join(folder, "whole.safetensors")));
  });

  it.each([
    ["train rows.csv", "neurite train: --target COLUMN is needed"],
    ["train --target which", "neurite train: DATA is missing"],
    ["train rows.csv --target who", 'neurite train: there is no column "who"; there are "a", "b", "which"'],
    ["train none.csv --target which", "neurite train: cannot read"],
    ["train rows.csv --target which --hidden x", "neurite train: --hidden takes a whole number of 0 or more, got x"],
    ["train rows.csv --target which --test 1.5", "neurite train: --test takes a number from 0 to 0.9, got 1.5"],
    ["train rows.csv --target which --scale log", "neurite train: --scale takes standard, minmax, robust, none, got log"],
    ["train rows.csv --target which --types a=float", "neurite train: --types takes NAME=number"],
    ["train rows.csv --target which --activation reluu", "neurite train: mlp: activation: unknown activation"],
    ["train rows.csv extra --target which", "neurite train: unexpected argument extra"],
    ["predict model.safetensors rows.csv --header --no-header", "neurite predict: --header and --no-header exclude each other"],
    ["evaluate model.safetensors", "neurite evaluate: MODEL and DATA are needed"],
    ["inspect rows.csv", "neurite inspect: "],
  ])("%s: exit code 2 and one line that says why", async (line, message) => {
    const { code, errors } = await neurite(line);
    expect(code).toBe(2);
    expect(errors).toContain(message);
    expect(errors.trim().split("\n")).toHaveLength(1);
  });

  it.each(["train", "evaluate", "predict", "inspect"])("%s --help tells the options", async (name) => {
    const { code, text } = await neurite(`${name} --help`);
    expect(code).toBe(0);
    expect(text).toMatch(new RegExp(`^neurite ${name} [A-Z]`));
    expect(text).toContain("--help");
  });
});
