import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadCheckpoint } from "../../src/index";
import { random } from "../random";

const root = mkdtempSync(join(tmpdir(), "neurite-"));
afterAll(() => rmSync(root, { recursive: true }));
const script = join(root, "killed.mjs");
/** One file, which starts several times as fast as the sources. */
beforeAll(async () => {
  const entry = fileURLToPath(new URL("../children/killed.ts", import.meta.url));
  await build({ entryPoints: [entry], bundle: true, platform: "node", format: "esm", outfile: script, logLevel: "error" });
});

const KILLS = 100;
const stepOf = (name: string) => Number(/checkpoint-(\d+)/.exec(name)![1]);
const checkpoints = (dir: string) => (existsSync(dir) ? readdirSync(dir).filter((name) => name.startsWith("checkpoint-")) : []);

/** Starts a run and kills it so many milliseconds after it has begun to train, or after its start. */
async function killed(dir: string, after: "start" | "training", ms: number): Promise<void> {
  const child = spawn(process.execPath, [script, dir, "1000000"], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  if (after === "training") await Promise.race([new Promise((resolve) => child.stderr.once("data", resolve)), ended]);
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill("SIGKILL");
  await ended;
}

it(`killed ${KILLS} times at random moments: every file loads, no step that was kept is lost, and the end has the bits of a run that never stopped`, async () => {
  const dir = join(root, "run");
  const next = random(7);
  let last = 0;
  let moved = 0;
  // milliseconds in which a run gets somewhere: longer where the machine is busy
  let reach = 100;
  for (let k = 0; k < KILLS; k++) {
    await (k % 5 === 0 ? killed(dir, "start", 120 * next()) : killed(dir, "training", reach * next()));
    const names = checkpoints(dir);
    for (const name of names) {
      const { run } = (await loadCheckpoint(join(dir, name))) as { run: { position: { total: number } } };
      expect(run.position.total).toBe(stepOf(name));
    }
    const newest = Math.max(0, ...names.map(stepOf));
    expect(newest).toBeGreaterThanOrEqual(last);
    reach = Math.max(100, reach * (newest > last ? 0.9 : 1.2));
    if (newest > last) moved++;
    last = newest;
  }
  // most of them were in the middle of the work
  expect(moved).toBeGreaterThan(KILLS / 3);
  const epochs = String(Math.ceil(last / 3) + 2);
  const run = (folder: string) =>
    JSON.parse(execFileSync(process.execPath, [script, folder, epochs], { encoding: "utf8", stdio: "pipe" })) as object;
  expect(run(dir)).toEqual(run(join(root, "whole")));
  const left = readdirSync(dir);
  expect(left.filter((name) => name.endsWith(".tmp"))).toEqual([]);
  expect(left).toHaveLength(2);
  expect(readFileSync(join(dir, left[1]!)).length).toBeGreaterThan(1000);
}, 600_000);
