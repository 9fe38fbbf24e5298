/** The API of a tenant, below /v1/tenants/:tenant. */
import type { FastifyInstance } from "fastify";
import type { Config } from "./config";
import type { Streams } from "./events";
import type { Jobs } from "./jobs";
import { within } from "./limits";
import type { Metrics } from "./metrics";
import { answersTo } from "./predictions";
import { Problem } from "./problems";
import { JOB, type JobParams, MODEL, type ModelParams, PREDICT, type PredictBody, TENANT, TRAIN, type TrainBody } from "./schemas";
import type { Shelf } from "./shelf";
import type { ModelRecord, Store } from "./store";

interface Parts {
  readonly config: Config;
  readonly jobs: Jobs;
  readonly store: Store;
  readonly shelf: Shelf;
  readonly streams: Streams;
  readonly metrics: Metrics;
}

const viewOf = ({ tenant: _, preprocessing, ...model }: ModelRecord) => {
  const { columns, inputs, target } = preprocessing;
  const constantColumns = columns.filter((_, k) => inputs.scale[k] === 0);
  return {
    ...model,
    columns,
    constantColumns,
    target: target.kind === "classes" ? target : { kind: target.kind, outputs: target.mean.length },
  };
};

export function routes(app: FastifyInstance, { config, jobs, store, shelf, streams, metrics }: Parts): void {
  const { limits } = config;
  const text = (summary: string, status: number, meaning: string, type?: string) => ({
    text: { summary, answer: [status, meaning] as const, ...(type && { type }) },
  });
  let uploads = 0;

  app.post<{ Params: ModelParams; Body: TrainBody }>(
    "/models/:name/train",
    {
      schema: { params: MODEL, body: TRAIN },
      config: text("Trains a model, anew where there is one", 202, "the job, which ends whatever happens to the process"),
      bodyLimit: limits.trainBytes,
      // bodies are read and checked a few at a time, so that their sum stays bounded
      onRequest: async (_, reply) => {
        if (uploads >= limits.uploads) throw new Problem("unavailable", "too many trainings are being posted", { retryAfter: 1 });
        uploads++;
        reply.raw.once("close", () => uploads--);
      },
    },
    async (request, reply) => {
      const { tenant, name } = request.params;
      const job = await jobs.submit(tenant, name, request.body);
      return reply.code(202).header("location", job.view.links.self).send(job.view);
    },
  );

  app.post<{ Params: ModelParams; Body: PredictBody }>(
    "/models/:name/predict",
    {
      schema: { params: MODEL, body: PREDICT },
      bodyLimit: limits.predictBytes,
      config: text("Predicts rows", 200, "a class with probabilities, or numbers, for each row"),
    },
    async ({ params: { tenant, name }, body: { rows, row, top } }) => {
      if ((rows === undefined) === (row === undefined)) throw new Problem("invalid-request", "give rows, or a single row: one of them");
      const given = rows ?? [row!];
      within(limits, "predictRows", given.length, "rows");
      return shelf.use(tenant, name, async (loaded) => {
        const predictions = await answersTo(loaded, given, top);
        metrics.predictedRows.inc(given.length);
        return { model: name, version: loaded.record.version, predictions };
      });
    },
  );

  const listed = { schema: { params: TENANT }, config: text("Lists models", 200, "names and versions") };
  app.get<{ Params: { tenant: string } }>("/models", listed, async ({ params: { tenant } }) => {
    const names = await store.names(tenant);
    const models = await Promise.all(names.map(async (name) => ({ name, version: await store.version(tenant, name) })));
    return { models: models.filter(({ version }) => version > 0) };
  });

  const described = {
    schema: { params: MODEL },
    config: text("Describes a model", 200, "columns, classes, how it was trained, how good it is"),
  };
  app.get<{ Params: ModelParams }>("/models/:name", described, async ({ params: { tenant, name } }) =>
    viewOf(await store.describe(tenant, name)),
  );

  const removed = { schema: { params: MODEL }, config: text("Deletes a model", 204, "it is gone") };
  app.delete<{ Params: ModelParams }>("/models/:name", removed, async ({ params: { tenant, name } }, reply) => {
    await jobs.removeModel(tenant, name);
    return reply.code(204).send();
  });

  const jobsListed = { schema: { params: TENANT }, config: text("Lists jobs, the newest first", 200, "jobs") };
  app.get<{ Params: { tenant: string } }>("/jobs", jobsListed, async ({ params: { tenant } }) => ({
    jobs: jobs.list(tenant).map((job) => job.view),
  }));

  const shown = { schema: { params: JOB }, config: text("How a job stands", 200, "the job") };
  app.get<{ Params: JobParams }>("/jobs/:id", shown, async ({ params: { tenant, id } }) => jobs.get(tenant, id).view);

  const cancelled = { schema: { params: JOB }, config: text("Cancels a job that has not ended", 200, "the job, cancelled") };
  app.delete<{ Params: JobParams }>("/jobs/:id", cancelled, async ({ params: { tenant, id } }) => {
    const job = jobs.get(tenant, id);
    await jobs.cancel(job);
    return job.view;
  });

  const streamed = {
    schema: { params: JOB },
    config: text("Its progress, to its end", 200, "events: state, progress, end", "text/event-stream"),
  };
  app.get<{ Params: JobParams }>("/jobs/:id/events", streamed, async ({ params: { tenant, id } }, reply) =>
    streams.begin(jobs.get(tenant, id), reply),
  );
}
