/** A product spelled out in float64, and one with guard words around everything the kernel may write. */
import { Act, Op } from "../../assembly/opcodes";
import { type Kernels, noise } from "./harness";

export const FORMS = [Op.MATMUL_NN, Op.MATMUL_TN, Op.MATMUL_NT] as const;
export type Form = (typeof FORMS)[number];

export interface Case {
  readonly form: Form;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly beta?: 0 | 1;
  readonly bias?: boolean;
  readonly act?: Act;
  /** Bytes every block is off its alignment, a multiple of 4. */
  readonly skew?: number;
  /** Tile by tile from the last on, by two lanes; "again": telling them that they have just done others. */
  readonly reversed?: boolean | "again";
  readonly a?: Float32Array;
  readonly b?: Float32Array;
  readonly out?: Float32Array;
}

export interface Product {
  readonly out: Float32Array;
  /** Whether zeros of A were left out: the scratch begins with the table that this takes. */
  readonly skipped: boolean;
  /** In float64: what stands before the activation, and the sum of the magnitudes of its terms. Valid until the next product. */
  reference(): { readonly expected: Float64Array; readonly magnitude: Float64Array };
}

const GUARD = 32;
/** A NaN with a payload: a word of it that changed was written. */
const GUARD_WORD = 0x7fc0beef;

function guarded(kernels: Kernels, floats: number, skew: number) {
  const around = kernels.f32(floats + 2 * GUARD, skew);
  const words = new Int32Array(kernels.memory.buffer, around.at, floats + 2 * GUARD);
  words.fill(GUARD_WORD);
  const untouched = () =>
    words.subarray(0, GUARD).every((x) => x === GUARD_WORD) && words.subarray(floats + GUARD).every((x) => x === GUARD_WORD);
  return { at: around.at + 4 * GUARD, view: around.view.subarray(GUARD, GUARD + floats), untouched };
}

/** Runs one product on one build. Throws when it wrote outside out or its scratch. */
export function multiply(kernels: Kernels, c: Case): Product {
  kernels.reset();
  const { form, m, n, k, skew = 0 } = c;
  const a = kernels.f32(c.a ?? noise(m * k, 1 + m), skew),
    b = kernels.f32(c.b ?? noise(k * n, 7 + n), skew);
  const bias = c.bias ? kernels.f32(noise(n, 5), skew) : undefined;
  const scratchBytes = kernels.exports.matmul_scratch(form, m, n, k, c.reversed ? 2 : 1);
  // last, so that a kernel that reads past a matrix finds NaN and guards there, not zeros
  const scratch = guarded(kernels, scratchBytes / 4, 0);
  const out = guarded(kernels, m * n, skew);
  if (c.beta) out.view.set(c.out ?? noise(m * n, 11));
  const before = Float32Array.from(out.view);
  const again = c.reversed === "again" && m > 1 && n > 1 ? 2 ** 31 : 0;
  const operands = [out.at, a, b, bias?.at ?? 0, scratchBytes ? scratch.at : 0, m, n, k, c.beta ?? 0, c.act ?? Act.NONE];
  kernels.exec(form, operands, c.reversed !== undefined && c.reversed !== false, 2, again);
  if (!out.untouched()) throw new Error("stored outside out");
  if (!scratch.untouched()) throw new Error("stored outside the scratch");
  const skipped = scratchBytes >= 256 && new Int32Array(kernels.memory.buffer, scratch.at)[60] === 0x03020100;
  return {
    out: Float32Array.from(out.view),
    skipped,
    reference: () => reference(c, a.view, b.view, c.beta ? before : undefined, bias?.view),
  };
}

function reference({ form, m, n, k }: Case, a: Float32Array, b: Float32Array, out?: Float32Array, bias?: Float32Array) {
  const expected = new Float64Array(m * n),
    magnitude = new Float64Array(m * n);
  const ai = form === Op.MATMUL_TN ? 1 : k,
    ap = form === Op.MATMUL_TN ? m : 1;
  const bj = form === Op.MATMUL_NT ? k : 1,
    bp = form === Op.MATMUL_NT ? 1 : n;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const x = i * n + j;
      let sum = 0,
        size = 0;
      for (let p = 0; p < k; p++) {
        const term = a[i * ai + p * ap]! * b[j * bj + p * bp]!;
        sum += term;
        size += Math.abs(term);
      }
      expected[x] = sum + (out?.[x] ?? 0) + (bias?.[j] ?? 0);
      magnitude[x] = size + Math.abs(out?.[x] ?? 0) + Math.abs(bias?.[j] ?? 0);
    }
  }
  return { expected, magnitude };
}

/** Largest error in units of (k + 2) * 2^-24 * sum of |terms|; NaNs must agree. At most 1 when right. */
export function worst(product: Product, k: number): number {
  const { expected: exact, magnitude } = product.reference();
  let most = 0;
  for (let x = 0; x < product.out.length; x++) {
    const actual = product.out[x]!,
      expected = exact[x]!;
    if (Object.is(actual, Math.fround(expected)) || actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) continue;
    const error = Math.abs(actual - expected) / ((k + 2) * 2 ** -24 * magnitude[x]! + 2 ** -149 * (k + 2));
    most = Math.max(most, Number.isNaN(error) ? Infinity : error);
  }
  return most;
}

/** Whether an NT product runs by dot products, whose sums have another order. */
export function usesDots(kernels: Kernels, m: number, n: number): boolean {
  return n < 16 || m < (kernels.name === "relaxed" ? 80 : 24);
}

export function transposed(x: Float32Array, rows: number, cols: number): Float32Array {
  return Float32Array.from({ length: x.length }, (_, at) => x[(at % rows) * cols + Math.floor(at / rows)]!);
}

/** All bits, as something quick to compare. */
export function bits(x: Float32Array): string {
  return new TextDecoder("latin1").decode(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
}
