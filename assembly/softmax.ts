import { int, ptr } from "./instruction";
import { exp4, firstLanes, log4 } from "./math";
import { CHUNK, Op } from "./opcodes";
import { storeLanes } from "./simd";

// Softmax along the rows of (rows, cols), and its gradients from the saved result. out may be x, dx may be dy. Tiles of about CHUNK items, whole rows.
// The row's maximum is subtracted first, so nothing overflows: -Infinity gives 0; a NaN or +Infinity makes its row NaN, as does a row of -Infinity.
// Sums are of 4 running sums in blocks of BLOCK items, so that rounding errors do not grow with the length of a row.

const BLOCK = 1024;

/** Rows of a tile. */
// @ts-ignore: decorator
@inline export function tileRows(cols: u32): u32 { return max<u32>(1, CHUNK / max<u32>(1, cols)); }

/** Tiles of a kernel over whole rows. */
// @ts-ignore: decorator
@inline export function rowTiles(rows: u32, cols: u32): u32 {
  const each = tileRows(cols);
  return cols ? (rows + each - 1) / each : 0;
}

export function softmax_tiles(i: usize): u32 {
  const op = load<i32>(i);
  const k = op == Op.SOFTMAX || op == Op.LOG_SOFTMAX ? 2 : 3;
  return rowTiles(int(i, k), int(i, k + 1));
}

/** The sum of the lanes, in every lane. */
// @ts-ignore: decorator
@inline function across(s: v128): v128 {
  const t = f32x4.add(s, i32x4.shuffle(s, s, 2, 3, 0, 1));
  return f32x4.add(t, i32x4.shuffle(t, t, 1, 0, 3, 2));
}

/** The row's maximum in every lane; a NaN is passed over. */
// @ts-ignore: decorator
@inline export function rowMax(x: usize, n: i32): v128 {
  const lowest = f32x4.splat(-Infinity);
  let best = lowest;
  for (; n >= 4; n -= 4) {
    best = f32x4.pmax(best, v128.load(x));
    x += 16;
  }
  if (n > 0) best = f32x4.pmax(best, v128.bitselect(v128.load(x), lowest, firstLanes(n)));
  best = f32x4.pmax(best, i32x4.shuffle(best, best, 2, 3, 0, 1));
  return f32x4.pmax(best, i32x4.shuffle(best, best, 1, 0, 3, 2));
}

/** What rowSum adds up. */
const EXP = 0;
const EXP_STORED = 1;
const PRODUCT = 2;
const PLAIN = 3;

// @ts-ignore: decorator
@inline function term(kind: i32, x: usize, y: usize, m: v128): v128 {
  if (kind == PRODUCT) return f32x4.mul(v128.load(x), v128.load(y));
  if (kind == PLAIN) return v128.load(x);
  return exp4(f32x4.sub(v128.load(x), m));
}

/** Sum over a row in every lane: of exp(x - m), stored to y or not; of x y; of x. */
// @ts-ignore: decorator
@inline function rowSum(kind: i32, x: usize, y: usize, m: v128, n: i32): v128 {
  let total = f32x4.splat(0);
  while (true) {
    let s = f32x4.splat(0);
    for (let k = min(n, BLOCK); k >= 4; k -= 4) {
      const e = term(kind, x, y, m);
      if (kind == EXP_STORED) v128.store(y, e);
      s = f32x4.add(s, e);
      x += 16;
      y += 16;
    }
    if (n < BLOCK) {
      n &= 3;
      if (n) {
        const e = term(kind, x, y, m);
        if (kind == EXP_STORED) storeLanes(y, e, n);
        s = f32x4.add(s, v128.and(e, firstLanes(n)));
      }
      return across(f32x4.add(total, s));
    }
    total = f32x4.add(total, s);
    n -= BLOCK;
  }
}

/** y = exp(x - m); returns the sum of the row, in every lane. */
// @ts-ignore: decorator
@inline export function rowExp(x: usize, y: usize, m: v128, n: i32): v128 { return rowSum(EXP_STORED, x, y, m, n); }

/** y *= factor. */
// @ts-ignore: decorator
@inline export function rowScale(y: usize, factor: v128, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(y, f32x4.mul(v128.load(y), factor), n);
    y += 16;
  }
}

/** exp(x - max) / sum of these. */
export function softmax(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 3);
  const from = tile * tileRows(cols);
  const bytes = <usize>cols << 2;
  let out = ptr(i, 0) + from * bytes;
  let x = ptr(i, 1) + from * bytes;
  for (let left = min(tileRows(cols), <u32>int(i, 2) - from); left; left--) {
    const sum = rowExp(x, out, rowMax(x, cols), cols);
    rowScale(out, f32x4.div(f32x4.splat(1), sum), cols);
    out += bytes;
    x += bytes;
  }
}

/** (x - max) - log(sum of exp(x - max)). */
export function log_softmax(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 3);
  const from = tile * tileRows(cols);
  const bytes = <usize>cols << 2;
  let out = ptr(i, 0) + from * bytes;
  let x = ptr(i, 1) + from * bytes;
  for (let left = min(tileRows(cols), <u32>int(i, 2) - from); left; left--) {
    const m = rowMax(x, cols);
    const logSum = log4(rowSum(EXP, x, 0, m, cols));
    for (let c = cols, at: usize = 0; c > 0; c -= 4) {
      storeLanes(out + at, f32x4.sub(f32x4.sub(v128.load(x + at), m), logSum), c);
      at += 16;
    }
    out += bytes;
    x += bytes;
  }
}

// @ts-ignore: decorator
@inline function grad(op: i32, i: usize, tile: u32): void {
  const cols = int(i, 4);
  const from = tile * tileRows(cols);
  const bytes = <usize>cols << 2;
  let dx = ptr(i, 0) + from * bytes;
  let dy = ptr(i, 1) + from * bytes;
  let y = ptr(i, 2) + from * bytes;
  for (let left = min(tileRows(cols), <u32>int(i, 3) - from); left; left--) {
    const sum = rowSum(op == Op.SOFTMAX_GRAD ? PRODUCT : PLAIN, dy, y, f32x4.splat(0), cols);
    for (let c = cols, at: usize = 0; c > 0; c -= 4) {
      const g = v128.load(dy + at);
      const s = v128.load(y + at);
      const d = op == Op.SOFTMAX_GRAD ? f32x4.mul(s, f32x4.sub(g, sum)) : f32x4.sub(g, f32x4.mul(exp4(s), sum));
      storeLanes(dx + at, d, c);
      at += 16;
    }
    dx += bytes;
    dy += bytes;
    y += bytes;
  }
}

/** dx = y (dy - sum of dy y). */
export function softmax_grad(i: usize, tile: u32, lane: u32): void { grad(Op.SOFTMAX_GRAD, i, tile); }

/** dx = dy - exp(y) (sum of dy), y the saved log-probabilities. */
export function log_softmax_grad(i: usize, tile: u32, lane: u32): void { grad(Op.LOG_SOFTMAX_GRAD, i, tile); }
