import { DataError } from "../core/errors";

/** Whether the bytes begin as a gzip member does (RFC 1952: 1f 8b). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates gzip with the platform's DecompressionStream (Node 18 and later, browsers). `limit` bounds the result in bytes, so that a
 * small hostile file cannot fill the memory.
 * @throws DataError when the file is damaged or cut short, or inflates to more than `limit`
 */
export async function gunzip(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  // a damaged file rejects here too; the reader below reports it
  void writer
    .write(bytes as Uint8Array<ArrayBuffer>)
    .then(() => writer.close())
    .catch(() => {});
  const reader = stream.readable.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    let next: ReadableStreamReadResult<Uint8Array>;
    try {
      next = await reader.read();
    } catch (cause) {
      throw new DataError(
        `gzip: cannot inflate the ${bytes.length} bytes given, after ${total} bytes of output: the file is damaged or cut short`,
        { cause },
      );
    }
    if (next.done) break;
    total += next.value.length;
    if (total > limit) {
      void reader.cancel().catch(() => {});
      throw new DataError(
        `gzip: the ${bytes.length} bytes given inflate to more than the ${limit} bytes allowed; pass a larger maxBytes if that is right`,
      );
    }
    chunks.push(next.value);
  }
  const out = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
