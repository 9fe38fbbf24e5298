import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as neurite from "../src/index";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}build/snippets`;

interface Snippet {
  readonly title: string;
  readonly file: string;
  readonly code: string;
}

const snippets = [
  "README.md",
  "docs/coming-from-brain-js.md",
  "docs/coming-from-keras.md",
  "docs/coming-from-pytorch.md",
  "docs/coming-from-tensorflow-js.md",
  "docs/initialisation.md",
  "docs/losses.md",
  "docs/lecture.md",
  "docs/recording.md",
  "docs/saving.md",
  "docs/tables.md",
  "docs/training.md",
].flatMap((page) =>
  [...readFileSync(root + page, "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(([, code], k): Snippet => {
    const title = `${page}, snippet ${k + 1}`;
    return { title, file: `${folder}/${title.replace(/\W+/g, "-")}.ts`, code: code! };
  }),
);

/** What the comments behind console.log say is printed. */
const promised = (code: string) => [...code.matchAll(/console\.log\(.*\);? \/\/ (.*)$/gm)].map(([, text]) => text);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const { file, code } of snippets) writeFileSync(file, code);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the snippets of the documentation", () => {
  it("are found", () => expect(snippets.length).toBeGreaterThanOrEqual(6));

  it("compile under the repository's own strict settings", () => {
    const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
    const program = ts.createProgram(
      snippets.map((s) => s.file),
      { ...options, noUnusedLocals: false },
    );
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map((d) => `${d.file?.fileName}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n")}`);
    expect(problems).toEqual([]);
  }, 60_000);

  for (const { title, file, code } of snippets)
    it(`run and print what their comments say: ${title}`, () => {
      const out = execFileSync(process.execPath, ["--import", "tsx", file], { cwd: root, encoding: "utf8", stdio: "pipe" });
      expect(out.trimEnd().split("\n")).toEqual(promised(code));
    });
});

describe("the tables of the README", () => {
  const rows = readFileSync(`${root}README.md`, "utf8")
    .split("## The API at a glance")[1]!
    .split("\n## ")[0]!
    .split("\n")
    .filter((l) => l.startsWith("| `"));
  const names = rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`(\w+)`/g)].map((m) => m[1]!));

  it("name only what is exported, but for the fields of a data set", () => {
    expect(names.filter((n) => !(n in neurite) && !["x", "y", "sampleWeight"].includes(n))).toEqual([]);
  });

  it("name every function and class that is exported, but for errors and brands", () => {
    const exported = Object.entries(neurite).filter(([, v]) => typeof v === "function" && !(v.prototype instanceof Error));
    expect(exported.map(([name]) => name).filter((n) => !names.includes(n) && n !== "isTensor")).toEqual([]);
  });
});
