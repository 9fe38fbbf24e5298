import { float, int, ptr } from "./instruction";
import { addAcross, firstLanes } from "./rows";
import { CHUNK, Op } from "./opcodes";
import { madd, nmadd, storeLanes } from "./simd";

// Normalisation of x (n, c, l) over the n l items of each channel. With l = 1 the lanes of a vector are four channels, otherwise neighbours along l; tiles are
// groups of channels. Statistics are four rows of c: a centre near the mean, what the mean is beyond it, 1 / sqrt(variance + eps), and the variance. The
// mean is kept in two parts because one f32 near 1e4 is too coarse for data that varies by a hundredth.

/** Vectors of a partial sum. */
const BLOCK = 1024;

/** Channels of a tile: a multiple of 4 where lanes are channels. */
// @ts-ignore: decorator
@inline function tileChannels(n: i32, l: i32): i32 {
  return l == 1 ? max(64, (CHUNK / max(1, n)) & ~63) : max(1, CHUNK / max(1, n * l));
}

/** Position of the operand n; c and l follow. */
// @ts-ignore: decorator
@inline function sizesAt(op: i32): i32 { return op == Op.BATCH_STATS ? 2 : op == Op.BATCH_NORM_GRAD ? 7 : 5; }

export function norm_tiles(i: usize): u32 {
  const op = load<i32>(i);
  if (op == Op.RUNNING_STATS || op == Op.TRACK_STATS) return 1;
  const k = sizesAt(op);
  const each = tileChannels(int(i, k), int(i, k + 2));
  return (int(i, k + 1) + each - 1) / each;
}

const SHIFTED = 0;
const SQUARES = 1;
const PLAIN = 2;
const PRODUCTS = 3;

// @ts-ignore: decorator
@inline function term(kind: i32, x: usize, dy: usize, m: v128, e: v128): v128 {
  if (kind == PLAIN) return v128.load(dy);
  const d = f32x4.sub(v128.load(x), m);
  if (kind == SHIFTED) return d;
  if (kind == SQUARES) return f32x4.mul(d, d);
  return f32x4.mul(v128.load(dy), f32x4.sub(d, e));
}

/** Sum of `count` vectors that lie `step` bytes apart, and of the first `rest` lanes of one more. */
// @ts-ignore: decorator
@inline function total(kind: i32, x: usize, dy: usize, count: i32, step: usize, rest: i32, m: v128, e: v128): v128 {
  let t = f32x4.splat(0);
  do {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let k = min(count, BLOCK);
    count -= BLOCK;
    for (; k >= 4; k -= 4) {
      s0 = f32x4.add(s0, term(kind, x, dy, m, e));
      s1 = f32x4.add(s1, term(kind, x + step, dy + step, m, e));
      s2 = f32x4.add(s2, term(kind, x + 2 * step, dy + 2 * step, m, e));
      s3 = f32x4.add(s3, term(kind, x + 3 * step, dy + 3 * step, m, e));
      x += 4 * step;
      dy += 4 * step;
    }
    for (; k > 0; k--) {
      s0 = f32x4.add(s0, term(kind, x, dy, m, e));
      x += step;
      dy += step;
    }
    t = f32x4.add(t, f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  } while (count > 0);
  return rest ? f32x4.add(t, v128.and(term(kind, x, dy, m, e), firstLanes(rest))) : t;
}

/** Sum over a channel in every lane (l > 1), or over four channels. */
// @ts-ignore: decorator
@inline function channelSum(kind: i32, x: usize, dy: usize, n: i32, l: i32, stride: usize, m: v128, e: v128): v128 {
  if (l == 1) return total(kind, x, dy, n, stride, 0, m, e);
  let s = f32x4.splat(0);
  for (; n > 0; n--) {
    s = f32x4.add(s, total(kind, x, dy, l >> 2, 16, l & 3, m, e));
    x += stride;
    dy += stride;
  }
  return addAcross(s);
}

// Functions of their own, so that V8 keeps m and e in registers and the bodies exist once.
export function shifted_sum(x: usize, n: i32, l: i32, stride: usize, m: v128): v128 { return channelSum(SHIFTED, x, 0, n, l, stride, m, m); }
export function square_sum(x: usize, n: i32, l: i32, stride: usize, m: v128): v128 { return channelSum(SQUARES, x, 0, n, l, stride, m, m); }
export function plain_sum(dy: usize, n: i32, l: i32, stride: usize): v128 {
  return channelSum(PLAIN, dy, dy, n, l, stride, f32x4.splat(0), f32x4.splat(0));
}
export function product_sum(x: usize, dy: usize, n: i32, l: i32, stride: usize, m: v128, e: v128): v128 {
  return channelSum(PRODUCTS, x, dy, n, l, stride, m, e);
}

/** A channel's value in all lanes, or the values of four channels. */
// @ts-ignore: decorator
@inline function values(l: i32, at: usize): v128 { return l == 1 ? v128.load(at) : v128.load32_splat(at); }

// @ts-ignore: decorator
@inline function inverse(variance: v128, eps: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, eps)));
}

/** stats from x. Sums of x - x[0] and of (x - centre)^2, corrected: exact to a few roundings however far the mean is from 0. */
export function batch_stats(i: usize, tile: u32, lane: u32): void {
  const n = int(i, 2), c = int(i, 3), l = int(i, 4);
  const eps = f32x4.splat(float(i, 5)), items = f32x4.splat(<f32>(<f64>n * <f64>l));
  const each = tileChannels(n, l), row = <usize>c << 2, stride = row * l, step = l == 1 ? 4 : 1;
  const from = <i32>tile * each, end = min(c, from + each);
  let x = ptr(i, 1) + <usize>from * (l << 2), stats = ptr(i, 0) + (<usize>from << 2);
  for (let k = from; k < end; k += step) {
    const count = l == 1 ? end - k : 1;
    const first = values(l, x);
    const m = f32x4.add(first, f32x4.div(shifted_sum(x, n, l, stride, first), items));
    const e = f32x4.div(shifted_sum(x, n, l, stride, m), items);
    const mean = f32x4.div(square_sum(x, n, l, stride, m), items);
    // pmax in this order keeps a NaN
    const variance = f32x4.pmax(f32x4.sub(mean, f32x4.mul(e, e)), f32x4.splat(0));
    storeLanes(stats, m, count);
    storeLanes(stats + row, e, count);
    storeLanes(stats + 2 * row, inverse(variance, eps), count);
    storeLanes(stats + 3 * row, variance, count);
    x += step * (l << 2);
    stats += step << 2;
  }
}

/** stats from a mean and a variance. */
export function running_stats(i: usize, tile: u32, lane: u32): void {
  const c = int(i, 3), row = <usize>c << 2, eps = f32x4.splat(float(i, 4));
  let stats = ptr(i, 0), mean = ptr(i, 1), variance = ptr(i, 2);
  for (let left = c; left > 0; left -= 4) {
    const v = v128.load(variance);
    storeLanes(stats, v128.load(mean), left);
    storeLanes(stats + row, f32x4.splat(0), left);
    storeLanes(stats + 2 * row, inverse(v, eps), left);
    storeLanes(stats + 3 * row, v, left);
    stats += 16;
    mean += 16;
    variance += 16;
  }
}

/** count += 1; mean and variance move towards those of the batch by `momentum`, or where it is negative by 1 / count. */
export function track_stats(i: usize, tile: u32, lane: u32): void {
  const c = int(i, 4), row = <usize>c << 2;
  const unbiased = f32x4.splat(float(i, 6));
  const batches: f32 = load<f32>(ptr(i, 2)) + <f32>1;
  store<f32>(ptr(i, 2), batches);
  let momentum: f32 = float(i, 5);
  if (momentum < 0) momentum = <f32>1 / batches;
  const by = f32x4.splat(momentum), keep = f32x4.splat(<f32>1 - momentum);
  let mean = ptr(i, 0), variance = ptr(i, 1), stats = ptr(i, 3);
  for (let left = c; left > 0; left -= 4) {
    const m = f32x4.add(v128.load(stats), v128.load(stats + row));
    const v = f32x4.mul(v128.load(stats + 3 * row), unbiased);
    storeLanes(mean, madd(v128.load(mean), keep, f32x4.mul(m, by)), left);
    storeLanes(variance, madd(v128.load(variance), keep, f32x4.mul(v, by)), left);
    stats += 16;
    mean += 16;
    variance += 16;
  }
}

/** The constants of a channel, by what they are for, a vector each: out = ((x - m) - e) a + b, or dx = ((dy - b) - ((x - m) - e) k) a. */
// @ts-ignore: decorator
@inline function item(op: i32, x: v128, dy: usize, m: v128, e: v128, a: v128, b: v128, k: v128): v128 {
  const d = f32x4.sub(f32x4.sub(x, m), e);
  if (op == Op.BATCH_NORM) return madd(d, a, b);
  return f32x4.mul(nmadd(d, k, f32x4.sub(v128.load(dy), b)), a);
}

/** One channel (l > 1), or `count` (l = 1). */
// @ts-ignore: decorator
@inline function channel(op: i32, out: usize, x: usize, dy: usize, n: i32, l: i32, stride: usize, count: i32, m: v128, e: v128, a: v128, b: v128, k: v128): void {
  for (; n > 0; n--) {
    if (l == 1) storeLanes(out, item(op, v128.load(x), dy, m, e, a, b, k), count);
    else for (let left = l, at: usize = 0; left > 0; left -= 4) {
      storeLanes(out + at, item(op, v128.load(x + at), dy + at, m, e, a, b, k), left);
      at += 16;
    }
    out += stride;
    x += stride;
    dy += stride;
  }
}
export function norm_channel(out: usize, x: usize, n: i32, l: i32, stride: usize, count: i32, m: v128, e: v128, a: v128, b: v128): void {
  channel(Op.BATCH_NORM, out, x, 0, n, l, stride, count, m, e, a, b, b);
}
export function norm_channel_grad(out: usize, x: usize, dy: usize, n: i32, l: i32, stride: usize, count: i32, m: v128, e: v128, a: v128, b: v128, k: v128): void {
  channel(Op.BATCH_NORM_GRAD, out, x, dy, n, l, stride, count, m, e, a, b, k);
}

/** out = (x - mean) / sqrt(variance + eps) gamma + beta; gamma and beta may be 0: none. */
export function batch_norm(i: usize, tile: u32, lane: u32): void {
  const gamma = ptr(i, 3), beta = ptr(i, 4), n = int(i, 5), c = int(i, 6), l = int(i, 7);
  const each = tileChannels(n, l), row = <usize>c << 2, step = l == 1 ? 4 : 1;
  const from = <i32>tile * each, end = min(c, from + each);
  for (let k = from; k < end; k += step) {
    const at = <usize>k << 2, stats = ptr(i, 2) + at, data = at * l;
    let a = values(l, stats + 2 * row);
    if (gamma) a = f32x4.mul(a, values(l, gamma + at));
    const b = beta ? values(l, beta + at) : f32x4.splat(0);
    norm_channel(ptr(i, 0) + data, ptr(i, 1) + data, n, l, row * l, end - k, values(l, stats), values(l, stats + row), a, b);
  }
}

/** dgamma = sum of dy (x - mean) / sqrt(variance + eps), dbeta = sum of dy. */
export function batch_norm_sums(i: usize, tile: u32, lane: u32): void {
  const n = int(i, 5), c = int(i, 6), l = int(i, 7);
  const each = tileChannels(n, l), row = <usize>c << 2, step = l == 1 ? 4 : 1;
  const from = <i32>tile * each, end = min(c, from + each);
  for (let k = from; k < end; k += step) {
    const at = <usize>k << 2, stats = ptr(i, 4) + at, data = at * l, count = l == 1 ? end - k : 1;
    const products = product_sum(ptr(i, 2) + data, ptr(i, 3) + data, n, l, row * l, values(l, stats), values(l, stats + row));
    storeLanes(ptr(i, 0) + at, f32x4.mul(products, values(l, stats + 2 * row)), count);
    storeLanes(ptr(i, 1) + at, plain_sum(ptr(i, 3) + data, n, l, row * l), count);
  }
}

/** dx = gamma / sqrt(variance + eps) (dy - (dbeta + xhat dgamma) / items), or without what is subtracted where the statistics are not those of x. */
export function batch_norm_grad(i: usize, tile: u32, lane: u32): void {
  const gamma = ptr(i, 6), n = int(i, 7), c = int(i, 8), l = int(i, 9), training = int(i, 10);
  const each = tileChannels(n, l), row = <usize>c << 2, step = l == 1 ? 4 : 1, items = f32x4.splat(<f32>(<f64>n * <f64>l));
  const from = <i32>tile * each, end = min(c, from + each);
  for (let k = from; k < end; k += step) {
    const at = <usize>k << 2, stats = ptr(i, 3) + at, data = at * l;
    const r = values(l, stats + 2 * row);
    const a = gamma ? f32x4.mul(r, values(l, gamma + at)) : r;
    let b = f32x4.splat(0), slope = b;
    if (training) {
      slope = f32x4.div(f32x4.mul(r, values(l, ptr(i, 4) + at)), items);
      b = f32x4.div(values(l, ptr(i, 5) + at), items);
    }
    norm_channel_grad(ptr(i, 0) + data, ptr(i, 1) + data, ptr(i, 2) + data, n, l, row * l, end - k, values(l, stats), values(l, stats + row), a, b, slope);
  }
}
