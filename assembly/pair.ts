import { flatCount, flatOffset, flatTiles, storeTail } from "./elementwise";
import { int, float, opcode, ptr } from "./instruction";
import { E0, E1, E2, E3, E4, E5, expWith, LEAST, LN2_HI, LN2_LO, LOG2E, log4, MAGIC, MOST } from "./math";
import { Op, Pair } from "./opcodes";

// Losses of an output x against a target t, item by item, and their gradients. Tiles of CHUNK items. A NaN in x gives a NaN loss, in t too.

export function pair_tiles(i: usize): u32 { return flatTiles(int(i, opcode(i) == Op.PAIR_LOSS ? 4 : 5)); }

// calls on purpose: used several times, large, and seldom where time is spent
function logOf(x: v128): v128 { return log4(x); }
/** exp(-|x|) */
function fade(x: v128): v128 {
  return expWith(
    f32x4.neg(f32x4.abs(x)), f32x4.splat(LOG2E), f32x4.splat(MAGIC), f32x4.splat(LN2_HI), f32x4.splat(LN2_LO), f32x4.splat(E0), f32x4.splat(E1), f32x4.splat(E2),
    f32x4.splat(E3), f32x4.splat(E4), f32x4.splat(E5), f32x4.splat(1), f32x4.splat(Infinity), f32x4.splat(MOST), f32x4.splat(LEAST),
  );
}

/** log(1 + x), -1 <= x <= 1: what rounding took from 1 + x is given back. */
function log1p(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(one, x);
  const lost = f32x4.div(f32x4.sub(x, f32x4.sub(u, one)), u);
  return f32x4.add(logOf(u), v128.andnot(lost, f32x4.eq(u, f32x4.splat(0))));
}

/** Not below -100, where PyTorch's binary_cross_entropy stops too: a probability of 0 costs 100. pmax keeps NaN on its left. */
// @ts-ignore: decorator
@inline function bounded(log: v128): v128 { return f32x4.pmax(log, f32x4.splat(-100)); }

/** y, but 0 where t is 0 and x is a number: there -Infinity counts nothing. */
// @ts-ignore: decorator
@inline function unlessZero(y: v128, t: v128, x: v128): v128 {
  return v128.or(v128.andnot(y, f32x4.eq(t, f32x4.splat(0))), f32x4.ne(x, x));
}

/** w: weight of the part of t = 1. */
// @ts-ignore: decorator
@inline function loss(kind: i32, x: v128, t: v128, w: v128, delta: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == Pair.ABSOLUTE) return f32x4.abs(f32x4.sub(x, t));
  if (kind == Pair.HUBER) {
    const d = f32x4.abs(f32x4.sub(x, t));
    const half = f32x4.splat(0.5);
    const far = f32x4.mul(delta, f32x4.sub(d, f32x4.mul(half, delta)));
    return v128.bitselect(far, f32x4.mul(half, f32x4.mul(d, d)), f32x4.gt(d, delta));
  }
  if (kind == Pair.LOG_PROBABILITY) return unlessZero(f32x4.neg(f32x4.mul(t, x)), t, x);
  if (kind == Pair.PROBABILITY) return f32x4.neg(f32x4.mul(t, bounded(logOf(x))));
  if (kind == Pair.DIVERGENCE) return unlessZero(f32x4.mul(t, f32x4.sub(logOf(t), x)), t, x);
  if (kind == Pair.BINARY) {
    const no = f32x4.mul(f32x4.sub(one, t), bounded(log1p(f32x4.neg(x))));
    return f32x4.neg(f32x4.add(f32x4.mul(t, bounded(logOf(x))), no));
  }
  // w t softplus(-x) + (1 - t) softplus(x), softplus(x) = max(x, 0) + log(1 + exp(-|x|))
  const low = log1p(fade(x));
  const zero = f32x4.splat(0);
  const yes = f32x4.mul(f32x4.mul(w, t), f32x4.add(f32x4.pmax(f32x4.neg(x), zero), low));
  return f32x4.add(yes, f32x4.mul(f32x4.sub(one, t), f32x4.add(f32x4.pmax(x, zero), low)));
}

// @ts-ignore: decorator
@inline function slope(kind: i32, x: v128, t: v128, w: v128, delta: v128): v128 {
  const one = f32x4.splat(1);
  const least = f32x4.splat(1e-12);
  const d = f32x4.sub(x, t);
  if (kind == Pair.ABSOLUTE) {
    // the sign of d on 1 or 0; all bits set, which is a NaN, for NaN
    const size = v128.and(f32x4.ne(d, f32x4.splat(0)), one);
    return v128.or(v128.or(v128.and(d, f32x4.splat(-0.0)), size), f32x4.ne(d, d));
  }
  if (kind == Pair.HUBER) return f32x4.pmax(f32x4.pmin(d, delta), f32x4.neg(delta));
  if (kind == Pair.LOG_PROBABILITY || kind == Pair.DIVERGENCE) return f32x4.sub(f32x4.splat(0), t);
  if (kind == Pair.PROBABILITY) return f32x4.div(f32x4.neg(t), f32x4.pmax(x, least));
  if (kind == Pair.BINARY) return f32x4.div(d, f32x4.pmax(f32x4.mul(f32x4.sub(one, x), x), least));
  // (1 - t) sigmoid(x) - w t sigmoid(-x)
  const e = fade(x);
  const large = f32x4.div(one, f32x4.add(one, e));
  const small = f32x4.mul(e, large);
  const above = f32x4.ge(x, f32x4.splat(0));
  const no = f32x4.mul(f32x4.sub(one, t), v128.bitselect(large, small, above));
  return f32x4.sub(no, f32x4.mul(f32x4.mul(w, t), v128.bitselect(small, large, above)));
}

// @ts-ignore: decorator
@inline function forward(kind: i32, i: usize, tile: u32): void {
  const offset = flatOffset(tile);
  let out = ptr(i, 0) + offset;
  let x = ptr(i, 1) + offset;
  let t = ptr(i, 2) + offset;
  let w = ptr(i, 3) + offset;
  const each = ptr(i, 3) != 0;
  const delta = f32x4.splat(float(i, 6));
  for (let n = flatCount(int(i, 4), tile); n > 0; n -= 4) {
    const by = kind == Pair.BINARY_LOGIT && each ? v128.load(w) : f32x4.splat(1);
    const y = loss(kind, v128.load(x), v128.load(t), by, delta);
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    out += 16;
    x += 16;
    t += 16;
    w += 16;
  }
}

// @ts-ignore: decorator
@inline function backward(kind: i32, i: usize, tile: u32): void {
  const offset = flatOffset(tile);
  const step = int(i, 7);
  let dx = ptr(i, 0) + offset;
  let x = ptr(i, 1) + offset;
  let t = ptr(i, 2) + offset;
  let w = ptr(i, 3) + offset;
  let dy = ptr(i, 4) + offset * step;
  const each = ptr(i, 3) != 0;
  const delta = f32x4.splat(float(i, 9));
  const divisor = f32x4.splat(float(i, 8));
  for (let n = flatCount(int(i, 5), tile); n > 0; n -= 4) {
    const by = kind == Pair.BINARY_LOGIT && each ? v128.load(w) : f32x4.splat(1);
    const g = f32x4.div(step ? v128.load(dy) : v128.load32_splat(dy), divisor);
    const y = f32x4.mul(slope(kind, v128.load(x), v128.load(t), by, delta), g);
    if (n < 4) return storeTail(dx, y, n);
    v128.store(dx, y);
    dx += 16;
    x += 16;
    t += 16;
    w += 16;
    dy += <usize>step << 4;
  }
}

/** out, x, t, w (0: none), n, kind, delta; out may be an operand. */
export function pair_loss(i: usize, tile: u32, lane: u32): void {
  switch (int(i, 5)) {
    case Pair.ABSOLUTE: forward(Pair.ABSOLUTE, i, tile); break;
    case Pair.HUBER: forward(Pair.HUBER, i, tile); break;
    case Pair.LOG_PROBABILITY: forward(Pair.LOG_PROBABILITY, i, tile); break;
    case Pair.PROBABILITY: forward(Pair.PROBABILITY, i, tile); break;
    case Pair.DIVERGENCE: forward(Pair.DIVERGENCE, i, tile); break;
    case Pair.BINARY: forward(Pair.BINARY, i, tile); break;
    case Pair.BINARY_LOGIT: forward(Pair.BINARY_LOGIT, i, tile); break;
    default: unreachable();
  }
}

/** dx, x, t, w (0: none), dy, n, kind, dyStride (0 or 1), divisor, delta; dx may be an operand, dy where its stride is 1. */
export function pair_loss_grad(i: usize, tile: u32, lane: u32): void {
  switch (int(i, 6)) {
    case Pair.ABSOLUTE: backward(Pair.ABSOLUTE, i, tile); break;
    case Pair.HUBER: backward(Pair.HUBER, i, tile); break;
    case Pair.LOG_PROBABILITY:
    case Pair.DIVERGENCE: backward(Pair.LOG_PROBABILITY, i, tile); break;
    case Pair.PROBABILITY: backward(Pair.PROBABILITY, i, tile); break;
    case Pair.BINARY: backward(Pair.BINARY, i, tile); break;
    case Pair.BINARY_LOGIT: backward(Pair.BINARY_LOGIT, i, tile); break;
    default: unreachable();
  }
}
