import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { apart, embedded } from "../../src/core/embedded";

it("the embedded binaries are the built files, byte for byte", () => {
  const found = embedded();
  expect(Object.keys(found)).toEqual(["simd", "relaxed"]);
  for (const name of ["simd", "relaxed"] as const) {
    const built = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
    expect(found[name].length, name).toBe(built.length);
    expect(
      built.findIndex((byte, k) => found[name][k] !== byte),
      name,
    ).toBe(-1);
  }
});

it("files of any lengths come apart as they were put together, also where one has more pieces", () => {
  for (const lengths of [
    [8, 8],
    [3, 25],
    [25, 3],
    [17, 16],
    [0, 9],
    [24, 24, 1],
  ]) {
    const files = lengths.map((n, k) => Uint8Array.from({ length: n }, (_, i) => 40 * k + i));
    const pieces: number[] = [];
    for (let at = 0; at < 25; at += 8) for (const f of files) pieces.push(...f.subarray(at, at + 8));
    expect(apart(Uint8Array.from(pieces), lengths, 8)).toEqual(files);
  }
});
