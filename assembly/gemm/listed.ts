/** The kernels of products that leave out zeros of A (skip.ts). */
import { madd } from "../simd";
import { LENGTH, OFFSETS } from "./lists";

/** Columns of a strip. */
// @ts-ignore: decorator
@inline export const WIDTH = 32;
/** Bytes of a packed row of a strip. */
// @ts-ignore: decorator
@inline export const WIDE: usize = 128;

/**
 * `rows` rows of 32 sums, `ldc` bytes apart, each over the terms of a list; the lists are `step` bytes apart. One load a multiply-add and two a term are what
 * bounds it, 80 % of the ceiling. Eight sums, an element of A and four loads, which V8 lifts to the top of their block: hence the way out that is never taken.
 */
export function listRows(c: usize, ldc: usize, rows: i32, list: usize, step: usize, b: usize, begin: i32, bias: usize): void {
  do {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
    if (begin) {
      c0 = v128.load(c);
      c1 = v128.load(c, 16);
      c2 = v128.load(c, 32);
      c3 = v128.load(c, 48);
      c4 = v128.load(c, 64);
      c5 = v128.load(c, 80);
      c6 = v128.load(c, 96);
      c7 = v128.load(c, 112);
    }
    const end = <usize>load<u32>(list, LENGTH);
    let p = list;
    if (p < end) do {
      {
        const x = v128.load32_splat(p), q = b + <usize>load<u32>(p, OFFSETS);
        c0 = madd(x, v128.load(q), c0);
        c1 = madd(x, v128.load(q, 16), c1);
        c2 = madd(x, v128.load(q, 32), c2);
        c3 = madd(x, v128.load(q, 48), c3);
        if (p == 101) break;
        c4 = madd(x, v128.load(q, 64), c4);
        c5 = madd(x, v128.load(q, 80), c5);
        c6 = madd(x, v128.load(q, 96), c6);
        c7 = madd(x, v128.load(q, 112), c7);
      }
      p += 4;
      if (p >= end) break;
      {
        const x = v128.load32_splat(p), q = b + <usize>load<u32>(p, OFFSETS);
        c0 = madd(x, v128.load(q), c0);
        c1 = madd(x, v128.load(q, 16), c1);
        c2 = madd(x, v128.load(q, 32), c2);
        c3 = madd(x, v128.load(q, 48), c3);
        if (p == 103) break;
        c4 = madd(x, v128.load(q, 64), c4);
        c5 = madd(x, v128.load(q, 80), c5);
        c6 = madd(x, v128.load(q, 96), c6);
        c7 = madd(x, v128.load(q, 112), c7);
      }
      p += 4;
    } while (p < end);
    if (bias) {
      c0 = f32x4.add(c0, v128.load(bias));
      c1 = f32x4.add(c1, v128.load(bias, 16));
      c2 = f32x4.add(c2, v128.load(bias, 32));
      c3 = f32x4.add(c3, v128.load(bias, 48));
      c4 = f32x4.add(c4, v128.load(bias, 64));
      c5 = f32x4.add(c5, v128.load(bias, 80));
      c6 = f32x4.add(c6, v128.load(bias, 96));
      c7 = f32x4.add(c7, v128.load(bias, 112));
    }
    v128.store(c, c0);
    v128.store(c, c1, 16);
    v128.store(c, c2, 32);
    v128.store(c, c3, 48);
    v128.store(c, c4, 64);
    v128.store(c, c5, 80);
    v128.store(c, c6, 96);
    v128.store(c, c7, 112);
    c += ldc;
    list += step;
  } while (--rows > 0);
}

/**
 * Rows of 32 sums from sums over each fourth term, `rows` rows of which lie `WIDE` bytes apart and the four parts `part` bytes: added as dot products are
 * (dot.ts).
 */
export function addParts(c: usize, ldc: usize, rows: i32, parts: usize, part: usize, begin: i32, bias: usize): void {
  do {
    for (let at: usize = 0; at < WIDE; at += 16) {
      const p = parts + at, q = p + 2 * part;
      let v = f32x4.add(f32x4.add(v128.load(p), v128.load(q)), f32x4.add(v128.load(p + part), v128.load(q + part)));
      if (begin) v = f32x4.add(v, v128.load(c + at));
      if (bias) v = f32x4.add(v, v128.load(bias + at));
      v128.store(c + at, v);
    }
    c += ldc;
    parts += WIDE;
  } while (--rows > 0);
}
