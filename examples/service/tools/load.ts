/**
 * Predictions a second and their latency, with no training and with four, without workers and with them: `npm run service:load`, a table for the README. On loopback;
 * `--seconds 6`, `--connections 16`, `--yield 4`, `--threads 0,1,2`, and `--pin` for the service on core 0 and the client on core 1.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { figuresOf, percentile } from "./figures";
import { ask, bundle, type Running, spiral, start } from "./process";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "6" },
    connections: { type: "string", default: "16" },
    yield: { type: "string", default: "4" },
    threads: { type: "string", default: "0,1,2" },
    pin: { type: "boolean", default: false },
  },
});
const key = "key-of-the-load-test";
const at = (service: Running, tenant: string) => `${service.url}/v1/tenants/${tenant}`;

async function ended(service: Running, tenant: string, id: string): Promise<void> {
  for (;;) {
    const { body } = await ask<{ state: string; problem?: unknown }>(`${at(service, tenant)}/jobs/${id}`, key);
    if (body.state === "succeeded") return;
    if (body.state === "failed") throw new Error(JSON.stringify(body.problem));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function begin(service: Running, tenant: string, name: string, training: object): Promise<string> {
  const { status, body } = await ask<{ id: string }>(`${at(service, tenant)}/models/${name}/train`, key, training);
  if (status !== 202) throw new Error(JSON.stringify(body));
  return body.id;
}

/** Hits the service for a while with predictions of so many rows. */
async function measure(service: Running, title: string, rows: number): Promise<void> {
  const times: number[] = [];
  const before = await figuresOf(service.url);
  const options = {
    url: `${at(service, "a")}/models/served/predict`,
    method: "POST" as const,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ rows: spiral(rows, 3, 0.1).rows }),
    connections: Number(values.connections),
    duration: Number(values.seconds),
  };
  const { non2xx, errors, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
    // its own histogram knows whole milliseconds only
    run.on("response", (_client, _status, _bytes, ms) => times.push(ms));
  });
  const after = await figuresOf(service.url);
  const perSecond = (name: string) => Math.round((after.get(name)! - before.get(name)!) / duration).toLocaleString("en");
  const sorted = Float64Array.from(times).sort();
  const ms = (share: number) => percentile(sorted, share).toFixed(1);
  const shares = [0.5, 0.9, 0.99, 0.999].map(ms).join(" | ");
  const trained = perSecond("service_trained_rows_total");
  const requests = Math.round(times.length / duration).toLocaleString("en");
  if (title !== "")
    console.log(
      `| ${title} | ${requests} | ${perSecond("service_predicted_rows_total")} | ${shares} | ${trained === "0" ? "" : trained} |`,
    );
  if (non2xx > 0 || errors > 0) throw new Error(`${non2xx} answers were no predictions, ${errors} errors`);
}

/** All measurements of a service with so many workers. */
async function all(script: string, threads: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "neurite-load-"));
  const API_KEYS = JSON.stringify({ a: key, b: key });
  const env = { DATA_DIR: root, API_KEYS, YIELD_MS: values.yield, LOG_LEVEL: "error", NEURITE_THREADS: threads };
  const service = await start(script, env, { under: values.pin ? ["taskset", "-c", "0"] : [] });
  try {
    await ended(service, "a", await begin(service, "a", "served", { ...spiral(600, 3, 0), hidden: [64, 32], epochs: 50, seed: 1 }));
    await measure(service, "", 1);
    await measure(service, `${threads} | one row, no training`, 1);
    await measure(service, `${threads} | 64 rows, no training`, 64);
    const training = { ...spiral(2000, 4, 0.5), hidden: [128, 64], epochs: 10_000, patience: 0, seed: 1 };
    const ids = await Promise.all(["a", "a", "b", "b"].map((tenant, k) => begin(service, tenant, `trained${k}`, training)));
    await measure(service, `${threads} | one row, 4 trainings`, 1);
    await measure(service, `${threads} | 64 rows, 4 trainings`, 64);
    const states = await Promise.all(ids.map((id, k) => ask<{ state: string }>(`${at(service, k < 2 ? "a" : "b")}/jobs/${id}`, key)));
    if (states.some(({ body }) => body.state !== "running")) throw new Error("the trainings ended before the measurement");
  } finally {
    await service.end("SIGTERM");
    rmSync(root, { recursive: true, force: true });
  }
}

if (values.pin) execFileSync("taskset", ["-c", "-p", "1", String(process.pid)], { stdio: "ignore" });
const script = await bundle(`load-${process.pid}`);
try {
  const { node } = process.versions;
  console.log(
    `Node ${node}, ${values.connections} connections, ${values.seconds} s each, YIELD_MS ${values.yield}${values.pin ? ", service on core 0, client on core 1" : ""}; load of the machine before ${loadavg()[0]!.toFixed(1)}\n`,
  );
  console.log("| workers | predictions | requests/s | rows/s | p50 ms | p90 | p99 | p99.9 | rows trained/s |");
  console.log("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const threads of values.threads.split(",")) await all(script, threads);
} finally {
  rmSync(script, { force: true });
}
