import { Op } from "../../assembly/opcodes";
import { copied } from "../core/arrays";
import { emit, type Ref } from "../core/emit";
import { OptionError } from "../core/errors";
import { location } from "../core/recorder";
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
    checkSeed(seed);
    this.block = own(pinned([4], "state", "i32"));
    this.seed(seed);
  }

  /** Starts again from a whole number of up to 53 bits. */
  seed(seed: number): void {
    checkSeed(seed);
    this.block.set([seed | 0, Math.floor(seed / 2 ** 32), 0, 0]);
    this.drawn = 0;
  }

  /** Moves on to a step: streams give other numbers at each. */
  set step(step: number) {
    heap().u32[this.block.ref.storage.address / 4 + 2] = step;
  }

  /** The place of the first row among those that share a step, as for pieces of a batch. */
  set firstRow(row: number) {
    heap().u32[this.block.ref.storage.address / 4 + 3] = row;
  }

  /** A stream that was not used before. */
  next(): number {
    return this.drawn++;
  }

  dispose(): void {
    this.block.dispose();
  }
}

function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new OptionError(`a seed is a whole number from 0 to 2^53 - 1, got ${seed}`);
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

/** Where numbers come from: the address of { key0, key1, step, firstRow }, and a stream. */
export type Place = readonly [block: Ref, stream: number];

/** Streams of a run that are not a module's: the order of rows. */
export const SHUFFLE = -1;

interface Draws {
  readonly block: Ref;
  readonly pathOf: (module: object | undefined) => string;
  /** Draws so far by path. */
  readonly uses: Map<string, number>;
  readonly taken: Set<number>;
}

const draws = shared("draws", () => ({ current: undefined as Draws | undefined }));

/**
 * Runs a forward whose random ops draw from one block, each from the stream of its place in the model: `pathOf` names the module that asks. A second draw at the
 * same place, as by a module that is used twice, has a stream of its own. So a number depends on the block, the place and its row and column, and on nothing else.
 */
export function drawingFrom<T>(block: Ref, pathOf: Draws["pathOf"], body: () => T): T {
  const before = draws.current;
  draws.current = { block, pathOf, uses: new Map(), taken: new Set([SHUFFLE]) };
  try {
    return body();
  } finally {
    draws.current = before;
  }
}

/** The same with a seed for a block. Throws OptionError for what is none. */
export function seeded(seed: number, pathOf: Draws["pathOf"], body: () => void): void {
  const generator = new Generator(seed);
  try {
    drawingFrom(generator.block.ref, pathOf, body);
  } finally {
    generator.dispose();
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193);
  return h | 0;
}

/** Where the next random op draws: from the generator given, from what drawingFrom() says, or from the global generator. */
export function place(g?: Generator, stream?: number): Place {
  const d = draws.current;
  if (g !== undefined || d === undefined) {
    const from = g ?? generator();
    return [from.block.ref, stream ?? from.next()];
  }
  const path = d.pathOf(location.stack.at(-1));
  const use = d.uses.get(path) ?? 0;
  d.uses.set(path, use + 1);
  let named = hash(`${path}#${use}`);
  while (d.taken.has(named)) named = (named + 1) | 0;
  d.taken.add(named);
  return [d.block, named];
}

/** The shape as rows and columns: the first dimension are the rows. A vector outside a trainer's forward is one row. */
const box = (shape: Shape): [number, number] =>
  shape.length === 0 || (shape.length === 1 && draws.current === undefined) ? [1, sizeOf(shape)] : [shape[0]!, sizeOf(shape.slice(1))];

function options(t: Tensor, given: TensorOptions): Tensor {
  t.requiresGrad = given.requiresGrad ?? false;
  return t;
}

/** Fills x with uniform numbers in [low, high). */
export function uniformInto(x: Tensor, low: number, high: number, g?: Generator, stream?: number): Tensor {
  emit(Op.RANDOM_UNIFORM, x.ref, ...box(x.shape), ...place(g, stream), low, high);
  return x;
}

/** Fills x with normal numbers. */
export function normalInto(x: Tensor, mean: number, std: number, g?: Generator, stream?: number): Tensor {
  emit(Op.RANDOM_NORMAL, x.ref, ...box(x.shape), ...place(g, stream), mean, std);
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

/** Throws OptionError unless p can be a share of what is dropped. */
export function checkShare(what: string, p: number): void {
  if (!(p >= 0 && p < 1)) throw new OptionError(`${what}: p must lie in [0, 1), got ${p}`);
}

/** A mask from a place. */
export function maskFrom(from: Place, shape: Shape, p: number): Tensor {
  const out = empty(shape);
  emit(Op.RANDOM_MASK, out.ref, ...box(shape), ...from, p);
  return out;
}

/** 0 with probability p, else 1 / (1 - p). */
export function mask(shape: Shape, p: number, g?: Generator, stream?: number): Tensor {
  checkShare("mask()", p);
  return maskFrom(place(g, stream), shape, p);
}

/** Random bits, 32 an item, for as long as `use` runs. */
function withBits<T>(n: number, g: Generator, stream: number, use: (bits: Uint32Array) => T): T {
  const out = empty([n], "i32");
  emit(Op.RANDOM_BITS, out.ref, 1, n, g.block.ref, stream);
  const at = out.storage.address / 4;
  const result = use(heap().u32.subarray(at, at + n));
  out.dispose();
  return result;
}

/** Random bits, 32 an item. */
export function randomBits(n: number, g = generator(), stream = g.next()): Uint32Array {
  return withBits(n, g, stream, copied);
}

/** 53 bits from the global generator: a seed for who is given none. */
export function drawSeed(): number {
  const [low, high] = randomBits(2);
  return low! + (high! & 0x1fffff) * 2 ** 32;
}

/** 0 to n - 1 in random order (Fisher-Yates), written into `order`, which has n items. */
export function shuffleInto(order: Int32Array, g: Generator, stream: number): Int32Array {
  const n = order.length;
  for (let k = 0; k < n; k++) order[k] = k;
  return withBits(n, g, stream, (bits) => {
    for (let k = n - 1; k > 0; k--) {
      const j = Math.floor((bits[k]! * (k + 1)) / 2 ** 32);
      const x = order[k]!;
      order[k] = order[j]!;
      order[j] = x;
    }
    return order;
  });
}

/** 0 to n - 1 in random order. */
export const randperm = (n: number, g = generator(), stream = g.next()): Int32Array => shuffleInto(new Int32Array(n), g, stream);
