/**
 * Models on disk: `TENANT/models/NAME/000001/` holds the weights and a JSON of what goes with them. The highest number is the model; one rename makes a version
 * appear, another makes a model go.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileError, loadModel, MemoryError, type Module, saveModel, writeFileAtomic } from "neurite";
import type { Preprocessing } from "./dataset";
import { isMissing, makeFolderWhole, namesIn, readJson, removeFolder, sweep } from "./files";
import type { JobResult } from "./journal";
import { Problem } from "./problems";
import type { Spec } from "./spec";

/** `model.json` of a version. */
export interface ModelRecord {
  tenant: string;
  name: string;
  version: number;
  /** The job it came from. */
  job: string;
  createdAt: string;
  rows: number;
  parameters: number;
  spec: Spec;
  result: Omit<JobResult, "version">;
  preprocessing: Preprocessing;
}

/** Versions that stay: one may be being read while the next appears. */
const KEPT = 2;
/** What is wrong with files of our own is nobody's input: the log has it. */
const unreadable = (name: string, cause: unknown) =>
  cause instanceof MemoryError ? cause : new Problem("internal", `the files of ${name} cannot be read; train it anew`, {}, { cause });
const folderOf = (version: number) => String(version).padStart(6, "0");

export class Store {
  constructor(private readonly folder: string) {}

  private at(tenant: string, ...names: string[]): string {
    return join(this.folder, tenant, "models", ...names);
  }

  async names(tenant: string): Promise<string[]> {
    return namesIn(this.at(tenant));
  }

  /** The number of the newest version; 0 where there is none. */
  async version(tenant: string, name: string): Promise<number> {
    return Number((await namesIn(this.at(tenant, name))).at(-1) ?? 0);
  }

  /** Reads of the newest version; once more where a newer one took its place meanwhile. */
  private async newest<T>(tenant: string, name: string, read: (folder: string) => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      const version = await this.version(tenant, name);
      if (version === 0) throw new Problem("not-found", `there is no model ${name}; train it first`);
      try {
        return await read(this.at(tenant, name, folderOf(version)));
      } catch (error) {
        const missing = isMissing(error) || (error instanceof FileError && error.code === "not-found");
        if (!missing || tries > 2) throw unreadable(name, error);
      }
    }
  }

  async describe(tenant: string, name: string): Promise<ModelRecord> {
    return this.newest(tenant, name, (folder) => readJson(join(folder, "model.json")));
  }

  async load(tenant: string, name: string): Promise<{ record: ModelRecord; model: Module }> {
    return this.newest(tenant, name, async (folder) => {
      const record = await readJson<ModelRecord>(join(folder, "model.json"));
      return { record, model: await loadModel(join(folder, "model.safetensors")) };
    });
  }

  /** Adds a version, which is the model from then on. Only one caller at a time may do so for a model. */
  async publish(record: Omit<ModelRecord, "version">, model: Module): Promise<number> {
    const { tenant, name } = record;
    await mkdir(this.at(tenant, name), { recursive: true });
    const version = (await this.version(tenant, name)) + 1;
    await makeFolderWhole(this.at(tenant, name, folderOf(version)), async (folder) => {
      await saveModel(model, join(folder, "model.safetensors"));
      await writeFileAtomic(join(folder, "model.json"), JSON.stringify({ ...record, version }));
    });
    const versions = await namesIn(this.at(tenant, name));
    for (const old of versions.slice(0, -KEPT)) await removeFolder(this.at(tenant, name, old));
    return version;
  }

  /** Throws Problem where there is none. */
  async remove(tenant: string, name: string): Promise<void> {
    if ((await this.version(tenant, name)) === 0) throw new Problem("not-found", `there is no model ${name}`);
    await removeFolder(this.at(tenant, name));
  }

  /** Removes what a process that was killed has left unfinished. */
  async recover(): Promise<void> {
    for (const tenant of await namesIn(this.folder)) {
      await sweep(this.at(tenant));
      for (const name of await this.names(tenant)) {
        await sweep(this.at(tenant, name));
        // a folder made for a first version that never came
        if ((await this.version(tenant, name)) === 0) await rm(this.at(tenant, name), { recursive: true, force: true });
      }
    }
  }
}
