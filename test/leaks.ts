/** Every test file calls noLeaks() once: what it made is gone at its end. */
import { afterAll, beforeAll, expect } from "vitest";
import { sink } from "../src/core/emit";
import { shared } from "../src/core/shared";
import { memory, Storage } from "../src/core/storage";
import { generator } from "../src/ops/random";
import { square } from "../src/ops/unary";
import { fromValues, type Tensor } from "../src/tensor/tensor";

export interface LeakOptions {
  /**
   * The file drops graphs without calling backward(). What such a graph saved is the garbage collector's, so eager storages are moved out of linear memory
   * before the count. Parameters, state, data and programs are still counted one by one.
   */
  droppedGraphs?: boolean;
  /** Dispose the eager tensors that tests made (outside scope()) at the end of the file. Default true; false where a test makes very many. */
  track?: boolean;
}

/** More than any matrix product asks for, so that the eager scratch does not grow during the tests. */
const MOST_SCRATCH = 2 ** 20;

/** What the library makes once, at first use, and keeps. */
function warmUp(): void {
  generator();
  sink().scratch(() => MOST_SCRATCH);
  const x = fromValues([1], [], "f32");
  square(x).dispose();
  x.dispose();
}

/**
 * Asserts, after the last test of the file, that live tensors and bytes are what they were before the first, for each kind of owner. Eager tensors are
 * disposed for the tests; parameters, optimizers, steps and programs are not.
 */
export function noLeaks({ droppedGraphs = false, track = true }: LeakOptions = {}): void {
  const { stack } = shared("scopes", () => ({ stack: [] as Set<Tensor>[] }));
  const made = new Set<Tensor>();
  let before: ReturnType<typeof figures>;
  beforeAll(() => {
    warmUp();
    if (droppedGraphs) Storage.spill(0, 0);
    before = figures();
    if (track) stack.unshift(made);
  });
  afterAll(() => {
    stack.splice(0, stack.length, ...stack.filter((s) => s !== made));
    for (const t of made) t.dispose();
    if (droppedGraphs) Storage.spill(0, 0);
    expect(figures(), "live tensors and bytes at the end of the file").toEqual(before);
  });
}

const figures = () => {
  const { tensors, bytes, byKind } = memory();
  return { tensors, bytes, byKind };
};
