import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { embedded } from "../../src/core/embedded";

it("the embedded binaries are the built files, byte for byte", () => {
  const found = embedded();
  expect(Object.keys(found)).toEqual(["simd", "relaxed"]);
  for (const name of ["simd", "relaxed"] as const) {
    const built = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
    expect(Buffer.compare(Buffer.from(found[name]), built), name).toBe(0);
  }
});
