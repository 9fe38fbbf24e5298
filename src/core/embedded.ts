import { deflated, lengths, names, piece } from "./binaries";
import { bytesOf, inflate } from "./inflate";

export type BinaryName = (typeof names)[number];

/** Takes files of these lengths apart that were put together in pieces, one of each in turn. */
export function apart(all: Uint8Array, lengths: readonly number[], piece: number): Uint8Array<ArrayBuffer>[] {
  const files = lengths.map((n) => new Uint8Array(n));
  for (let from = 0, at = 0; from < all.length; at += piece)
    for (const file of files) {
      // the shorter one has run out first
      if (at >= file.length) continue;
      const n = Math.min(piece, file.length - at);
      file.set(all.subarray(from, from + n), at);
      from += n;
    }
  return files;
}

/** The embedded binaries, which scripts/build-wasm.mjs has deflated together. */
export function embedded(): Record<BinaryName, Uint8Array<ArrayBuffer>> {
  const all = inflate(
    bytesOf(deflated),
    lengths.reduce((a, b) => a + b),
  );
  const files = apart(all, lengths, piece);
  return Object.fromEntries(names.map((name, k) => [name, files[k]!])) as Record<BinaryName, Uint8Array<ArrayBuffer>>;
}
