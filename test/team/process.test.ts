import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

interface Outcome {
  code: number | null;
  info: { threads: number; reason: string; same: boolean };
  stderr: string;
}

/** Runs test/children/threads.ts in a process of its own; one that hangs is ended after a minute. */
const run = (way: string, threads: string): Promise<Outcome> =>
  new Promise((resolve) => {
    const file = fileURLToPath(new URL("../children/threads.ts", import.meta.url));
    const child = execFile(process.execPath, ["--import", "tsx", file, way, threads], { timeout: 60_000 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, info: JSON.parse(stdout || "{}") as Outcome["info"], stderr }),
    );
  });

for (const way of ["fit", "predict", "evaluate", "step", "nothing", "unhandled"])
  it(`a script that ends with ${way}: exit code 0, and nothing keeps the process alive`, async () => {
    const { code, info, stderr } = await run(way, "2");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(info).toEqual({ threads: 2, reason: "2 were asked for", same: true });
  }, 70_000);

it("process.exit() in the middle of a run ends the workers too", async () => {
  expect((await run("exit", "2")).code).toBe(7);
}, 70_000);

it('"auto" is a core less than there are, one at least', async () => {
  const { code, info } = await run("fit", "auto");
  expect(code).toBe(0);
  expect(info.threads).toBeGreaterThanOrEqual(1);
}, 70_000);

for (const [way, why] of [
  ["refused", "there are no workers here"],
  ["unshared", "this engine does not share memory with workers: memory cannot be shared"],
] as const)
  it(`where workers are ${way} it says why, trains on the calling thread, and nothing keeps the process alive`, async () => {
    const { code, info, stderr } = await run(way, "2");
    expect({ code, info }).toEqual({ code: 0, info: { threads: 0, reason: why, same: true } });
    expect(stderr).toBe(`neurite: training runs on the calling thread, since ${why}\n`);
  }, 70_000);
