type Words = Float32Array | Int32Array | Uint32Array;

/** First item at which two arrays differ in their bits, or -1; much faster than toEqual, and tells NaNs and zeros apart. */
export function firstDifference(actual: Words, expected: Words): number {
  if (actual.length !== expected.length) return Math.min(actual.length, expected.length);
  const a = new Int32Array(actual.buffer, actual.byteOffset, actual.length);
  const b = new Int32Array(expected.buffer, expected.byteOffset, expected.length);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}
