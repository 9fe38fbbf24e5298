/** A job in memory: its record, where it is, and who watches it. */
import type { EpochRecord } from "neurite";
import { hasEnded, type JobRecord } from "./journal";

export interface Progress {
  epoch: number;
  epochs: number;
  loss: number;
  accuracy?: number;
  validation?: Record<string, number>;
}

/** Why a run is ended from outside. */
export type Interruption = "cancel" | "time" | "shutdown";

type Watcher = (event: "progress" | "state" | "end") => void;

export class Job {
  progress: Progress | undefined;
  /** Runs that ended for lack of room, on disk or in memory. */
  failures = 0;
  /** Set from the moment its model is being published: too late to cancel. */
  closing = false;
  readonly watchers = new Set<Watcher>();
  private controller = new AbortController();

  constructor(readonly record: JobRecord) {}

  get tenant(): string {
    return this.record.tenant;
  }

  get bytes(): number {
    return this.record.bytes;
  }

  get ended(): boolean {
    return hasEnded(this.record.state);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  interrupt(why: Interruption): void {
    this.controller.abort(why);
  }

  /** Before a run begins. */
  rearm(): void {
    this.closing = false;
    this.controller = new AbortController();
  }

  report(record: EpochRecord): void {
    const { epoch, loss, accuracy, validation } = record;
    this.progress = {
      epoch,
      epochs: this.record.spec.epochs,
      loss,
      ...(typeof accuracy === "number" ? { accuracy } : {}),
      ...(validation === undefined ? {} : { validation }),
    };
    this.tell("progress");
  }

  become(changes: Partial<JobRecord>): void {
    Object.assign(this.record, changes);
    this.tell(this.ended ? "end" : "state");
    if (this.ended) this.watchers.clear();
  }

  private tell(event: Parameters<Watcher>[0]): void {
    for (const watch of this.watchers) watch(event);
  }

  /** As answers show it. */
  get view() {
    const { id, tenant, model, state, createdAt, startedAt, finishedAt, rows, columns, spec, result, problem } = this.record;
    const at = `/v1/tenants/${tenant}`;
    return {
      id,
      model,
      state,
      createdAt,
      startedAt,
      finishedAt,
      rows,
      columns,
      spec,
      progress: this.progress,
      result,
      problem,
      links: { self: `${at}/jobs/${id}`, events: `${at}/jobs/${id}/events`, model: `${at}/models/${model}` },
    };
  }
}
