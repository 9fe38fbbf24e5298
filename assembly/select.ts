import { int, ptr } from "./instruction";
import { firstLanes } from "./math";
import { Op } from "./opcodes";
import { storeLanes } from "./simd";
import { firstColumn, firstSlab, slabCount, tileColumns } from "./slabs";

// The largest or smallest item along r of (outer, r, inner) and where it is first; a NaN, the first one, wins over all. And the gradient of this.

/** Whichever wins, a NaN in x swallowed. */
// @ts-ignore: decorator
@inline function winner(op: i32, best: v128, x: v128): v128 { return op == Op.MAX ? f32x4.pmax(best, x) : f32x4.pmin(best, x); }

/** Contiguous row: one pass for the value (and whether there is a NaN), one for the position. */
// @ts-ignore: decorator
@inline function selectRow(op: i32, out: usize, index: usize, x: usize, r: i32): void {
  const worst = f32x4.splat(op == Op.MAX ? -Infinity : Infinity);
  let best0 = worst, best1 = worst;
  let nan0 = f32x4.splat(0), nan1 = nan0;
  let at = x;
  let n = r;
  for (; n >= 8; n -= 8) {
    const v0 = v128.load(at);
    const v1 = v128.load(at, 16);
    nan0 = v128.or(nan0, f32x4.ne(v0, v0));
    nan1 = v128.or(nan1, f32x4.ne(v1, v1));
    best0 = winner(op, best0, v0);
    best1 = winner(op, best1, v1);
    at += 32;
  }
  for (; n > 0; n -= 4) {
    const v = v128.bitselect(v128.load(at), worst, firstLanes(n));
    nan0 = v128.or(nan0, f32x4.ne(v, v));
    best0 = winner(op, best0, v);
    at += 16;
  }
  best0 = winner(op, best0, best1);
  best0 = winner(op, best0, i32x4.shuffle(best0, best0, 2, 3, 0, 1));
  best0 = winner(op, best0, i32x4.shuffle(best0, best0, 1, 0, 3, 2));
  // one of the two comparisons finds it, within r
  const hasNaN = v128.any_true(v128.or(nan0, nan1));
  at = x;
  while (true) {
    const v = v128.load(at);
    const found = i32x4.bitmask(hasNaN ? f32x4.ne(v, v) : f32x4.eq(v, best0));
    if (found) {
      at += <usize>ctz(found) << 2;
      break;
    }
    at += 16;
  }
  store<f32>(out, load<f32>(at));
  store<u32>(index, <u32>(at - x) >> 2);
}

/** `n` columns of a slab, four at a time. */
// @ts-ignore: decorator
@inline function selectColumns(op: i32, out: usize, index: usize, x: usize, r: i32, stride: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    let at = x;
    let best = v128.load(at);
    let where = i32x4.splat(0);
    for (let k = 1; k < r; k++) {
      at += stride;
      const v = v128.load(at);
      // neither behind nor equal, so ahead or a NaN; but nothing replaces a NaN
      const behind = op == Op.MAX ? f32x4.le(v, best) : f32x4.ge(v, best);
      const take = v128.andnot(f32x4.eq(best, best), behind);
      best = v128.bitselect(v, best, take);
      where = v128.bitselect(i32x4.splat(k), where, take);
    }
    storeLanes(out, best, n);
    storeLanes(index, where, n);
    out += 16;
    index += 16;
    x += 16;
  }
}

// @ts-ignore: decorator
@inline function select(op: i32, i: usize, tile: u32): void {
  let out = ptr(i, 0);
  let index = ptr(i, 1);
  let x = ptr(i, 2);
  const outer = <u32>int(i, 3);
  const r = int(i, 4);
  const inner = <u32>int(i, 5);
  const stride = <usize>inner << 2;
  const first = firstSlab(tile, r, inner);
  const from = firstColumn(tile, first, r, inner);
  const n = min(tileColumns(r), inner - from);
  const offset = first * stride + (from << 2);
  out += offset;
  index += offset;
  x += first * stride * r + (from << 2);
  for (let left = slabCount(first, outer, r, inner); left; left--) {
    if (inner == 1) selectRow(op, out, index, x, r);
    else selectColumns(op, out, index, x, r, stride, n);
    out += stride;
    index += stride;
    x += stride * r;
  }
}

export function max_(i: usize, tile: u32, lane: u32): void { select(Op.MAX, i, tile); }
export function min_(i: usize, tile: u32, lane: u32): void { select(Op.MIN, i, tile); }

/** dx = 0 but for dx[o, index[o, i], i] = dy[o, i]. */
export function select_grad(i: usize, tile: u32, lane: u32): void {
  const outer = <u32>int(i, 3);
  const r = <u32>int(i, 4);
  const inner = <u32>int(i, 5);
  const stride = <usize>inner << 2;
  const first = firstSlab(tile, r, inner);
  const from = firstColumn(tile, first, r, inner);
  const n = min(tileColumns(r), inner - from);
  let left = slabCount(first, outer, r, inner);
  let dx = ptr(i, 0) + first * stride * r + (from << 2);
  let dy = ptr(i, 1) + first * stride + (from << 2);
  let index = ptr(i, 2) + first * stride + (from << 2);
  if (n == inner) memory.fill(dx, 0, left * stride * r);
  else for (let k: u32 = 0; k < r; k++) memory.fill(dx + k * stride, 0, n << 2);
  for (; left; left--) {
    for (let c: usize = 0; c < <usize>n << 2; c += 4) store<f32>(dx + load<u32>(index + c) * stride + c, load<f32>(dy + c));
    dx += r * stride;
    dy += stride;
    index += stride;
  }
}
