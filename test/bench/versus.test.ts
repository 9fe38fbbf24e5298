import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeData } from "../../bench/versus/data";
import { type EngineResult, here, peers, type Result, targets, workloads } from "../../bench/versus/definitions";
import { blockOf, ratio, readmeFile, renderAll, renderReadme, table, verdicts } from "../../bench/versus/render";
import { median, spread } from "../../src/cli/bench/stats";

const text = (name: string) => readFileSync(new URL(name, here), "utf8");

describe("the stored comparison", () => {
  const result = JSON.parse(text("result.json")) as Result;

  it("is what the README shows between its markers", () => expect(blockOf(readFileSync(readmeFile, "utf8"))).toBe(renderReadme(result)));
  it("is what result.md shows", () => expect(text("result.md")).toBe(renderAll(result)));
  it("has every workload, and for each peer a figure or why there is none", () => {
    for (const e of result.engines)
      for (const w of workloads)
        for (const p of peers.filter((p) => p.kinds === undefined || p.kinds.includes(w.kind))) {
          const { us, unable } = e.cells[w.id]![p.id]!;
          expect(us !== undefined && us > 0 ? "" : unable, `${w.id} ${p.id}`).toBeTypeOf("string");
        }
  });
});

describe("targets", () => {
  const cells = {
    T4: { run: { us: 10, rounds: [10, 20, 10] }, torch: { us: 9, rounds: [8.5, 17, 8.5] }, "jax-js": { us: 40, rounds: [40, 80, 40] } },
  };
  const engine = (node: string, arithmetic: string) => ({ node, arithmetic, cells }) as unknown as EngineResult;
  const torch = (e: EngineResult) => verdicts(e).find((v) => v.target.workload === "T4" && v.target.peer === "torch")!;

  it("are about workloads and peers that exist", () => {
    for (const t of targets) {
      expect(workloads.map((w) => w.id)).toContain(t.workload);
      if (t.peer !== undefined) expect([...peers.map((p) => p.id), "best js", "best wasm"]).toContain(t.peer);
    }
  });
  it("are owed whole by relaxed SIMD, less where Node 22 or plain SIMD owes less", () => {
    expect(torch(engine("v24.0.0", "fused"))).toMatchObject({ wanted: 0.9, met: false });
    expect(torch(engine("v22.0.0", "fused"))).toMatchObject({ wanted: 0.85, met: true });
    expect(torch(engine("v20.0.0", "plain")).wanted).toBeCloseTo(0.9 * 0.72, 12);
  });
  it("are not met by what was not measured", () =>
    expect(verdicts(engine("v24.0.0", "fused")).filter((v) => v.got === undefined && v.met)).toEqual([]));
  it("take the fastest of a group", () => {
    const e = {
      ...engine("v24.0.0", "fused"),
      cells: {
        "G-256": {
          call: { us: 1, rounds: [1] },
          "ort-web": { us: 3, rounds: [3] },
          "tfjs-wasm": { us: 2, rounds: [2] },
          torch: { us: 1, rounds: [1] },
        },
      },
    };
    expect(verdicts(e).find((v) => v.target.workload === "G-256")).toMatchObject({ peer: "tfjs-wasm", got: 2, met: true });
  });
});

describe("figures", () => {
  it("a ratio is the median of the rounds' ratios, so that a slow round on both counts for nothing", () => {
    expect(ratio({ us: 1, rounds: [1, 10, 1] }, { us: 2, rounds: [2, 20, 3] })).toBe(2);
    expect(ratio({ unable: "no Adam" }, { us: 2, rounds: [2] })).toBeUndefined();
  });
  it("the median of an even number is between the middle two; the spread is half the quartiles' distance over it", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spread([1, 2, 3, 4, 5])).toBeCloseTo(1 / 3, 12);
  });
  it("tables are aligned as the formatter does it", () =>
    expect(table(["a", "long"], [["text", "1"]])).toBe("| a    | long |\n| ---- | ---: |\n| text |    1 |"));
});

it("equal rows of a batch have different labels, so that no classifier's loss ends at 0", () => {
  const dir = mkdtempSync(join(os.tmpdir(), "versus-test-"));
  writeData(workloads.find((w) => w.id === "T3")!, dir);
  const read = (name: string) => new Float32Array(new Uint8Array(readFileSync(`${dir}/${name}.f32`)).buffer);
  const [x, y] = [read("x"), read("y")];
  rmSync(dir, { recursive: true });
  for (let row = 0; row < 32; row += 2) {
    expect(x.subarray(row * 784, (row + 1) * 784)).toEqual(x.subarray((row + 1) * 784, (row + 2) * 784));
    expect(y.subarray(row * 10, (row + 1) * 10)).not.toEqual(y.subarray((row + 1) * 10, (row + 2) * 10));
    expect(y.subarray(row * 10, (row + 1) * 10).reduce((a, b) => a + b)).toBe(1);
  }
});
