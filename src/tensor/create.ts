import { Op } from "../../assembly/opcodes";
import { emit } from "../core/emit";
import { DataError, OptionError, ShapeError } from "../core/errors";
import { checkShape, type Shape, showShape, sizeOf } from "./shape";
import { checkValues, type DType, empty, fromValues, isTensor, type Nested, type Tensor } from "./tensor";

export interface TensorOptions {
  /** Default: f32; i32 for an Int32Array, u8 for a Uint8Array. */
  dtype?: DType;
  requiresGrad?: boolean;
}

export type Numbers =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int8Array
  | Int16Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

const isNumbers = (x: unknown): x is Numbers => ArrayBuffer.isView(x) && !(x instanceof DataView);

/** Shape and values of nested arrays; throws where they are ragged or hold something else than numbers. */
export function flatten(data: Nested, what: string): { shape: number[]; values: number[] } {
  const shape: number[] = [];
  for (let d: Nested = data; Array.isArray(d); d = d[0] as Nested) {
    shape.push(d.length);
    if (d.length === 0) break;
  }
  const values: number[] = [];
  const walk = (d: Nested, dim: number, path: string): void => {
    if (dim === shape.length) {
      if (typeof d !== "number") throw new DataError(`${what}: ${path === "" ? "the value" : path} is ${describe(d)}, expected a number`);
      values.push(d);
      return;
    }
    if (!Array.isArray(d) || d.length !== shape[dim])
      throw new ShapeError(
        `${what}: ragged array: ${path} has ${Array.isArray(d) ? `${d.length} items` : describe(d)} where the first has ${shape[dim]} items`,
      );
    for (let k = 0; k < d.length; k++) walk(d[k] as Nested, dim + 1, `${path}[${k}]`);
  };
  walk(data, 0, "");
  return { shape, values };
}

const describe = (d: unknown) => (Array.isArray(d) ? `an array of ${d.length}` : typeof d === "number" ? "a number" : String(d));

/**
 * A tensor from nested arrays, or from flat numbers and a shape. Values are copied.
 * Throws ShapeError for ragged arrays or a shape of another size, DataError for what is not a number.
 */
export function tensor(data: Nested | Numbers, shape?: Shape, options: TensorOptions = {}): Tensor {
  if (isTensor(data)) throw new DataError("tensor(): got a tensor; clone() copies one");
  const flat = isNumbers(data) ? { shape: [data.length], values: data } : flatten(data, "tensor()");
  const dtype = options.dtype ?? (data instanceof Int32Array ? "i32" : data instanceof Uint8Array ? "u8" : "f32");
  const wanted = shape ?? flat.shape;
  if (!Array.isArray(wanted) && typeof wanted === "object")
    throw new OptionError("tensor(): options come third: tensor(data, undefined, { requiresGrad: true }) keeps the shape of the data");
  checkShape(wanted, "tensor()");
  if (sizeOf(wanted) !== flat.values.length)
    throw new ShapeError(`tensor(): shape ${showShape(wanted)} holds ${sizeOf(wanted)} items, got ${flat.values.length} values`);
  if (!(isNumbers(data) && dtype !== "f32" && sameKind(data, dtype))) checkValues(flat.values, dtype, "tensor()");
  const t = fromValues(flat.values, wanted, dtype);
  t.requiresGrad = options.requiresGrad ?? false;
  return t;
}

const sameKind = (data: Numbers, dtype: DType) => (dtype === "i32" ? data instanceof Int32Array : data instanceof Uint8Array);

/** A tensor of one value throughout. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  checkShape(shape, "full()");
  const t = empty(shape, "f32");
  emit(Op.FILL, t.ref, t.size, value);
  t.requiresGrad = options.requiresGrad ?? false;
  return t;
}

export const zeros = (shape: Shape, options?: TensorOptions): Tensor => full(shape, 0, options);
export const ones = (shape: Shape, options?: TensorOptions): Tensor => full(shape, 1, options);

/** start, start + step, ... before end; empty where start is there already. Throws OptionError for a step of 0 or away from end, and for what is not finite. */
export function arange(end: number, start = 0, step = 1): Tensor {
  for (const [name, value] of Object.entries({ end, start, step }))
    if (!Number.isFinite(value)) throw new OptionError(`arange: ${name} must be a finite number, got ${value}`);
  if (step === 0 || (end - start) * step < 0)
    throw new OptionError(`arange: a step of ${step} does not lead from ${start} to ${end}; the order is arange(end, start, step)`);
  const n = Math.ceil((end - start) / step);
  return fromValues(
    Float32Array.from({ length: n }, (_, k) => start + k * step),
    [n],
    "f32",
  );
}
