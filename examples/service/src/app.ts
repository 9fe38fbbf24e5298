/** The service put together: its parts, health and figures, the tenants' routes. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { init } from "neurite";
import { doorkeeper } from "./auth";
import type { Config } from "./config";
import { Streams } from "./events";
import { framework } from "./framework";
import { Jobs } from "./jobs";
import { Journal } from "./journal";
import { lockFolder } from "./lock";
import { Metrics } from "./metrics";
import { describeRoutes } from "./openapi";
import { describeProblem, isProblemCode, Problem } from "./problems";
import { routes } from "./routes";
import { Shelf } from "./shelf";
import { Store } from "./store";

export interface Service {
  readonly app: FastifyInstance;
  readonly jobs: Jobs;
  /** Takes up what was left and listens; resolves with the URL. */
  start(): Promise<string>;
  /** Accepts nothing more, lets trainings write their checkpoints, and ends. */
  stop(): Promise<void>;
}

export async function build(config: Config): Promise<Service> {
  await mkdir(join(config.data, "tenants"), { recursive: true });
  const unlock = await lockFolder(config.data);
  await init({ threads: config.threads });
  const app = framework(config);
  const { limits } = config;
  const metrics = new Metrics();
  const store = new Store(join(config.data, "tenants"));
  const journal = new Journal(join(config.data, "tenants"));
  const shelf = new Shelf(store, limits);
  const streams = new Streams(limits);
  const jobs = new Jobs({ config, store, shelf, journal, metrics, log: app.log });
  let state: "starting" | "ready" | "stopping" = "starting";

  metrics.gauge("service_jobs_queued", "Trainings that wait", () => jobs.counts.queued);
  metrics.gauge("service_jobs_running", "Trainings that run", () => jobs.counts.running);
  metrics.gauge("service_jobs_known", "Jobs that are remembered", () => jobs.counts.known);
  metrics.gauge("service_models_loaded", "Models in memory for predictions", () => shelf.size);
  metrics.gauge("service_models_loaded_bytes", "Their bytes", () => shelf.bytes);
  metrics.gauge("service_event_streams", "Streams of events that are open", () => streams.size);

  app.addHook("onResponse", async (request, reply) => {
    const { method, routeOptions } = request;
    metrics.requests.observe({ method, route: routeOptions.url ?? "none", status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  const description = describeRoutes(app);
  app.get("/openapi.json", async () => description());
  const text = (summary: string, meaning: string, type?: string) => ({
    config: { text: { summary, answer: [200, meaning] as const, ...(type && { type }) } },
  });
  app.get("/healthz", text("Whether the process lives", "it does"), async () => ({ status: "ok" }));
  app.get("/readyz", text("Whether it takes requests", "it does, with how many trainings run and wait"), async () => {
    if (state !== "ready") throw new Problem("unavailable", `the service is ${state}`);
    return { status: "ready", jobs: jobs.counts };
  });
  app.get("/metrics", text("Figures for Prometheus", "figures", "text/plain"), async (_, reply) =>
    reply.header("content-type", metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get<{ Params: { code: string } }>(
    "/problems/:code",
    text("What a type of problem means", "its title and status"),
    async ({ params: { code } }) => {
      if (!isProblemCode(code)) throw new Problem("not-found", "there is no such problem");
      return describeProblem(code);
    },
  );
  const admit = doorkeeper(config);
  await app.register(
    async (tenants) => {
      tenants.addHook<{ Params: { tenant: string } }>("onRequest", async ({ params, headers }) =>
        admit(params.tenant, headers.authorization),
      );
      routes(tenants, { config, jobs, store, shelf, streams, metrics });
    },
    { prefix: "/v1/tenants/:tenant" },
  );
  return {
    app,
    jobs,
    async start() {
      await jobs.recover();
      state = "ready";
      return app.listen({ host: config.host, port: config.port });
    },
    async stop() {
      state = "stopping";
      await sleep(config.drainMs);
      streams.close();
      await Promise.all([jobs.stop(), app.close()]);
      shelf.dispose();
      metrics.registry.clear();
      await unlock();
    },
  };
}
