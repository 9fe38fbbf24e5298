/**
 * Kills the service at random moments while it trains, and starts it again: `npm run service:chaos`. Every training that was accepted has to end, with the bits of one
 * that was never disturbed, and no file of a model may be torn at any time.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadModel } from "neurite";
import { ask, bundle, type Running, spiral, start } from "./process";

export interface ChaosOptions {
  /** Trainings posted before the first kill; one more comes with each kill. */
  jobs: number;
  kills: number;
  epochs: number;
  hidden: readonly number[];
  /** Most milliseconds from the time it listens to the kill. */
  within: number;
  log?(line: string): void;
}

export interface ChaosResult {
  accepted: number;
  succeeded: number;
  /** Models loaded from disk right after a kill. */
  checked: number;
  /** Trainings that ran when a kill came, on average. */
  running: number;
  /** Checkpoints that trainings found when they went on. */
  resumed: number;
  /** Models whose predictions differ from those of an undisturbed service. */
  different: string[];
  seconds: number;
}

interface View {
  state: string;
  model: string;
}

const TENANTS = ["t0", "t1", "t2", "t3"];
const key = (tenant: string) => `chaos-key-of-tenant-${tenant}`;
const tenantOf = (k: number) => TENANTS[k % TENANTS.length]!;
const at = (url: string, k: number) => `${url}/v1/tenants/${tenantOf(k)}`;
/** Every third ends in the midst of it. */
const training = (k: number, { epochs, hidden }: Pick<ChaosOptions, "epochs" | "hidden">) => ({
  ...spiral(120 + 8 * (k % 9), 2 + (k % 3), k),
  hidden,
  epochs: k % 3 === 0 ? Math.ceil(epochs / 20) : epochs,
  patience: 0,
  seed: k,
});

/** Loads every version of every model there is, and counts the jobs that have a checkpoint; throws where one does not load. */
async function checkModels(data: string): Promise<{ models: number; resuming: number }> {
  let [models, resuming] = [0, 0];
  const visible = (path: string) => (existsSync(path) ? readdirSync(path).filter((name) => !name.startsWith(".")) : []);
  for (const tenant of visible(data)) {
    for (const name of visible(join(data, tenant, "models")))
      for (const version of visible(join(data, tenant, "models", name))) {
        const folder = join(data, tenant, "models", name, version);
        JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
        (await loadModel(join(folder, "model.safetensors"))).dispose();
        models++;
      }
    for (const id of visible(join(data, tenant, "jobs"))) {
      JSON.parse(readFileSync(join(data, tenant, "jobs", id, "job.json"), "utf8"));
      if (visible(join(data, tenant, "jobs", id, "checkpoints")).length > 0) resuming++;
    }
  }
  return { models, resuming };
}

/** Posts a training; whether it was accepted. Nobody answers where the service dies meanwhile. */
async function post(service: Running, k: number, size: Pick<ChaosOptions, "epochs" | "hidden">): Promise<boolean> {
  const answer = await ask<View>(`${at(service.url, k)}/models/m${k}/train`, key(tenantOf(k)), training(k, size)).catch(() => undefined);
  if (answer !== undefined && answer.status !== 202) throw new Error(`training ${k} was refused: ${JSON.stringify(answer.body)}`);
  return answer !== undefined;
}

async function jobsOf(service: Running): Promise<View[]> {
  const lists = await Promise.all(TENANTS.map((t, k) => ask<{ jobs: View[] }>(`${at(service.url, k)}/jobs`, key(t))));
  return lists.flatMap(({ body }) => body.jobs);
}

async function untilEnded(service: Running): Promise<View[]> {
  for (;;) {
    const jobs = await jobsOf(service);
    if (jobs.every(({ state }) => state === "succeeded" || state === "failed")) return jobs;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const probe = (service: Running, k: number) =>
  ask<{ predictions: unknown }>(`${at(service.url, k)}/models/m${k}/predict`, key(tenantOf(k)), { rows: spiral(20, 2, 0.1).rows });

export async function chaos({ jobs, kills, within, log = () => {}, ...size }: ChaosOptions): Promise<ChaosResult> {
  const begun = performance.now();
  const root = mkdtempSync(join(tmpdir(), "neurite-chaos-"));
  const script = await bundle(`chaos-${process.pid}`);
  const limits = { epochs: 1e6, uploads: jobs, running: jobs, tenantRunning: jobs, tenantQueued: 1000, queued: 1000, history: 1000 };
  const API_KEYS = JSON.stringify(Object.fromEntries(TENANTS.map((t) => [t, key(t)])));
  const run = (data: string) =>
    start(script, { DATA_DIR: join(root, data), API_KEYS, LIMITS: JSON.stringify(limits), CHECKPOINT_SECONDS: "0.5" });
  try {
    const accepted: number[] = [];
    let [checked, resumed, running] = [0, 0, 0];
    let service = await run("disturbed");
    const first = Array.from({ length: jobs }, async (_, k) => (await post(service, k, size)) && accepted.push(k));
    await Promise.all(first);
    for (let kill = 0; kill < kills; kill++) {
      const [more, pause] = [jobs + kill, within * Math.random()];
      const posted = new Promise((resolve) => setTimeout(resolve, pause * Math.random()))
        .then(() => post(service, more, size))
        .then((yes) => yes && accepted.push(more));
      await new Promise((resolve) => setTimeout(resolve, pause));
      running += (await jobsOf(service)).filter(({ state }) => state === "running").length / kills;
      await service.end("SIGKILL");
      await posted;
      const { models, resuming } = await checkModels(join(root, "disturbed", "tenants"));
      checked += models;
      resumed += resuming;
      service = await run("disturbed");
      log(`kill ${kill + 1} of ${kills}: ${accepted.length} accepted, ${checked} models read so far, ${resumed} checkpoints to go on from`);
    }
    const ended = await untilEnded(service);
    const succeeded = accepted.filter((k) => ended.some((job) => job.model === `m${k}` && job.state === "succeeded"));
    log(`${succeeded.length} of ${accepted.length} succeeded; now the same undisturbed`);
    const reference = await run("undisturbed");
    for (const k of accepted) await post(reference, k, size);
    await untilEnded(reference);
    const different: string[] = [];
    for (const k of accepted) {
      const [a, b] = await Promise.all([probe(service, k), probe(reference, k)]);
      if (JSON.stringify(a.body.predictions) !== JSON.stringify(b.body.predictions)) different.push(`m${k}`);
    }
    for (const s of [service, reference]) {
      const code = await s.end("SIGTERM");
      if (code !== 0) throw new Error(`the service ended with ${code}`);
    }
    checked += (await checkModels(join(root, "disturbed", "tenants"))).models;
    return {
      accepted: accepted.length,
      succeeded: succeeded.length,
      checked,
      running,
      resumed,
      different,
      seconds: (performance.now() - begun) / 1000,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
    rmSync(script, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = await chaos({ jobs: 20, kills: 40, epochs: 12_000, hidden: [128, 64], within: 2500, log: (line) => console.error(line) });
  const { accepted, succeeded, checked, running, resumed, different, seconds } = result;
  console.log(
    `\n\`kill -9\` 40 times at random moments, ${running.toFixed(0)} trainings running at a kill on average, in ${seconds.toFixed(0)} s (Node ${process.versions.node}): ${succeeded} of the ${accepted} that were accepted ended, ` +
      `${different.length} with other bits than those of a service that was not disturbed, from ${resumed} checkpoints; all of the ${checked} models that were loaded from disk right after kills were whole.`,
  );
  process.exit(result.succeeded === result.accepted && result.different.length === 0 ? 0 : 1);
}
