import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { inflate } from "../../src/core/inflate";
import { noLeaks } from "../leaks";

noLeaks();

/** Words that repeat, at near and far distances, and noise that does not. */
const text = new TextEncoder().encode(Array.from({ length: 9000 }, (_, k) => `${(k * k) % 977} ${"ab".repeat(k % 150)}`).join(","));
const noise = Uint8Array.from({ length: 70_000 }, (_, k) => Math.imul(k + 1, 2654435761) >>> 13);
const { Z_FIXED, Z_HUFFMAN_ONLY, Z_DEFAULT_STRATEGY } = constants;

describe("inflate gives back the bytes", () => {
  it.each([
    ["of stored blocks", noise, { level: 0 }],
    ["of the fixed code", text, { strategy: Z_FIXED }],
    ["of literals alone", noise, { strategy: Z_HUFFMAN_ONLY }],
    ["of codes of their own", text, { level: 9, strategy: Z_DEFAULT_STRATEGY }],
    ["of which there are none", new Uint8Array(0), {}],
  ])("%s", (_, bytes, options) => {
    const deflated = deflateRawSync(bytes, options);
    expect(Buffer.compare(inflate(deflated, bytes.length), bytes)).toBe(0);
  });

  it("and throws on a code that no symbol has", () => {
    expect(() => inflate(new Uint8Array(200).fill(0xfc), 1000)).toThrow(WebAssembly.RuntimeError);
  });
});
