import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noLeaks } from "../leaks";
import { type Client, client, clouds, folder, KEYS, long, MASTER, serve } from "./support";

noLeaks();

let service: Awaited<ReturnType<typeof serve>>;
let acme: Client;
const data = folder();
beforeAll(async () => {
  service = await serve({ data, limits: { tenantRunning: 2, running: 3, tenantQueued: 3 } });
  acme = service.acme;
});
afterAll(() => service.stop());

describe("training", () => {
  it("learns classes, tells how well, and predicts one row or many", async () => {
    const job = await acme.train("clouds", { ...clouds(200), columns: ["x", "y"], epochs: 60, seed: 3 });
    expect(job).toMatchObject({ state: "succeeded", rows: 200, columns: 2, result: { version: 1, evaluation: { accuracy: 1 } } });
    const one = await acme.post("/models/clouds/predict", { row: [4, 0] });
    expect(one.status).toBe(200);
    expect(one.body).toMatchObject({ model: "clouds", version: 1, predictions: [{ class: "right" }] });
    const { left, right } = one.body.predictions[0].probabilities;
    expect(right).toBeGreaterThan(0.9);
    expect(left + right).toBeCloseTo(1, 6);
    const many = await acme.post("/models/clouds/predict", { rows: clouds(75).rows, top: 1 });
    expect(many.body.predictions.map((p: { class: string }) => p.class)).toEqual(clouds(75).labels);
    expect(Object.keys(many.body.predictions[0].probabilities)).toEqual(["left"]);
    // alone or in a block, other kernels: the same up to rounding
    const again = await acme.post("/models/clouds/predict", { row: clouds(75).rows[5] });
    expect(again.body.predictions[0].probabilities.right).toBeCloseTo(many.body.predictions[5].probabilities.right, 6);
  });

  it("learns numbers, single ones and several, in their own units", async () => {
    const rows = Array.from({ length: 300 }, (_, k) => [k / 300, 5]);
    const targets = rows.map(([x]) => 1000 + 50 * x!);
    const job = await acme.train("line", { rows, targets, epochs: 200, seed: 1 });
    expect(job.result.evaluation.r2).toBeGreaterThan(0.99);
    expect(job.result.evaluation.rmse).toBeLessThan(2);
    const { body } = await acme.post("/models/line/predict", { row: [0.5, 99] });
    expect(Math.abs(body.predictions[0].value - 1025)).toBeLessThan(3);
    expect((await acme.get("/models/line")).body).toMatchObject({ constantColumns: ["x1"], target: { kind: "numbers", outputs: 1 } });

    await acme.train("pair", { rows, targets: rows.map(([x]) => [x, -x!]), epochs: 100, seed: 1 });
    const pair = await acme.post("/models/pair/predict", { row: [0.5, 5] });
    expect(pair.body.predictions[0].values).toHaveLength(2);
  });

  it("gives the same model for the same seed", async () => {
    const body = { ...clouds(60), epochs: 20, seed: 11 };
    await acme.train("first", body);
    await acme.train("second", body);
    const ask = async (name: string) => (await acme.post(`/models/${name}/predict`, { row: [1, 1] })).body.predictions;
    expect(await ask("first")).toEqual(await ask("second"));
  });

  it("tells its progress as server-sent events, to the end", async () => {
    const id = await acme.begin("watched", { ...clouds(100), epochs: 1500, patience: 0, seed: 1 });
    const response = await fetch(`${service.url}/v1/tenants/acme/jobs/${id}/events`, { headers: { authorization: `Bearer ${KEYS.acme}` } });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = (await response.text()).split("\n\n").flatMap((text) => {
      const [, event, json] = /^event: (\w+)\ndata: (.*)$/.exec(text) ?? [];
      return event === undefined ? [] : [{ event, job: JSON.parse(json!) }];
    });
    expect(events.length).toBeGreaterThan(2);
    expect(events.at(-1)).toMatchObject({ event: "end", job: { id, state: "succeeded", progress: { epoch: 1500, epochs: 1500 } } });
    const epochs = events.flatMap(({ job }) => job.progress?.epoch ?? []);
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
  });

  it("can be cancelled, running or waiting, and leaves nothing behind", async () => {
    const ids = [await acme.begin("c1", long), await acme.begin("c2", long), await acme.begin("c3", long)];
    expect((await acme.get(`/jobs/${ids[2]}`)).body.state).toBe("queued");
    for (const id of [ids[2], ids[0], ids[1]]) {
      const answer = await acme.delete(`/jobs/${id}`);
      expect([answer.status, answer.body.state]).toEqual([200, "cancelled"]);
      expect(readdirSync(join(data, "tenants/acme/jobs", id!))).toEqual(["job.json"]);
      expect((await acme.delete(`/jobs/${id}`)).body).toMatchObject({ status: 409, type: "/problems/ended" });
    }
    expect((await acme.post("/models/c1/predict", { row: [1, 2] })).status).toBe(404);
  });
});

describe("a model", () => {
  it("answers from the last version while it is trained anew, and from the new one as a whole after it", async () => {
    const flipped = { ...clouds(100), labels: clouds(100).labels.map((l) => (l === "left" ? "right" : "left")) };
    await acme.train("swap", { ...clouds(100), epochs: 60, seed: 1 });
    const id = await acme.begin("swap", { ...flipped, epochs: 300, patience: 0, seed: 1 });
    const seen = new Set<string>();
    let asked = 0;
    const expected: Record<number, string> = { 1: "right", 2: "left" };
    for (let version = 1; version < 2; asked++) {
      const { body } = await acme.post("/models/swap/predict", { row: [4, 0] });
      version = body.version;
      seen.add(`${version} ${body.predictions[0].class}`);
      expect(body.predictions[0].class).toBe(expected[version]);
    }
    expect([...seen]).toEqual(["1 right", "2 left"]);
    expect(asked).toBeGreaterThan(5);
    expect((await acme.ended(id)).result.version).toBe(2);
    await acme.train("swap", { ...clouds(100), epochs: 5 });
    expect(readdirSync(join(data, "tenants/acme/models/swap"))).toEqual(["000002", "000003"]);
  });

  it("is listed, described and deleted", async () => {
    await acme.train("passing", { ...clouds(60), epochs: 5 });
    expect((await acme.get("/models")).body.models).toContainEqual({ name: "passing", version: 1 });
    expect((await acme.get("/models/passing")).body).toMatchObject({ version: 1, parameters: 162, target: { labels: ["left", "right"] } });
    expect((await acme.post("/models/passing/predict", { row: [1, 1] })).status).toBe(200);
    expect((await acme.delete("/models/passing")).status).toBe(204);
    for (const answer of [
      await acme.delete("/models/passing"),
      await acme.get("/models/passing"),
      await acme.post("/models/passing/predict", { row: [1, 1] }),
    ])
      expect([answer.status, answer.body.type]).toEqual([404, "/problems/not-found"]);
    expect(await acme.train("passing", { ...clouds(60), epochs: 5 })).toMatchObject({ result: { version: 1 } });
  });

  it("can be trained after a training of it was refused", async () => {
    const refused = { ...clouds(60), labels: clouds(60).labels.slice(1) };
    for (let k = 0; k < 2; k++) expect((await acme.post("/models/refused/train", refused)).status).toBe(422);
    expect(await acme.train("refused", { ...clouds(60), epochs: 3 })).toMatchObject({ result: { version: 1 } });
  });

  it("is trained or removed by one at a time", async () => {
    const id = await acme.begin("alone", long);
    const again = await acme.post("/models/alone/train", long);
    expect(again.body).toMatchObject({ status: 409, type: "/problems/busy", heldBy: `job ${id}` });
    expect((await acme.delete("/models/alone")).status).toBe(409);
    const race = await Promise.all([1, 2, 3].map(() => acme.post("/models/race/train", long)));
    expect(race.map((a) => a.status).sort()).toEqual([202, 409, 409]);
    await acme.delete(`/jobs/${id}`);
    await acme.delete(`/jobs/${race.find((a) => a.status === 202)!.body.id}`);
  });
});

describe("tenants", () => {
  it("do not see each other, and the master key sees all", async () => {
    await acme.train("own", { ...clouds(60), epochs: 5 });
    const { beta, url } = service;
    expect((await beta.get("/models")).body.models).toEqual([]);
    expect((await beta.get("/models/own")).status).toBe(404);
    const [job] = (await acme.get("/jobs")).body.jobs;
    expect((await beta.get(`/jobs/${job.id}`)).status).toBe(404);
    expect((await beta.get(`/v1/tenants/acme/jobs/${job.id}`)).status).toBe(401);
    expect((await client(url, "acme", MASTER).get("/models/own")).status).toBe(200);
    expect((await client(url, "beta", MASTER).get("/v1/tenants/nobody/models")).body).toMatchObject({ status: 404 });
    expect((await beta.get("/v1/tenants/nobody/models")).body).toMatchObject({ status: 401 });
  });

  it("share the places: a full queue is 429, and one tenant's does not stop another", async () => {
    const ids: string[] = [];
    for (let k = 0; k < 5; k++) ids.push(await acme.begin(`q${k}`, long));
    const full = await acme.post("/models/q5/train", long);
    expect(full.body).toMatchObject({ status: 429, limit: "tenantQueued" });
    expect(full.headers.get("retry-after")).toBe("5");
    expect(await service.beta.train("quick", { ...clouds(60), epochs: 5 })).toMatchObject({ state: "succeeded" });
    for (const id of ids) await acme.delete(`/jobs/${id}`);
  });
});

it("tells of its health and figures", async () => {
  const { url } = service;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toMatch(/^service_jobs_ended_total\{state="succeeded"\} [1-9]/m);
  expect(text).toMatch(/^neurite_tensor_bytes \d+$/m);
  expect(text).toMatch(/http_request_duration_seconds_count\{.*predict.*status="200"\} [1-9]/);
  expect(text).not.toContain("acme");
  expect(await (await fetch(`${url}/problems/busy`)).json()).toMatchObject({ status: 409 });
});

it("describes its API: every route with its parameters, bodies and answers", async () => {
  const { url } = service;
  const { openapi, paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { parameters: { name: string }[]; requestBody?: { content: object }; responses: object }>>;
  };
  expect(openapi).toBe("3.1.0");
  const at = "/v1/tenants/{tenant}";
  const routes = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m} ${path.replace(at, "")}`));
  expect(routes.sort()).toEqual(
    [
      ...["get /healthz", "get /metrics", "get /problems/{code}", "get /readyz"],
      ...["get /jobs", "get /jobs/{id}", "delete /jobs/{id}", "get /jobs/{id}/events"],
      ...["get /models", "get /models/{name}", "delete /models/{name}", "post /models/{name}/train", "post /models/{name}/predict"],
    ].sort(),
  );
  const { post } = paths[`${at}/models/{name}/train`]!;
  expect(post!.parameters.map((p) => p.name)).toEqual(["tenant", "name"]);
  expect(Object.keys(post!.responses)).toEqual(["202", "default"]);
  expect(post!.requestBody!.content).toMatchObject({ "application/json": { schema: { required: ["rows"], additionalProperties: false } } });
});

it("a DELETE that says it has JSON, and has none, is taken as clients mean it; a POST is not", async () => {
  const json = { authorization: `Bearer ${KEYS.acme}`, "content-type": "application/json" };
  const at = (path: string) => `${service.url}/v1/tenants/acme${path}`;
  expect((await fetch(at("/models/nothing"), { method: "DELETE", headers: json })).status).toBe(404);
  expect((await fetch(at("/models/nothing/predict"), { method: "POST", headers: json })).status).toBe(400);
});
