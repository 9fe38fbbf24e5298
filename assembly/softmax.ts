import { storeTail } from "./elementwise";
import { int, ptr } from "./instruction";
import { E0, E1, E2, E3, E4, E5, expBelow, LEAST, LN2_HI, LN2_LO, log4, LOG2E, MAGIC } from "./math";
import { narrowRows } from "./narrow";
import { Op } from "./opcodes";
import { addAcross, firstLanes, firstRow, maxAcross, rowCount, rowTiles } from "./rows";

// Softmax of rows. Operands: out, x, rows, cols; gradients: dx, dy, y, rows, cols. out may be x, dx may be dy or y.
// A tail is computed as a whole vector and masked.

export function softmax_tiles(i: usize): u32 {
  const op = load<i32>(i);
  return op == Op.SOFTMAX || op == Op.LOG_SOFTMAX ? rowTiles(int(i, 2), int(i, 3)) : rowTiles(int(i, 3), int(i, 4));
}

/** Called, not inlined: its constants would crowd out those of the loop. */
export function logarithmOf(v: v128): v128 { return log4(v); }

/**
 * For each row, with m its largest item and s = sum exp(x - m): out = exp(x - m) / s or, if `log`, x - m - ln s. Unless `loss` is 0, also
 * loss[r] = ln s + m - x[label[r]], NaN for a label that is no column. A NaN in x makes s NaN, whatever m is.
 */
export function softmaxRows(out: usize, x: usize, rows: i32, cols: i32, log: bool, loss: usize, labels: usize): void {
  if (cols <= 0) return;
  const none = f32x4.splat(0);
  let log2e = none, magic = none, hi = none, lo = none, one = none, least = none;
  let e0 = none, e1 = none, e2 = none, e3 = none, e4 = none, e5 = none;
  // why on a condition: see exponential.ts
  if (rows > 0) {
    log2e = f32x4.splat(LOG2E);
    magic = f32x4.splat(MAGIC);
    hi = f32x4.splat(LN2_HI);
    lo = f32x4.splat(LN2_LO);
    e0 = f32x4.splat(E0);
    e1 = f32x4.splat(E1);
    e2 = f32x4.splat(E2);
    e3 = f32x4.splat(E3);
    e4 = f32x4.splat(E4);
    e5 = f32x4.splat(E5);
    one = f32x4.splat(1);
    least = f32x4.splat(LEAST);
  }
  if (cols <= 4) {
    narrowRows(out, x, rows, cols, log, loss, labels, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
    return;
  }
  const lowest = f32x4.splat(-Infinity);
  const bytes = <usize>cols << 2, whole = bytes & ~15, four = bytes & ~63, rest = cols & 3, mask = firstLanes(rest);
  // the last four rows' s, and m less the label's logit
  let totals = none, distances = none;
  for (let r = 0; r < rows; r++) {
    let m = lowest, c: usize = 0;
    for (; c < four; c += 64) {
      const a = f32x4.pmax(v128.load(x + c), v128.load(x + c, 16)), b = f32x4.pmax(v128.load(x + c, 32), v128.load(x + c, 48));
      m = f32x4.pmax(f32x4.pmax(a, b), m);
    }
    for (; c < whole; c += 16) m = f32x4.pmax(v128.load(x + c), m);
    if (rest) m = f32x4.pmax(v128.bitselect(v128.load(x + c), lowest, mask), m);
    m = maxAcross(m);
    if (loss) {
      // before anything is stored, as out may be x
      const label = load<u32>(labels + (<usize>r << 2));
      const distance = label < <u32>cols ? f32x4.sub(m, v128.load32_splat(x + (<usize>label << 2))) : f32x4.splat(NaN);
      distances = v128.shuffle<f32>(distances, distance, 1, 2, 3, 4);
    }
    let s = none, s1 = none;
    for (c = 0; c + 16 < whole; c += 32) {
      const y0 = expBelow(f32x4.sub(v128.load(x + c), m), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
      const y1 = expBelow(f32x4.sub(v128.load(x + c, 16), m), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
      s = f32x4.add(s, y0);
      s1 = f32x4.add(s1, y1);
      if (!log) {
        v128.store(out + c, y0);
        v128.store(out + c, y1, 16);
      }
    }
    for (; c < bytes; c += 16) {
      let e = expBelow(f32x4.sub(v128.load(x + c), m), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
      if (c < whole) {
        if (!log) v128.store(out + c, e);
      } else {
        if (!log) storeTail(out + c, e, rest);
        e = v128.and(e, mask);
      }
      s = f32x4.add(s, e);
    }
    s = f32x4.add(s, s1);
    s = addAcross(s);
    if (log) {
      const shift = logarithmOf(s);
      for (c = 0; c < whole; c += 16) v128.store(out + c, f32x4.sub(f32x4.sub(v128.load(x + c), m), shift));
      if (rest) storeTail(out + c, f32x4.sub(f32x4.sub(v128.load(x + c), m), shift), rest);
    } else {
      const factor = f32x4.div(one, s);
      for (c = 0; c < whole; c += 16) v128.store(out + c, f32x4.mul(v128.load(out + c), factor));
      if (rest) storeTail(out + c, f32x4.mul(v128.load(out + c), factor), rest);
    }
    if (loss) {
      // logarithms of four rows at a time
      totals = v128.shuffle<f32>(totals, s, 1, 2, 3, 4);
      if ((r & 3) == 3) v128.store(loss + (<usize>(r - 3) << 2), f32x4.add(logarithmOf(totals), distances));
    }
    x += bytes;
    out += bytes;
  }
  const last = rows & 3;
  if (loss && last) {
    for (let k = last; k < 4; k++) {
      totals = v128.shuffle<f32>(totals, totals, 1, 2, 3, 0);
      distances = v128.shuffle<f32>(distances, distances, 1, 2, 3, 0);
    }
    storeTail(loss + (<usize>(rows - last) << 2), f32x4.add(logarithmOf(totals), distances), last);
  }
}

export function softmax(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 3), first = firstRow(i, tile, cols), at = <usize>(first * cols) << 2;
  softmaxRows(ptr(i, 0) + at, ptr(i, 1) + at, rowCount(i, first, int(i, 2), cols), cols, false, 0, 0);
}

export function log_softmax(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 3), first = firstRow(i, tile, cols), at = <usize>(first * cols) << 2;
  softmaxRows(ptr(i, 0) + at, ptr(i, 1) + at, rowCount(i, first, int(i, 2), cols), cols, true, 0, 0);
}

/** dx = y (dy - sum(y dy)) or, if `log`, dx = dy - exp(y) sum(dy). */
// @ts-ignore: decorator
@inline function gradient(log: bool, i: usize, tile: u32): void {
  const cols = int(i, 4), first = firstRow(i, tile, cols), at = <usize>(first * cols) << 2;
  let dx = ptr(i, 0) + at, dy = ptr(i, 1) + at, y = ptr(i, 2) + at;
  const none = f32x4.splat(0);
  let log2e = none, magic = none, hi = none, lo = none, one = none, least = none;
  let e0 = none, e1 = none, e2 = none, e3 = none, e4 = none, e5 = none;
  // why on a condition: see exponential.ts
  if (log && cols > 0) {
    log2e = f32x4.splat(LOG2E);
    magic = f32x4.splat(MAGIC);
    hi = f32x4.splat(LN2_HI);
    lo = f32x4.splat(LN2_LO);
    e0 = f32x4.splat(E0);
    e1 = f32x4.splat(E1);
    e2 = f32x4.splat(E2);
    e3 = f32x4.splat(E3);
    e4 = f32x4.splat(E4);
    e5 = f32x4.splat(E5);
    one = f32x4.splat(1);
    least = f32x4.splat(LEAST);
  }
  const bytes = <usize>cols << 2, whole = bytes & ~15, rest = cols & 3, mask = firstLanes(rest);
  for (let r = rowCount(i, first, int(i, 3), cols); r > 0; r--) {
    let s0 = none, s1 = none, c: usize = 0;
    for (; c + 16 < whole; c += 32) {
      s0 = f32x4.add(s0, term(log, v128.load(dy + c), y + c));
      s1 = f32x4.add(s1, term(log, v128.load(dy + c, 16), y + c + 16));
    }
    if (c < whole) {
      s0 = f32x4.add(s0, term(log, v128.load(dy + c), y + c));
      c += 16;
    }
    if (rest) s1 = f32x4.add(s1, v128.and(term(log, v128.load(dy + c), y + c), mask));
    const s = addAcross(f32x4.add(s0, s1));
    c = 0;
    for (; c + 16 < whole; c += 32) {
      const d0 = v128.load(dy + c), d1 = v128.load(dy + c, 16), p0 = v128.load(y + c), p1 = v128.load(y + c, 16);
      if (log) {
        const q0 = expBelow(p0, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
        const q1 = expBelow(p1, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
        v128.store(dx + c, f32x4.sub(d0, f32x4.mul(q0, s)));
        v128.store(dx + c, f32x4.sub(d1, f32x4.mul(q1, s)), 16);
      } else {
        v128.store(dx + c, f32x4.mul(p0, f32x4.sub(d0, s)));
        v128.store(dx + c, f32x4.mul(p1, f32x4.sub(d1, s)), 16);
      }
    }
    for (; c < bytes; c += 16) {
      const d = v128.load(dy + c), p = v128.load(y + c);
      const value = log
        ? f32x4.sub(d, f32x4.mul(expBelow(p, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least), s))
        : f32x4.mul(p, f32x4.sub(d, s));
      if (c < whole) v128.store(dx + c, value);
      else storeTail(dx + c, value, rest);
    }
    dx += bytes;
    dy += bytes;
    y += bytes;
  }
}

// @ts-ignore: decorator
@inline function term(log: bool, dy: v128, y: usize): v128 { return log ? dy : f32x4.mul(v128.load(y), dy); }

export function softmax_grad(i: usize, tile: u32, lane: u32): void { gradient(false, i, tile); }
export function log_softmax_grad(i: usize, tile: u32, lane: u32): void { gradient(true, i, tile); }
