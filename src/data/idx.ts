import { DataError } from "../core/errors";
import { gunzip, isGzip } from "./gzip";

/** Element kinds of the IDX format, by type code (Y. LeCun, C. Cortes: "The MNIST database", file formats). */
const TYPES = {
  0x08: { dtype: "u8", bytes: 1 },
  0x09: { dtype: "i8", bytes: 1 },
  0x0b: { dtype: "i16", bytes: 2 },
  0x0c: { dtype: "i32", bytes: 4 },
  0x0d: { dtype: "f32", bytes: 4 },
  0x0e: { dtype: "f64", bytes: 8 },
} as const;

/** Typed arrays by element kind. */
export interface IdxArrays {
  u8: Uint8Array;
  i8: Int8Array;
  i16: Int16Array;
  i32: Int32Array;
  f32: Float32Array;
  f64: Float64Array;
}

/** An n-dimensional array, row-major; `dtype` tells the type of `data`. */
export type IdxArray = {
  [K in keyof IdxArrays]: { readonly shape: number[]; readonly dtype: K; readonly data: IdxArrays[K] };
}[keyof IdxArrays];

const hex = (value: number) => `0x${value.toString(16).padStart(2, "0")}`;

/**
 * Reads an IDX file (the format of MNIST and its relatives): two zero bytes, a type code, the number of dimensions, the sizes as big-endian
 * u32, then the items, big-endian. One-byte items are a view of `bytes`, others are copied.
 * @throws DataError when the header is not IDX, the type code is unknown, or the length is not what the header says
 */
export function readIdx(bytes: Uint8Array): IdxArray {
  if (bytes.length < 4)
    throw new DataError(`IDX: header cut short at byte ${bytes.length}: expected at least 4 bytes, found ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isGzip(bytes)) throw new DataError("IDX: expected 0x00 0x00 at byte 0, found 0x1f 0x8b: this is a gzip file, use decodeIdx");
  if (view.getUint16(0) !== 0)
    throw new DataError(`IDX: expected 0x00 0x00 at byte 0, found ${hex(bytes[0]!)} ${hex(bytes[1]!)}: not an IDX file`);
  const code = bytes[2]!;
  const type = Object.hasOwn(TYPES, code) ? TYPES[code as keyof typeof TYPES] : undefined;
  if (!type)
    throw new DataError(
      `IDX: unknown type code at byte 2: expected one of ${Object.keys(TYPES)
        .map((c) => hex(+c))
        .join(" ")}, found ${hex(code)}`,
    );
  const dimensions = bytes[3]!;
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) {
    throw new DataError(`IDX: header cut short at byte ${bytes.length}: ${dimensions} dimensions need ${start} bytes`);
  }
  const shape = Array.from({ length: dimensions }, (_, k) => view.getUint32(4 + 4 * k));
  // an empty dimension first: the product of the others may be Infinity, and 0 times that is NaN
  const n = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  const expected = start + n * type.bytes;
  if (bytes.length !== expected) {
    const what = bytes.length < expected ? `data cut short at byte ${bytes.length}` : `trailing bytes from byte ${expected}`;
    throw new DataError(`IDX: ${what}: shape [${shape.join(", ")}] of ${type.dtype} needs ${expected} bytes in all, found ${bytes.length}`);
  }
  const fill = <T extends { [index: number]: number }>(data: T, read: (at: number) => number): T => {
    for (let i = 0; i < n; i++) data[i] = read(start + i * type.bytes);
    return data;
  };
  switch (type.dtype) {
    case "u8":
      return { shape, dtype: "u8", data: bytes.subarray(start) };
    case "i8":
      return { shape, dtype: "i8", data: new Int8Array(bytes.buffer, bytes.byteOffset + start, n) };
    case "i16":
      return { shape, dtype: "i16", data: fill(new Int16Array(n), (at) => view.getInt16(at)) };
    case "i32":
      return { shape, dtype: "i32", data: fill(new Int32Array(n), (at) => view.getInt32(at)) };
    case "f32":
      return { shape, dtype: "f32", data: fill(new Float32Array(n), (at) => view.getFloat32(at)) };
    case "f64":
      return { shape, dtype: "f64", data: fill(new Float64Array(n), (at) => view.getFloat64(at)) };
  }
}

/**
 * Reads an IDX file, plain or gzipped (told by the first two bytes), from a fetch or a file:
 * `decodeIdx(await (await fetch(url)).arrayBuffer())`, `decodeIdx(await readFile(path))`.
 * `maxBytes` (1 GiB) bounds what a gzip file may inflate to.
 * @throws DataError as readIdx, and when the gzip data is damaged, cut short or too large
 */
export async function decodeIdx(source: Uint8Array | ArrayBuffer, { maxBytes = 2 ** 30 }: { maxBytes?: number } = {}): Promise<IdxArray> {
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
  return readIdx(isGzip(bytes) ? await gunzip(bytes, maxBytes) : bytes);
}
