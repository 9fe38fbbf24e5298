/**
 * An hour's worth of short trainings in fast motion, with predictions between them: does memory grow? `npm run service:soak`; `--jobs 3600` (one a second),
 * `--at-once 4`, `--pin` for the service on core 0, `--no-opt` for an engine that compiles nothing anew. Says the slope of what is resident, in MB for 1000 trainings and for an hour of them, with its standard error.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { blocks, figuresOf, slopeOf } from "./figures";
import { ask, bundle, spiral, start } from "./process";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "3600" },
    "at-once": { type: "string", default: "4" },
    pin: { type: "boolean", default: false },
    "no-opt": { type: "boolean", default: false },
  },
});
const jobs = Number(values.jobs);
/** The first part warms up: code is compiled, caches and the history of jobs fill. */
const warmUp = Math.floor(jobs / 3);
const every = Math.max(1, Math.floor(jobs / 160));
const tenants = Array.from({ length: 8 }, (_, k) => `t${k}`);
const key = "key-of-the-soak-test";
const root = mkdtempSync(join(tmpdir(), "neurite-soak-"));
const script = await bundle(`soak-${process.pid}`);
/** Garbage is collected before each look: else the engine's own rhythm, of minutes, is what one sees. */
const collector = [
  "--expose-gc",
  ...(values["no-opt"] ? ["--no-opt", "--no-maglev", "--no-sparkplug"] : []),
  "--import",
  'data:text/javascript,process.on("SIGUSR2", () => gc())',
];
const API_KEYS = JSON.stringify(Object.fromEntries(tenants.map((t) => [t, key])));
const service = await start(
  script,
  { DATA_DIR: root, API_KEYS, LOG_LEVEL: "error" },
  { under: values.pin ? ["taskset", "-c", "0"] : [], nodeOptions: collector },
);

const FIGURES = {
  resident: "process_resident_memory_bytes",
  heap: "nodejs_heap_size_used_bytes",
  external: "nodejs_external_memory_bytes",
  tensors: "neurite_tensor_bytes",
  linear: "neurite_memory_bytes",
} as const;
const NAMES = {
  resident: "resident",
  heap: "heap of JavaScript",
  external: "buffers beside it",
  tensors: "tensors in linear memory",
  linear: "linear memory",
} as const;
type Figure = keyof typeof FIGURES;
const samples: ({ job: number } & Record<Figure, number>)[] = [];

async function sample(job: number): Promise<void> {
  for (let k = 0; k < 2; k++) {
    process.kill(service.pid, "SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const figures = await figuresOf(service.url);
  const read = (Object.keys(FIGURES) as Figure[]).map((name) => [name, figures.get(FIGURES[name])! / 2 ** 20] as const);
  samples.push({ job, ...(Object.fromEntries(read) as Record<Figure, number>) });
}

/** One training from its acceptance to its end, some predictions, and now and then the removal of the model. */
async function one(k: number): Promise<void> {
  const at = `${service.url}/v1/tenants/${tenants[k % tenants.length]}`;
  const model = `m${Math.floor(k / tenants.length) % 10}`;
  const training = { ...spiral(60 + (k % 40), 2 + (k % 4), k), hidden: [8 + (k % 24)], epochs: 12, seed: k };
  const { status, body } = await ask<{ id: string }>(`${at}/models/${model}/train`, key, training);
  if (status !== 202) throw new Error(`training ${k}: ${JSON.stringify(body)}`);
  for (let state = ""; state !== "succeeded"; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    ({ state } = (await ask<{ state: string }>(`${at}/jobs/${body.id}`, key)).body);
    if (state === "failed") throw new Error(`training ${k} failed`);
  }
  for (const rows of [1, 40]) {
    const answer = await ask(`${at}/models/${model}/predict`, key, { rows: spiral(rows, 2, 0).rows });
    if (answer.status !== 200) throw new Error(`prediction ${k}: ${JSON.stringify(answer.body)}`);
  }
  if (k % 50 === 49) await fetch(`${at}/models/${model}`, { method: "DELETE", headers: { authorization: `Bearer ${key}` } });
}

try {
  const begun = performance.now();
  let next = 0;
  for (let end = every; next < jobs; end = Math.min(jobs, end + every)) {
    const worker = async () => {
      for (let k = next++; k < end; k = next++) await one(k);
      next = Math.min(next, end);
    };
    await Promise.all(Array.from({ length: Number(values["at-once"]) }, worker));
    // nothing is under way now
    await sample(next);
  }
  const seconds = (performance.now() - begun) / 1000;
  const kept = samples.filter(({ job }) => job >= warmUp);
  console.log(`Node ${process.versions.node}: ${jobs} trainings in ${seconds.toFixed(0)} s, ${(jobs / seconds).toFixed(1)} a second\n`);
  const head = [
    `after ${warmUp.toLocaleString("en")}`,
    `after ${jobs.toLocaleString("en")}`,
    "for 1,000 trainings (± 2 standard errors)",
    "MB an hour, at one training a second",
  ];
  console.log(`| MB | ${head.join(" | ")} |`);
  console.log("| --- | ---: | ---: | ---: | ---: |");
  const size = Math.max(1, Math.floor(kept.length / 16));
  for (const name of Object.keys(FIGURES) as Figure[]) {
    const { slope, error } = slopeOf(
      blocks(
        kept.map((s) => s.job),
        size,
      ),
      blocks(
        kept.map((s) => s[name]),
        size,
      ),
    );
    const means = blocks(
      kept.map((s) => s[name]),
      size,
    );
    const per = (n: number) => `${(slope * n).toFixed(2)} ± ${(2 * error * n).toFixed(2)}`;
    console.log(`| ${NAMES[name]} | ${means[0]!.toFixed(1)} | ${means.at(-1)!.toFixed(1)} | ${per(1000)} | ${per(3600)} |`);
  }
} finally {
  await service.end("SIGTERM");
  rmSync(root, { recursive: true, force: true });
  rmSync(script, { force: true });
}
