/**
 * The micro-kernels by name: how A is read, rows x columns. The contract stands in microkernel.ts. They are exported, so that they stay functions:
 * V8 does not replace a function while it runs, so hot loops must be entered again and again.
 */
import { ADJACENT, ROWS, tiles } from "./microkernel";
import { tallTiles } from "./tall";

export function rows4x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 4, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function rows3x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 3, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function rows2x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 2, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function rows1x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 1, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function rows4x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 4, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function rows3x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 3, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function rows2x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 2, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function rows1x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ROWS, 1, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent4x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 4, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent3x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 3, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent2x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 2, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent1x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 1, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent4x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 4, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent3x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 3, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent2x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 2, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent1x4(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  tiles(ADJACENT, 1, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}

export function rows6x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) tallTiles(ROWS, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
export function adjacent6x8(c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) tallTiles(ADJACENT, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}

/**
 * A strip of `m` rows by up to 8 columns: groups of six rows, of four, and a last one of what is left. `adjacent` is a constant. A starts at `a`, in the form
 * `rows` with `lda` bytes from row to row; or `adjacent`, with `lda` from term to term, or 0 where A is packed, in groups of `tallBytes` and `bytes`.
 */
// @ts-ignore: decorator
@inline export function strip(
  adjacent: bool, m: i32, tall: i32,
  c: usize, ldc: usize, cols: i32, a: usize, lda: usize, tallBytes: usize, bytes: usize, b: usize, ldb: usize, k: i32, begin: i32, bias: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD && tall && (cols > 4 || !lda)) {
    if (adjacent) adjacent6x8(c, ldc, cols, a, lda ? lda : 24, tallBytes, tall, b, ldb, k, begin, bias);
    else rows6x8(c, ldc, cols, a, lda, tallBytes, tall, b, ldb, k, begin, bias);
    c += <usize>tall * (ldc * 6);
    a += <usize>tall * tallBytes;
    m -= 6 * tall;
    if (!m) return;
  }
  if (adjacent && !lda) lda = 16;
  const groups = m >> 2, left = m & 3;
  if (cols > 4) {
    if (groups) {
      if (adjacent) adjacent4x8(c, ldc, cols, a, lda, bytes, groups, b, ldb, k, begin, bias);
      else rows4x8(c, ldc, cols, a, lda, bytes, groups, b, ldb, k, begin, bias);
      c += <usize>groups * (ldc << 2);
      a += <usize>groups * bytes;
    }
    if (!left) return;
    if (left == 1) {
      if (adjacent) adjacent1x8(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
      else rows1x8(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
    } else if (left == 2) {
      if (adjacent) adjacent2x8(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
      else rows2x8(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
    } else {
      if (adjacent) adjacent3x8(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
      else rows3x8(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
    }
    return;
  }
  if (groups) {
    if (adjacent) adjacent4x4(c, ldc, cols, a, lda, bytes, groups, b, ldb, k, begin, bias);
    else rows4x4(c, ldc, cols, a, lda, bytes, groups, b, ldb, k, begin, bias);
    c += <usize>groups * (ldc << 2);
    a += <usize>groups * bytes;
  }
  if (!left) return;
  if (left == 1) {
    if (adjacent) adjacent1x4(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
    else rows1x4(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
  } else if (left == 2) {
    if (adjacent) adjacent2x4(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
    else rows2x4(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
  } else {
    if (adjacent) adjacent3x4(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
    else rows3x4(c, ldc, cols, a, lda, bytes, 1, b, ldb, k, begin, bias);
  }
}

/** The same as a call, `adjacent` any value: for blocks, whose strips take far longer than that. */
export function anyStrip(
  adjacent: bool, m: i32, tall: i32,
  c: usize, ldc: usize, cols: i32, a: usize, lda: usize, tallBytes: usize, bytes: usize, b: usize, ldb: usize, k: i32, begin: i32, bias: usize,
): void {
  if (adjacent) strip(true, m, tall, c, ldc, cols, a, lda, tallBytes, bytes, b, ldb, k, begin, bias);
  else strip(false, m, tall, c, ldc, cols, a, lda, tallBytes, bytes, b, ldb, k, begin, bias);
}
