import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { OptionError } from "../core/errors";
import { heap } from "../core/runtime";
import { shared } from "../core/shared";
import type { TensorOptions } from "../tensor/create";
import { checkShape, type Shape, sizeOf } from "../tensor/shape";
import { empty, own, pinned, type Tensor } from "../tensor/tensor";

/**
 * A stream of random numbers: a key, and counters. A number is a function of (key, stream, step, row, column) alone, so it does not depend on who
 * draws it, in which order, or in pieces of what size. Philox4x32-10, Salmon et al. 2011.
 */
export class Generator {
  /** key0, key1, step, firstRow in linear memory: what the kernels read. */
  readonly block: Tensor;
  private drawn = 0;

  constructor(seed: number) {
    this.block = own(pinned([4], "state", "i32"));
    this.seed(seed);
  }

  /** Starts again from a whole number of up to 53 bits. */
  seed(seed: number): void {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new OptionError(`a seed is a whole number from 0 to 2^53 - 1, got ${seed}`);
    this.block.set([seed | 0, Math.floor(seed / 2 ** 32), 0, 0]);
    this.drawn = 0;
  }

  /** Moves on to a step: streams give other numbers at each. */
  set step(step: number) {
    heap().u32[this.block.ref.storage.address / 4 + 2] = step;
  }

  /** A stream that was not used before. */
  next(): number {
    return this.drawn++;
  }

  dispose(): void {
    this.block.dispose();
  }
}

const global = shared("generator", () => ({ value: undefined as Generator | undefined }));

/** The generator behind initialisation, rand(), and every seed that is not given. */
export function generator(): Generator {
  // a program that never seeds should differ from run to run
  global.value ??= new Generator(Math.floor(Math.random() * 2 ** 53));
  return global.value;
}

/** Seeds the global generator. */
export function manualSeed(seed: number): void {
  generator().seed(seed);
}

const source = (g: Generator, stream: number) => [g.block.ref, stream] as const;

/** The shape as rows and columns: the first dimension are the rows. */
const box = (shape: Shape): [number, number] => (shape.length < 2 ? [1, sizeOf(shape)] : [shape[0]!, sizeOf(shape.slice(1))]);

function options(t: Tensor, given: TensorOptions): Tensor {
  t.requiresGrad = given.requiresGrad ?? false;
  return t;
}

/** Fills x with uniform numbers in [low, high). */
export function uniformInto(x: Tensor, low: number, high: number, g = generator(), stream = g.next()): Tensor {
  emit(Op.RANDOM_UNIFORM, x.ref, ...box(x.shape), ...source(g, stream), low, high);
  return x;
}

/** Fills x with normal numbers. */
export function normalInto(x: Tensor, mean: number, std: number, g = generator(), stream = g.next()): Tensor {
  emit(Op.RANDOM_NORMAL, x.ref, ...box(x.shape), ...source(g, stream), mean, std);
  return x;
}

/** Uniform numbers in [0, 1). */
export function rand(shape: Shape, given: TensorOptions = {}): Tensor {
  checkShape(shape, "rand()");
  return options(uniformInto(empty(shape), 0, 1), given);
}

/** Standard normal numbers. */
export function randn(shape: Shape, given: TensorOptions = {}): Tensor {
  checkShape(shape, "randn()");
  return options(normalInto(empty(shape), 0, 1), given);
}

/** 0 with probability p, else 1 / (1 - p). */
export function mask(shape: Shape, p: number, g = generator(), stream = g.next()): Tensor {
  if (!(p >= 0 && p < 1)) throw new OptionError(`mask(): p must lie in [0, 1), got ${p}`);
  const out = empty(shape);
  emit(Op.RANDOM_MASK, out.ref, ...box(shape), ...source(g, stream), p);
  return out;
}

/** Random bits, 32 an item. */
export function randomBits(n: number, g = generator(), stream = g.next()): Uint32Array {
  const out = empty([n], "i32");
  emit(Op.RANDOM_BITS, out.ref, 1, n, ...source(g, stream));
  const bits = new Uint32Array(out.data().buffer as ArrayBuffer);
  out.dispose();
  return bits;
}

/** 0 to n - 1 in random order (Fisher-Yates). */
export function randperm(n: number, g = generator(), stream = g.next()): Int32Array {
  const order = Int32Array.from({ length: n }, (_, k) => k);
  const bits = randomBits(n, g, stream);
  for (let k = n - 1; k > 0; k--) {
    const j = Math.floor((bits[k]! * (k + 1)) / 2 ** 32);
    const x = order[k]!;
    order[k] = order[j]!;
    order[j] = x;
  }
  return order;
}
