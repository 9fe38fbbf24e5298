/** The smallest module with a vector instruction: i32x4.splat of a constant, dropped. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** Throws, in words for the reader, where this browser cannot compute. */
export function checkSupport(): void {
  if (typeof WebAssembly !== "object")
    throw new Error("This browser has WebAssembly switched off. Switch it on (some privacy modes switch it off), or use another browser.");
  if (!WebAssembly.validate(SIMD))
    throw new Error(
      "This browser has no WebAssembly SIMD, which the training needs. Chrome and Edge have it from version 91 on, Firefox from 89, Safari from 16.4; please update, or open this page in another browser.",
    );
}
