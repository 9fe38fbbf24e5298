/** Trainings that wait, each tenant's in its order; tenants take turns, so that one with many jobs delays nobody else by more than one. */
import type { Limits } from "./limits";
import { Problem } from "./problems";

interface Waiting {
  readonly tenant: string;
  /** Linear memory it takes while it runs. */
  readonly bytes: number;
}

export class Queue<T extends Waiting> {
  /** The tenant whose turn is next stands first. */
  private readonly waiting = new Map<string, T[]>();
  private readonly running = new Set<T>();
  /** Places of jobs that are being written to disk. */
  private readonly reserved = new Map<string, number>();

  constructor(private readonly limits: Limits) {}

  private static sum(counts: Iterable<number>): number {
    return [...counts].reduce((a, b) => a + b, 0);
  }

  get queued(): number {
    return Queue.sum([...this.waiting.values()].map((list) => list.length));
  }

  get active(): number {
    return this.running.size;
  }

  /** Takes a place for a job that is to come. Throws Problem where there is none. */
  reserve(tenant: string): () => void {
    const { tenantQueued, queued } = this.limits;
    const held = this.reserved.get(tenant) ?? 0;
    const retry = { retryAfter: 5 };
    if ((this.waiting.get(tenant)?.length ?? 0) + held >= tenantQueued)
      throw new Problem("too-many", `${tenantQueued} trainings of this tenant wait already`, { limit: "tenantQueued", ...retry });
    if (this.queued + Queue.sum(this.reserved.values()) >= queued)
      throw new Problem("too-many", `${queued} trainings wait already`, { limit: "queued", ...retry });
    this.reserved.set(tenant, held + 1);
    return () => {
      const left = this.reserved.get(tenant)! - 1;
      if (left > 0) this.reserved.set(tenant, left);
      else this.reserved.delete(tenant);
    };
  }

  push(job: T): void {
    const list = this.waiting.get(job.tenant);
    if (list === undefined) this.waiting.set(job.tenant, [job]);
    else list.push(job);
  }

  /** Whether the job was waiting. */
  remove(job: T): boolean {
    const list = this.waiting.get(job.tenant) ?? [];
    const at = list.indexOf(job);
    if (at < 0) return false;
    list.splice(at, 1);
    if (list.length === 0) this.waiting.delete(job.tenant);
    return true;
  }

  private mayRun({ tenant, bytes }: T): boolean {
    const { running, tenantRunning, runningBytes } = this.limits;
    const all = [...this.running];
    if (all.length >= running || all.filter((j) => j.tenant === tenant).length >= tenantRunning) return false;
    return all.length === 0 || all.reduce((sum, j) => sum + j.bytes, bytes) <= runningBytes;
  }

  /** The next job that may run now; it counts as running until done(). */
  next(): T | undefined {
    for (const [tenant, [job]] of this.waiting) {
      if (!this.mayRun(job!)) continue;
      this.remove(job!);
      const rest = this.waiting.get(tenant);
      if (rest !== undefined) {
        this.waiting.delete(tenant);
        this.waiting.set(tenant, rest);
      }
      this.running.add(job!);
      return job;
    }
    return undefined;
  }

  done(job: T): void {
    this.running.delete(job);
  }
}
