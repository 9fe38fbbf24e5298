import { DataError, OptionError } from "../core/errors";
import { nodeModule } from "../core/node";
import { isGzip } from "../data/gzip";
import { fileError } from "../io/file";

/**
 * Where text comes from: a path (or file: URL) in Node, bytes, a Blob or File, a stream or async iterable of bytes or strings; or the text itself as { text }.
 * Bytes that begin as gzip does are inflated on the way.
 */
export type TextSource =
  | string
  | URL
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | { readonly text: string };

type Chunk = Uint8Array | string;

/** Bytes of a file as they come. */
async function* ofFile(path: string | URL): AsyncGenerator<Chunk> {
  const { open } = await nodeModule("fs/promises").catch((cause: unknown) => {
    throw new OptionError("there are no files here: pass a File, bytes, a stream or { text }", { cause });
  });
  try {
    yield* (await open(path)).createReadStream();
  } catch (cause) {
    throw fileError("read", String(path), cause);
  }
}

async function* ofStream(stream: ReadableStream<Chunk>): AsyncGenerator<Chunk> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // whoever stops early lets the source know
    await reader.cancel().catch(() => {});
  }
}

function chunksOf(source: TextSource): AsyncIterable<Chunk> | Iterable<Chunk> {
  if (typeof source === "string" || source instanceof URL) return ofFile(source);
  if (source instanceof Uint8Array) return [source];
  if (typeof Blob !== "undefined" && source instanceof Blob) return ofStream(source.stream());
  if (typeof source === "object" && source !== null) {
    if ("text" in source && typeof source.text === "string") return [source.text];
    if (Symbol.asyncIterator in source) return source as AsyncIterable<Chunk>;
    if ("getReader" in source) return ofStream(source);
  }
  throw new OptionError("expected a path, a URL of a file, bytes, a Blob, a stream, an async iterable or { text }");
}

/** Inflates what begins as gzip does, and passes on the rest. */
async function* inflated(chunks: AsyncIterable<Chunk> | Iterable<Chunk>): AsyncGenerator<Chunk> {
  const from = (async function* () {
    yield* chunks;
  })();
  const first = await from.next();
  if (first.done) return;
  const again = (async function* () {
    yield first.value;
    yield* from;
  })();
  if (typeof first.value === "string" || !isGzip(first.value)) {
    yield* again;
    return;
  }
  const bytes = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await again.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
    },
  });
  try {
    yield* ofStream(bytes.pipeThrough(new DecompressionStream("gzip")));
  } catch (cause) {
    throw new DataError("gzip: the file is damaged or cut short", { cause });
  }
}

/** The text of a source in pieces. UTF-8, with or without a byte order mark. Throws DataError where it is none. */
export async function* textOf(source: TextSource): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new DataError("the text is not UTF-8; convert the file first", { cause });
    }
  };
  for await (const chunk of inflated(chunksOf(source))) yield typeof chunk === "string" ? chunk : decode(chunk);
  yield decode();
}

/** The lines of a source, without their ends; the last one too where no end of line follows. */
export async function* linesOf(source: TextSource): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of textOf(source)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  if (rest !== "") yield rest;
}
