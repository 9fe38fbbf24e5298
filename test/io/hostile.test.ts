import { describe, expect, it } from "vitest";
import { DataError, NeuriteError, readSafetensors, writeSafetensors } from "../../src/index";
import { random } from "../random";

/** A file of this header and so many bytes of data. */
function file(header: string, data = 0, length?: bigint): Uint8Array {
  const json = Buffer.from(header);
  const out = new Uint8Array(8 + json.length + data);
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  out.set(json, 8);
  return out;
}
const one = (entry: object | string, data = 4) => file(`{"w":${typeof entry === "string" ? entry : JSON.stringify(entry)}}`, data);
const f32 = (more: object) => ({ dtype: "F32", shape: [1], data_offsets: [0, 4], ...more });

const CASES: Record<string, [Uint8Array, RegExp]> = {
  "no bytes at all": [new Uint8Array(), /cut short: it has 0 bytes/],
  "seven bytes": [new Uint8Array(7), /cut short: it has 7 bytes/],
  "a header of 2^63 bytes": [file("{}", 0, 2n ** 63n), /header of 9223372036854775808 bytes is announced, 100000000 are allowed/],
  "a header of 2^64 - 1 bytes": [file("{}", 0, 2n ** 64n - 1n), /100000000 are allowed/],
  "a header of more than 100 MB": [file("{}", 0, 100_000_001n), /header of 100000001 bytes/],
  "a header cut short": [file("{}", 0, 3n), /the header ends at byte 11, the file has 10/],
  "a zip file of torch.save": [
    Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0, 0]),
    /zip files of torch\.save.*safetensors\.torch\.save_file/,
  ],
  "a pickle": [Uint8Array.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9]), /Python pickle/],
  "a header that is not UTF-8": [Uint8Array.from([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]), /not UTF-8/],
  "an empty header": [file(""), /expected "\{" at character 0, found its end/],
  "a header that is a list": [file("[]"), /expected "\{" at character 0/],
  "deep JSON": [file(`{"w":${"[".repeat(1_000_000)}`), /expected "\{" at character 5/],
  "deep JSON in a shape": [one(`{"dtype":"F32","shape":${"[".repeat(100_000)}`), /a whole number/],
  "more behind the header": [file("{} {}"), /nothing but spaces/],
  "an unclosed string": [file('{"w'), /expected a string at character 1/],
  "an unclosed string that ends in a backslash": [file('{"w\\'), /expected a string/],
  "a trailing comma": [file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},}'), /expected a string/],
  "a name twice": [
    file('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2),
    /the entry "w" stands twice/,
  ],
  "a name twice, spelled otherwise": [
    file('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0077":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}', 2),
    /the entry "w" stands twice/,
  ],
  "a field twice": [one('{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}'), /in entry "w", the field "shape" stands twice/],
  "an unknown field": [one(f32({ more: 1 })), /entry "w": unknown field "more"/],
  "a field missing": [one({ dtype: "F32", shape: [1] }), /entry "w": dtype, shape and data_offsets are needed/],
  "a negative shape": [one(f32({ shape: [-1] })), /expected a whole number from 0/],
  "a fractional shape": [one('{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}'), /expected a whole number/],
  "a shape with an exponent": [one('{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}'), /expected a whole number/],
  "a shape beyond 2^53": [one('{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}'), /2\^53/],
  "a shape whose product overflows": [one(f32({ shape: [2 ** 40, 2 ** 40] })), /takes Infinity bytes/],
  "a shape whose product overflows to the right size modulo 2^64": [one(f32({ shape: [2 ** 32, 2 ** 32, 1] })), /takes Infinity bytes/],
  "sizes that do not fit": [one(f32({ shape: [2] })), /entry "w": shape \[2\] of F32 takes 8 bytes, its data_offsets \[0, 4\] hold 4/],
  "offsets the wrong way round": [one(f32({ data_offsets: [4, 0] })), /data_offsets must be \[begin, end\]/],
  "three offsets": [one(f32({ data_offsets: [0, 2, 4] })), /data_offsets must be/],
  "data cut short": [one(f32({}), 3), /cut short: entry "w" ends at byte 4 of the data, the file has 3; copy it anew/],
  "bytes behind the last entry": [one(f32({}), 5), /1 bytes follow the last entry/],
  "a gap before the first": [one(f32({ data_offsets: [4, 8] }), 8), /bytes 0 to 4 belong to no entry: "w" begins at 4/],
  "entries that overlap": [
    file('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}', 4),
    /entry "b" begins at byte 2, within entry "a", which ends at 3/,
  ],
  "an unknown kind of items": [one(f32({ dtype: "F8_E4M3" })), /entry "w": items of type "F8_E4M3" cannot be read/],
  "a kind of items from the prototype": [one(f32({ dtype: "toString" })), /"toString" cannot be read/],
  "metadata that is no string": [file('{"__metadata__":{"a":1}}'), /expected a string/],
  "metadata twice": [file('{"__metadata__":{"a":"1","a":"2"}}'), /in __metadata__, the name "a" stands twice/],
};

describe("a file that is not as it should be is a DataError that names the file", () => {
  it.each(Object.entries(CASES))("%s", (_, [bytes, says]) => {
    let caught: unknown;
    try {
      readSafetensors(bytes, { name: "weights.safetensors" });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(DataError);
    expect((caught as Error).message).toMatch(/^weights\.safetensors: /);
    expect((caught as Error).message).toMatch(says);
  });

  it("whole numbers beyond 2^53", () => {
    const bytes = writeSafetensors({ n: { shape: [2], data: BigInt64Array.of(1n, 2n ** 53n) } });
    expect(() => readSafetensors(bytes)).toThrow(/entry "n": item 1 is 9007199254740992; numbers hold whole ones up to 2\^53/);
  });

  it("what is no bytes", () => {
    expect(() => readSafetensors("weights" as never)).toThrow(DataError);
    expect(() => readSafetensors(new Float32Array(8) as never)).toThrow(DataError);
  });
});

it("names of Object.prototype are names like others, and nothing is polluted", () => {
  const header = ["__proto__", "toString", "constructor"].map((n, k) => `"${n}":{"dtype":"U8","shape":[1],"data_offsets":[${k},${k + 1}]}`);
  const { tensors, metadata } = readSafetensors(file(`{"__metadata__":{"__proto__":"x"},${header.join()}}`, 3));
  expect(Object.keys(tensors)).toEqual(["__proto__", "toString", "constructor"]);
  expect(Object.keys(metadata)).toEqual(["__proto__"]);
  expect(({} as { dtype?: string }).dtype).toBeUndefined();
});

it("what cannot be written is a DataError", () => {
  const a = { shape: [2], data: new Float32Array(2) };
  expect(() => writeSafetensors({ __metadata__: a })).toThrow(DataError);
  expect(() => writeSafetensors({ a: { ...a, shape: [3] } })).toThrow(/"a": shape \[3\] does not hold 2 items/);
  expect(() => writeSafetensors({ a: { ...a, shape: [-1, -2] } })).toThrow(DataError);
  expect(() => writeSafetensors({ a: { shape: [2], data: [1, 2] as never } })).toThrow(/typed array/);
  expect(() => writeSafetensors({ a: { ...a, dtype: "F8" as never } })).toThrow(/unknown dtype "F8"/);
  expect(() => writeSafetensors({ a: { shape: [1], data: Float32Array.of(0.5), dtype: "I64" } })).toThrow(/item 0 is 0\.5/);
  expect(() => writeSafetensors({ a: { shape: [1], data: Int32Array.of(-1), dtype: "U64" } })).toThrow(/item 0 is -1/);
  expect(() => writeSafetensors({ a }, { n: 1 as never })).toThrow(/metadata holds strings, "n" is number/);
});

it("20,000 files with bytes changed, cut or doubled are read, or a typed error", () => {
  const next = random(11);
  const start = writeSafetensors(
    {
      "0.weight": { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      n: { shape: [], data: BigInt64Array.of(5n) },
      b: { shape: [3], data: Uint8Array.of(0, 1, 2), dtype: "BOOL" },
      h: { shape: [2], data: Float32Array.of(1, 2), dtype: "F16" },
    },
    { format: "pt" },
  );
  const pick = (n: number) => Math.floor(n * next());
  const pieces = ["[", "]", "{", "}", '"', ",", ":", "-", "1e9", "99999999999999999999", "\\", "null", "F64", " ", "\0", "9"].map((s) =>
    Buffer.from(s),
  );
  let [read, refused] = [0, 0];
  for (let k = 0; k < 20_000; k++) {
    let bytes = Buffer.from(start);
    for (let n = 1 + pick(3); n > 0; n--) {
      // mostly in the header
      const at = pick(next() < 0.5 ? 8 + start[0]! + 256 * start[1]! : bytes.length);
      const way = pick(5);
      if (way === 0) bytes[at] = pick(256);
      else if (way === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
      else if (way === 2) bytes = bytes.subarray(0, at) as typeof bytes;
      else if (way === 3) bytes = Buffer.concat([bytes.subarray(0, at), pieces[pick(pieces.length)]!, bytes.subarray(at + pick(4))]);
      else {
        const piece = pieces[pick(pieces.length)]!;
        piece.copy(bytes, at);
      }
    }
    try {
      const { tensors } = readSafetensors(bytes);
      for (const t of Object.values(tensors)) expect(t.data.length).toBe(t.shape.reduce((a, b) => a * b, 1));
      read++;
    } catch (error) {
      if (!(error instanceof NeuriteError)) throw error;
      refused++;
    }
  }
  // both happen
  expect(Math.min(read, refused)).toBeGreaterThan(500);
});
