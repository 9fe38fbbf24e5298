import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { noLeaks } from "../leaks";
import { clouds, folder, serve } from "./support";

noLeaks();

const disk = folder();
/** A small disk of its own; only root may have one. */
function mounted(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "it takes root to mount a small disk";
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return `a small disk could not be mounted: ${String(error)}`;
  }
}
const why = mounted();
afterAll(() => void (why === undefined && execFileSync("umount", [disk])));

const filler = join(disk, "filler");
/** Writes until nothing more fits. */
function fill(): void {
  try {
    for (;;) appendFileSync(filler, Buffer.alloc(4096));
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  }
}
const free = () => rmSync(filler, { force: true });

describe.skipIf(why !== undefined)(`a disk that is full${why === undefined ? "" : ` (skipped: ${why})`}`, () => {
  it("refuses trainings with 507, still predicts, ends what it had accepted, and goes on when there is room", async () => {
    const data = join(disk, "data");
    mkdirSync(data);
    const service = await serve({ data, checkpointSeconds: 0.05 });
    try {
      const { acme } = service;
      await acme.train("known", { ...clouds(60), epochs: 5 });
      const running = await acme.begin("running", { ...clouds(60), epochs: 1000, patience: 0, seed: 1 });
      const known = readdirSync(join(data, "tenants/acme/jobs")).length;
      fill();
      const refused = await acme.post("/models/more/train", clouds(400));
      expect([refused.status, refused.body.type]).toEqual([507, "/problems/disk-full"]);
      expect((await acme.post("/models/known/predict", { row: [4, 0] })).body).toMatchObject({ version: 1 });
      expect((await acme.post("/models/known/predict", { rows: clouds(50).rows })).status).toBe(200);
      // what was refused left nothing
      expect(readdirSync(join(data, "tenants/acme/jobs"))).toHaveLength(known);
      // the training that runs cannot write its checkpoints: it waits for room and is not lost
      for (let state = "running"; state !== "queued"; ) state = (await acme.get(`/jobs/${running}`)).body.state;
      free();
      expect(await acme.ended(running)).toMatchObject({ state: "succeeded", result: { epochs: 1000, version: 1 } });
      expect(await acme.train("more", { ...clouds(400), epochs: 3 })).toMatchObject({ state: "succeeded" });
      expect((await acme.post("/models/running/predict", { row: [4, 0] })).body).toMatchObject({ predictions: [{ class: "right" }] });
    } finally {
      await service.stop();
    }
  });
});
