// What every JavaScript peer shares: the data, the job, and being timed on demand. One process a peer and workload.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

/** The peers' own packages, not those of this repository. */
export const peer = createRequire(new URL("../.peers/package.json", import.meta.url));

export const job = JSON.parse(process.argv[2]);
export const { workload } = job;

const floats = (name) => {
  const bytes = readFileSync(`${job.dir}/${name}.f32`);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};

/** x, and y as numbers: class indices one-hot where the loss is the cross-entropy. Weights are (out, in), as everybody gets them. */
export function data() {
  const { sizes } = workload;
  const layers = sizes.slice(1).map((out, k) => ({ from: sizes[k], to: out, w: floats(`w${k}`), b: floats(`b${k}`) }));
  return { x: floats("x"), y: workload.kind === "train" ? floats("y") : undefined, layers };
}

export const input = (name) => floats(name);

/** w of (out, in) as (in, out). */
export function transposed({ from, to, w }) {
  const t = new Float32Array(w.length);
  for (let o = 0; o < to; o++) for (let i = 0; i < from; i++) t[i * to + o] = w[o * from + i];
  return t;
}

/** Row by row, as ordinary arrays. */
export const rowsOf = (values, width) =>
  Array.from({ length: values.length / width }, (_, r) => Array.from(values.subarray(r * width, (r + 1) * width)));

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

export class Unable extends Error {}

/** Milliseconds of `n` steps, and the last one's loss. */
async function time(run, n) {
  const start = performance.now();
  const loss = await run(n);
  return { ms: performance.now() - start, loss };
}

/**
 * Serves one peer. `make()` sets the workload up and returns run(n): n steps, the result there when it returns or resolves, the loss of the last step.
 * A step is warmed up until it has stopped getting faster; then each line on stdin, a number of milliseconds, asks for samples.
 */
export async function serve(make, extra = () => ({})) {
  try {
    const run = await make();
    if (job.startup) {
      await run(1);
      say({ done: true, ...extra() });
      process.exit(0);
    }
    const first = await time(run, 1);
    if (first.ms > job.slowMs) throw new Unable(`${(first.ms / 1000).toPrecision(2)} s a step`);
    const tenth = first.ms > job.slowMs / 10 ? undefined : (await time(run, 9)).loss;
    let n = 1;
    let best = Infinity;
    const since = performance.now();
    for (let idle = 0; performance.now() - since < job.warmMs && (idle < 5 || performance.now() - since < job.warmMs / 2); ) {
      const { ms } = await time(run, n);
      idle = ms / n < 0.98 * best ? 0 : idle + 1;
      best = Math.min(best, ms / n);
      if (ms < job.sampleMs) n = Math.max(n + 1, Math.min(10 * n, Math.ceil((1.2 * job.sampleMs) / best)));
    }
    n = Math.max(1, Math.round(job.sampleMs / best));
    const { loss: last } = await time(run, n);
    say({ ready: true, first: first.loss, tenth, last, stepsASample: n, ...extra() });
    for await (const line of createInterface({ input: process.stdin })) {
      const us = [];
      const until = performance.now() + Number(line);
      do us.push((1000 * (await time(run, n)).ms) / n);
      while (performance.now() < until);
      say({ us });
    }
  } catch (error) {
    say({
      unable:
        error instanceof Unable
          ? error.message
          : `error: ${String(error?.message ?? error)
              .split("\n")[0]
              .slice(0, 120)}`,
    });
  }
  process.exit(0);
}
