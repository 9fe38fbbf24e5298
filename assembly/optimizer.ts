import { byteLength, int, opcode, ptr } from "./instruction";
import { HEADER_WORDS, Op } from "./opcodes";
import { madd, nmadd, storeLanes } from "./simd";

// Updates of a whole parameter group. The records' items, each record padded to a multiple of 16 (a cache line), are taken as one long row,
// and a tile is TILE items of it: many tiny parameters share a tile, a big one is split.

const TILE: i32 = 16384;
/** First operand of the first record. */
const RECORDS: i32 = 2;
const SGD_RECORD: i32 = 4;
const ADAM_RECORD: i32 = 5;

const MOMENTUM: i32 = 1;
const NESTEROV: i32 = 2;
const DECOUPLED: i32 = 1;
const L2: i32 = 2;

/** Smallest normal f32, 2^-126. */
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

export function optimizer_tiles(i: usize): u32 {
  const record: usize = opcode(i) == Op.ADAM ? ADAM_RECORD << 2 : SGD_RECORD << 2;
  let total: i32 = 0;
  for (let at = records(i) + record, end = i + byteLength(i); at <= end; at += record) total += padded(load<i32>(at - 4));
  return <u32>((total + TILE - 1) / TILE);
}

// @ts-ignore: decorator
@inline function records(i: usize): usize { return i + (<usize>(HEADER_WORDS + RECORDS) << 2); }

// @ts-ignore: decorator
@inline function padded(n: i32): i32 { return (n + 15) & ~15; }

/** Denormals as zero: Adam is 2-3 times slower on them. NaN stays, because the exponent's bits decide. */
// @ts-ignore: decorator
@inline function flush(v: v128): v128 {
  return v128.andnot(v, i32x4.eq(v128.and(v, i32x4.splat(0x7f800000)), i32x4.splat(0)));
}

/** flush for v >= 0. */
// @ts-ignore: decorator
@inline function flushPositive(v: v128): v128 {
  return v128.andnot(v, f32x4.lt(v, f32x4.splat(SMALLEST_NORMAL)));
}

/** The first `count` of four items. */
// @ts-ignore: decorator
@inline function sgdVector(
  p: usize, g: usize, b: usize, count: i32, flags: i32, lr: v128, momentum: v128, damp: v128, decay: v128, ahead: v128,
): void {
  const value = v128.load(p);
  let step = madd(decay, value, v128.load(g));
  if (flags & MOMENTUM) {
    const buffer = flush(madd(momentum, v128.load(b), f32x4.mul(damp, step)));
    storeLanes(b, buffer, count);
    step = flags & NESTEROV ? madd(ahead, buffer, step) : buffer;
  }
  storeLanes(p, nmadd(lr, step, value), count);
}

// @ts-ignore: decorator
@inline function sgdRecords(i: usize, tile: u32, flags: i32): void {
  const hyper = ptr(i, 0);
  const lr = v128.load32_splat(hyper), momentum = v128.load32_splat(hyper, 4), damp = v128.load32_splat(hyper, 8);
  const decay = v128.load32_splat(hyper, 12), ahead = v128.load32_splat(hyper, 16);
  const end = i + byteLength(i);
  // where the tile begins, counted from the record at hand
  let skip = <i32>tile * TILE, left = TILE;
  for (let at = records(i); at < end && left > 0; at += SGD_RECORD << 2) {
    const n = load<i32>(at, 12), space = padded(n);
    if (skip >= space) {
      skip -= space;
      continue;
    }
    const from = <usize>skip << 2;
    let p = <usize>load<u32>(at) + from, g = <usize>load<u32>(at, 4) + from, b = <usize>load<u32>(at, 8) + from;
    let count = min(n - skip, left);
    left -= space - skip;
    skip = 0;
    for (; count >= 4; count -= 4, p += 16, g += 16, b += 16) sgdVector(p, g, b, 4, flags, lr, momentum, damp, decay, ahead);
    if (count > 0) sgdVector(p, g, b, count, flags, lr, momentum, damp, decay, ahead);
  }
}

/**
 * Stochastic gradient descent as torch.optim.SGD: g' = g + decay p; buffer = momentum buffer + damp g'; p -= lr step, where step is the
 * buffer, g' + ahead buffer (Nesterov), or g' (no momentum: the buffer operand is not looked at).
 * hyper: { lr, momentum, damp, decay, ahead }; flags: 1 momentum, 2 Nesterov; records: p g buffer n.
 */
export function sgd(i: usize, tile: u32, lane: u32): void {
  const flags = int(i, 1);
  if (!(flags & MOMENTUM)) sgdRecords(i, tile, 0);
  else if (flags & NESTEROV) sgdRecords(i, tile, MOMENTUM | NESTEROV);
  else sgdRecords(i, tile, MOMENTUM);
}

/** The first `count` of four items. */
// @ts-ignore: decorator
@inline function adamVector(
  p: usize, g: usize, m: usize, v: usize, count: i32, flags: i32, stepSize: v128, eps: v128, scale: v128,
  beta1: v128, gamma1: v128, beta2: v128, gamma2: v128, decay: v128, shrink: v128,
): void {
  let value = v128.load(p), gradient = v128.load(g);
  if (flags & L2) gradient = madd(decay, value, gradient);
  if (flags & DECOUPLED) value = f32x4.mul(value, shrink);
  const first = flush(madd(beta1, v128.load(m), f32x4.mul(gamma1, gradient)));
  const second = flushPositive(madd(beta2, v128.load(v), f32x4.mul(f32x4.mul(gamma2, gradient), gradient)));
  const step = f32x4.div(f32x4.mul(stepSize, first), madd(f32x4.sqrt(second), scale, eps));
  storeLanes(m, first, count);
  storeLanes(v, second, count);
  storeLanes(p, f32x4.sub(value, step), count);
}

// @ts-ignore: decorator
@inline function adamRecords(i: usize, tile: u32, flags: i32): void {
  const hyper = ptr(i, 0);
  const stepSize = v128.load32_splat(hyper), eps = v128.load32_splat(hyper, 8);
  // one division a vector instead of two: sqrt(v) * (1 / c) differs from sqrt(v) / c by one rounding
  const scale = f32x4.div(f32x4.splat(1), v128.load32_splat(hyper, 4));
  const beta1 = v128.load32_splat(hyper, 12), gamma1 = v128.load32_splat(hyper, 16);
  const beta2 = v128.load32_splat(hyper, 20), gamma2 = v128.load32_splat(hyper, 24);
  const decay = v128.load32_splat(hyper, 28), shrink = v128.load32_splat(hyper, 32);
  const end = i + byteLength(i);
  let skip = <i32>tile * TILE, left = TILE;
  for (let at = records(i); at < end && left > 0; at += ADAM_RECORD << 2) {
    const n = load<i32>(at, 16), space = padded(n);
    if (skip >= space) {
      skip -= space;
      continue;
    }
    const from = <usize>skip << 2;
    let p = <usize>load<u32>(at) + from, g = <usize>load<u32>(at, 4) + from;
    let m = <usize>load<u32>(at, 8) + from, v = <usize>load<u32>(at, 12) + from;
    let count = min(n - skip, left);
    left -= space - skip;
    skip = 0;
    for (; count >= 4; count -= 4, p += 16, g += 16, m += 16, v += 16) {
      adamVector(p, g, m, v, 4, flags, stepSize, eps, scale, beta1, gamma1, beta2, gamma2, decay, shrink);
    }
    if (count > 0) adamVector(p, g, m, v, count, flags, stepSize, eps, scale, beta1, gamma1, beta2, gamma2, decay, shrink);
  }
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) as torch.optim.Adam, and AdamW (Loshchilov and Hutter 2019) by the decoupled flag:
 * m = beta1 m + gamma1 g'; v = beta2 v + gamma2 g'^2; p -= stepSize m / (sqrt(v) / root + eps). L2: g' = g + decay p. Decoupled: p *= shrink first.
 * hyper: { stepSize, root, eps, beta1, gamma1, beta2, gamma2, decay, shrink }; flags: 1 decoupled, 2 L2; records: p g m v n.
 */
export function adam(i: usize, tile: u32, lane: u32): void {
  const flags = int(i, 1);
  if (flags & DECOUPLED) {
    if (flags & L2) adamRecords(i, tile, DECOUPLED | L2);
    else adamRecords(i, tile, DECOUPLED);
  } else if (flags & L2) adamRecords(i, tile, L2);
  else adamRecords(i, tile, 0);
}
