import { Source } from "../../assembly/opcodes";
import { DataError, DTypeError, ShapeError } from "../core/errors";
import { flatten, type Numbers } from "../tensor/create";
import { type Shape, showShape, sizeOf } from "../tensor/shape";
import { fromValues, isTensor, type Nested, own, type Tensor, view } from "../tensor/tensor";

/** Flat numbers with their shape; bytes may be scaled as they are read: value * scale + offset. */
export interface Raw {
  data: Numbers;
  shape: Shape;
  scale?: number;
  offset?: number;
}

/** One array of examples, the first dimension are the rows. */
export type Input = Tensor | Nested | Numbers | Raw;

/** One input or target of a data set, ready to be read row by row. */
export interface Column {
  readonly name: string;
  readonly rows: number;
  readonly rowShape: Shape;
  /** Items of a row. */
  readonly cols: number;
  readonly dtype: "f32" | "i32";
  readonly kind: Source;
  readonly scale: number;
  readonly offset: number;
  readonly values: Float32Array | Int32Array | Uint8Array | Tensor;
}

export interface ColumnOptions {
  /** What the column is read as. */
  as: "f32" | "i32";
  /** NaN and Infinity are let through. */
  allowNonFinite: boolean;
}

const isNumbers = (x: unknown): x is Numbers => ArrayBuffer.isView(x) && !(x instanceof DataView);
const isRaw = (x: Input): x is Raw => typeof x === "object" && "data" in x && "shape" in x && !isTensor(x);

/** Normalises one array. Throws DataError or ShapeError naming the column and the first bad item. */
export function column(name: string, input: Input, { as, allowNonFinite }: ColumnOptions): Column {
  if (isTensor(input)) return fromTensor(name, input, as, allowNonFinite);
  const { values, shape, scale = 1, offset = 0 } = spread(name, input);
  if (shape.length === 0) throw new ShapeError(`${name}: a data set needs a first dimension, its rows; got a single number`);
  if (sizeOf(shape) !== values.length)
    throw new ShapeError(`${name}: shape ${showShape(shape)} holds ${sizeOf(shape)} items, got ${values.length}`);
  const base = { name, rows: shape[0]!, rowShape: shape.slice(1), cols: sizeOf(shape.slice(1)), scale, offset };
  if (as === "i32") return { ...base, dtype: "i32", kind: Source.WORD, values: integers(name, values) };
  if (values instanceof Uint8Array && !(values instanceof Uint8ClampedArray)) return { ...base, dtype: "f32", kind: Source.U8, values };
  if (scale !== 1 || offset !== 0)
    throw new DTypeError(`${name}: scale and offset are for Uint8Array data; got ${values.constructor.name}`);
  if (!allowNonFinite) finite(name, values, base.cols);
  return { ...base, dtype: "f32", kind: Source.WORD, values: values instanceof Float32Array ? values : Float32Array.from(values) };
}

function spread(name: string, input: Exclude<Input, Tensor>): { values: ArrayLike<number>; shape: Shape; scale?: number; offset?: number } {
  if (isNumbers(input)) return { values: input, shape: [input.length] };
  if (typeof input === "number" || Array.isArray(input)) return flatten(input as Nested, name);
  if (typeof input === "object" && input !== null && isRaw(input as Input)) {
    const { data, shape, ...rest } = input as Raw;
    return { values: data, shape, ...rest };
  }
  throw new DataError(`${name}: expected a tensor, nested arrays, a typed array or { data, shape }, got ${String(input)}`);
}

function fromTensor(name: string, t: Tensor, as: "f32" | "i32", allowNonFinite: boolean): Column {
  if (t.rank === 0) throw new ShapeError(`${name}: a data set needs a first dimension, its rows; got a tensor of no dimensions`);
  const base = { name, rows: t.shape[0]!, rowShape: t.shape.slice(1), cols: sizeOf(t.shape.slice(1)), scale: 1, offset: 0 };
  if (as === "i32" && t.dtype !== "i32") return { ...base, dtype: "i32", kind: Source.WORD, values: integers(name, t.data()) };
  if (t.dtype === "f32" && !allowNonFinite) finite(name, t.data(), base.cols);
  if (as === "f32" && t.dtype === "i32") return { ...base, dtype: "f32", kind: Source.WORD, values: Float32Array.from(t.data()) };
  return { ...base, dtype: as, kind: t.dtype === "u8" ? Source.U8 : Source.WORD, values: t };
}

function integers(name: string, values: ArrayLike<number>): Int32Array {
  for (let k = 0; k < values.length; k++) {
    const v = values[k]!;
    if (!Number.isInteger(v) || v < -(2 ** 31) || v >= 2 ** 31)
      throw new DataError(
        `${name}: item ${k} is ${v}; class targets are whole numbers from 0 (for targets that are numbers, use a loss such as mse)`,
      );
  }
  return values instanceof Int32Array ? values : Int32Array.from(values);
}

function finite(name: string, values: ArrayLike<number>, cols: number): void {
  for (let k = 0; k < values.length; k++)
    // x - x is 0 for finite x alone
    if (values[k]! - values[k]! !== 0)
      throw new DataError(
        `${name}: row ${Math.floor(k / Math.max(1, cols))}, item ${k % Math.max(1, cols)} is ${values[k]}; clean the data, or pass allowNonFinite: true`,
      );
}

/** The whole column in linear memory, at a fixed address until freeColumn(). A tensor's own memory is used as it is. */
export function residentTensor(c: Column): Tensor {
  const shape = [c.rows, ...c.rowShape];
  if (isTensor(c.values)) {
    c.values.ref.storage.pin("data");
    return own(view(c.values, shape));
  }
  return own(fromValues(c.values, shape, c.kind === Source.U8 ? "u8" : c.dtype, "data"));
}

/** Ends what residentTensor() began; the user's own tensor is as before. */
export function freeColumn(t: Tensor): void {
  t.storage.unpin();
  t.dispose();
}
