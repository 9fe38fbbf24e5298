import { mkdirSync, writeFileSync } from "node:fs";
import type { Workload } from "./definitions";

/** Numbers in [0, 1) that are the same on every engine: Park and Miller's generator, exact in doubles. */
function generator(seed: number): () => number {
  let s = seed;
  return () => {
    s = (48271 * s) % 2147483647;
    return s / 2147483647;
  };
}

const make = (n: number, f: (k: number) => number) => Float32Array.from({ length: n }, (_, k) => f(k));

/**
 * Writes what a workload is about as float32 files. Every two rows of a batch are equal with different labels, so that the loss of a classifier ends at
 * ln 2 and gradients do not fade into denormal numbers, which cost every peer differently.
 */
export function writeData(w: Workload, dir: string): void {
  mkdirSync(dir, { recursive: true });
  const write = (name: string, values: Float32Array) => writeFileSync(`${dir}/${name}.f32`, values);
  const next = generator(1234567);
  const symmetric = (n: number, bound = 1) => make(n, () => bound * (2 * next() - 1));
  if (w.kind === "product") {
    write("a", symmetric(w.m! * w.k!));
    write("b", symmetric(w.k! * w.n!));
  } else if (w.kind === "map") write("x", symmetric(2 ** 20, 4));
  else if (w.kind === "adam") {
    write("p", symmetric(w.items!));
    write("g", symmetric(w.items!));
  } else {
    const [from, to] = [w.sizes![0]!, w.sizes!.at(-1)!];
    const rows = w.batch!;
    const one = symmetric(Math.ceil(rows / 2) * from);
    const exclusive = [0, 0, 0, 1, 1, 0, 1, 1];
    write(
      "x",
      w.loss === "mse" ? Float32Array.from(exclusive) : make(rows * from, (k) => one[Math.floor(k / from / 2) * from + (k % from)]!),
    );
    if (w.kind === "train")
      write("y", w.loss === "mse" ? Float32Array.of(0, 1, 1, 0) : make(rows * to, (k) => (Math.floor(k / to) % to === k % to ? 1 : 0)));
    for (let k = 0; k + 1 < w.sizes!.length; k++) {
      const bound = 1 / Math.sqrt(w.sizes![k]!);
      write(`w${k}`, symmetric(w.sizes![k]! * w.sizes![k + 1]!, bound));
      write(`b${k}`, symmetric(w.sizes![k + 1]!, bound));
    }
  }
}
