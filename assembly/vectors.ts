import { byteLength, float, int, ptr } from "./instruction";
import { firstLanes } from "./rows";
import { CHUNK, HEADER_WORDS, Op } from "./opcodes";
import { madd, storeLanes } from "./simd";
import { flatCount, flatTiles } from "./elementwise";

// Vectors in pieces, in double precision where they become numbers: products of two, and sums with a multiple. Clipping by norm and L-BFGS need them.

/** Items of a tile of DOT, each record padded to a multiple of 16. */
const TILE: i32 = 16384;
const RECORD: usize = 3 << 2;

export function vector_tiles(i: usize): u32 {
  if (load<i32>(i) == Op.AXPY) return flatTiles(int(i, 4));
  if (load<i32>(i) == Op.NORM) return 1;
  let total: i32 = 0;
  for (let at = i + (<usize>(HEADER_WORDS + 1) << 2) + RECORD, end = i + byteLength(i); at <= end; at += RECORD) {
    total += (load<i32>(at - 4) + 15) & ~15;
  }
  return <u32>((total + TILE - 1) / TILE);
}

/** The products of four pairs of floats, added to two sums. */
// @ts-ignore: decorator
@inline function addProducts(sum: v128, a: v128, b: v128): v128 {
  const low = f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  a = i32x4.shuffle(a, a, 2, 3, 0, 1);
  b = i32x4.shuffle(b, b, 2, 3, 0, 1);
  return f64x2.add(sum, f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b))));
}

/** out[tile] = sum over a tile's items of a b, in f64: squares of floats neither overflow nor vanish there. Records: a b n. */
export function dot(i: usize, tile: u32, lane: u32): void {
  const end = i + byteLength(i);
  let sum = f64x2.splat(0);
  let skip = <i32>tile * TILE, left = TILE;
  for (let at = i + (<usize>(HEADER_WORDS + 1) << 2); at < end && left > 0; at += RECORD) {
    const n = load<i32>(at, 8), space = (n + 15) & ~15;
    if (skip >= space) {
      skip -= space;
      continue;
    }
    const from = <usize>skip << 2;
    let a = <usize>load<u32>(at) + from, b = <usize>load<u32>(at, 4) + from;
    let count = min(n - skip, left);
    left -= space - skip;
    skip = 0;
    for (; count >= 4; count -= 4, a += 16, b += 16) sum = addProducts(sum, v128.load(a), v128.load(b));
    if (count > 0) {
      const mask = firstLanes(count);
      sum = addProducts(sum, v128.and(v128.load(a), mask), v128.and(v128.load(b), mask));
    }
  }
  store<f64>(ptr(i, 0) + (<usize>tile << 3), f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}

/** out = { f64 sum of n doubles, f32 norm = sqrt(sum), f32 scale = min(1, max / (norm + 1e-6)) }; scale is NaN where the sum is. */
export function norm(i: usize, tile: u32, lane: u32): void {
  const out = ptr(i, 0);
  let sum: f64 = 0;
  for (let x = ptr(i, 1), end = x + (<usize>int(i, 2) << 3); x < end; x += 8) sum += load<f64>(x);
  const root = sqrt<f64>(sum);
  const scale = <f64>float(i, 3) / (root + 1e-6);
  store<f64>(out, sum);
  store<f32>(out, <f32>root, 8);
  store<f32>(out, scale > 1 ? <f32>1 : <f32>scale, 12);
}

/** out = alpha x + y, or alpha x where y is 0. */
export function axpy(i: usize, tile: u32, lane: u32): void {
  const from = <usize>tile * CHUNK << 2;
  const alpha = f32x4.splat(float(i, 3));
  let out = ptr(i, 0) + from, x = ptr(i, 1) + from, y = ptr(i, 2);
  const adds = y != 0;
  y += from;
  for (let count = flatCount(int(i, 4), tile); count > 0; count -= 4, out += 16, x += 16, y += 16) {
    storeLanes(out, adds ? madd(alpha, v128.load(x), v128.load(y)) : f32x4.mul(alpha, v128.load(x)), count);
  }
}
