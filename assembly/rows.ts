import { exp4, firstLanes, log4 } from "./math";
import { CHUNK } from "./opcodes";
import { storeLanes } from "./simd";

// What softmax and cross entropy share. These are real functions on purpose: V8 moves a row's constants, log-sum and quotient included, into the
// loop that uses them and computes them again for every vector; what a call gets and returns it computes once. Binaryen inlines small functions: being
// unrolled keeps these out of its reach.

/** Terms of a partial sum: 128 for each of 8 lanes. */
const BLOCK = 1024;

/** Rows of a tile: about CHUNK items. */
// @ts-ignore: decorator
@inline export function tileRows(cols: u32): u32 { return max<u32>(1, <u32>CHUNK / max<u32>(1, cols)); }

/** Tiles of a kernel over whole rows. */
// @ts-ignore: decorator
@inline export function rowTiles(rows: u32, cols: u32): u32 {
  const each = tileRows(cols);
  return cols ? (rows + each - 1) / each : 0;
}

/** The sum of the lanes, in every lane. */
// @ts-ignore: decorator
@inline function sumAcross(s: v128): v128 {
  const t = f32x4.add(s, i32x4.shuffle(s, s, 2, 3, 0, 1));
  return f32x4.add(t, i32x4.shuffle(t, t, 1, 0, 3, 2));
}

// @ts-ignore: decorator
@inline function maxAcross(m: v128): v128 {
  const t = f32x4.pmax(m, i32x4.shuffle(m, m, 2, 3, 0, 1));
  return f32x4.pmax(t, i32x4.shuffle(t, t, 1, 0, 3, 2));
}

/** n items, then -Infinity. */
// @ts-ignore: decorator
@inline function padded(x: usize, n: i32): v128 { return v128.bitselect(v128.load(x), f32x4.splat(-Infinity), firstLanes(n)); }

/** The row's maximum in every lane; a NaN is passed over. */
function rowMax(x: usize, n: i32): v128 {
  let best = f32x4.splat(-Infinity);
  let best1 = best;
  for (; n >= 16; n -= 16) {
    best = f32x4.pmax(f32x4.pmax(best, v128.load(x)), v128.load(x, 16));
    best1 = f32x4.pmax(f32x4.pmax(best1, v128.load(x, 32)), v128.load(x, 48));
    x += 64;
  }
  for (; n > 0; n -= 4) {
    best = f32x4.pmax(best, padded(x, n));
    x += 16;
  }
  return maxAcross(f32x4.pmax(best, best1));
}

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
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let k = min(n, BLOCK);
    for (; k >= 8; k -= 8) {
      const e0 = term(kind, x, y, m);
      const e1 = term(kind, x + 16, y + 16, m);
      if (kind == EXP_STORED) {
        v128.store(y, e0);
        v128.store(y, e1, 16);
      }
      s0 = f32x4.add(s0, e0);
      s1 = f32x4.add(s1, e1);
      x += 32;
      y += 32;
    }
    for (; k > 0; k -= 4) {
      const e = term(kind, x, y, m);
      if (kind == EXP_STORED) storeLanes(y, e, k);
      s0 = f32x4.add(s0, v128.and(e, firstLanes(k)));
      x += 16;
      y += 16;
    }
    total = f32x4.add(total, f32x4.add(s0, s1));
    n -= BLOCK;
    if (n <= 0) return sumAcross(total);
  }
}

function expSum(x: usize, m: v128, n: i32): v128 { return rowSum(EXP, x, 0, m, n); }
function expSumStored(x: usize, y: usize, m: v128, n: i32): v128 { return rowSum(EXP_STORED, x, y, m, n); }

/** Sum over a row, in every lane, of x y. */
export function productSum(x: usize, y: usize, n: i32): v128 { return rowSum(PRODUCT, x, y, f32x4.splat(0), n); }

/** Sum over a row, in every lane, of x. */
export function plainSum(x: usize, n: i32): v128 { return rowSum(PLAIN, x, 0, f32x4.splat(0), n); }

/** y *= factor. */
function scaleRow(y: usize, factor: v128, n: i32): void {
  for (; n >= 16; n -= 16) {
    v128.store(y, f32x4.mul(v128.load(y), factor));
    v128.store(y, f32x4.mul(v128.load(y, 16), factor), 16);
    v128.store(y, f32x4.mul(v128.load(y, 32), factor), 32);
    v128.store(y, f32x4.mul(v128.load(y, 48), factor), 48);
    y += 64;
  }
  for (; n > 0; n -= 4) {
    storeLanes(y, f32x4.mul(v128.load(y), factor), n);
    y += 16;
  }
}

/** y = (x - a) - b. */
function subtractRow(x: usize, y: usize, a: v128, b: v128, n: i32): void {
  for (; n >= 16; n -= 16) {
    v128.store(y, f32x4.sub(f32x4.sub(v128.load(x), a), b));
    v128.store(y, f32x4.sub(f32x4.sub(v128.load(x, 16), a), b), 16);
    v128.store(y, f32x4.sub(f32x4.sub(v128.load(x, 32), a), b), 32);
    v128.store(y, f32x4.sub(f32x4.sub(v128.load(x, 48), a), b), 48);
    x += 64;
    y += 64;
  }
  for (; n > 0; n -= 4) {
    storeLanes(y, f32x4.sub(f32x4.sub(v128.load(x), a), b), n);
    x += 16;
    y += 16;
  }
}

/** y = softmax(x) for a row of 4 (vectors - 1) + 1 to 4 vectors items, kept in registers; returns (maximum, sum, maximum, sum). */
// @ts-ignore: decorator
@inline function short(vectors: i32, x: usize, y: usize, n: i32): v128 {
  const x0 = vectors > 1 ? v128.load(x) : padded(x, n);
  const x1 = vectors > 2 ? v128.load(x, 16) : vectors > 1 ? padded(x + 16, n - 4) : x0;
  const x2 = vectors > 2 ? padded(x + 32, n - 8) : x0;
  let m = x0;
  if (vectors > 1) m = f32x4.pmax(m, x1);
  if (vectors > 2) m = f32x4.pmax(m, x2);
  // a NaN may have come first: from here on it is passed over, as in rowMax
  m = maxAcross(f32x4.pmax(f32x4.splat(-Infinity), m));
  const e0 = exp4(f32x4.sub(x0, m));
  const e1 = vectors > 1 ? exp4(f32x4.sub(x1, m)) : e0;
  const e2 = vectors > 2 ? exp4(f32x4.sub(x2, m)) : e0;
  let s = e0;
  if (vectors > 1) s = f32x4.add(s, e1);
  if (vectors > 2) s = f32x4.add(s, e2);
  s = sumAcross(s);
  const factor = f32x4.div(f32x4.splat(1), s);
  storeLanes(y, f32x4.mul(e0, factor), vectors > 1 ? 4 : n);
  if (vectors > 1) storeLanes(y + 16, f32x4.mul(e1, factor), vectors > 2 ? 4 : n - 4);
  if (vectors > 2) storeLanes(y + 32, f32x4.mul(e2, factor), n - 8);
  return i32x4.shuffle(m, s, 0, 4, 0, 4);
}

/** y = softmax(x), y may be x; returns (maximum, sum of exp(x - maximum), maximum, sum). */
export function softmaxRow(x: usize, y: usize, n: i32): v128 {
  if (n <= 4) return short(1, x, y, n);
  if (n <= 8) return short(2, x, y, n);
  if (n <= 12) return short(3, x, y, n);
  const m = rowMax(x, n);
  const s = expSumStored(x, y, m, n);
  scaleRow(y, f32x4.div(f32x4.splat(1), s), n);
  return i32x4.shuffle(m, s, 0, 4, 0, 4);
}

/** y = (x - maximum) - log(sum of exp(x - maximum)), y may be x. */
export function logSoftmaxRow(x: usize, y: usize, n: i32): void {
  const m = rowMax(x, n);
  subtractRow(x, y, m, log4(expSum(x, m, n)), n);
}

/** dx = y (dy - sum), the gradient of softmax. */
export function softmaxGradRow(dx: usize, dy: usize, y: usize, sum: v128, n: i32): void {
  for (; n >= 16; n -= 16) {
    const d0 = f32x4.mul(v128.load(y), f32x4.sub(v128.load(dy), sum));
    const d1 = f32x4.mul(v128.load(y, 16), f32x4.sub(v128.load(dy, 16), sum));
    const d2 = f32x4.mul(v128.load(y, 32), f32x4.sub(v128.load(dy, 32), sum));
    const d3 = f32x4.mul(v128.load(y, 48), f32x4.sub(v128.load(dy, 48), sum));
    v128.store(dx, d0);
    v128.store(dx, d1, 16);
    v128.store(dx, d2, 32);
    v128.store(dx, d3, 48);
    dx += 64;
    dy += 64;
    y += 64;
  }
  for (; n > 0; n -= 4) {
    storeLanes(dx, f32x4.mul(v128.load(y), f32x4.sub(v128.load(dy), sum)), n);
    dx += 16;
    dy += 16;
    y += 16;
  }
}

/** dx = dy - exp(y) sum, the gradient of log-softmax. */
export function logSoftmaxGradRow(dx: usize, dy: usize, y: usize, sum: v128, n: i32): void {
  for (; n >= 8; n -= 8) {
    const d0 = f32x4.sub(v128.load(dy), f32x4.mul(exp4(v128.load(y)), sum));
    const d1 = f32x4.sub(v128.load(dy, 16), f32x4.mul(exp4(v128.load(y, 16)), sum));
    v128.store(dx, d0);
    v128.store(dx, d1, 16);
    dx += 32;
    dy += 32;
    y += 32;
  }
  for (; n > 0; n -= 4) {
    storeLanes(dx, f32x4.sub(v128.load(dy), f32x4.mul(exp4(v128.load(y)), sum)), n);
    dx += 16;
    dy += 16;
    y += 16;
  }
}
