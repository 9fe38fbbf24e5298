/** The life of jobs: accepted, queued, run, ended; after a restart, all of it again from where it was. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { prepare } from "./dataset";
import { Job } from "./job";
import { within } from "./limits";
import { Problem } from "./problems";
import { Queue } from "./queue";
import { type Outcome, type Parts, runJob } from "./run";
import type { TrainBody } from "./schemas";
import { checkSpec, specOf } from "./spec";

/** Runs that may end for lack of room before the job fails, and the first wait, which doubles. */
const TRIES = 5;
const FIRST_WAIT = 500;

type Ended = Extract<Outcome, { state: "succeeded" | "failed" | "cancelled" }>;

export class Jobs {
  private readonly queue: Queue<Job>;
  private readonly known = new Map<string, Job>();
  /** Models that are being trained or removed, and by what. */
  private readonly busy = new Map<string, string>();
  private readonly runs = new Map<Job, Promise<void>>();
  private stopping = false;

  constructor(private readonly parts: Parts) {
    this.queue = new Queue(parts.config.limits);
  }

  get counts(): { queued: number; running: number; known: number } {
    return { queued: this.queue.queued, running: this.queue.active, known: this.known.size };
  }

  list(tenant: string): Job[] {
    return [...this.known.values()].filter((job) => job.tenant === tenant).reverse();
  }

  get(tenant: string, id: string): Job {
    const job = this.known.get(id);
    if (job?.tenant !== tenant) throw new Problem("not-found", `there is no job ${id}; ended ones are forgotten after a while`);
    return job;
  }

  /** Keeps a model to one training or removal at a time. */
  private occupy(tenant: string, name: string, by: string): () => void {
    const key = `${tenant}/${name}`;
    const holder = this.busy.get(key);
    if (holder !== undefined) throw new Problem("busy", `${name} is held by ${holder}; wait for its end, or cancel it`, { heldBy: holder });
    this.busy.set(key, by);
    return () => void this.busy.delete(key);
  }

  /** Accepts a training: once this resolves, it will end, whatever happens to the process. Throws Problem. */
  async submit(tenant: string, model: string, body: TrainBody): Promise<Job> {
    if (this.stopping) throw new Problem("unavailable", "the service is shutting down");
    const { journal, store, config, metrics } = this.parts;
    const id = randomUUID();
    const free = this.occupy(tenant, model, `job ${id}`);
    let release: (() => void) | undefined;
    try {
      release = this.queue.reserve(tenant);
      const names = await store.names(tenant);
      if (!names.includes(model)) within(config.limits, "models", names.length + 1, "models of this tenant");
      const spec = specOf(body);
      const { data, preprocessing } = prepare(body, spec.validation, spec.seed, config.limits);
      const { columns, outputs } = data;
      const rows = data.rows + data.held;
      const bytes = checkSpec(spec, { rows, columns, outputs, hidden: spec.hidden, batchSize: spec.batchSize }, config.limits);
      const createdAt = new Date().toISOString();
      const job = new Job({ id, tenant, model, state: "queued", createdAt, spec, rows, columns, outputs, bytes });
      await journal.create(job.record, data, preprocessing);
      this.known.set(id, job);
      this.queue.push(job);
      metrics.accepted.inc();
      this.note(job, "a training was accepted");
      this.pump();
      return job;
    } catch (error) {
      free();
      throw error;
    } finally {
      release?.();
    }
  }

  /** Ends a job that has not ended; resolves once its end is on disk. Throws Problem where it has ended, or is about to. */
  async cancel(job: Job): Promise<void> {
    const over = () => new Problem("ended", "the job has ended already, or is at its very end", { state: job.record.state });
    if (job.ended || job.closing) throw over();
    if (this.queue.remove(job)) return this.end(job, { state: "cancelled" });
    job.interrupt("cancel");
    await this.runs.get(job);
    if (job.record.state !== "cancelled") throw over();
  }

  async removeModel(tenant: string, name: string): Promise<void> {
    const free = this.occupy(tenant, name, "its removal");
    try {
      await this.parts.store.remove(tenant, name);
      this.parts.shelf.drop(tenant, name);
    } finally {
      free();
    }
  }

  /** A line in the log. */
  private note({ record: { id, tenant, model, state, problem, result } }: Job, what: string): void {
    const more = { ...(problem && { problem: problem.type }), ...(result && { seconds: result.seconds, version: result.version }) };
    this.parts.log.info({ job: id, tenant, model, state, ...more }, what);
  }

  private pump(): void {
    while (!this.stopping) {
      const job = this.queue.next();
      if (job === undefined) return;
      const run = this.run(job).catch((error: unknown) => this.parts.log.error(error, "a job could not be ended"));
      const over = run.finally(() => {
        this.queue.done(job);
        if (this.runs.get(job) === over) this.runs.delete(job);
        this.pump();
      });
      this.runs.set(job, over);
    }
  }

  private async run(job: Job): Promise<void> {
    job.rearm();
    job.become({ state: "running", startedAt: job.record.startedAt ?? new Date().toISOString() });
    this.note(job, "a training runs");
    const outcome = await runJob(job, this.parts);
    if (outcome.state === "interrupted") return this.note(job, "a training was interrupted; it goes on after a restart");
    if (outcome.state !== "waiting") return this.end(job, outcome);
    const { problem } = outcome;
    if (++job.failures >= TRIES) return this.end(job, { state: "failed", problem });
    this.parts.log.warn({ job: job.record.id, problem: problem.type }, "a training waits for room");
    job.rearm();
    job.become({ state: "queued" });
    await sleep(FIRST_WAIT * 2 ** (job.failures - 1), undefined, { signal: job.signal }).catch(() => {});
    if (!job.signal.aborted) this.queue.push(job);
    else if (job.signal.reason === "cancel") await this.end(job, { state: "cancelled" });
  }

  private async end(job: Job, outcome: Ended): Promise<void> {
    const { journal, shelf, metrics, log } = this.parts;
    const { record } = job;
    const changes = { ...outcome, finishedAt: new Date().toISOString() };
    // the next prediction reads the new version
    if (outcome.state === "succeeded") shelf.drop(job.tenant, record.model);
    // where the disk takes no more, the job still ends here; a restart finds it as it was and ends it again
    await journal.finish({ ...record, ...changes }).catch((error: unknown) => log.warn(error, "the end of a job is not on disk"));
    job.become(changes);
    this.note(job, "a training ended");
    this.busy.delete(`${job.tenant}/${record.model}`);
    metrics.ended.inc({ state: outcome.state });
    metrics.jobSeconds.observe((Date.parse(changes.finishedAt) - Date.parse(record.createdAt)) / 1000);
    await this.forget(job.tenant);
  }

  /** Ended jobs beyond those that are remembered go, the oldest first. */
  private async forget(tenant: string): Promise<void> {
    const ended = this.list(tenant).filter((job) => job.ended);
    for (const job of ended.slice(this.parts.config.limits.history)) {
      this.known.delete(job.record.id);
      await this.parts.journal.remove(job.record).catch((error: unknown) => this.parts.log.warn(error, "an old job could not be removed"));
    }
  }

  /** What was accepted before a restart goes on. */
  async recover(): Promise<void> {
    const { journal, store, log } = this.parts;
    await store.recover();
    for (const record of await journal.load((path, error) => log.error(error, `${path} is damaged and left alone`))) {
      const job = new Job(record);
      this.known.set(record.id, job);
      if (job.ended) continue;
      this.note(job, "a training was found");
      this.busy.set(`${record.tenant}/${record.model}`, `job ${record.id}`);
      const there = await store.describe(record.tenant, record.model).catch(() => undefined);
      // killed between the model's rename and the job's
      if (there?.job === record.id) await this.end(job, { state: "succeeded", result: { ...there.result, version: there.version } });
      else {
        job.become({ state: "queued" });
        this.queue.push(job);
      }
    }
    this.pump();
  }

  /** Ends in a moment: what runs writes a checkpoint, what waits is on disk. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const job of this.known.values()) if (!job.ended) job.interrupt("shutdown");
    await Promise.allSettled(this.runs.values());
  }
}
