import { MemoryError } from "./errors";

export const ALIGN = 64;
const PAGE = 65536;
const SLAB = 65536;
const SMALL = 16384;

/** Blocks are followed by this many readable bytes: vector loads at a tail may run past the end, stores never do. */
const GUARD = 64;

/**
 * Addresses in a linear memory. Blocks up to 16 kB come from slabs cut into one size class each; larger ones from an address-ordered
 * free list that joins neighbours. Grows the memory when nothing fits.
 */
export class Allocator {
  /** Free blocks of each small class, by class size. */
  private readonly bins = new Map<number, number[]>();
  /** Free ranges, ascending, never adjacent. */
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  /** Bytes handed out, rounding included. */
  used = 0;
  /** The most `used` has been. */
  highWater = 0;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly onGrow: () => void,
  ) {
    this.insert(ALIGN, memory.buffer.byteLength);
  }

  /** The bytes a request occupies: a multiple of 64 up to 1 kB, then eight classes an octave. */
  static rounded(bytes: number): number {
    const need = bytes + GUARD;
    if (need <= 1024) return Math.ceil(need / ALIGN) * ALIGN;
    const unit = Math.max(ALIGN, 2 ** (Math.floor(Math.log2(need)) - 3));
    return Math.ceil(need / unit) * unit;
  }

  /** Address of a fresh block, a multiple of 64; contents are arbitrary. Throws MemoryError when the memory may not grow. */
  allocate(bytes: number): number {
    const size = Allocator.rounded(bytes);
    const address = size <= SMALL ? this.small(size) : this.large(size);
    this.used += size;
    if (this.used > this.highWater) this.highWater = this.used;
    return address;
  }

  /** Takes back a block of `allocate(bytes)`. */
  free(address: number, bytes: number): void {
    const size = Allocator.rounded(bytes);
    this.used -= size;
    if (size <= SMALL) this.bins.get(size)?.push(address);
    else this.insert(address, address + size);
  }

  private small(size: number): number {
    let bin = this.bins.get(size);
    if (bin === undefined) {
      bin = [];
      this.bins.set(size, bin);
    }
    const block = bin.pop();
    if (block !== undefined) return block;
    const slab = this.large(SLAB);
    for (let at = slab + Math.floor(SLAB / size) * size - size; at > slab; at -= size) bin.push(at);
    return slab;
  }

  private large(size: number): number {
    for (let k = 0; k < this.starts.length; k++) {
      const start = this.starts[k]!;
      if (this.ends[k]! - start < size) continue;
      if (this.ends[k]! - start === size) {
        this.starts.splice(k, 1);
        this.ends.splice(k, 1);
      } else this.starts[k] = start + size;
      return start;
    }
    this.grow(size);
    return this.large(size);
  }

  private grow(size: number): void {
    const old = this.memory.buffer.byteLength;
    const atEnd = this.ends.at(-1) === old ? old - this.starts.at(-1)! : 0;
    const least = Math.ceil((size - atEnd) / PAGE);
    // a quarter more than there is, so that growing is rare; exactly what is needed when that is refused
    for (const pages of [Math.max(least, Math.ceil(old / PAGE / 4)), least]) {
      try {
        this.memory.grow(pages);
        this.onGrow();
        this.insert(old, this.memory.buffer.byteLength);
        return;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
    throw new MemoryError(
      `linear memory is full: ${size} bytes asked for, ${this.used} of ${old} in use, and it may not grow by that much. Take smaller batches, ` +
        'stream the data (source: "stream"), dispose models and steps that are done, or raise init({ maxMemory })',
    );
  }

  private insert(start: number, end: number): void {
    let k = this.starts.length;
    while (k > 0 && this.starts[k - 1]! > start) k--;
    this.starts.splice(k, 0, start);
    this.ends.splice(k, 0, end);
    if (this.starts[k + 1] === end) {
      this.ends[k] = this.ends[k + 1]!;
      this.starts.splice(k + 1, 1);
      this.ends.splice(k + 1, 1);
    }
    if (k > 0 && this.ends[k - 1] === start) {
      this.ends[k - 1] = this.ends[k]!;
      this.starts.splice(k, 1);
      this.ends.splice(k, 1);
    }
  }
}
