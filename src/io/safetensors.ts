import { DataError } from "../core/errors";
import { dtypes, KINDS, nativeDType, type SafeData, type SafeDType } from "./dtypes";
import { parseHeader } from "./header";

/** A tensor of a safetensors file. */
export interface SafeTensor {
  readonly dtype: SafeDType;
  readonly shape: readonly number[];
  /** Row-major. F16 and BF16 come as Float32Array, BOOL as 0 and 1, I64 and U64 as Float64Array (exactly, or as a DataError). */
  readonly data: Exclude<SafeData, BigInt64Array | BigUint64Array>;
}

/** Tensors by name; without prototype, so that any name is just a name. */
export interface SafeTensors {
  readonly tensors: Record<string, SafeTensor>;
  readonly metadata: Record<string, string>;
}

/** What writeSafetensors takes for a tensor; `dtype` by default that of the typed array. */
export interface SafeInput {
  readonly shape: readonly number[];
  readonly data: SafeData;
  readonly dtype?: SafeDType;
}

/** Most bytes of a header: what the format's own reader allows. */
const MOST_HEADER = 100_000_000;

/** A name as messages show it. */
const quoted = (name: string): string => JSON.stringify(name);

/** What a file that begins so is, where it is no safetensors file. */
function guess(bytes: Uint8Array): string {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b)
    return "; it begins as the zip files of torch.save: load it in Python and write it with safetensors.torch.save_file";
  if (bytes[0] === 0x80 && bytes[1]! <= 5) return "; it begins as a Python pickle: write it anew with safetensors.torch.save_file";
  if (bytes[0] === 0x89 && bytes[1] === 0x48) return "; it begins as an HDF5 file: write its arrays with safetensors.numpy.save_file";
  return "";
}

/**
 * Reads a safetensors file: 8 bytes that hold the length of a header, the header in JSON, the items of all tensors. Everything is copied out of `bytes`.
 *
 * `name` is what errors call the file. Throws DataError, naming the entry, for a header that is cut short, larger than 100 MB or not of the format, names that stand
 * twice, kinds of items it does not know, sizes that do not fit, entries that overlap or leave bytes between them, and whole numbers beyond 2^53.
 *
 * The format: https://github.com/huggingface/safetensors
 */
export function readSafetensors(bytes: Uint8Array, { name = "safetensors" }: { name?: string } = {}): SafeTensors {
  const fail = (why: string, cause?: unknown) => new DataError(`${name}: ${why}`, cause === undefined ? undefined : { cause });
  const whole = ArrayBuffer.isView(bytes);
  if (!whole || (bytes as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT !== 1) throw fail("expected the bytes of a file, a Uint8Array");
  if (bytes.length < 8) throw fail(`not a safetensors file, or cut short: it has ${bytes.length} bytes, a header's length alone takes 8`);
  const size = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (size > MOST_HEADER)
    throw fail(`not a safetensors file: a header of ${size} bytes is announced, ${MOST_HEADER} are allowed${guess(bytes)}`);
  const start = 8 + Number(size);
  if (bytes.length < start)
    throw fail(`not a safetensors file, or cut short: the header ends at byte ${start}, the file has ${bytes.length}${guess(bytes)}`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start));
  } catch (cause) {
    throw fail("not a safetensors file: the header is not UTF-8", cause);
  }
  const { metadata, entries } = parseHeader(text, bytes.length - start, fail);
  const tensors = Object.create(null) as Record<string, SafeTensor>;
  for (const { name: key, dtype, shape, begin, end } of entries) {
    const items = bytes.buffer.slice(bytes.byteOffset + start + begin, bytes.byteOffset + start + end) as ArrayBuffer;
    tensors[key] = { dtype, shape, data: KINDS[dtype].read(items, `${name}: entry ${quoted(key)}`) };
  }
  return { tensors, metadata: Object.assign(Object.create(null), Object.fromEntries(metadata)) as Record<string, string> };
}

const bytesOf = (a: ArrayBufferView): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);

/** Items of an input in the kind asked for. Throws DataError. */
function encode(
  name: string,
  { shape, data, dtype }: SafeInput,
): { name: string; dtype: SafeDType; shape: readonly number[]; bytes: Uint8Array } {
  const native = nativeDType(data);
  if (native === undefined) throw new DataError(`safetensors: ${quoted(name)} must hold a typed array, { shape, data }`);
  const wanted = dtype ?? native;
  if (!Object.hasOwn(KINDS, wanted))
    throw new DataError(`safetensors: ${quoted(name)}: unknown dtype ${quoted(wanted)}; known are ${dtypes().join(", ")}`);
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0) || shape.reduce((n, d) => n * d, 1) !== data.length)
    throw new DataError(`safetensors: ${quoted(name)}: shape [${shape.join(", ")}] does not hold ${data.length} items`);
  if (wanted === native) return { name, dtype: wanted, shape, bytes: bytesOf(data) };
  const numbers = data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;
  return { name, dtype: wanted, shape, bytes: bytesOf(KINDS[wanted].write(numbers, `safetensors: ${quoted(name)}`)) };
}

/**
 * The bytes of a safetensors file, the same to the last byte as those of the format's own writer where there is one piece of metadata or none: entries by kind, the
 * widest first, then by name. Throws DataError for data of another length than the shape, a header larger than 100 MB, and the name `__metadata__`.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, SafeInput>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(tensors).map(([name, t]) => encode(name, t));
  const rank = (dtype: SafeDType) => dtypes().indexOf(dtype);
  entries.sort((a, b) => rank(a.dtype) - rank(b.dtype) || (a.name < b.name ? -1 : 1));
  const members = Object.keys(metadata).length === 0 ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
  let at = 0;
  for (const { name, dtype, shape, bytes } of entries) {
    if (name === "__metadata__") throw new DataError("safetensors: no tensor may be called __metadata__");
    members.push(`${quoted(name)}:${JSON.stringify({ dtype, shape, data_offsets: [at, at + bytes.length] })}`);
    at += bytes.length;
  }
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== "string") throw new DataError(`safetensors: metadata holds strings, ${quoted(key)} is ${typeof value}`);
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const size = 8 * Math.ceil(json.length / 8);
  if (size > MOST_HEADER) throw new DataError(`safetensors: names and metadata take ${size} bytes, ${MOST_HEADER} are allowed`);
  const out = new Uint8Array(8 + size + at);
  new DataView(out.buffer).setBigUint64(0, BigInt(size), true);
  out.fill(0x20, 8, 8 + size);
  out.set(json, 8);
  at = 8 + size;
  for (const { bytes } of entries) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}
