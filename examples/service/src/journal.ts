/**
 * Jobs on disk: a folder each, with `job.json`, and until it ends the data and the checkpoints. A job is accepted once its folder has its name; from then on it
 * ends, whatever happens to the process.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, writeFileAtomic, writeSafetensors } from "neurite";
import type { Dataset, Preprocessing } from "./dataset";
import { makeFolderWhole, namesIn, readJson, removeFolder, sweep } from "./files";
import type { ProblemBody } from "./problems";
import type { Spec } from "./spec";

export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";
export const hasEnded = (state: JobState): boolean => state === "succeeded" || state === "failed" || state === "cancelled";

export interface JobRecord {
  id: string;
  tenant: string;
  model: string;
  state: JobState;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  spec: Spec;
  rows: number;
  columns: number;
  outputs: number;
  /** Linear memory it takes. */
  bytes: number;
  result?: JobResult;
  problem?: ProblemBody;
}

export interface JobResult {
  version: number;
  epochs: number;
  seconds: number;
  /** Why training ended before its last epoch. */
  reason?: string;
  /** Over the rows held out where there are some, else over all. */
  evaluation: Record<string, number>;
}

export class Journal {
  constructor(private readonly folder: string) {}

  private jobsOf(tenant: string): string {
    return join(this.folder, tenant, "jobs");
  }

  private at({ tenant, id }: Pick<JobRecord, "tenant" | "id">, ...names: string[]): string {
    return join(this.jobsOf(tenant), id, ...names);
  }

  checkpointsOf(job: JobRecord): string {
    return this.at(job, "checkpoints");
  }

  async create(job: JobRecord, data: Dataset, preprocessing: Preprocessing): Promise<void> {
    const { x, y, rows, held, columns, outputs } = data;
    const shape = y instanceof Int32Array ? [y.length] : [y.length / outputs, outputs];
    const bytes = writeSafetensors({ x: { data: x, shape: [rows + held, columns] }, y: { data: y, shape } }, { held: String(held) });
    await makeFolderWhole(this.at(job), async (folder) => {
      await writeFileAtomic(join(folder, "data.safetensors"), bytes);
      await writeFileAtomic(join(folder, "preprocessing.json"), JSON.stringify(preprocessing));
      await writeFileAtomic(join(folder, "job.json"), JSON.stringify(job));
      await mkdir(join(folder, "checkpoints"));
    });
  }

  async read(job: JobRecord): Promise<{ data: Dataset; preprocessing: Preprocessing }> {
    const path = this.at(job, "data.safetensors");
    const { tensors, metadata } = readSafetensors(await readFile(path), { name: path });
    const [x, y] = [tensors.x!.data as Float32Array, tensors.y!.data as Float32Array | Int32Array];
    const held = Number(metadata.held);
    const { columns, outputs } = job;
    return {
      data: { x, y, rows: job.rows - held, held, columns, outputs },
      preprocessing: await readJson(this.at(job, "preprocessing.json")),
    };
  }

  async update(job: JobRecord): Promise<void> {
    await writeFileAtomic(this.at(job, "job.json"), JSON.stringify(job));
  }

  /** Keeps what is said of an ended job, and removes what it needed. */
  async finish(job: JobRecord): Promise<void> {
    await this.update(job);
    await this.clear(job);
  }

  private async clear(job: JobRecord): Promise<void> {
    await rm(this.at(job, "data.safetensors"), { force: true });
    await rm(this.at(job, "preprocessing.json"), { force: true });
    await rm(this.checkpointsOf(job), { recursive: true, force: true });
  }

  async remove(job: JobRecord): Promise<void> {
    await removeFolder(this.at(job));
  }

  /** All jobs there are, the oldest first; what was left unfinished is removed. A folder that something else has damaged is told, and left alone. */
  async load(damaged: (path: string, error: unknown) => void): Promise<JobRecord[]> {
    const jobs: JobRecord[] = [];
    for (const tenant of await namesIn(this.folder)) {
      const folder = this.jobsOf(tenant);
      await sweep(folder);
      for (const id of await namesIn(folder)) {
        try {
          await sweep(join(folder, id));
          const job = await readJson<JobRecord>(join(folder, id, "job.json"));
          if (hasEnded(job.state)) await this.clear(job);
          jobs.push(job);
        } catch (error) {
          damaged(join(folder, id), error);
        }
      }
    }
    return jobs.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }
}
