/** The small model of test/small.ts in plain float64 loops. */
import type { Module } from "../../src/index";

type Rows = readonly (readonly number[])[];

export const rowsOf = (flat: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, r) => Array.from({ length: width }, (_, c) => flat[r * width + c]!));

/** Linear, tanh, linear. */
export function forward(model: Module, x: Rows): number[][] {
  const s = model.stateDict();
  const linear = (rows: Rows, name: string) => {
    const [w, b] = [s[`${name}.weight`]!, s[`${name}.bias`]!];
    const width = w.shape[1]!;
    return rows.map((row) => Array.from(b.data, (bias, o) => row.reduce((sum, v, k) => sum + v * w.data[o * width + k]!, bias)));
  };
  return linear(
    linear(x, "0").map((row) => row.map(Math.tanh)),
    "2",
  );
}

/** Cross-entropy of each row. */
export const crossEntropies = (logits: Rows, labels: ArrayLike<number>): number[] =>
  logits.map((row, r) => {
    const top = Math.max(...row);
    return Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0)) + top - row[labels[r]!]!;
  });

/** Whether each row's largest output is the label's. */
export const hits = (logits: Rows, labels: ArrayLike<number>): number[] =>
  logits.map((row, r) => (row.indexOf(Math.max(...row)) === labels[r] ? 1 : 0));

export function weightedMean(values: readonly number[], weights: ArrayLike<number> = values.map(() => 1)): number {
  const total = Array.from(weights).reduce((a, b) => a + b, 0);
  return values.reduce((sum, v, k) => sum + v * weights[k]!, 0) / total;
}
