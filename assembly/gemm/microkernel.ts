/**
 * The micro-kernels: tiles of up to 4 rows by 4 or 8 columns of out, held in registers over all of k.
 *
 * Contract. `c` is the first tile, `ldc` bytes from one of its rows to the next. `b` is the first row of 4 or 8 adjacent floats of b, `ldb` bytes
 * to the row of the next k: the row length of a matrix used as it is, 32 for a packed panel. A comes in one of two forms:
 *   rows      the four elements of one k stand `lda` bytes apart, the next k is the next float (a matrix (m, k) as it is);
 *   adjacent  the four elements of one k are neighbours, the next k is `lda` bytes away (a matrix (k, m) as it is, lda its row length; or packed, 16).
 * `groups` tiles below each other are done, `step` bytes of A from one to the next. Only the first `cols` columns are stored. With `begin` nonzero the
 * sums start from what c holds. `bias` (nonzero) is added after the sum.
 *
 * Each sum runs over k in order, one multiply-add at a time, so an element's bits do not depend on the tile, the form or the blocking.
 * 8 accumulators, 6 loads and a temporary are the 15 registers V8 gives. V8 lifts all loads of a basic block to its top, so a taller tile or two terms in
 * one block spill. Terms with a way out between them do not. What bounds the plain build is the number of instructions, 16 multiplies and adds, 6 loads and
 * what the loop costs, so there the full tile takes four terms a turn (the relaxed build has tall.ts for most rows): NN 256^3 on Node 20 reaches 71, 76, 80 and 81 % of the ceiling with 1, 2, 4 and 8 of them.
 * Counting down instead of comparing addresses, and constant offsets into packed panels, are fewer instructions, but gave 78.
 */
import { madd, storeLanes } from "../simd";

// @ts-ignore: decorator
@inline export const ROWS = 0;
// @ts-ignore: decorator
@inline export const ADJACENT = 1;

// @ts-ignore: decorator
@inline function store8(c: usize, lo: v128, hi: v128, cols: i32): void {
  v128.store(c, lo);
  storeLanes(c + 16, hi, cols - 4);
}

/** The one body: `access`, `height` (rows) and `wide` (8 columns, else 4) are constants and fold. */
// @ts-ignore: decorator
@inline export function tiles(
  access: i32, height: i32, wide: bool,
  c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize,
): void {
  const end = b + <usize>k * ldb;
  do {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    if (begin) {
      let row = c;
      c00 = v128.load(row);
      if (wide) c01 = v128.load(row, 16);
      if (height > 1) {
        row += ldc;
        c10 = v128.load(row);
        if (wide) c11 = v128.load(row, 16);
      }
      if (height > 2) {
        row += ldc;
        c20 = v128.load(row);
        if (wide) c21 = v128.load(row, 16);
      }
      if (height > 3) {
        row += ldc;
        c30 = v128.load(row);
        if (wide) c31 = v128.load(row, 16);
      }
    }
    if (k) {
      let pb = b, p0 = a, p1 = a + lda, p2 = p1 + lda, p3 = p2 + lda;
      do {
        {
          const b0 = v128.load(pb);
          const b1 = wide ? v128.load(pb, 16) : b0;
          const a0 = v128.load32_splat(p0);
          c00 = madd(a0, b0, c00);
          if (wide) c01 = madd(a0, b1, c01);
          if (height > 1) {
            const a1 = access == ROWS ? v128.load32_splat(p1) : v128.load32_splat(p0, 4);
            c10 = madd(a1, b0, c10);
            if (wide) c11 = madd(a1, b1, c11);
          }
          if (height > 2) {
            const a2 = access == ROWS ? v128.load32_splat(p2) : v128.load32_splat(p0, 8);
            c20 = madd(a2, b0, c20);
            if (wide) c21 = madd(a2, b1, c21);
          }
          if (height > 3) {
            const a3 = access == ROWS ? v128.load32_splat(p3) : v128.load32_splat(p0, 12);
            c30 = madd(a3, b0, c30);
            if (wide) c31 = madd(a3, b1, c31);
          }
        }
        if (height == 4 && !ASC_FEATURE_RELAXED_SIMD) {
          pb += ldb;
          if (pb >= end) break;
          if (access == ADJACENT) p0 += lda;
          {
            const b0 = v128.load(pb);
            const b1 = wide ? v128.load(pb, 16) : b0;
            const a0 = access == ROWS ? v128.load32_splat(p0, 4) : v128.load32_splat(p0);
            c00 = madd(a0, b0, c00);
            if (wide) c01 = madd(a0, b1, c01);
            const a1 = access == ROWS ? v128.load32_splat(p1, 4) : v128.load32_splat(p0, 4);
            c10 = madd(a1, b0, c10);
            if (wide) c11 = madd(a1, b1, c11);
            const a2 = access == ROWS ? v128.load32_splat(p2, 4) : v128.load32_splat(p0, 8);
            c20 = madd(a2, b0, c20);
            if (wide) c21 = madd(a2, b1, c21);
            const a3 = access == ROWS ? v128.load32_splat(p3, 4) : v128.load32_splat(p0, 12);
            c30 = madd(a3, b0, c30);
            if (wide) c31 = madd(a3, b1, c31);
          }
          pb += ldb;
          if (pb >= end) break;
          if (access == ADJACENT) p0 += lda;
          {
            const b0 = v128.load(pb);
            const b1 = wide ? v128.load(pb, 16) : b0;
            const a0 = access == ROWS ? v128.load32_splat(p0, 8) : v128.load32_splat(p0);
            c00 = madd(a0, b0, c00);
            if (wide) c01 = madd(a0, b1, c01);
            const a1 = access == ROWS ? v128.load32_splat(p1, 8) : v128.load32_splat(p0, 4);
            c10 = madd(a1, b0, c10);
            if (wide) c11 = madd(a1, b1, c11);
            const a2 = access == ROWS ? v128.load32_splat(p2, 8) : v128.load32_splat(p0, 8);
            c20 = madd(a2, b0, c20);
            if (wide) c21 = madd(a2, b1, c21);
            const a3 = access == ROWS ? v128.load32_splat(p3, 8) : v128.load32_splat(p0, 12);
            c30 = madd(a3, b0, c30);
            if (wide) c31 = madd(a3, b1, c31);
          }
          pb += ldb;
          if (pb >= end) break;
          if (access == ADJACENT) p0 += lda;
          {
            const b0 = v128.load(pb);
            const b1 = wide ? v128.load(pb, 16) : b0;
            const a0 = access == ROWS ? v128.load32_splat(p0, 12) : v128.load32_splat(p0);
            c00 = madd(a0, b0, c00);
            if (wide) c01 = madd(a0, b1, c01);
            const a1 = access == ROWS ? v128.load32_splat(p1, 12) : v128.load32_splat(p0, 4);
            c10 = madd(a1, b0, c10);
            if (wide) c11 = madd(a1, b1, c11);
            const a2 = access == ROWS ? v128.load32_splat(p2, 12) : v128.load32_splat(p0, 8);
            c20 = madd(a2, b0, c20);
            if (wide) c21 = madd(a2, b1, c21);
            const a3 = access == ROWS ? v128.load32_splat(p3, 12) : v128.load32_splat(p0, 12);
            c30 = madd(a3, b0, c30);
            if (wide) c31 = madd(a3, b1, c31);
          }
        }
        if (access == ROWS) {
          const bytes = height == 4 && !ASC_FEATURE_RELAXED_SIMD ? 16 : 4;
          p0 += bytes;
          if (height > 1) p1 += bytes;
          if (height > 2) p2 += bytes;
          if (height > 3) p3 += bytes;
        } else {
          p0 += lda;
        }
        pb += ldb;
      } while (pb < end);
    }
    if (bias) {
      const v0 = v128.load(bias);
      c00 = f32x4.add(c00, v0);
      if (height > 1) c10 = f32x4.add(c10, v0);
      if (height > 2) c20 = f32x4.add(c20, v0);
      if (height > 3) c30 = f32x4.add(c30, v0);
      if (wide) {
        const v1 = v128.load(bias, 16);
        c01 = f32x4.add(c01, v1);
        if (height > 1) c11 = f32x4.add(c11, v1);
        if (height > 2) c21 = f32x4.add(c21, v1);
        if (height > 3) c31 = f32x4.add(c31, v1);
      }
    }
    let row = c;
    if (cols >= (wide ? 8 : 4)) {
      v128.store(row, c00);
      if (wide) v128.store(row, c01, 16);
      if (height > 1) {
        row += ldc;
        v128.store(row, c10);
        if (wide) v128.store(row, c11, 16);
      }
      if (height > 2) {
        row += ldc;
        v128.store(row, c20);
        if (wide) v128.store(row, c21, 16);
      }
      if (height > 3) {
        row += ldc;
        v128.store(row, c30);
        if (wide) v128.store(row, c31, 16);
      }
    } else {
      if (wide) store8(row, c00, c01, cols);
      else storeLanes(row, c00, cols);
      if (height > 1) {
        row += ldc;
        if (wide) store8(row, c10, c11, cols);
        else storeLanes(row, c10, cols);
      }
      if (height > 2) {
        row += ldc;
        if (wide) store8(row, c20, c21, cols);
        else storeLanes(row, c20, cols);
      }
      if (height > 3) {
        row += ldc;
        if (wide) store8(row, c30, c31, cols);
        else storeLanes(row, c30, cols);
      }
    }
    c += ldc << 2;
    a += step;
  } while (--groups > 0);
}
