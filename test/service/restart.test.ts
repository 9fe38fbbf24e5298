import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { configFrom } from "../../examples/service/src/config";
import { chaos } from "../../examples/service/tools/chaos";
import { bundle, type Running, spiral, start } from "../../examples/service/tools/process";
import { noLeaks } from "../leaks";
import { client, folder, KEYS } from "./support";

noLeaks();

let script: string;
beforeAll(async () => {
  script = await bundle(`restart-${process.pid}`);
});
afterAll(() => rmSync(script, { force: true }));

const run = (DATA_DIR: string, more: Record<string, string> = {}): Promise<Running> =>
  start(script, { DATA_DIR, API_KEYS: JSON.stringify(KEYS), ...more });

it("killed twice while trainings run: each one accepted ends with the bits of one undisturbed, and no model is torn", async () => {
  const result = await chaos({ jobs: 3, kills: 2, epochs: 120, hidden: [24, 16], within: 300 });
  expect(result.accepted).toBeGreaterThanOrEqual(3);
  expect(result).toMatchObject({ succeeded: result.accepted, different: [] });
  expect(result.checked).toBeGreaterThan(0);
});

it("told to end, it writes a checkpoint and goes on from there when it starts again", async () => {
  const data = folder();
  const body = { ...spiral(100, 2, 0), epochs: 10_000, patience: 0, seed: 1 };
  let service = await run(data, { CHECKPOINT_SECONDS: "3600" });
  let acme = client(service.url);
  const id = await acme.begin("m", body);
  const epochOf = async () => (await acme.get(`/jobs/${id}`)).body.progress?.epoch ?? 0;
  while ((await epochOf()) < 20) await new Promise((r) => setTimeout(r, 10));
  const events = await fetch(`${service.url}/v1/tenants/acme/jobs/${id}/events`, { headers: { authorization: `Bearer ${KEYS.acme}` } });
  const reached = await epochOf();
  expect(await service.end("SIGTERM")).toBe(0);
  // a stream that was open has ended
  expect(await events.text()).toContain("event: ");
  const job = join(data, "tenants/acme/jobs", id);
  expect(JSON.parse(readFileSync(join(job, "job.json"), "utf8")).state).toBe("running");
  expect(readdirSync(join(job, "checkpoints"))).toHaveLength(1);

  service = await run(data);
  acme = client(service.url);
  let first = 0;
  while (first === 0) first = await epochOf();
  expect(first).toBeGreaterThanOrEqual(reached);
  await acme.delete(`/jobs/${id}`);
  expect(await service.end("SIGINT")).toBe(0);
});

it("a wrong setting is said at once", () => {
  for (const [env, words] of [
    [{ LIMITS: '{"row": 3}' }, /no limit "row"/],
    [{ LIMITS: '{"rows": 0}' }, /rows must be a whole number/],
    [{ API_KEYS: '{"acme": "short"}' }, /16 characters/],
    [{ API_KEYS: '{"../x": "long-enough-key-000"}' }, /no name of a tenant/],
    [{ PORT: "x" }, /PORT must be a number/],
  ] as [Record<string, string>, RegExp][]) {
    expect(() => configFrom({ API_KEYS: "{}", ...env })).toThrow(words);
  }
});
