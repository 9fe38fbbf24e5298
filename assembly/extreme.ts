import { storeTail } from "./elementwise";
import { firstLanes, maxAcross } from "./rows";

// Largest items and their first positions. `flip` is -0.0 in each lane for the smallest items: signs are turned on the way in and out.
// A NaN beats everything, the first NaN every other.

/** Where v takes the place of `best`: v is larger or NaN, and best is not NaN. */
// @ts-ignore: decorator
@inline function beats(v: v128, best: v128): v128 { return v128.andnot(f32x4.eq(best, best), f32x4.le(v, best)); }

/** Four neighbouring columns over r rows of `step` bytes; the first `count` are stored. */
// @ts-ignore: decorator
@inline export function extremeStrip(out: usize, index: usize, x: usize, r: i32, step: usize, count: i32, flip: v128): void {
  let best = v128.xor(v128.load(x), flip), at = i32x4.splat(0), k = i32x4.splat(0);
  const one = i32x4.splat(1);
  for (r--; r > 0; r--) {
    x += step;
    k = i32x4.add(k, one);
    const v = v128.xor(v128.load(x), flip), better = beats(v, best);
    best = v128.bitselect(v, best, better);
    at = v128.bitselect(k, at, better);
  }
  best = v128.xor(best, flip);
  if (count >= 4) {
    v128.store(out, best);
    v128.store(index, at);
  } else {
    storeTail(out, best, count);
    storeTail(index, at, count);
  }
}

/** r items that lie together: one pass for the largest, and whether there is a NaN; one for the first position of either. */
// @ts-ignore: decorator
@inline export function extremeRow(out: usize, index: usize, x: usize, r: i32, flip: v128): void {
  let best = f32x4.splat(-Infinity), other = best, nan = f32x4.splat(0), n = r, at = x;
  for (; n >= 8; n -= 8) {
    const v = v128.xor(v128.load(at), flip), w = v128.xor(v128.load(at, 16), flip);
    nan = v128.or(nan, v128.or(f32x4.ne(v, v), f32x4.ne(w, w)));
    best = f32x4.pmax(best, v);
    other = f32x4.pmax(other, w);
    at += 32;
  }
  for (; n > 0; n -= 4) {
    const v = v128.bitselect(v128.xor(v128.load(at), flip), best, firstLanes(n));
    nan = v128.or(nan, f32x4.ne(v, v));
    best = f32x4.pmax(best, v);
    at += 16;
  }
  best = maxAcross(f32x4.pmax(best, other));
  const any = v128.any_true(nan);
  let found = 0;
  at = x;
  // one of the comparisons finds it, within r
  while (true) {
    const v = v128.xor(v128.load(at), flip);
    found = i32x4.bitmask(any ? f32x4.ne(v, v) : f32x4.eq(v, best));
    if (found) break;
    at += 16;
  }
  at += <usize>ctz(found) << 2;
  store<u32>(out, load<u32>(at));
  store<u32>(index, <u32>(at - x) >> 2);
}
