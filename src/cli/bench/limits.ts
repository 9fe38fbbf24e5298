import { Op } from "../../../assembly/opcodes";
import type { Bound } from "./types";

/** Bytes of both binaries as files. */
export interface Binaries {
  readonly simd: Uint8Array<ArrayBuffer>;
  readonly relaxed: Uint8Array<ArrayBuffer>;
}

interface Exports {
  ceiling(iterations: number): number;
  tiles(instruction: number): number;
  run(from: number, to: number, lane: number, stop: number): number;
}

/** Floats copied: beyond the caches that a core has to itself. */
const FLOATS = 2 ** 21;
const CODE = 1024;
const SOURCE = 65536;

/** Whether the engine takes the relaxed build. */
export const relaxedSimd = ({ relaxed }: Binaries): boolean => WebAssembly.validate(relaxed);

/**
 * What this machine can do at most, measured with the command's own copy of the kernels: the library that is measured has no say in it. The plain or the relaxed
 * build, as asked for.
 */
export class LimitMeter {
  private readonly exports: Exports;
  private readonly end: number;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    const target = SOURCE + 4 * FLOATS + 65536;
    const pages = Math.ceil((target + 4 * FLOATS) / 65536) + 1;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 32768, shared: true });
    this.exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as unknown as Exports;
    const words = new Int32Array(memory.buffer);
    words.set([Op.COPY, 6, 0, target, SOURCE, FLOATS], CODE / 4);
    words[CODE / 4 + 2] = this.exports.tiles(CODE);
    this.end = CODE + 24;
    for (const bound of ["compute", "memory"] as const) this.warm(bound);
  }

  /** Until the engine has replaced its baseline code. */
  private warm(bound: Bound): void {
    let best = 0;
    for (let at = performance.now(), idle = at; idle - at < 15; idle = performance.now()) {
      const rate = this.once(bound);
      if (rate > 1.05 * best) {
        best = rate;
        at = performance.now();
      }
    }
  }

  private once(bound: Bound): number {
    const iterations = 50_000;
    const start = performance.now();
    if (bound === "compute") this.exports.ceiling(iterations);
    else this.exports.run(CODE, this.end, 0, 0);
    const ms = performance.now() - start;
    return (bound === "compute" ? 96 * iterations : 8 * FLOATS) / ms / 1e6;
  }

  /** GFLOP/s or GB/s: the median of some calls, which take a millisecond or two. */
  measure(bound: Bound): number {
    const rates = Array.from({ length: bound === "compute" ? 15 : 3 }, () => this.once(bound));
    return rates.sort((a, b) => a - b)[rates.length >> 1]!;
  }
}
