import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = readdirSync(`${root}examples/lecture`).filter((f) => /^\d\d-.*\.ts$/.test(f));
const page = readFileSync(`${root}docs/lecture.md`, "utf8");
// the playground's pictures lie there too
const figures = readdirSync(`${root}docs/figures`).filter((f) => f.endsWith(".svg"));
const folder = mkdtempSync(join(tmpdir(), "lecture-"));
const run = (file: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, ["--import", "tsx", `examples/lecture/${file}`, ...args], { cwd: root, maxBuffer: 2 ** 24 });
/** Times are the machine's, and with them the width of their column. */
const timeless = (text: string) =>
  text
    .replace(/\d+\.\d\d s\b/g, "? s")
    .split("\n")
    .map((line) => (/\btime\b|\? s/.test(line) ? line.replace(/ +/g, " ") : line));

let output = "";
/** What an example printed. */
const printed = (name: string) => output.split(`=== ${name}\n`)[1]!.split("\n--- ")[0]!.trim();
/** Rows of cells, numbers read as numbers. */
const rows = (name: string, from?: string) =>
  (from === undefined ? printed(name) : printed(name).split(from)[1]!).split("\n").map((line) => line.trim().split(/\s{2,}/));

beforeAll(async () => {
  output = (await run("all.ts", `--docs=${folder}`)).stdout;
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe("docs/lecture.md", () => {
  it("quotes every example in its order, as it prints, but for times", () => {
    const quoted = [...page.matchAll(/<!-- printed by (\S+) -->/g)].map(([, name]) => `${name}.ts`);
    expect(quoted).toEqual([...examples].sort());
    expect(timeless(readFileSync(`${folder}/lecture.md`, "utf8"))).toEqual(timeless(page));
  });

  it("links to every example, and to files that exist", () => {
    const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => to!);
    for (const to of links) expect(() => readdirOrRead(to), to).not.toThrow();
    for (const file of examples) expect(links).toContain(`../examples/lecture/${file}`);
  });

  it("shows every figure that there is, and they are those that the examples draw, to the byte", () => {
    const shown = [...page.matchAll(/!\[[^\]]+\]\(figures\/([^)]+)\)/g)].map(([, file]) => file!);
    expect([...shown].sort()).toEqual([...figures].sort());
    expect(readdirSync(`${folder}/figures`).sort()).toEqual([...figures].sort());
    for (const file of figures)
      expect(readFileSync(`${folder}/figures/${file}`, "utf8"), file).toBe(readFileSync(`${root}docs/figures/${file}`, "utf8"));
  });

  it.each(figures)("%s is well-formed XML without NaN, for light and dark pages", (file) => {
    const svg = readFileSync(`${root}docs/figures/${file}`, "utf8");
    const open: string[] = [];
    // elements with quoted attributes, or text without < and bare &
    const rest = svg.replace(
      /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<&]*")*)\s*(\/?)>/g,
      (_, end: string, name: string, __, empty: string) => {
        if (end !== "") expect(open.pop()).toBe(name);
        else if (empty === "") open.push(name);
        return "";
      },
    );
    expect(open).toEqual([]);
    expect(rest).not.toMatch(/[<>]|&(?!amp;|lt;)/);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

function readdirOrRead(to: string): unknown {
  const path = join(root, "docs", to);
  return to.endsWith(".md") || to.endsWith(".ts") || to.endsWith(".svg") ? readFileSync(path) : readdirSync(path);
}

describe("the lecture's figures stand in what the examples print", () => {
  it("threshold units: and, or, a and not b, not; exclusive or by two layers", () => {
    const table = rows("01-threshold-units").slice(-7, -2).slice(1);
    expect(table).toEqual(["0 0 0 0 0 0", "0 1 0 1 0 1", "1 0 0 1 1 1", "1 1 1 1 0 0"].map((r) => r.split(" ")));
    expect(printed("01-threshold-units")).toContain("not 0, not 1: (1, 0)");
  });

  it("perceptron: the worked step, and the ten steps of or after which nothing changes", () => {
    const text = printed("02-perceptron");
    expect(text).toMatch(/\(1, 2, 1\) +0 +1 +\(-1, -2, -1\) +\(-2, -1\.5, -0\.7\)\n\(1, 2, 1\) +0 +0 +\(0, 0, 0\)/);
    const w = text.match(/^ +\d+ .*\)$/gm)!.map((line) => line.slice(line.lastIndexOf("(")));
    expect(w.slice(0, 9)).toEqual([
      "(0, 1, -1)",
      ...new Array(3).fill("(1, 1, 0)"),
      "(0, 1, 0)",
      ...new Array(3).fill("(1, 1, 1)"),
      "(0, 1, 1)",
    ]);
    // 01 at (0, 1, 1): 0 + 1 > 0 is right
    expect(w.slice(9)).toEqual(new Array(7).fill("(0, 1, 1)"));
  });

  it("exclusive or does not converge; mistakes stay within Novikoff's bound", () => {
    expect(printed("03-xor")).toMatch(/did not converge in 100 epochs.*\(converged: false\)$/);
    const table = rows("04-novikoff").slice(1);
    expect(table).toHaveLength(4);
    for (const [gamma, radius, , mistakes, bound] of table) {
      expect(Number(mistakes)).toBeLessThanOrEqual(Number(bound));
      expect(Math.abs(Number(bound) / (Number(radius) / Number(gamma)) ** 2 - 1)).toBeLessThan(0.05);
    }
  });

  it("1600-100-100-100-10 has 181,310 parameters; all activations are finite far out", () => {
    expect(printed("05-networks")).toContain("\n181,310 parameters\n");
    const table = rows("05-networks", "finite at +-10000\n");
    expect(table).toHaveLength(16);
    expect(table.every((r) => r.at(-1) === "yes")).toBe(true);
  });

  it("softmax, cross-entropy, squared error", () => {
    const text = printed("06-losses");
    const p = /softmax +\((.*)\)/.exec(text)![1]!.split(", ").map(Number);
    for (const [k, want] of [0.00589975, 0.8756006, 0.11849965].entries()) expect(Math.abs(p[k]! - want)).toBeLessThan(5e-8);
    for (const name of ["crossEntropy", "nll", "crossEntropyOnProbabilities"])
      expect(text).toMatch(new RegExp(`^${name} {2,}\\S.* 0\\.1328$`, "m"));
    expect(text).toMatch(/sum \(u - y\)\^2: 0\.1450$/m);
  });

  it("backpropagation by hand: outputs, deltas, new weights, new output, to the lecture's six digits", () => {
    const lines = printed("07-backpropagation").split("\n");
    const cells = lines.map((line) => line.trim().split(/ +/));
    const at = (head: string) => lines.findIndex((line) => line.includes(head)) + 1;
    expect(cells.slice(at("activation"), at("activation") + 3).map((c) => c[2])).toEqual(["0.645656", "0.475021", "0.630141"]);
    expect(cells.slice(at("delta"), at("delta") + 3).map((c) => c.slice(0, 2))).toEqual([
      ["5", "-0.146863"],
      ["3", "-0.016800"],
      ["4", "0.014650"],
    ]);
    expect(cells.slice(at("weight"), at("weight") + 9).map((c) => c[4])).toEqual(
      [0.1832, 0.0832, 0.2832, -0.28535, -0.18535, 0.41465, 0.253137, 0.405177, -0.469763].map((w) => w.toFixed(6)),
    );
    expect(lines.at(-1)).toContain("output (0.569972)");
  });

  it("2-2-2: errors and new weights to seven digits, 3.51e-5 after 10,000 steps", () => {
    const text = printed("08-two-two-two");
    const w = [...text.matchAll(/^w\([1-9],\d\).* (\S+)$/gm)].map(([, v]) => v);
    const want = [0.14978072, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.40866619, 0.51130127, 0.56137012];
    expect(w).toEqual(want.map((v) => v.toFixed(7)));
    expect(text).toContain(`${(0.298371109).toFixed(7)}, ${(0.291027774).toFixed(7)}, 3.51e-5`);
  });

  it("exclusive or is learned by 2-8-1 from 100 of 100 seeds; the sine to 1e-3", () => {
    expect(printed("09-xor-mlp")).toContain("learned from 100 of 100 seeds");
    expect(Number(rows("19-approximation").at(-1)!.at(-1))).toBeLessThan(1e-3);
  });

  it("all 2^6 thinned nets average to the net as evaluated; batch norm behind dropout overrates the variance, before it not", () => {
    const text = printed("12-dropout");
    const [average, whole] = [/thinned nets +(.*)/, /whole net, evaluation +(.*)/].map((r) => r.exec(text)![1]);
    expect(average).toBe(whole);
    const ratios = [...text.matchAll(/^ *0(?:\.\d)? +(\d\.\d\d) +(\d\.\d\d)$/gm)].map(([, a, b]) => [Number(a), Number(b)]);
    expect(ratios).toHaveLength(5);
    for (const [k, [behind, before]] of ratios.entries()) {
      expect(Math.abs(before! - 1)).toBeLessThan(0.03);
      expect(behind!).toBeGreaterThan(k === 0 ? 0.97 : ratios[k - 1]![0]!);
    }
  });

  it("gradients of the first layer vanish with depth under the sigmoid, faster than under ReLU", () => {
    const norms = (of: string) =>
      of
        .split("\n")
        .flatMap((line) => /^ +[1-8] +(\S+)/.exec(line)?.[1] ?? [])
        .map(Number);
    const [sigmoid, relu] = printed("16-depth").split("relu").map(norms) as [number[], number[]];
    expect([sigmoid.length, relu.length]).toEqual([8, 8]);
    for (let k = 1; k < 8; k++) expect(sigmoid[k]!).toBeLessThan(sigmoid[k - 1]! / 3);
    expect(sigmoid[7]!).toBeLessThan(relu[7]! / 1000);
  });
});

describe("the examples", () => {
  it("run alone, and print the same as in a row", async () => {
    const { stdout } = await run("07-backpropagation.ts");
    expect(stdout.trim()).toBe(printed("07-backpropagation"));
  });

  it("fail as a whole, with exit code 1, when one of them does", async () => {
    const error = await run("all.ts", "--docs=/dev/null").catch((e: { code: number; stderr: string }) => e);
    expect(error).toMatchObject({ code: 1, stderr: expect.stringContaining("/dev/null/figures") });
  }, 60_000);
});
