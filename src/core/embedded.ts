import { inflateSync } from "fflate";
import { deflated, lengths, names, piece } from "./binaries";

export type BinaryName = (typeof names)[number];

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

/** The embedded binaries, which scripts/build-wasm.mjs has deflated together: a piece of each in turn. */
export function embedded(): Record<BinaryName, Uint8Array<ArrayBuffer>> {
  const all = inflateSync(bytesOf(deflated), { out: new Uint8Array(lengths.reduce((a, b) => a + b)) });
  const binaries = lengths.map((n) => new Uint8Array(n));
  for (let from = 0, at = 0; from < all.length; at += piece)
    for (const b of binaries) {
      const n = Math.max(0, Math.min(piece, b.length - at));
      b.set(all.subarray(from, from + n), at);
      from += n;
    }
  return Object.fromEntries(names.map((name, k) => [name, binaries[k]!])) as Record<BinaryName, Uint8Array<ArrayBuffer>>;
}
