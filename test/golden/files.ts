import { readFileSync } from "node:fs";
import { tensor } from "../../src/tensor/create";
import type { DType, Tensor } from "../../src/tensor/tensor";

/** An array as make_golden.py writes it. */
export interface GoldenArray {
  shape: number[];
  dtype?: DType;
  data: number[];
}

export type Named<T> = Record<string, T>;

export const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as T;

export const toTensor = ({ shape, data, dtype }: GoldenArray): Tensor => tensor(data, shape, { dtype: dtype ?? "f32" });

/** The largest difference of any item, relative to the largest item of what is expected. Infinity where one is not finite. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let [most, scale] = [0, 0];
  for (let k = 0; k < expected.length; k++) {
    const d = Math.abs(actual[k]! - expected[k]!);
    if (!(d < Infinity)) return Infinity;
    most = Math.max(most, d);
    scale = Math.max(scale, Math.abs(expected[k]!));
  }
  return most === 0 ? 0 : most / scale;
}
