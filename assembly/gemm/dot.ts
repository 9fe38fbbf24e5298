/**
 * Dot products of rows with rows, for products whose both factors are contiguous along k. A sum runs in four lanes (k mod 4), which are added as
 * (0 + 2) + (1 + 3); lanes past the end of k count as zero. The bits of an element do not depend on its place in a tile.
 */
import { int, ptr } from "../instruction";
import { firstLanes } from "../rows";
import { madd, storeLanes } from "../simd";
import { activateRows } from "./activate";
import { dotRows } from "./plan";

/** The sums of the lanes of four vectors. */
// @ts-ignore: decorator
@inline function sums(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const u = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const w = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(u, w, 0, 2), v128.shuffle<f64>(u, w, 1, 3));
}

// @ts-ignore: decorator
@inline function finish(c: usize, v: v128, cols: i32, begin: i32, bias: usize, scalarBias: i32): void {
  if (begin) v = f32x4.add(v, v128.load(c));
  if (bias) v = f32x4.add(v, scalarBias ? v128.load32_splat(bias) : v128.load(bias));
  storeLanes(c, v, cols);
}

/**
 * c[i, j] = a[i, :] . b[j, :] for `pairs` times two rows of a and `cols` (1 to 4) rows of b; all rows of a and b have k floats.
 */
export function dot2x4(c: usize, ldc: usize, cols: i32, a: usize, pairs: i32, b: usize, k: i32, begin: i32, bias: usize): void {
  const ld = <usize>k << 2, whole = <usize>(k & ~3) << 2;
  const r1 = b + (cols > 1 ? ld : 0), r2 = r1 + (cols > 2 ? ld : 0), r3 = r2 + (cols > 3 ? ld : 0);
  do {
    let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s03 = s00, s10 = s00, s11 = s00, s12 = s00, s13 = s00;
    let p0 = a, p1 = a + ld, b0 = b, b1 = r1, b2 = r2, b3 = r3;
    const end = a + whole;
    while (p0 < end) {
      const x0 = v128.load(p0), x1 = v128.load(p1);
      const y0 = v128.load(b0);
      s00 = madd(x0, y0, s00);
      s10 = madd(x1, y0, s10);
      const y1 = v128.load(b1);
      s01 = madd(x0, y1, s01);
      s11 = madd(x1, y1, s11);
      const y2 = v128.load(b2);
      s02 = madd(x0, y2, s02);
      s12 = madd(x1, y2, s12);
      const y3 = v128.load(b3);
      s03 = madd(x0, y3, s03);
      s13 = madd(x1, y3, s13);
      p0 += 16;
      p1 += 16;
      b0 += 16;
      b1 += 16;
      b2 += 16;
      b3 += 16;
    }
    if (k & 3) {
      const mask = firstLanes(k & 3);
      const x0 = v128.and(v128.load(p0), mask), x1 = v128.and(v128.load(p1), mask);
      const y0 = v128.and(v128.load(b0), mask), y1 = v128.and(v128.load(b1), mask);
      const y2 = v128.and(v128.load(b2), mask), y3 = v128.and(v128.load(b3), mask);
      s00 = madd(x0, y0, s00);
      s10 = madd(x1, y0, s10);
      s01 = madd(x0, y1, s01);
      s11 = madd(x1, y1, s11);
      s02 = madd(x0, y2, s02);
      s12 = madd(x1, y2, s12);
      s03 = madd(x0, y3, s03);
      s13 = madd(x1, y3, s13);
    }
    finish(c, sums(s00, s01, s02, s03), cols, begin, bias, 0);
    finish(c + ldc, sums(s10, s11, s12, s13), cols, begin, bias, 0);
    c += ldc << 1;
    a += ld << 1;
  } while (--pairs > 0);
}

/** The same for one row of a: the last of an odd number. */
export function dot1x4(c: usize, cols: i32, a: usize, b: usize, k: i32, begin: i32, bias: usize): void {
  const ld = <usize>k << 2, end = a + (<usize>(k & ~3) << 2);
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let b1 = b + (cols > 1 ? ld : 0), b2 = b1 + (cols > 2 ? ld : 0), b3 = b2 + (cols > 3 ? ld : 0);
  while (a < end) {
    const x = v128.load(a);
    s0 = madd(x, v128.load(b), s0);
    s1 = madd(x, v128.load(b1), s1);
    s2 = madd(x, v128.load(b2), s2);
    s3 = madd(x, v128.load(b3), s3);
    a += 16;
    b += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
  }
  if (k & 3) {
    const mask = firstLanes(k & 3);
    const x = v128.and(v128.load(a), mask);
    s0 = madd(x, v128.and(v128.load(b), mask), s0);
    s1 = madd(x, v128.and(v128.load(b1), mask), s1);
    s2 = madd(x, v128.and(v128.load(b2), mask), s2);
    s3 = madd(x, v128.and(v128.load(b3), mask), s3);
  }
  finish(c, sums(s0, s1, s2, s3), cols, begin, bias, 0);
}

/**
 * c[j] = a . b[j, :] for `n` rows of b, n at least 1: a matrix times a vector. With `scalarBias` all get bias[0]. Sums in eight lanes (k mod 8), added to
 * four first: eight chains hide the latency of an addition, and in two basic blocks they still fit V8's registers.
 */
export function dots(c: usize, n: i32, a: usize, b: usize, k: i32, begin: i32, bias: usize, scalarBias: i32): void {
  const ld = <usize>k << 2, whole = <usize>(k & ~3) << 2, end = a + whole;
  do {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
    const r1 = b + (n > 1 ? ld : 0), r2 = r1 + (n > 2 ? ld : 0), r3 = r2 + (n > 3 ? ld : 0);
    if (whole) {
      let p = a, b0 = b, b1 = r1, b2 = r2, b3 = r3;
      do {
        const x = v128.load(p);
        s0 = madd(x, v128.load(b0), s0);
        s1 = madd(x, v128.load(b1), s1);
        s2 = madd(x, v128.load(b2), s2);
        s3 = madd(x, v128.load(b3), s3);
        p += 32;
        if (p > end) break;
        const y = v128.load(p - 16);
        t0 = madd(y, v128.load(b0, 16), t0);
        t1 = madd(y, v128.load(b1, 16), t1);
        t2 = madd(y, v128.load(b2, 16), t2);
        t3 = madd(y, v128.load(b3, 16), t3);
        b0 += 32;
        b1 += 32;
        b2 += 32;
        b3 += 32;
      } while (p < end);
    }
    if (k & 3) {
      const mask = firstLanes(k & 3);
      const x = v128.and(v128.load(end), mask);
      s0 = madd(x, v128.and(v128.load(b + whole), mask), s0);
      s1 = madd(x, v128.and(v128.load(r1 + whole), mask), s1);
      s2 = madd(x, v128.and(v128.load(r2 + whole), mask), s2);
      s3 = madd(x, v128.and(v128.load(r3 + whole), mask), s3);
    }
    finish(c, sums(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3)), n, begin, bias, scalarBias);
    c += 16;
    b += ld << 2;
    if (!scalarBias && bias) bias += 16;
    n -= 4;
  } while (n > 0);
}

/** A block of out by dot products: rows i0 to i1, columns j0 to j1. */
export function dotBlock(i: usize, i0: i32, i1: i32, j0: i32, j1: i32): void {
  const out = ptr(i, 0), a = ptr(i, 1), b = ptr(i, 2), bias = ptr(i, 3);
  const n = int(i, 6), k = int(i, 7), beta = int(i, 8), act = int(i, 9);
  const ldc = <usize>n << 2, ld = <usize>k << 2, most = i1 - i0 <= 8 ? 8 : dotRows(k);
  do {
    const rows = min(most, i1 - i0), pairs = rows >> 1, last = <usize>rows - 1;
    const pa = a + <usize>i0 * ld, c0 = out + <usize>i0 * ldc;
    for (let j = j0; j < j1; j += 4) {
      const cols = min(4, j1 - j), c = c0 + (<usize>j << 2), pb = b + <usize>j * ld, bj = bias ? bias + (<usize>j << 2) : 0;
      if (pairs) dot2x4(c, ldc, cols, pa, pairs, pb, k, beta, bj);
      if (rows & 1) dot1x4(c + last * ldc, cols, pa + last * ld, pb, k, beta, bj);
    }
    if (act) activateRows(act, c0 + (<usize>j0 << 2), ldc, rows, j1 - j0);
    i0 += rows;
  } while (i0 < i1);
}
