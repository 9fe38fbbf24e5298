import { storeTail } from "./elementwise";
import { extremeRow, extremeStrip } from "./extreme";
import { float, int, opcode, ptr, tileCount } from "./instruction";
import { CHUNK, Op } from "./opcodes";
import { addAcross, firstLanes, rowsEach, rowTiles } from "./rows";
import { storeLanes } from "./simd";

// Reductions of (outer, r, inner) over r, and their tiles. A sum runs in blocks of BLOCK additions a lane, and the blocks' sums are added in
// double precision: the rounding error does not grow beyond that of a block.

const BLOCK: i32 = 128;
/** Columns summed at a time: four vectors, or twice that. The four are read at every width, so up to 60 bytes after a row, or after the last one. */
const STRIP: i32 = 16;

// A tile is some whole outer items or, where one alone is more than CHUNK, a range of its columns.

/** Columns in a tile. */
// @ts-ignore: decorator
@inline function columnsEach(r: i32, inner: i32): i32 {
  return inner == 1 || <i64>r * inner <= CHUNK ? inner : min(inner, max(2 * STRIP, CHUNK / r / (2 * STRIP) * (2 * STRIP)));
}

// @ts-ignore: decorator
@inline function reductionTiles(outer: i32, r: i32, inner: i32): u32 {
  if (inner <= 0) return 0;
  const columns = columnsEach(r, inner);
  if (columns < inner) return outer * ((inner + columns - 1) / columns);
  return rowTiles(outer, r * inner);
}

export function reduce_tiles(i: usize): u32 {
  switch (opcode(i)) {
    case Op.SUM: return reductionTiles(int(i, 2), int(i, 3), int(i, 4));
    case Op.SUM_CHUNKS: return (int(i, 2) + CHUNK - 1) / CHUNK;
    case Op.SELECT_GRAD: return rowTiles(int(i, 3) * int(i, 4), int(i, 5));
    default: return reductionTiles(int(i, 3), int(i, 4), int(i, 5));
  }
}

/** Sum of n floats that lie together: four vectors at a time, the last one masked. One block needs no double precision. */
function sumRow(x: usize, n: i32): f32 {
  let total: f64 = 0;
  const only = n <= 16 * BLOCK;
  do {
    let count = min(n, 16 * BLOCK);
    n -= count;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (; count >= 16; count -= 16) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
      x += 64;
    }
    // the rest to different sums: shorter chains
    if (count > 3) s0 = f32x4.add(s0, v128.load(x));
    if (count > 7) s1 = f32x4.add(s1, v128.load(x, 16));
    if (count > 11) s2 = f32x4.add(s2, v128.load(x, 32));
    const rest = count & 3;
    if (rest) s3 = f32x4.add(s3, v128.and(v128.load(x + (<usize>(count & 12) << 2)), firstLanes(rest)));
    const sum = f32x4.extract_lane(addAcross(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))), 0);
    if (only) return sum;
    total += <f64>sum;
  } while (n > 0);
  return <f32>total;
}

// Totals in double precision are in two halves.

// @ts-ignore: decorator
@inline function addLower(total: v128, v: v128): v128 { return f64x2.add(total, f64x2.promote_low_f32x4(v)); }

// @ts-ignore: decorator
@inline function addUpper(total: v128, v: v128): v128 { return f64x2.add(total, f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1))); }

// @ts-ignore: decorator
@inline function joined(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** Sums of 32 columns (`wide`) or 16 over r rows of `step` bytes, divided; of 16 the first `count` are stored. */
// @ts-ignore: decorator
@inline function sumStrip(wide: bool, out: usize, x: usize, r: i32, step: usize, count: i32, divisor: v128): void {
  const zero = f64x2.splat(0);
  let a0 = zero, b0 = zero, a1 = zero, b1 = zero, a2 = zero, b2 = zero, a3 = zero, b3 = zero;
  let a4 = zero, b4 = zero, a5 = zero, b5 = zero, a6 = zero, b6 = zero, a7 = zero, b7 = zero;
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero;
  for (let left = r; left > 0; ) {
    let k = min(left, BLOCK);
    left -= k;
    s0 = zero;
    s1 = zero;
    s2 = zero;
    s3 = zero;
    s4 = zero;
    s5 = zero;
    s6 = zero;
    s7 = zero;
    do {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
      if (wide) {
        s4 = f32x4.add(s4, v128.load(x, 64));
        s5 = f32x4.add(s5, v128.load(x, 80));
        s6 = f32x4.add(s6, v128.load(x, 96));
        s7 = f32x4.add(s7, v128.load(x, 112));
      }
      x += step;
    } while (--k);
    if (r > BLOCK) {
      a0 = addLower(a0, s0);
      b0 = addUpper(b0, s0);
      a1 = addLower(a1, s1);
      b1 = addUpper(b1, s1);
      a2 = addLower(a2, s2);
      b2 = addUpper(b2, s2);
      a3 = addLower(a3, s3);
      b3 = addUpper(b3, s3);
      if (wide) {
        a4 = addLower(a4, s4);
        b4 = addUpper(b4, s4);
        a5 = addLower(a5, s5);
        b5 = addUpper(b5, s5);
        a6 = addLower(a6, s6);
        b6 = addUpper(b6, s6);
        a7 = addLower(a7, s7);
        b7 = addUpper(b7, s7);
      }
    }
  }
  if (r > BLOCK) {
    s0 = joined(a0, b0);
    s1 = joined(a1, b1);
    s2 = joined(a2, b2);
    s3 = joined(a3, b3);
    if (wide) {
      s4 = joined(a4, b4);
      s5 = joined(a5, b5);
      s6 = joined(a6, b6);
      s7 = joined(a7, b7);
    }
  }
  if (wide) {
    v128.store(out, f32x4.div(s0, divisor));
    v128.store(out, f32x4.div(s1, divisor), 16);
    v128.store(out, f32x4.div(s2, divisor), 32);
    v128.store(out, f32x4.div(s3, divisor), 48);
    v128.store(out, f32x4.div(s4, divisor), 64);
    v128.store(out, f32x4.div(s5, divisor), 80);
    v128.store(out, f32x4.div(s6, divisor), 96);
    v128.store(out, f32x4.div(s7, divisor), 112);
    return;
  }
  for (; count >= 4; count -= 4) {
    v128.store(out, f32x4.div(s0, divisor));
    out += 16;
    s0 = s1;
    s1 = s2;
    s2 = s3;
  }
  if (count > 0) storeTail(out, f32x4.div(s0, divisor), count);
}

/** Walks over one tile of a sum, or of a search for extremes (`flip`: see extreme.ts), whose operands are out, index, x and the sizes. */
function walk(sums: bool, i: usize, tile: u32, flip: v128): void {
  const skip = sums ? 0 : 1;
  const outer = int(i, 2 + skip), r = int(i, 3 + skip), inner = int(i, 4 + skip);
  let o = 0, last = outer, from = 0, to = inner;
  if (tileCount(i) > 1) {
    const columns = columnsEach(r, inner);
    if (columns < inner) {
      const blocks = (inner + columns - 1) / columns;
      o = tile / blocks;
      last = o + 1;
      from = (tile - o * blocks) * columns;
      to = min(inner, from + columns);
    } else {
      const each = rowsEach(r * inner);
      o = tile * each;
      last = min(outer, o + each);
    }
  }
  const step = <usize>inner << 2, first = <usize>(o * inner) << 2;
  let out = ptr(i, 0) + first, index = sums ? 0 : ptr(i, 1) + first, x = ptr(i, 1 + skip) + <usize>(o * r) * step;
  const divisor = sums ? f32x4.splat(float(i, 5)) : flip;
  for (; o < last; o++) {
    if (inner == 1) {
      if (sums) store<f32>(out, sumRow(x, r) / f32x4.extract_lane(divisor, 0));
      else extremeRow(out, index, x, r, flip);
    } else if (sums) {
      let c = from;
      for (; to - c >= 2 * STRIP; c += 2 * STRIP) sumStrip(true, out + (<usize>c << 2), x + (<usize>c << 2), r, step, 0, divisor);
      for (; c < to; c += STRIP) sumStrip(false, out + (<usize>c << 2), x + (<usize>c << 2), r, step, min(STRIP, to - c), divisor);
    } else {
      for (let c = from; c < to; c += 4) {
        const at = <usize>c << 2;
        extremeStrip(out + at, index + at, x + at, r, step, to - c, flip);
      }
    }
    out += step;
    index += step;
    x += <usize>r * step;
  }
}

/** out, x, outer, r, inner, divisor */
export function sum(i: usize, tile: u32, lane: u32): void {
  // what small steps have, at a third of what the walk costs; the same bits
  if (tileCount(i) == 1 && int(i, 2) == 1) {
    const out = ptr(i, 0), inner = int(i, 4);
    let x = ptr(i, 1), r = int(i, 3);
    if (inner == 1) return store<f32>(out, sumRow(x, r) / float(i, 5));
    if (inner <= 4 && r <= BLOCK) {
      let s = f32x4.splat(0);
      for (; r > 0; r--) {
        s = f32x4.add(s, v128.load(x));
        x += <usize>inner << 2;
      }
      return storeLanes(out, f32x4.div(s, f32x4.splat(float(i, 5))), inner);
    }
  }
  walk(true, i, tile, f32x4.splat(0));
}

/** out, index, x, outer, r, inner */
export function max_(i: usize, tile: u32, lane: u32): void { walk(false, i, tile, f32x4.splat(0)); }
export function min_(i: usize, tile: u32, lane: u32): void { walk(false, i, tile, f32x4.splat(-0.0)); }

/** out, x, n */
export function sum_chunks(i: usize, tile: u32, lane: u32): void {
  store<f32>(ptr(i, 0) + (<usize>tile << 2), sumRow(ptr(i, 1) + (<usize>tile * CHUNK << 2), min(CHUNK, int(i, 2) - <i32>tile * CHUNK)));
}

/** dx, dy, index, outer, r, inner. Tiles of rows of `inner`. */
export function select_grad(i: usize, tile: u32, lane: u32): void {
  const r = int(i, 4), inner = int(i, 5), rows = int(i, 3) * r;
  const each = rowsEach(inner), first = <i32>tile * each, last = min(rows, first + each);
  memory.fill(ptr(i, 0) + (<usize>first * inner << 2), 0, <usize>(last - first) * inner << 2);
  for (let o = first / r; o * r < last; o++)
    for (let c = 0; c < inner; c++) {
      const from = <usize>(o * inner + c) << 2;
      const row = o * r + load<i32>(ptr(i, 2) + from);
      if (row >= first && row < last) store<f32>(ptr(i, 0) + (<usize>(row * inner + c) << 2), load<f32>(ptr(i, 1) + from));
    }
}
