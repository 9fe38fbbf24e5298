import { float, int, ptr } from "./instruction";
import { CHUNK } from "./opcodes";
import { cos2pi4, log4, sin2pi4 } from "./math";
import { storeLanes } from "./simd";

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011): a block cipher of a counter.
// counter = (column / 4, firstRow + row, step, stream), key = (key0, key1); the four words of a counter are four columns. So number (r, c)
// depends on these alone, not on the box's size, the tiles or the order. Four counters are enciphered at a time, word k of all in vector k.

const MULTIPLIER0: u32 = 0xd2511f53;
const MULTIPLIER1: u32 = 0xcd9e8d57;
const WEYL0: u32 = 0x9e3779b9;
const WEYL1: u32 = 0xbb67ae85;

const BITS: i32 = 0;
const UNIFORM: i32 = 1;
const NORMAL: i32 = 2;
const MASK: i32 = 3;

/** Operands: out rows cols generator stream, then the parameters of the distribution. */
export function random_tiles(i: usize): u32 {
  const rows = int(i, 1), cols = int(i, 2);
  if (rows <= 0 || cols <= 0) return 0;
  const per = tileRows(cols);
  return <u32>(((rows + per - 1) / per) * ((cols + CHUNK - 1) / CHUNK));
}

// @ts-ignore: decorator
@inline function tileRows(cols: i32): i32 { return max(CHUNK / cols, 1); }

/** Low and high words of the four products a * m. */
// @ts-ignore: decorator
@inline function low(p: v128, q: v128): v128 { return v128.shuffle<i32>(p, q, 0, 2, 4, 6); }
// @ts-ignore: decorator
@inline function high(p: v128, q: v128): v128 { return v128.shuffle<i32>(p, q, 1, 3, 5, 7); }

/** 32 random bits as f32 in [0, 1): the upper 24, so that the value is exact. */
// @ts-ignore: decorator
@inline function unit(bits: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), f32x4.splat(5.9604644775390625e-8));
}

/** low + u * width, the product and the sum each rounded, in both builds. */
// @ts-ignore: decorator
@inline function spread(bits: v128, width: v128, low: v128): v128 {
  return f32x4.add(f32x4.mul(unit(bits), width), low);
}

/**
 * Radius of Box and Muller, sqrt(-2 log u), with u = bits * 2^-32 in (0, 1]: all 32 bits, so that the tail reaches 6.7 standard deviations
 * instead of the 5.8 of 24 bits. No bits at all count as half a unit.
 */
// @ts-ignore: decorator
@inline function radius(bits: v128): v128 {
  const u = f32x4.pmax(f32x4.mul(f32x4.convert_i32x4_u(bits), f32x4.splat(2.3283064365386963e-10)), f32x4.splat(1.1641532182693481e-10));
  return f32x4.sqrt(f32x4.pmax(f32x4.mul(log4(u), f32x4.splat(-2)), f32x4.splat(0)));
}

/** Four values at the item `offset` of out, of which the first `count` exist. */
// @ts-ignore: decorator
@inline function emit(out: usize, offset: i32, count: i32, v: v128): void {
  if (count > 0) storeLanes(out + (<usize>offset << 2), v, count);
}

/**
 * All four kernels; `kind` is looked up once for sixteen numbers. a, b: low and high - low, mean and std, or the threshold and the value kept of MASK.
 * Groups of four columns are taken four at a time, across the rows' ends, so that narrow boxes fill the vectors too.
 */
function generate(i: usize, tile: u32, kind: i32, a: v128, b: v128): void {
  const out = ptr(i, 0), cols = int(i, 2), generator = ptr(i, 3), stream = i32x4.splat(int(i, 4));
  const startKey0 = v128.load32_splat(generator), startKey1 = v128.load32_splat(generator, 4);
  const step = v128.load32_splat(generator, 8), firstRow = v128.load32_splat(generator, 12);
  const across = (cols + CHUNK - 1) / CHUNK, per = tileRows(cols);
  const row = (<i32>tile / across) * per, endRow = min(row + per, int(i, 1));
  const group = ((<i32>tile % across) * CHUNK) >> 2, endGroup = min(group + (CHUNK >> 2), (cols + 3) >> 2);
  const lastGroup = i32x4.splat(endGroup - 1), groupsPerRow = i32x4.splat(endGroup - group), endRows = i32x4.splat(endRow);
  let rows = i32x4.splat(row), groups = i32x4.add(i32x4.splat(group), i32x4(0, 1, 2, 3));
  for (;;) {
    for (let past = i32x4.gt_s(groups, lastGroup); v128.any_true(past); past = i32x4.gt_s(groups, lastGroup)) {
      groups = i32x4.sub(groups, v128.and(groupsPerRow, past));
      rows = i32x4.sub(rows, past); // past is -1 where the group belongs to the next row
    }
    if (i32x4.extract_lane(rows, 0) >= endRow) break;

    let c0 = groups, c1 = i32x4.add(rows, firstRow), c2 = step, c3 = stream, key0 = startKey0, key1 = startKey1;
    for (let round = 0; round < 10; round++) {
      const m0 = i32x4.splat(MULTIPLIER0), m1 = i32x4.splat(MULTIPLIER1);
      const p0 = i64x2.extmul_low_i32x4_u(c0, m0), q0 = i64x2.extmul_high_i32x4_u(c0, m0);
      const p1 = i64x2.extmul_low_i32x4_u(c2, m1), q1 = i64x2.extmul_high_i32x4_u(c2, m1);
      c0 = v128.xor(v128.xor(high(p1, q1), c1), key0);
      c1 = low(p1, q1);
      c2 = v128.xor(v128.xor(high(p0, q0), c3), key1);
      c3 = low(p0, q0);
      key0 = i32x4.add(key0, i32x4.splat(WEYL0));
      key1 = i32x4.add(key1, i32x4.splat(WEYL1));
    }

    if (kind == UNIFORM) {
      c0 = spread(c0, b, a);
      c1 = spread(c1, b, a);
      c2 = spread(c2, b, a);
      c3 = spread(c3, b, a);
    } else if (kind == NORMAL) {
      // a loop over the two pairs: both in straight code took twice as long on V8 (40 us against 20 for 4096 numbers; spills, presumably)
      for (let pair = 0; pair < 2; pair++) {
        const r = f32x4.mul(radius(c0), b), u = unit(c1);
        c0 = c2;
        c1 = c3;
        c2 = f32x4.add(f32x4.mul(r, cos2pi4(u)), a);
        c3 = f32x4.add(f32x4.mul(r, sin2pi4(u)), a);
      }
    } else if (kind == MASK) {
      c0 = v128.andnot(b, i32x4.lt_u(c0, a));
      c1 = v128.andnot(b, i32x4.lt_u(c1, a));
      c2 = v128.andnot(b, i32x4.lt_u(c2, a));
      c3 = v128.andnot(b, i32x4.lt_u(c3, a));
    }

    // from one word of four counters a vector to four columns a vector
    const ab0 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5), ab1 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
    const cd0 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5), cd1 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    const columns = i32x4.shl(groups, 2);
    const at = i32x4.add(i32x4.mul(rows, i32x4.splat(cols)), columns);
    const count = v128.and(i32x4.sub(i32x4.splat(cols), columns), i32x4.lt_s(rows, endRows));
    emit(out, i32x4.extract_lane(at, 0), i32x4.extract_lane(count, 0), v128.shuffle<i64>(ab0, cd0, 0, 2));
    emit(out, i32x4.extract_lane(at, 1), i32x4.extract_lane(count, 1), v128.shuffle<i64>(ab0, cd0, 1, 3));
    emit(out, i32x4.extract_lane(at, 2), i32x4.extract_lane(count, 2), v128.shuffle<i64>(ab1, cd1, 0, 2));
    emit(out, i32x4.extract_lane(at, 3), i32x4.extract_lane(count, 3), v128.shuffle<i64>(ab1, cd1, 1, 3));
    groups = i32x4.add(groups, i32x4.splat(4));
  }
}

/** out[r, c] = 32 random bits. */
export function random_bits(i: usize, tile: u32, lane: u32): void {
  generate(i, tile, BITS, i32x4.splat(0), i32x4.splat(0));
}

/** out[r, c] = low + u * (high - low), u a multiple of 2^-24 in [0, 1). Rounding can make it `high`. */
export function random_uniform(i: usize, tile: u32, lane: u32): void {
  const low = float(i, 5);
  generate(i, tile, UNIFORM, f32x4.splat(low), f32x4.splat(float(i, 6) - low));
}

/** out[r, c] = mean + std * z (Box and Muller 1958): two columns from two words, cosine in the even one and sine in the odd one. */
export function random_normal(i: usize, tile: u32, lane: u32): void {
  generate(i, tile, NORMAL, f32x4.splat(float(i, 5)), f32x4.splat(float(i, 6)));
}

/** out[r, c] = 0 with probability p, else 1 / (1 - p). Compares the 32 bits with p * 2^32; p = 1 gives zeros. */
export function random_mask(i: usize, tile: u32, lane: u32): void {
  const p = <f64>float(i, 5);
  const threshold = min<f64>(p * 4294967296.0, 4294967295.0);
  const kept: f32 = p < 1 ? <f32>(1.0 / (1.0 - p)) : 0;
  generate(i, tile, MASK, i32x4.splat(<u32>threshold), f32x4.splat(kept));
}
