import type { DefinedOp } from "../../src/ops/define";
import { reshape, slice } from "../../src/ops/shape";
import { sizeOf } from "../../src/tensor/shape";
import { fromValues, isTensor, type Tensor } from "../../src/tensor/tensor";
import type { Operand, Sample } from "./samples";

/** Numbers in [0, 1) that are the same in every run. Mulberry32. */
export function random(seed: number): () => number {
  let s = seed;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** n numbers in random order, no two nearer to each other or to 0 than a step of a grid over [-2, 2] (or [0.4, 2.4]): far from kinks and ties. */
export function grid(n: number, positive: boolean, next: () => number): number[] {
  const list = Array.from({ length: n }, (_, k) => {
    const u = (k + 0.25) / Math.max(1, n);
    return positive ? 0.4 + 2 * u : u < 0.5 ? 4 * u - 2.2 : 4 * u - 1.8;
  });
  for (let k = n - 1; k > 0; k--) {
    const j = Math.floor(next() * (k + 1));
    [list[k], list[j]] = [list[j]!, list[k]!];
  }
  return list;
}

export type AnyOp = DefinedOp<string, unknown>;
export const isShape = (o: Operand): o is readonly number[] => Array.isArray(o);

/** Values for each operand of a sample; f32 ones are all different. */
export function valuesOf(sample: Sample<unknown>, seed: number): Float32Array[] {
  const next = random(seed);
  const total = sample.of.reduce((sum, o) => sum + (isShape(o) ? sizeOf(o) : 0), 0);
  const inner = sample.probability === true;
  const all = grid(total, inner || sample.positive === true, next).map((v) => (inner ? 0.25 + (v - 0.4) / 4 : v));
  let at = 0;
  return sample.of.map((o) => {
    if (isShape(o)) {
      at += sizeOf(o);
      return Float32Array.from(all.slice(at - sizeOf(o), at));
    }
    if ("mask" in o) return Float32Array.from({ length: sizeOf(o.mask) }, () => Math.round(next()));
    return Float32Array.from(o.index);
  });
}

/** The operand as a tensor of its own. */
export function plain(o: Operand, values: ArrayLike<number>): Tensor {
  if (isShape(o)) return fromValues(values, o, "f32");
  if ("mask" in o) return fromValues(values, o.mask, "f32");
  return fromValues(values, o.shape ?? [o.index.length], "i32");
}

/** A leaf that holds the operand from its third item on, with two more after it; and the operand as a view of it, off the alignment of vectors. */
export function inside(shape: readonly number[], values: ArrayLike<number>): { leaf: Tensor; view: () => Tensor } {
  const leaf = fromValues([11, 12, 13, ...Array.from(values), 14, 15], [values.length + 5], "f32");
  return { leaf, view: () => reshape(slice(leaf, 3, 3 + values.length), shape) };
}

export function describeSample({ of, attrs }: Sample<unknown>): string {
  const shapes = of.map((o) => (isShape(o) ? `[${o}]` : "mask" in o ? `mask [${o.mask}]` : `index [${o.shape ?? o.index.length}]`));
  const plainly = (_: string, v: unknown) => (isTensor(v) ? "memory" : v);
  return `${shapes.join(" ")}${attrs === undefined ? "" : ` ${JSON.stringify(attrs, plainly)}`}`;
}
