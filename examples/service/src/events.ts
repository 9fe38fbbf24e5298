/** Progress of a job as server-sent events: `progress` and `state` while it lasts, `end` at the end. */
import type { FastifyReply } from "fastify";
import type { Job } from "./job";
import type { Limits } from "./limits";
import { Problem } from "./problems";

/** Milliseconds between two events of progress, and between signs of life. */
const PAUSE = 100;
const HEARTBEAT = 15_000;

export class Streams {
  private readonly open = new Map<() => void, string>();

  constructor(private readonly limits: Limits) {}

  get size(): number {
    return this.open.size;
  }

  /** Takes over the answer. Throws Problem where there are too many. */
  begin(job: Job, reply: FastifyReply): void {
    const { tenantStreams, streams } = this.limits;
    const own = [...this.open.values()].filter((tenant) => tenant === job.tenant).length;
    if (own >= tenantStreams || this.open.size >= streams)
      throw new Problem("too-many", "too many streams of events are open", { retryAfter: 5 });
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      connection: "close",
      "x-accel-buffering": "no",
    });
    let due: NodeJS.Timeout | undefined;
    const send = (event: string) => {
      // who reads slowly misses some: each event tells all there is to know
      if (event === "progress" && raw.writableNeedDrain) return;
      raw.write(`event: ${event}\ndata: ${JSON.stringify(job.view)}\n\n`);
    };
    const watch: Parameters<Job["watchers"]["add"]>[0] = (event) => {
      if (event !== "progress") {
        send(event);
        if (event === "end") end();
      } else
        due ??= setTimeout(() => {
          due = undefined;
          send("progress");
        }, PAUSE);
    };
    const heartbeat = setInterval(() => raw.write(": \n\n"), HEARTBEAT);
    const end = () => {
      clearInterval(heartbeat);
      clearTimeout(due);
      job.watchers.delete(watch);
      this.open.delete(end);
      raw.end();
    };
    this.open.set(end, job.tenant);
    raw.on("close", end);
    raw.on("error", end);
    send(job.ended ? "end" : "state");
    if (job.ended) end();
    else job.watchers.add(watch);
  }

  close(): void {
    for (const end of [...this.open.keys()]) end();
  }
}
