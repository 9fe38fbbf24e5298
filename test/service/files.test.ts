/** Folders that are whole at any moment, and what a start does to those that are not. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { makeFolderWhole, removeFolder, sweep } from "../../examples/service/src/files";
import { noLeaks } from "../leaks";
import { clouds, folder, serve } from "./support";

noLeaks();
afterEach(() => vi.restoreAllMocks());

it("a folder has its name once it is filled, not before, and what is in it is synced by then; the one around it afterwards", async () => {
  const root = folder();
  const path = join(root, "whole");
  const probe = await open(root);
  const proto = Object.getPrototypeOf(probe) as { sync(): Promise<void>; stat(): Promise<{ ino: number }> };
  await probe.close();
  const synced: [ino: number, there: boolean][] = [];
  const { sync } = proto;
  vi.spyOn(proto, "sync").mockImplementation(async function (this: typeof proto) {
    synced.push([(await this.stat()).ino, existsSync(path)]);
    await sync.call(this);
  });
  await makeFolderWhole(path, async (temporary) => {
    expect(temporary).not.toBe(path);
    expect(basename(temporary)).toMatch(/^\./);
    await writeFile(join(temporary, "a"), "1");
    expect(existsSync(path)).toBe(false);
  });
  expect(readdirSync(path)).toEqual(["a"]);
  const ino = (...names: string[]) => statSync(join(root, ...names)).ino;
  expect(synced).toEqual([
    [ino("whole", "a"), false],
    [ino("whole"), false],
    [ino(), true],
  ]);
});

it("where filling fails, nothing is left, and what was there stays", async () => {
  const root = folder();
  await makeFolderWhole(join(root, "old"), (temporary) => writeFile(join(temporary, "a"), "1"));
  const fails = async (temporary: string) => {
    await writeFile(join(temporary, "b"), "1");
    throw new Error("mine");
  };
  for (const name of ["new", "old"]) await expect(makeFolderWhole(join(root, name), fails)).rejects.toThrow("mine");
  await expect(makeFolderWhole(join(root, "old"), (temporary) => writeFile(join(temporary, "b"), "1"))).rejects.toThrow();
  expect(readdirSync(root)).toEqual(["old"]);
  expect(readdirSync(join(root, "old"))).toEqual(["a"]);
  await removeFolder(join(root, "old"));
  expect(readdirSync(root)).toEqual([]);
});

it("what a killed process left unfinished goes at the next start; what has its name stays", async () => {
  const data = folder();
  let service = await serve({ data });
  await service.acme.train("kept", { ...clouds(60), epochs: 3 });
  const [job] = (await service.acme.get("/jobs")).body.jobs;
  await service.stop();
  const at = (...names: string[]) => join(data, "tenants/acme", ...names);
  const unfinished = [at("jobs", ".new"), at("models", ".gone"), at("models", "kept", ".000002"), at("models", "never")];
  for (const path of unfinished) mkdirSync(path, { recursive: true });
  writeFileSync(at("jobs", ".new", "job.json"), "{");
  writeFileSync(at("jobs", job.id, ".job.json.1.0.tmp"), "{");
  service = await serve({ data });
  try {
    for (const path of unfinished) expect(existsSync(path), path).toBe(false);
    expect(readdirSync(at("jobs", job.id))).toEqual(["job.json"]);
    expect((await service.acme.get("/models")).body.models).toEqual([{ name: "kept", version: 1 }]);
    expect((await service.acme.get(`/jobs/${job.id}`)).body).toMatchObject({ state: "succeeded" });
  } finally {
    await service.stop();
  }
  await sweep(join(data, "none"));
});

it("a job whose model appeared before the process was killed is not trained again", async () => {
  const data = folder();
  let service = await serve({ data });
  const { id, result } = await service.acme.train("m", { ...clouds(60), epochs: 3, seed: 1 });
  await service.stop();
  const path = join(data, "tenants/acme/jobs", id, "job.json");
  const record = JSON.parse(readFileSync(path, "utf8"));
  // as it was at that moment; its data is gone, so it could not be trained
  writeFileSync(path, JSON.stringify({ ...record, state: "running", result: undefined, finishedAt: undefined }));
  service = await serve({ data });
  try {
    expect((await service.acme.get(`/jobs/${id}`)).body).toMatchObject({ state: "succeeded", result });
    expect((await service.acme.get("/models/m")).body).toMatchObject({ version: 1, job: id });
  } finally {
    await service.stop();
  }
});
