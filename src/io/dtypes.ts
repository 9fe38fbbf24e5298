import { DataError } from "../core/errors";

/** Items of a safetensors entry as they come and go: 64-bit integers, halves and truth values as numbers. */
export type SafeData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

interface Kind {
  readonly bytes: number;
  readonly read: (bytes: ArrayBuffer, what: string) => Exclude<SafeData, BigInt64Array | BigUint64Array>;
  readonly write: (values: ArrayLike<number>, what: string) => ArrayBufferView;
}

/** Whole numbers of 64 bits as numbers; those that a number does not hold exactly are an error. */
function wide(values: BigInt64Array | BigUint64Array, what: string): Float64Array {
  const out = new Float64Array(values.length);
  for (let k = 0; k < out.length; k++) {
    out[k] = Number(values[k]!);
    if (!Number.isSafeInteger(out[k]))
      throw new DataError(`${what}: item ${k} is ${values[k]}; numbers hold whole ones up to 2^53 exactly`);
  }
  return out;
}

function toWide<A extends BigInt64Array | BigUint64Array>(out: A, least: number, values: ArrayLike<number>, what: string): A {
  for (let k = 0; k < out.length; k++) {
    const v = values[k]!;
    if (!Number.isSafeInteger(v) || v < least) throw new DataError(`${what}: item ${k} is ${v}, which no whole number of this type holds`);
    out[k] = BigInt(v);
  }
  return out;
}

/** IEEE 754 binary16 to binary32, exactly. */
function fromHalf(bytes: ArrayBuffer): Float32Array {
  const bits = new Uint16Array(bytes);
  const out = new Float32Array(bits.length);
  const words = new Uint32Array(out.buffer);
  for (let k = 0; k < bits.length; k++) {
    const h = bits[k]!;
    const [sign, exponent, mantissa] = [(h & 0x8000) << 16, (h >> 10) & 31, h & 0x3ff];
    // below the normal numbers the mantissa counts steps of 2^-24
    if (exponent === 0) out[k] = (sign === 0 ? 1 : -1) * mantissa * 2 ** -24;
    else words[k] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (mantissa << 13);
  }
  return out;
}

/** To the nearest binary16, ties to even. */
function toHalf(values: ArrayLike<number>): Uint16Array {
  const single = Float32Array.from(values);
  const words = new Uint32Array(single.buffer);
  return Uint16Array.from(single, (v, k) => {
    const sign = (words[k]! >>> 16) & 0x8000;
    const size = Math.abs(v);
    if (Number.isNaN(v)) return sign | 0x7e00;
    if (size < 2 ** -14) {
      const steps = size * 2 ** 24;
      const low = Math.floor(steps);
      const up = steps - low > 0.5 || (steps - low === 0.5 && low % 2 === 1);
      return sign | (low + (up ? 1 : 0));
    }
    const word = words[k]! & 0x7fffffff;
    const rounded = word + 0xfff + ((word >>> 13) & 1);
    return sign | Math.min(0x7c00, (rounded >>> 13) - (112 << 10));
  });
}

function fromBrain(bytes: ArrayBuffer): Float32Array {
  const words = Uint32Array.from(new Uint16Array(bytes), (b) => b << 16);
  return new Float32Array(words.buffer);
}

/** To the nearest bfloat16, ties to even. */
function toBrain(values: ArrayLike<number>): Uint16Array {
  const single = Float32Array.from(values);
  return Uint16Array.from(new Uint32Array(single.buffer), (w, k) =>
    Number.isNaN(single[k]) ? (w >>> 16) | 0x40 : (w + 0x7fff + ((w >>> 16) & 1)) >>> 16,
  );
}

/** The kinds of items a file may hold, as safetensors names and orders them: the widest first, so that all are aligned. */
export const KINDS = {
  U64: {
    bytes: 8,
    read: (b, what) => wide(new BigUint64Array(b), what),
    write: (v, what) => toWide(new BigUint64Array(v.length), 0, v, what),
  },
  I64: {
    bytes: 8,
    read: (b, what) => wide(new BigInt64Array(b), what),
    write: (v, what) => toWide(new BigInt64Array(v.length), -Infinity, v, what),
  },
  F64: { bytes: 8, read: (b) => new Float64Array(b), write: (v) => Float64Array.from(v) },
  F32: { bytes: 4, read: (b) => new Float32Array(b), write: (v) => Float32Array.from(v) },
  U32: { bytes: 4, read: (b) => new Uint32Array(b), write: (v) => Uint32Array.from(v) },
  I32: { bytes: 4, read: (b) => new Int32Array(b), write: (v) => Int32Array.from(v) },
  BF16: { bytes: 2, read: fromBrain, write: toBrain },
  F16: { bytes: 2, read: fromHalf, write: toHalf },
  U16: { bytes: 2, read: (b) => new Uint16Array(b), write: (v) => Uint16Array.from(v) },
  I16: { bytes: 2, read: (b) => new Int16Array(b), write: (v) => Int16Array.from(v) },
  I8: { bytes: 1, read: (b) => new Int8Array(b), write: (v) => Int8Array.from(v) },
  U8: { bytes: 1, read: (b) => new Uint8Array(b), write: (v) => Uint8Array.from(v) },
  BOOL: {
    bytes: 1,
    read: (b) => new Uint8Array(b).map((x) => (x === 0 ? 0 : 1)),
    write: (v) => Uint8Array.from(v, (x) => (x === 0 ? 0 : 1)),
  },
} as const satisfies Record<string, Kind>;

export type SafeDType = keyof typeof KINDS;
/** All of them, in this order. */
export const dtypes = (): SafeDType[] => Object.keys(KINDS) as SafeDType[];

/** Kinds by the typed array whose items they are. */
const NATIVE: Record<string, SafeDType> = {
  Float64Array: "F64",
  Float32Array: "F32",
  Int32Array: "I32",
  Uint32Array: "U32",
  Int16Array: "I16",
  Uint16Array: "U16",
  Int8Array: "I8",
  Uint8Array: "U8",
  BigInt64Array: "I64",
  BigUint64Array: "U64",
};

/** The kind whose items a typed array holds; undefined for anything else. */
export const nativeDType = (data: unknown): SafeDType | undefined =>
  ArrayBuffer.isView(data) ? NATIVE[(data as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? ""] : undefined;
