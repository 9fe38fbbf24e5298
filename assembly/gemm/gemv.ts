/** One row of out as a sum of rows of a matrix (k, n), each times an element of a vector: in order over k, as the micro-kernels. */
import { madd, storeLanes } from "../simd";

/** Rows of b done before moving to the next columns, so that a strip's lines and pages stay near. */
// @ts-ignore: decorator
@inline const ROWS_AT_ONCE = 512;

/** Adds bias and stores the first `cols` of four lanes. */
// @ts-ignore: decorator
@inline function finish(c: usize, v: v128, cols: i32, bias: usize, offset: usize, scalarBias: i32): void {
  if (bias) v = f32x4.add(v, scalarBias ? v128.load32_splat(bias) : v128.load(bias + offset));
  if (cols > 0) storeLanes(c + offset, v, cols);
}

/**
 * c[j] = sum over k of a[k] b[k, j] for up to 16 columns; `ldb` bytes from row to row of b. Even and odd k are summed apart and added at the end: eight
 * chains hide the latency of an addition, and in two basic blocks they still fit V8's registers.
 */
export function row1x16(c: usize, cols: i32, a: usize, b: usize, ldb: usize, k: i32, begin: i32, bias: usize, scalarBias: i32): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, d0 = c0, d1 = c0, d2 = c0, d3 = c0;
  if (begin) {
    c0 = v128.load(c);
    c1 = v128.load(c, 16);
    c2 = v128.load(c, 32);
    c3 = v128.load(c, 48);
  }
  const end = a + (<usize>k << 2);
  if (k) do {
    const x = v128.load32_splat(a);
    c0 = madd(x, v128.load(b), c0);
    c1 = madd(x, v128.load(b, 16), c1);
    c2 = madd(x, v128.load(b, 32), c2);
    c3 = madd(x, v128.load(b, 48), c3);
    a += 4;
    b += ldb;
    if (a >= end) break;
    const y = v128.load32_splat(a);
    d0 = madd(y, v128.load(b), d0);
    d1 = madd(y, v128.load(b, 16), d1);
    d2 = madd(y, v128.load(b, 32), d2);
    d3 = madd(y, v128.load(b, 48), d3);
    a += 4;
    b += ldb;
  } while (a < end);
  finish(c, f32x4.add(c0, d0), cols, bias, 0, scalarBias);
  finish(c, f32x4.add(c1, d1), cols - 4, bias, 16, scalarBias);
  finish(c, f32x4.add(c2, d2), cols - 8, bias, 32, scalarBias);
  finish(c, f32x4.add(c3, d3), cols - 12, bias, 48, scalarBias);
}

/** The same for up to 4 columns. */
export function row1x4(c: usize, cols: i32, a: usize, b: usize, ldb: usize, k: i32, begin: i32, bias: usize, scalarBias: i32): void {
  let c0 = f32x4.splat(0);
  if (begin) c0 = v128.load(c);
  const end = a + (<usize>k << 2);
  while (a < end) {
    c0 = madd(v128.load32_splat(a), v128.load(b), c0);
    a += 4;
    b += ldb;
  }
  finish(c, c0, cols, bias, 0, scalarBias);
}

/** c (n) = a (k) b (k, n). */
// @ts-ignore: decorator
@inline export function rowTimesMatrix(c: usize, n: i32, a: usize, b: usize, ldb: usize, k: i32, begin: i32, bias: usize, scalarBias: i32): void {
  if (n <= 4) {
    row1x4(c, n, a, b, ldb, k, begin, bias, scalarBias);
    return;
  }
  let first = 0;
  do {
    const rows = min(k - first, ROWS_AT_ONCE), last = first + rows == k;
    for (let j = 0; j < n; j += 16) {
      const at = <usize>j << 2;
      row1x16(
        c + at, n - j, a + (<usize>first << 2), b + <usize>first * ldb + at, ldb, rows, begin | first,
        last && bias ? (scalarBias ? bias : bias + at) : 0, scalarBias,
      );
    }
    first += rows;
  } while (first < k);
}
