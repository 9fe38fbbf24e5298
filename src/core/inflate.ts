import { unpacker } from "./binaries";

interface Unpacker {
  readonly memory: WebAssembly.Memory;
  /** Takes apart what stands at FROM, and writes it from an address on; returns where it ends. */
  inflate(to: number): number;
}

/** Where assembly/unpack/inflate.ts looks for its data. */
const FROM = 2048;
const PAGE = 65536;

/** Bytes of base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: string): Uint8Array<ArrayBuffer> } };
  // at start a loop over characters runs uncompiled
  if (Buffer !== undefined) return Buffer.from(base64, "base64");
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

/** `size` bytes from raw deflated ones (RFC 1951). */
export function inflate(deflated: Uint8Array, size: number): Uint8Array {
  const { memory, inflate: run } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(unpacker))).exports as unknown as Unpacker;
  // it reads up to four bytes at a time
  const to = FROM + deflated.length + 4;
  memory.grow(Math.ceil((to + size) / PAGE));
  const all = new Uint8Array(memory.buffer);
  all.set(deflated, FROM);
  run(to);
  return all.subarray(to, to + size);
}
