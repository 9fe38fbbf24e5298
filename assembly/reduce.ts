import { float, int, ptr } from "./instruction";
import { firstLanes } from "./math";
import { CHUNK, Op } from "./opcodes";
import { storeLanes } from "./simd";
import { firstColumn, firstSlab, slabCount, slabTiles, tileColumns } from "./slabs";
import { flatCount, flatTiles } from "./unary";

// Sums of x (outer, r, inner) over r to out (outer, inner), and the family's tiles. The order of the
// additions depends on r alone (and on whether inner is 1): long sums go through partial sums, so that rounding errors do not grow with r.

/** Terms of a partial sum along a contiguous row: 64 for each of 16 lanes. A power of two. */
const ROW_BLOCK = 1024;
/** Terms of a partial sum down a column. */
const COLUMN_BLOCK = 1024;

export function reduce_tiles(i: usize): u32 {
  const op = load<i32>(i);
  if (op == Op.SUM_CHUNKS) return flatTiles(int(i, 2));
  const k = op == Op.SUM ? 2 : 3;
  return slabTiles(int(i, k), int(i, k + 1), int(i, k + 2));
}

/** x[0] + ... + x[r - 1]: 16 running sums in blocks, then across. Up to 15 items after the last are loaded and masked out. */
// @ts-ignore: decorator
@inline function rowSum(x: usize, r: i32): v128 {
  let total = f32x4.splat(0);
  // what the last additions of blocks lost (Kahan); dropped where the total is infinite
  let lost = total;
  while (true) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    const end = x + (<usize>(min(r, ROW_BLOCK) & ~15) << 2);
    for (; x < end; x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    if (r < ROW_BLOCK) {
      const rest = r & 15;
      if (rest) {
        s0 = f32x4.add(s0, v128.and(v128.load(x), firstLanes(rest)));
        s1 = f32x4.add(s1, v128.and(v128.load(x, 16), firstLanes(rest - 4)));
        s2 = f32x4.add(s2, v128.and(v128.load(x, 32), firstLanes(rest - 8)));
        s3 = f32x4.add(s3, v128.and(v128.load(x, 48), firstLanes(rest - 12)));
      }
    }
    const block = f32x4.sub(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), lost);
    const next = f32x4.add(total, block);
    lost = f32x4.sub(f32x4.sub(next, total), block);
    lost = v128.and(lost, f32x4.eq(lost, lost));
    total = next;
    r -= ROW_BLOCK;
    if (r <= 0) break;
  }
  total = f32x4.add(total, i32x4.shuffle(total, total, 2, 3, 0, 1));
  return f32x4.add(total, i32x4.shuffle(total, total, 1, 0, 3, 2));
}

/** Adds or stores one vector of column sums. */
// @ts-ignore: decorator
@inline function put(out: usize, s: v128, first: bool, last: bool, divisor: v128, divide: bool, count: i32): void {
  let y = first ? s : f32x4.add(v128.load(out), s);
  if (last && divide) y = f32x4.div(y, divisor);
  storeLanes(out, y, count);
}

/** Sums of `count` columns, in `vectors` vectors; out holds the blocks' running total. */
// @ts-ignore: decorator
@inline function columnSums(vectors: i32, out: usize, x: usize, r: i32, stride: usize, divisor: v128, divide: bool, count: i32): void {
  let first = true;
  do {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    for (let k = min(r, COLUMN_BLOCK); k > 0; k--) {
      s0 = f32x4.add(s0, v128.load(x));
      if (vectors > 1) s1 = f32x4.add(s1, v128.load(x, 16));
      if (vectors > 2) s2 = f32x4.add(s2, v128.load(x, 32));
      if (vectors > 3) s3 = f32x4.add(s3, v128.load(x, 48));
      if (vectors > 4) {
        s4 = f32x4.add(s4, v128.load(x, 64));
        s5 = f32x4.add(s5, v128.load(x, 80));
        s6 = f32x4.add(s6, v128.load(x, 96));
        s7 = f32x4.add(s7, v128.load(x, 112));
      }
      x += stride;
    }
    r -= COLUMN_BLOCK;
    const last = r <= 0;
    put(out, s0, first, last, divisor, divide, vectors == 1 ? count : 4);
    if (vectors > 1) put(out + 16, s1, first, last, divisor, divide, vectors == 2 ? count - 4 : 4);
    if (vectors > 2) put(out + 32, s2, first, last, divisor, divide, vectors == 3 ? count - 8 : 4);
    if (vectors > 3) put(out + 48, s3, first, last, divisor, divide, vectors == 4 ? count - 12 : 4);
    if (vectors > 4) {
      put(out + 64, s4, first, last, divisor, divide, 4);
      put(out + 80, s5, first, last, divisor, divide, 4);
      put(out + 96, s6, first, last, divisor, divide, 4);
      put(out + 112, s7, first, last, divisor, divide, 4);
    }
    first = false;
  } while (r > 0);
}

/** Column sums of one slab or of some of its columns. */
// @ts-ignore: decorator
@inline function slabSums(out: usize, x: usize, r: i32, stride: usize, divisor: v128, divide: bool, n: i32): void {
  for (; n >= 32; n -= 32) {
    columnSums(8, out, x, r, stride, divisor, divide, 32);
    out += 128;
    x += 128;
  }
  for (; n > 12; n -= 16) {
    columnSums(4, out, x, r, stride, divisor, divide, n);
    out += 64;
    x += 64;
  }
  if (n > 8) columnSums(3, out, x, r, stride, divisor, divide, n);
  else if (n > 4) columnSums(2, out, x, r, stride, divisor, divide, n);
  else if (n > 0) columnSums(1, out, x, r, stride, divisor, divide, n);
}

/** out[o, i] = (sum over r of x[o, r, i]) / divisor. */
export function sum(i: usize, tile: u32, lane: u32): void {
  const outer = <u32>int(i, 2);
  const r = int(i, 3);
  const inner = <u32>int(i, 4);
  const divide = float(i, 5) != 1;
  const divisor = f32x4.splat(float(i, 5));
  const stride = <usize>inner << 2;
  const slabBytes = stride * r;
  const first = firstSlab(tile, r, inner);
  const from = firstColumn(tile, first, r, inner);
  const n = min(tileColumns(r), inner - from);
  let out = ptr(i, 0) + first * stride + (from << 2);
  let x = ptr(i, 1) + first * slabBytes + (from << 2);
  for (let left = slabCount(first, outer, r, inner); left; left--) {
    if (inner == 1) {
      let y = rowSum(x, r);
      if (divide) y = f32x4.div(y, divisor);
      v128.store32_lane(out, y, 0);
    } else slabSums(out, x, r, stride, divisor, divide, n);
    out += stride;
    x += slabBytes;
  }
}

/** out[c] = sum of the c-th CHUNK items of x. */
export function sum_chunks(i: usize, tile: u32, lane: u32): void {
  v128.store32_lane(ptr(i, 0) + (<usize>tile << 2), rowSum(ptr(i, 1) + (<usize>tile * CHUNK << 2), flatCount(int(i, 2), tile)), 0);
}
