/**
 * The micro-kernel of the relaxed build: 6 rows by 8 columns. Contract as in microkernel.ts. A fused multiply-add takes four cycles and two start in each, so
 * eight sums in registers leave no slack for anything that comes late: twelve reach 95 % of the ceiling where eight reach 88. Twelve sums, two vectors of b and one
 * of a are all 15 registers that V8 gives, so nothing may be loaded ahead: V8 lifts the loads of a basic block to its top, hence a way out after each row that is never
 * taken (`cols` is 1 to 8), each on a number of its own since V8 drops a question it has answered. Two terms a turn: one gives 83 %. The plain build needs a 16th
 * register for the product and reaches 68 %, so it has none of this.
 */
import { madd, storeLanes } from "../simd";
import { ROWS } from "./microkernel";

/** Adds bias to one row of sums and stores its first `cols` (1 to 8). */
// @ts-ignore: decorator
@inline function finish(c: usize, lo: v128, hi: v128, cols: i32, bias: usize): void {
  if (bias) {
    lo = f32x4.add(lo, v128.load(bias));
    hi = f32x4.add(hi, v128.load(bias, 16));
  }
  storeLanes(c, lo, cols);
  if (cols > 4) storeLanes(c + 16, hi, cols - 4);
}

/** `access` is a constant and folds. */
// @ts-ignore: decorator
@inline export function tallTiles(
  access: i32, c: usize, ldc: usize, cols: i32, a: usize, lda: usize, step: usize, groups: i32, b: usize, ldb: usize, k: i32, begin: i32, bias: usize,
): void {
  const end = b + <usize>k * ldb;
  do {
    let l0 = f32x4.splat(0), h0 = l0, l1 = l0, h1 = l0, l2 = l0, h2 = l0, l3 = l0, h3 = l0, l4 = l0, h4 = l0, l5 = l0, h5 = l0;
    if (begin) {
      let row = c;
      l0 = v128.load(row);
      h0 = v128.load(row, 16);
      row += ldc;
      l1 = v128.load(row);
      h1 = v128.load(row, 16);
      row += ldc;
      l2 = v128.load(row);
      h2 = v128.load(row, 16);
      row += ldc;
      l3 = v128.load(row);
      h3 = v128.load(row, 16);
      row += ldc;
      l4 = v128.load(row);
      h4 = v128.load(row, 16);
      row += ldc;
      l5 = v128.load(row);
      h5 = v128.load(row, 16);
    }
    if (k) {
      let pb = b, p0 = a, p1 = a + lda, p2 = p1 + lda, p3 = p2 + lda, p4 = p3 + lda, p5 = p4 + lda;
      do {
        {
          const b0 = v128.load(pb), b1 = v128.load(pb, 16);
          {
            const x = v128.load32_splat(p0);
            l0 = madd(x, b0, l0);
            h0 = madd(x, b1, h0);
          }
          if (pb == 101) break;
          {
            const x = access == ROWS ? v128.load32_splat(p1) : v128.load32_splat(p0, 4);
            l1 = madd(x, b0, l1);
            h1 = madd(x, b1, h1);
          }
          if (pb == 103) break;
          {
            const x = access == ROWS ? v128.load32_splat(p2) : v128.load32_splat(p0, 8);
            l2 = madd(x, b0, l2);
            h2 = madd(x, b1, h2);
          }
          if (pb == 105) break;
          {
            const x = access == ROWS ? v128.load32_splat(p3) : v128.load32_splat(p0, 12);
            l3 = madd(x, b0, l3);
            h3 = madd(x, b1, h3);
          }
          if (pb == 107) break;
          {
            const x = access == ROWS ? v128.load32_splat(p4) : v128.load32_splat(p0, 16);
            l4 = madd(x, b0, l4);
            h4 = madd(x, b1, h4);
          }
          if (pb == 109) break;
          {
            const x = access == ROWS ? v128.load32_splat(p5) : v128.load32_splat(p0, 20);
            l5 = madd(x, b0, l5);
            h5 = madd(x, b1, h5);
          }
        }
        pb += ldb;
        if (pb >= end) break;
        if (access != ROWS) p0 += lda;
        {
          const b0 = v128.load(pb), b1 = v128.load(pb, 16);
          {
            const x = access == ROWS ? v128.load32_splat(p0, 4) : v128.load32_splat(p0);
            l0 = madd(x, b0, l0);
            h0 = madd(x, b1, h0);
          }
          if (pb == 111) break;
          {
            const x = access == ROWS ? v128.load32_splat(p1, 4) : v128.load32_splat(p0, 4);
            l1 = madd(x, b0, l1);
            h1 = madd(x, b1, h1);
          }
          if (pb == 113) break;
          {
            const x = access == ROWS ? v128.load32_splat(p2, 4) : v128.load32_splat(p0, 8);
            l2 = madd(x, b0, l2);
            h2 = madd(x, b1, h2);
          }
          if (pb == 115) break;
          {
            const x = access == ROWS ? v128.load32_splat(p3, 4) : v128.load32_splat(p0, 12);
            l3 = madd(x, b0, l3);
            h3 = madd(x, b1, h3);
          }
          if (pb == 117) break;
          {
            const x = access == ROWS ? v128.load32_splat(p4, 4) : v128.load32_splat(p0, 16);
            l4 = madd(x, b0, l4);
            h4 = madd(x, b1, h4);
          }
          if (pb == 119) break;
          {
            const x = access == ROWS ? v128.load32_splat(p5, 4) : v128.load32_splat(p0, 20);
            l5 = madd(x, b0, l5);
            h5 = madd(x, b1, h5);
          }
        }
        pb += ldb;
        if (pb >= end) break;
        if (access != ROWS) p0 += lda;
        {
          const b0 = v128.load(pb), b1 = v128.load(pb, 16);
          {
            const x = access == ROWS ? v128.load32_splat(p0, 8) : v128.load32_splat(p0);
            l0 = madd(x, b0, l0);
            h0 = madd(x, b1, h0);
          }
          if (pb == 121) break;
          {
            const x = access == ROWS ? v128.load32_splat(p1, 8) : v128.load32_splat(p0, 4);
            l1 = madd(x, b0, l1);
            h1 = madd(x, b1, h1);
          }
          if (pb == 123) break;
          {
            const x = access == ROWS ? v128.load32_splat(p2, 8) : v128.load32_splat(p0, 8);
            l2 = madd(x, b0, l2);
            h2 = madd(x, b1, h2);
          }
          if (pb == 125) break;
          {
            const x = access == ROWS ? v128.load32_splat(p3, 8) : v128.load32_splat(p0, 12);
            l3 = madd(x, b0, l3);
            h3 = madd(x, b1, h3);
          }
          if (pb == 127) break;
          {
            const x = access == ROWS ? v128.load32_splat(p4, 8) : v128.load32_splat(p0, 16);
            l4 = madd(x, b0, l4);
            h4 = madd(x, b1, h4);
          }
          if (pb == 129) break;
          {
            const x = access == ROWS ? v128.load32_splat(p5, 8) : v128.load32_splat(p0, 20);
            l5 = madd(x, b0, l5);
            h5 = madd(x, b1, h5);
          }
        }
        pb += ldb;
        if (pb >= end) break;
        if (access != ROWS) p0 += lda;
        {
          const b0 = v128.load(pb), b1 = v128.load(pb, 16);
          {
            const x = access == ROWS ? v128.load32_splat(p0, 12) : v128.load32_splat(p0);
            l0 = madd(x, b0, l0);
            h0 = madd(x, b1, h0);
          }
          if (pb == 131) break;
          {
            const x = access == ROWS ? v128.load32_splat(p1, 12) : v128.load32_splat(p0, 4);
            l1 = madd(x, b0, l1);
            h1 = madd(x, b1, h1);
          }
          if (pb == 133) break;
          {
            const x = access == ROWS ? v128.load32_splat(p2, 12) : v128.load32_splat(p0, 8);
            l2 = madd(x, b0, l2);
            h2 = madd(x, b1, h2);
          }
          if (pb == 135) break;
          {
            const x = access == ROWS ? v128.load32_splat(p3, 12) : v128.load32_splat(p0, 12);
            l3 = madd(x, b0, l3);
            h3 = madd(x, b1, h3);
          }
          if (pb == 137) break;
          {
            const x = access == ROWS ? v128.load32_splat(p4, 12) : v128.load32_splat(p0, 16);
            l4 = madd(x, b0, l4);
            h4 = madd(x, b1, h4);
          }
          if (pb == 139) break;
          {
            const x = access == ROWS ? v128.load32_splat(p5, 12) : v128.load32_splat(p0, 20);
            l5 = madd(x, b0, l5);
            h5 = madd(x, b1, h5);
          }
        }
        pb += ldb;
        if (access == ROWS) {
          p0 += 16;
          p1 += 16;
          p2 += 16;
          p3 += 16;
          p4 += 16;
          p5 += 16;
        } else {
          p0 += lda;
        }
      } while (pb < end);
    }
    let row = c;
    finish(row, l0, h0, cols, bias);
    row += ldc;
    finish(row, l1, h1, cols, bias);
    row += ldc;
    finish(row, l2, h2, cols, bias);
    row += ldc;
    finish(row, l3, h3, cols, bias);
    row += ldc;
    finish(row, l4, h4, cols, bias);
    row += ldc;
    finish(row, l5, h5, cols, bias);
    c += ldc * 6;
    a += step;
  } while (--groups > 0);
}
