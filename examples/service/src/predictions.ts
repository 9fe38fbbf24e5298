/** Answers of a model to rows. */
import { setImmediate as turn } from "node:timers/promises";
import { flatten, type Preprocessing, standardise } from "./dataset";
import { Problem } from "./problems";
import { BLOCK, type Loaded } from "./shelf";

/** Milliseconds of arithmetic after which others get a turn. */
const YIELD_MS = 4;

/** Outputs of the network, row after row. */
async function outputsOf(loaded: Loaded, x: Float32Array, width: number, outputs: number): Promise<Float32Array> {
  const rows = x.length / width;
  const out = new Float32Array(rows * outputs);
  const by = (at: number) => (rows - at >= BLOCK ? BLOCK : 1);
  let since = performance.now();
  for (let at = 0, n = by(0); at < rows; at += n, n = by(at)) {
    if (performance.now() - since > YIELD_MS) {
      await turn();
      since = performance.now();
    }
    const run = n === 1 ? loaded.one : loaded.block();
    run(x.subarray(at * width, (at + n) * width), out.subarray(at * outputs, (at + n) * outputs));
  }
  return out;
}

function softmax(logits: Float32Array): number[] {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Array.from(logits, (v) => Math.exp(v - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

function answer(target: Preprocessing["target"], row: Float32Array, top: number) {
  if (target.kind === "numbers") {
    const values = Array.from(row, (v, k) => v * target.scale[k]! + target.mean[k]!);
    return target.single ? { value: values[0]! } : { values };
  }
  const shares = softmax(row).map((p, k) => [k, p] as const);
  shares.sort(([a, p], [b, q]) => q - p || a - b);
  const named = shares.slice(0, top).map(([k, p]) => [String(target.labels[k]), p] as const);
  return { class: target.labels[shares[0]![0]]!, probabilities: Object.fromEntries(named) };
}

export type Answer = ReturnType<typeof answer>;

/** Throws Problem for rows that do not fit the model, or are so far from what it knows that numbers overflow. */
export async function answersTo(loaded: Loaded, rows: readonly (readonly number[])[], top = Infinity): Promise<Answer[]> {
  const { columns, inputs, target } = loaded.record.preprocessing;
  const x = standardise(flatten("rows", rows, columns.length), inputs);
  const width = target.kind === "classes" ? target.labels.length : target.mean.length;
  const out = await outputsOf(loaded, x, columns.length, width);
  const bad = out.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new Problem("non-finite", `rows: row ${Math.floor(bad / width)} lies so far from the rows of the training that numbers overflow`);
  return rows.map((_, r) => answer(target, out.subarray(r * width, (r + 1) * width), top));
}
