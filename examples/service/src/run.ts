/** One run of a job: trains, publishes the model, and says how it went. */
import type { FastifyBaseLogger } from "fastify";
import type { Config } from "./config";
import type { Job } from "./job";
import type { JobRecord, JobResult, Journal } from "./journal";
import { parametersOf } from "./limits";
import type { Metrics } from "./metrics";
import { Problem, type ProblemBody, problemOf } from "./problems";
import type { Shelf } from "./shelf";
import type { Store } from "./store";
import { type Trained, train } from "./training";

export interface Parts {
  readonly config: Config;
  readonly store: Store;
  readonly shelf: Shelf;
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
}

export type Outcome =
  | { readonly state: "succeeded"; readonly result: JobResult }
  | { readonly state: "failed"; readonly problem: ProblemBody }
  | { readonly state: "cancelled" }
  /** It goes on after a restart, from the checkpoint that fit has written. */
  | { readonly state: "interrupted" }
  /** There was no room, on disk or in memory. */
  | { readonly state: "waiting"; readonly problem: ProblemBody };

const resultOf = ({ history: { epochs, seconds, reason }, evaluation }: Trained): Omit<JobResult, "version"> => ({
  epochs: epochs.length,
  seconds,
  ...(reason === undefined ? {} : { reason }),
  evaluation,
});

/** What a model keeps of its job. */
const modelOf = ({ tenant, model, id, rows, columns, outputs, spec }: JobRecord) => {
  const { hidden, batchSize } = spec;
  return { tenant, name: model, job: id, rows, spec, parameters: parametersOf({ rows, columns, outputs, hidden, batchSize }) };
};

/** What ended it from outside. */
function interruption(why: unknown, seconds: number): Outcome {
  if (why === "shutdown") return { state: "interrupted" };
  if (why === "cancel") return { state: "cancelled" };
  return { state: "failed", problem: new Problem("time-limit", `${seconds} s are allowed`, { limit: "seconds" }).body };
}

function failure(error: unknown, log: FastifyBaseLogger): Outcome {
  const problem = problemOf(error);
  if (problem.code === "disk-full" || problem.code === "unavailable") return { state: "waiting", problem: problem.body };
  if (problem.code === "internal") log.error(error, "a training failed");
  return { state: "failed", problem: problem.body };
}

/** Never rejects. */
export async function runJob(job: Job, { journal, store, config, metrics, log }: Omit<Parts, "shelf">): Promise<Outcome> {
  const { record } = job;
  const { seconds } = config.limits;
  const timer = setTimeout(() => job.interrupt("time"), 1000 * seconds);
  let trained: Trained | undefined;
  try {
    await journal.update(record);
    const { data, preprocessing } = await journal.read(record).catch((cause: unknown) => {
      throw new Problem("internal", "the data of this job cannot be read; post it anew", {}, { cause });
    });
    trained = await train({
      data,
      preprocessing,
      spec: record.spec,
      checkpoints: journal.checkpointsOf(record),
      checkpointSeconds: config.checkpointSeconds,
      yieldMs: config.yieldMs,
      signal: job.signal,
      onEpoch: (epoch) => {
        metrics.trainedRows.inc(data.rows);
        job.report(epoch);
      },
    });
    if (job.signal.aborted) return interruption(job.signal.reason, seconds);
    job.closing = true;
    const result = resultOf(trained);
    const model = { ...modelOf(record), createdAt: new Date().toISOString(), result, preprocessing };
    return { state: "succeeded", result: { ...result, version: await store.publish(model, trained.model) } };
  } catch (error) {
    return job.signal.aborted && !job.closing ? interruption(job.signal.reason, seconds) : failure(error, log);
  } finally {
    clearTimeout(timer);
    trained?.model.dispose();
  }
}
