import { expect, it } from "vitest";
import { ALIGN, Allocator } from "../../src/core/allocator";
import { MemoryError } from "../../src/index";
import { random } from "../random";

const GUARD = 64;

/** An allocator over a memory of its own, and every block it has given out. */
function fresh(pages: number, most: number) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: most, shared: true });
  let grown = 0;
  const allocator = new Allocator(memory, () => {
    grown++;
  });
  return { memory, allocator, blocks: [] as { at: number; bytes: number }[], grown: () => grown };
}

for (const seed of [1, 2, 3, 4])
  it(`2,000 random blocks, taken and given back: aligned, 64 readable bytes behind each, none over another (seed ${seed})`, () => {
    const next = random(seed);
    const { memory, allocator, blocks, grown } = fresh(2, 4000);
    let used = 0;
    for (let k = 0; k < 2000; k++) {
      if (blocks.length > 0 && next() < 0.45) {
        const [b] = blocks.splice(Math.floor(next() * blocks.length), 1);
        allocator.free(b!.at, b!.bytes);
        used -= Allocator.rounded(b!.bytes);
      } else {
        // sizes of every class: small ones of slabs, large ones of the list, a few of 0
        const bytes = Math.floor(next() < 0.1 ? next() * 3 : 2 ** (20 * next()));
        const at = allocator.allocate(bytes);
        used += Allocator.rounded(bytes);
        blocks.push({ at, bytes });
        expect(at % ALIGN).toBe(0);
        expect(at).toBeGreaterThan(0);
        expect(at + bytes + GUARD).toBeLessThanOrEqual(memory.buffer.byteLength);
      }
      expect(allocator.used).toBe(used);
      expect(allocator.highWater).toBeGreaterThanOrEqual(used);
    }
    blocks.sort((a, b) => a.at - b.at);
    for (let k = 1; k < blocks.length; k++) expect(blocks[k - 1]!.at + blocks[k - 1]!.bytes + GUARD).toBeLessThanOrEqual(blocks[k]!.at);
    expect(grown()).toBeGreaterThan(0);
  });

it("large blocks that are given back join their neighbours: all of them make room for one as large as all", () => {
  const next = random(7);
  const { memory, allocator } = fresh(400, 400);
  const sizes = Array.from({ length: 20 }, () => 100_000 + Math.floor(next() * 900_000));
  const blocks = sizes.map((bytes) => ({ bytes, at: allocator.allocate(bytes) }));
  expect(() => allocator.allocate(20e6)).toThrow(MemoryError);
  for (const { at, bytes } of blocks.sort(() => next() - 0.5)) allocator.free(at, bytes);
  expect(allocator.used).toBe(0);
  const all = memory.buffer.byteLength - 4 * ALIGN - 4e6;
  expect(allocator.allocate(all)).toBe(ALIGN);
});

it("a full memory is a MemoryError, and blocks that are there can still be given back and taken again", () => {
  const { allocator } = fresh(2, 2);
  const at = allocator.allocate(60_000);
  expect(() => allocator.allocate(200_000)).toThrow(MemoryError);
  allocator.free(at, 60_000);
  expect(allocator.allocate(60_000)).toBe(at);
});
