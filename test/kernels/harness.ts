/**
 * Kernels by themselves: the built files, a bump allocator, one instruction at a time. `builds` holds both binaries; on engines
 * that keep relaxed SIMD behind a flag it is switched on here.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import { HEADER_WORDS, type Op } from "../../assembly/opcodes";
import { INSTRUCTIONS } from "../../src/core/instructions";

export interface KernelExports {
  tiles(i: number): number;
  dispatch(i: number, tile: number, lane: number): void;
  run(from: number, to: number, lane: number, stop: number): number;
  steps(
    from: number,
    update: number,
    to: number,
    table: number,
    rowBytes: number,
    row: number,
    count: number,
    lane: number,
    stop: number,
  ): number;
  matmul_scratch(op: number, m: number, n: number, k: number, lanes: number): number;
}

export interface Block<T extends Float32Array | Int32Array | Uint8Array | Uint32Array = Float32Array> {
  /** Address in bytes. */
  readonly at: number;
  /** A view of the block; valid for good, the memory does not grow here. */
  readonly view: T;
}

const INSTRUCTION_AREA = 1 << 16;

export class Kernels {
  readonly memory = new WebAssembly.Memory({ initial: 2048, maximum: 2048, shared: true });
  readonly exports: KernelExports;
  private top = 2 * INSTRUCTION_AREA;

  constructor(
    readonly name: string,
    module: WebAssembly.Module,
  ) {
    this.exports = new WebAssembly.Instance(module, { env: { memory: this.memory } }).exports as unknown as KernelExports;
  }

  /** Gives all blocks back. */
  reset(): void {
    this.top = 2 * INSTRUCTION_AREA;
  }

  /** Room for `bytes` at a multiple of 64 plus `skew`, with at least 64 bytes after it that may be read. */
  private allocate(bytes: number, skew: number): number {
    const at = this.top + skew;
    this.top = Math.ceil((at + bytes + 64) / 64) * 64;
    if (this.top > this.memory.buffer.byteLength) throw new Error("kernel test memory is full: call reset()");
    return at;
  }

  /** A block of floats: a count (filled with NaN, so that nothing relies on zeros) or values. `skew`: bytes off alignment, a multiple of 4. */
  f32(values: number | ArrayLike<number>, skew = 0): Block {
    const n = typeof values === "number" ? values : values.length;
    const at = this.allocate(4 * n, skew);
    const view = new Float32Array(this.memory.buffer, at, n);
    if (typeof values === "number") view.fill(NaN);
    else view.set(values);
    return { at, view };
  }

  i32(values: number | ArrayLike<number>, skew = 0): Block<Int32Array> {
    const n = typeof values === "number" ? values : values.length;
    const at = this.allocate(4 * n, skew);
    const view = new Int32Array(this.memory.buffer, at, n);
    if (typeof values !== "number") view.set(values);
    return { at, view };
  }

  u8(values: ArrayLike<number>): Block<Uint8Array> {
    const at = this.allocate(values.length, 0);
    const view = new Uint8Array(this.memory.buffer, at, values.length);
    view.set(values);
    return { at, view };
  }

  /** Writes one instruction (operands in the order of INSTRUCTIONS; floats as numbers) and returns its address and the one after it. */
  encode(
    op: Op,
    operands: readonly (number | Block<never> | Block<Float32Array> | Block<Int32Array> | Block<Uint8Array>)[],
    at = INSTRUCTION_AREA,
  ): [number, number] {
    const spec = INSTRUCTIONS[op as Exclude<Op, Op.COUNT_>];
    const words = new Int32Array(this.memory.buffer, at, HEADER_WORDS + operands.length);
    const floats = new Float32Array(this.memory.buffer, at, HEADER_WORDS + operands.length);
    words[0] = op;
    words[1] = words.length;
    for (const [k, value] of operands.entries()) {
      const rest = spec.rest ?? [];
      const text = k < spec.operands.length ? spec.operands[k] : rest[(k - spec.operands.length) % rest.length];
      if (text === undefined) throw new Error(`${spec.name} takes ${spec.operands.length} operands`);
      if (text.endsWith(":f")) floats[HEADER_WORDS + k] = value as number;
      else words[HEADER_WORDS + k] = typeof value === "number" ? value : value.at;
    }
    if (operands.length < spec.operands.length) throw new Error(`${spec.name} takes ${spec.operands.length} operands`);
    words[2] = this.exports.tiles(at);
    return [at, at + 4 * words.length];
  }

  /**
   * Encodes and runs one instruction, all its tiles. `reversed` shows that they are independent; they are then done by `lanes` lanes in turn, each of which adds `again` to
   * the numbers of its tiles but the first.
   */
  exec(op: Op, operands: Parameters<Kernels["encode"]>[1], reversed = false, lanes = 1, again = 0): void {
    const [from, to] = this.encode(op, operands);
    if (!reversed) {
      this.exports.run(from, to, 0, 0);
      return;
    }
    const tiles = new Int32Array(this.memory.buffer, from)[2]!;
    for (let t = tiles - 1; t >= 0; t--) this.exports.dispatch(from, (t | (t + lanes < tiles ? again : 0)) >>> 0, t % lanes);
  }
}

function load(name: string): Kernels | undefined {
  const file = fileURLToPath(new URL(`../../build/${name}.wasm`, import.meta.url));
  if (!existsSync(file)) throw new Error(`${file} is missing: npm run build:wasm`);
  const bytes = readFileSync(file);
  if (!WebAssembly.validate(bytes)) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(bytes) ? new Kernels(name, new WebAssembly.Module(bytes)) : undefined;
}

/** The plain and, where the engine has relaxed SIMD, the relaxed build. */
export const builds: readonly Kernels[] = ["simd", "relaxed"].map(load).filter((k) => k !== undefined);

/** Deterministic test data in [-1, 1). */
export function noise(n: number, seed = 1): Float32Array {
  let s = seed >>> 0 || 1;
  return Float32Array.from({ length: n }, () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 31 - 1;
  });
}

/** Distance of a float from a double-precision value, in units of the last place of the f32 nearest to it. */
export function ulps(actual: number, expected: number): number {
  if (Number.isNaN(actual) || Number.isNaN(expected)) return Number.isNaN(actual) && Number.isNaN(expected) ? 0 : Infinity;
  if (actual === expected || actual === Math.fround(expected)) return 0;
  const e = Math.max(Math.floor(Math.log2(Math.abs(expected))), -126);
  return Math.abs(actual - expected) / 2 ** (e - 23);
}
