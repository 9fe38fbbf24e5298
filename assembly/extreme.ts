import { storeTail } from "./elementwise";
import { firstLanes } from "./rows";

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

/** The better of two candidates in each lane: by value, then by position. Both hold for v, p and best, at exchanged only where all are alike. */
// @ts-ignore: decorator
@inline function wins(v: v128, p: v128, best: v128, at: v128): v128 {
  const alike = v128.or(f32x4.eq(v, best), v128.and(f32x4.ne(v, v), f32x4.ne(best, best)));
  return v128.bitselect(i32x4.lt_s(p, at), beats(v, best), alike);
}

/** r items that lie together: four candidates, of every fourth item each, then the best of them. */
// @ts-ignore: decorator
@inline export function extremeRow(out: usize, index: usize, x: usize, r: i32, flip: v128): void {
  const four = i32x4.splat(4);
  let best = v128.xor(v128.load32_splat(x), flip), at = i32x4.splat(0), k = i32x4(0, 1, 2, 3);
  for (; r > 0; r -= 4) {
    const v = v128.xor(v128.load(x), flip);
    let better = beats(v, best);
    if (r < 4) better = v128.and(better, firstLanes(r));
    best = v128.bitselect(v, best, better);
    at = v128.bitselect(k, at, better);
    k = i32x4.add(k, four);
    x += 16;
  }
  let v = v128.shuffle<f32>(best, best, 2, 3, 0, 1), p = v128.shuffle<i32>(at, at, 2, 3, 0, 1), w = wins(v, p, best, at);
  best = v128.bitselect(v, best, w);
  at = v128.bitselect(p, at, w);
  v = v128.shuffle<f32>(best, best, 1, 0, 3, 2);
  p = v128.shuffle<i32>(at, at, 1, 0, 3, 2);
  w = wins(v, p, best, at);
  v128.store32_lane(out, v128.xor(v128.bitselect(v, best, w), flip), 0);
  v128.store32_lane(index, v128.bitselect(p, at, w), 0);
}
