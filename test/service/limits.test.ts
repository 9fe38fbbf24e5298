import { join } from "node:path";
import { expect, it } from "vitest";
import { prepare } from "../../examples/service/src/dataset";
import { bytesOf, limitsFrom } from "../../examples/service/src/limits";
import { problemOf } from "../../examples/service/src/problems";
import { specOf } from "../../examples/service/src/spec";
import { train } from "../../examples/service/src/training";
import { memory } from "../../src/index";
import { noLeaks } from "../leaks";
import { folder } from "./support";

noLeaks();

const root = folder();

/** Bytes of linear memory a training takes at its epochs' ends, beyond what was there. */
async function taken(
  rows: number,
  columns: number,
  hidden: number[],
  batchSize: number,
  name: string,
): Promise<[taken: number, foreseen: number]> {
  const body = {
    rows: Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => Math.sin(r * columns + c))),
    labels: Array.from({ length: rows }, (_, r) => r % 3),
    hidden,
    batchSize,
    epochs: 2,
    seed: 1,
  };
  const spec = specOf(body);
  const { data, preprocessing } = prepare(body, spec.validation, spec.seed, limitsFrom({}));
  const before = memory().bytes;
  let most = 0;
  const { model } = await train({
    data,
    preprocessing,
    spec,
    checkpoints: join(root, name),
    checkpointSeconds: 60,
    yieldMs: 4,
    signal: new AbortController().signal,
    onEpoch: () => void (most = Math.max(most, memory().bytes - before)),
  });
  model.dispose();
  return [most, bytesOf({ rows, columns, outputs: 3, hidden, batchSize })];
}

it("what a training is said to take of memory is what it takes, or some more", async () => {
  const sizes: [rows: number, columns: number, hidden: number[], batchSize: number][] = [
    [60, 2, [8], 32],
    [500, 100, [200, 100], 32],
    [4000, 50, [16], 256],
    [300, 10, [1000], 64],
    [600, 20, [64, 64, 64, 64], 600],
  ];
  for (const [k, size] of sizes.entries()) {
    const [real, foreseen] = await taken(...size, String(k));
    expect(real, `${size}`).toBeLessThanOrEqual(foreseen);
    expect(real, `${size}`).toBeGreaterThan(foreseen / 8);
  }
});

it("an unforeseen error is a 500 whose words stay in the log", () => {
  const { status, body } = problemOf(new Error("secret /path", { cause: new TypeError("more secrets") }));
  expect([status, body.type]).toEqual([500, "/problems/internal"]);
  expect(JSON.stringify(body)).not.toMatch(/secret|path/);
});
