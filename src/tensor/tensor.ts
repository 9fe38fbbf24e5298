import { copied } from "../core/arrays";
import { readAt, writeAt } from "../core/claims";
import { type Ref, recording, sink } from "../core/emit";
import { DataError, DisposedError, DTypeError, RecordingError, ShapeError } from "../core/errors";
import { heap } from "../core/runtime";
import { shared } from "../core/shared";
import { type Kind, Storage } from "../core/storage";
import { type Shape, showShape, sizeOf } from "./shape";

export type DType = "f32" | "i32" | "u8";
export type TypedArrayOf<D extends DType = DType> = D extends "f32" ? Float32Array : D extends "i32" ? Int32Array : Uint8Array;
/** Numbers nested as deeply as the tensor has dimensions. */
export type Nested = number | readonly Nested[];

export const BYTES: { readonly [D in DType]: number } = { f32: 4, i32: 4, u8: 1 };

const BRAND = Symbol.for("neurite.tensor");
/** Engines without explicit resource management get the registered symbol, which polyfills use too. */
export const DISPOSE: typeof Symbol.dispose = ((Symbol as { dispose?: symbol }).dispose ??
  Symbol.for("Symbol.dispose")) as typeof Symbol.dispose;

/** What autograd keeps with a tensor that an op made; see src/autograd. */
export interface GraphNode {
  readonly name: string;
  /** Its result's handle is gone. */
  drop(): void;
}

const scopes = shared("scopes", () => ({ stack: [] as Set<Tensor>[] }));

/** Goes up whenever a parameter comes into being, is frozen or freed: recorded programs then look again whether they still fit. */
export const structure = shared("structure", () => ({ version: 0 }));

/** A dense array of numbers in linear memory. Contiguous, row-major; views share a storage. */
export class Tensor {
  readonly [BRAND] = true;
  readonly shape: Shape;
  readonly size: number;
  /** The gradient, once backward() has run; summed over runs until zeroGrad(). */
  grad: Tensor | undefined;
  private wantsGrad = false;
  /** How it came about, while a gradient may still be asked for. */
  node: GraphNode | undefined;
  private gone = false;

  constructor(
    readonly storage: Storage,
    shape: Shape,
    readonly dtype: DType = "f32",
    /** Bytes into the storage. */
    readonly offset = 0,
  ) {
    this.shape = Object.freeze([...shape]);
    this.size = sizeOf(shape);
    scopes.stack.at(-1)?.add(this);
  }

  /** Whether gradients are wanted for it; false freezes a parameter. */
  get requiresGrad(): boolean {
    return this.wantsGrad;
  }

  set requiresGrad(wanted: boolean) {
    if (wanted !== this.wantsGrad && this.storage.kind === "parameter") structure.version++;
    this.wantsGrad = wanted;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  get disposed(): boolean {
    return this.gone;
  }

  /** Where its first item is; throws when disposed. For instructions. */
  get ref(): Ref {
    if (this.gone)
      throw new DisposedError(
        `a tensor of shape ${showShape(this.shape)} is used after it was disposed; clone() it before, or dispose it later`,
      );
    return this;
  }

  private values(what: string): TypedArrayOf {
    if (recording() !== undefined)
      throw new RecordingError(
        `${what}() was called while a training step is being recorded, when tensors have no values yet. ` +
          "Express it with ops, or train with { eager: true }",
      );
    const { storage } = this.ref;
    const at = (what === "set" ? writeAt(storage) : readAt(storage)) + this.offset;
    const h = heap();
    if (this.dtype === "u8") return h.u8.subarray(at, at + this.size);
    return (this.dtype === "f32" ? h.f32 : h.i32).subarray(at / 4, at / 4 + this.size);
  }

  /** The values, copied out, row-major. */
  data(): Float32Array | Int32Array | Uint8Array {
    return copied(this.values("data"));
  }

  /** The values as nested arrays; a number for a tensor of no dimensions. */
  toArray(): Nested {
    const flat = this.values("toArray");
    const build = (dim: number, at: number, step: number): Nested => {
      if (dim === this.shape.length) return flat[at]!;
      const n = this.shape[dim]!;
      const inner = step / Math.max(1, n);
      return Array.from({ length: n }, (_, k) => build(dim + 1, at + k * inner, inner));
    };
    return build(0, 0, this.size);
  }

  /** The value of a tensor of one item. */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError(`item() takes a tensor of one item, got shape ${showShape(this.shape)}; use data() or toArray()`);
    return this.values("item")[0]!;
  }

  /** Replaces the values in place, from as many numbers. */
  set(values: ArrayLike<number>): this {
    if (values.length !== this.size)
      throw new ShapeError(`set() takes ${this.size} numbers for shape ${showShape(this.shape)}, got ${values.length}`);
    checkValues(values, this.dtype, "set()");
    this.values("set").set(values);
    this.storage.version++;
    return this;
  }

  /** Gives its share of the memory back now. A second call does nothing. */
  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    // the record stays where it is: results of this one may still be differentiated through it
    this.node?.drop();
    this.grad?.dispose();
    this.grad = undefined;
    this.storage.release();
  }

  [DISPOSE](): void {
    this.dispose();
  }

  toString(): string {
    if (this.gone) return `Tensor(disposed, ${showShape(this.shape)})`;
    if (this.storage.plan >= 0) return `Tensor(being recorded, ${showShape(this.shape)}, ${this.dtype})`;
    const shown = this.size > 100 ? `${[...this.data().slice(0, 6)].map(short).join(", ")}, ...` : print(this.toArray());
    return `Tensor(${shown}, ${showShape(this.shape)}, ${this.dtype}${this.requiresGrad ? ", requiresGrad" : ""})`;
  }
}

const short = (x: number) => String(Number(x.toPrecision(5)));
const print = (x: Nested): string => (typeof x === "number" ? short(x) : `[${x.map(print).join(", ")}]`);

/** Whether a value is a tensor, of this copy of the library or another in the same process. */
export function isTensor(x: unknown): x is Tensor {
  return typeof x === "object" && x !== null && (x as { [BRAND]?: boolean })[BRAND] === true;
}

/** A tensor over fresh memory of arbitrary contents. */
export function empty(shape: Shape, dtype: DType = "f32"): Tensor {
  return new Tensor(sink().allocate(BYTES[dtype] * sizeOf(shape)), shape, dtype);
}

/** A tensor whose memory keeps its address for life and belongs to `kind`. */
export function pinned(shape: Shape, kind: Exclude<Kind, "eager" | "planned">, dtype: DType = "f32"): Tensor {
  return new Tensor(new Storage(BYTES[dtype] * sizeOf(shape), kind), shape, dtype);
}

/** Another tensor on the same storage. */
export function view(x: Tensor, shape: Shape, offset = x.offset): Tensor {
  return new Tensor(x.ref.storage.retain(), shape, x.dtype, offset);
}

/** Numbers as items of a dtype: whole numbers in range for the integer ones. */
export function checkValues(values: ArrayLike<number>, dtype: DType, what: string): void {
  if (dtype === "f32") return;
  const [low, high] = dtype === "i32" ? [-(2 ** 31), 2 ** 31 - 1] : [0, 255];
  for (let k = 0; k < values.length; k++) {
    const v = values[k]!;
    if (!Number.isInteger(v) || v < low || v > high)
      throw new DataError(`${what}: item ${k} is ${v}, but ${dtype} holds whole numbers from ${low} to ${high}`);
  }
}

/** A fresh tensor outside any program, holding these values. */
export function fromValues(values: ArrayLike<number>, shape: Shape, dtype: DType, kind: Exclude<Kind, "planned"> = "eager"): Tensor {
  if (values.length !== sizeOf(shape))
    throw new ShapeError(`tensor(): shape ${showShape(shape)} holds ${sizeOf(shape)} items, got ${values.length} values`);
  if (typeof dtype !== "string" || !(dtype in BYTES)) throw new DTypeError(`tensor(): dtype must be f32, i32 or u8, got ${String(dtype)}`);
  const t = new Tensor(new Storage(BYTES[dtype] * values.length, kind), shape, dtype);
  const at = t.storage.address;
  const h = heap();
  if (dtype === "u8") h.u8.set(values, at);
  else (dtype === "f32" ? h.f32 : h.i32).set(values, at / 4);
  return t;
}

/** Disposes every tensor made inside, but for those it returns (in arrays and plain objects too). */
export function scope<T>(body: () => T): T {
  return scoped(body, () => true);
}

/**
 * Around the recording of a program: the temporaries go. Tensors with values stay, since forward() may have made them to use them again, as a mask
 * that depends on the shape of its input.
 */
export function recordingScope<T>(body: () => T): T {
  return scoped(body, (t) => t.storage.plan >= 0);
}

function scoped<T>(body: () => T, goes: (t: Tensor) => boolean): T {
  const made = new Set<Tensor>();
  scopes.stack.push(made);
  let result: T | undefined;
  try {
    result = body();
    return result;
  } finally {
    scopes.stack.pop();
    const kept = new Set<Tensor>();
    collect(result, kept);
    const outer = scopes.stack.at(-1);
    for (const t of made)
      if (!kept.has(t) && goes(t)) t.dispose();
      else outer?.add(t);
  }
}

function collect(value: unknown, into: Set<Tensor>): void {
  if (isTensor(value)) {
    into.add(value);
    if (value.grad !== undefined) into.add(value.grad);
  } else if (Array.isArray(value)) for (const v of value) collect(v, into);
  else if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const v of Object.values(value)) collect(v, into);
}

/** Takes a tensor out of every scope: whoever calls this owns it. */
export function own<T extends Tensor>(t: T): T {
  for (const made of scopes.stack) made.delete(t);
  return t;
}
