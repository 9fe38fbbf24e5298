/** Limits and ends, over HTTP. */
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limitsFrom } from "../../examples/service/src/limits";
import { Shelf } from "../../examples/service/src/shelf";
import { Store } from "../../examples/service/src/store";
import { noLeaks } from "../leaks";
import { type Client, clouds, folder, KEYS, serve } from "./support";

noLeaks();

let service: Awaited<ReturnType<typeof serve>>;
let acme: Client;
const data = folder();
/** Longer than the limit on any machine. */
const endless = { ...clouds(5000), hidden: [200, 200], epochs: 10_000, patience: 0, seed: 1 };
const quick = { ...clouds(60), epochs: 3, seed: 1 };
beforeAll(async () => {
  service = await serve({ data, limits: { seconds: 8, models: 2, history: 2, tenantStreams: 1, streams: 2, uploads: 1, loadedModels: 1 } });
  acme = service.acme;
});
afterAll(() => service.stop());

const auth = { authorization: `Bearer ${KEYS.acme}` };
const figure = async (name: string) => {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
};
const until = async (ready: () => boolean | Promise<boolean>) => {
  while (!(await ready())) await new Promise((resolve) => setTimeout(resolve, 10));
};

it("a training that takes too long fails with its problem, and the model stays what it was", async () => {
  await acme.train("slow", quick);
  const job = await acme.train("slow", endless);
  expect(job).toMatchObject({ state: "failed", problem: { type: "/problems/time-limit", status: 422, limit: "seconds" } });
  expect((await acme.get("/models/slow")).body).toMatchObject({ version: 1 });
  expect((await acme.post("/models/slow/predict", { row: [4, 0] })).status).toBe(200);
});

it("a tenant has so many models, and may train those anew", async () => {
  await acme.train("second", quick);
  expect((await acme.post("/models/third/train", quick)).body).toMatchObject({ status: 422, limit: "models", maximum: 2 });
  expect(await acme.train("second", quick)).toMatchObject({ result: { version: 2 } });
});

it("so many ended jobs are remembered; older ones are gone, from the disk too", async () => {
  const ids: string[] = [];
  for (let k = 0; k < 3; k++) ids.push((await acme.train("second", quick)).id);
  await until(async () => (await acme.get(`/jobs/${ids[0]}`)).status === 404);
  expect((await acme.get("/jobs")).body.jobs.map((j: { id: string }) => j.id)).toEqual([ids[2], ids[1]]);
  await until(() => !existsSync(join(data, "tenants/acme/jobs", ids[0]!)));
  expect(existsSync(join(data, "tenants/acme/jobs", ids[1]!))).toBe(true);
});

it("so many models are in memory, the one that was used last", async () => {
  for (const name of ["slow", "second", "slow"]) {
    expect((await acme.post(`/models/${name}/predict`, { row: [4, 0] })).body).toMatchObject({ model: name });
    expect(await figure("service_models_loaded")).toBe(1);
  }
});

it("so many streams are open; one that its client leaves is forgotten", async () => {
  const id = await acme.begin("slow", endless);
  const at = `${service.url}/v1/tenants/acme/jobs/${id}/events`;
  const controller = new AbortController();
  const first = await fetch(at, { headers: auth, signal: controller.signal });
  expect(first.status).toBe(200);
  expect(service.jobs.get("acme", id).watchers.size).toBe(1);
  expect((await acme.get(`/jobs/${id}/events`)).body).toMatchObject({ status: 429, type: "/problems/too-many" });
  controller.abort();
  await until(async () => (await figure("service_event_streams")) === 0);
  expect(service.jobs.get("acme", id).watchers.size).toBe(0);
  // it is open to the end of the job, and then it closes
  expect((await acme.get(`/jobs/${id}/events`)).body).toMatch(/event: end\n.*"time-limit|event: end\n.*"state":"(failed|succeeded)"/);
  expect(await figure("service_event_streams")).toBe(0);
});

it("so many trainings are read at one time: another is 503 until that one has ended, or its client has gone", async () => {
  const { port } = new URL(service.url);
  const head = `POST /v1/tenants/acme/models/slow/train HTTP/1.1\r\nhost: x\r\nauthorization: ${auth.authorization}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
  const socket = connect(Number(port), "127.0.0.1");
  await new Promise<void>((resolve) => socket.write(head, () => resolve()));
  let refused = await acme.post("/models/second/train", {});
  await until(async () => (refused = await acme.post("/models/second/train", {})).status === 503);
  expect(refused.body).toMatchObject({ type: "/problems/unavailable", retryAfter: 1 });
  expect(refused.headers.get("retry-after")).toBe("1");
  socket.destroy();
  await until(async () => (await acme.post("/models/second/train", {})).status === 400);
  for (let k = 0; k < 3; k++) expect(await acme.train("second", quick)).toMatchObject({ state: "succeeded" });
});

it("files of ours that are damaged are a 500 that tells nothing of the disk, and has what the log calls it", async () => {
  await acme.train("second", quick);
  await acme.post("/models/slow/predict", { row: [4, 0] });
  const { version } = (await acme.get("/models/second")).body;
  writeFileSync(join(data, "tenants/acme/models/second", String(version).padStart(6, "0"), "model.safetensors"), "torn");
  const { status, body } = await acme.post("/models/second/predict", { row: [4, 0] });
  expect([status, body.type]).toEqual([500, "/problems/internal"]);
  expect(body.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.stringify(body)).not.toContain(data);
  expect((await acme.post("/models/slow/predict", { row: [4, 0] })).status).toBe(200);
  expect(await acme.train("second", quick)).toMatchObject({ state: "succeeded" });
  expect((await acme.post("/models/second/predict", { row: [4, 0] })).status).toBe(200);
});

it("a model that is replaced or put away while it predicts answers to its end, and is given back then", async () => {
  const shelf = new Shelf(new Store(join(data, "tenants")), limitsFrom({}));
  let go = () => {};
  const waits = new Promise<void>((resolve) => (go = resolve));
  const answer = shelf.use("acme", "slow", async ({ one }) => {
    await waits;
    return one([0.1, 0.2]).length;
  });
  await shelf.use("acme", "slow", () => {});
  shelf.drop("acme", "slow");
  expect([shelf.size, shelf.bytes]).toEqual([0, 0]);
  go();
  expect(await answer).toBe(2);
  shelf.dispose();
});

describe("a shutdown", () => {
  it("says so on /readyz first, and answers all else meanwhile", async () => {
    const own = await serve({ data: folder(), drainMs: 1500 });
    await own.acme.train("m", quick);
    expect((await fetch(`${own.url}/readyz`)).status).toBe(200);
    const stopped = own.stop();
    const ready = await fetch(`${own.url}/readyz`);
    expect([ready.status, ((await ready.json()) as { type: string }).type]).toEqual([503, "/problems/unavailable"]);
    expect((await fetch(`${own.url}/healthz`)).status).toBe(200);
    expect((await own.acme.post("/models/m/predict", { row: [4, 0] })).status).toBe(200);
    await stopped;
    await expect(fetch(`${own.url}/healthz`)).rejects.toThrow();
  });
});
