import { sigmoidItems } from "./activation";
import { flatCount, flatOffset, flatTiles, storeTail } from "./elementwise";
import { int, float, opcode, ptr } from "./instruction";
import { log4 } from "./math";
import { Op, Pair } from "./opcodes";
import { smoothItems } from "./smooth";

// Losses of an output x against a target t, item by item, and their gradients: one loop each, which looks the kind up every vector. Tiles of CHUNK items. A NaN in x gives a NaN loss, in t too.

export function pair_tiles(i: usize): u32 { return flatTiles(int(i, opcode(i) == Op.PAIR_LOSS ? 4 : 5)); }

// calls on purpose: used several times, large, and seldom where time is spent
function logOf(x: v128): v128 { return log4(x); }
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

// Below, a variable and not one return a kind: Binaryen would make branches of those that work out every value on the way.

/** `logs`: one of the kinds that call for logarithms. In a loop with calls V8 keeps nothing in registers. */
// @ts-ignore: decorator
@inline function loss(logs: bool, kind: i32, x: v128, t: v128, delta: v128): v128 {
  let y = f32x4.abs(f32x4.sub(x, t));
  if (logs) {
    if (kind == Pair.PROBABILITY) y = f32x4.neg(f32x4.mul(t, bounded(logOf(x))));
    else if (kind == Pair.DIVERGENCE) y = unlessZero(f32x4.mul(t, f32x4.sub(logOf(t), x)), t, x);
    else {
      // BINARY
      y = f32x4.mul(f32x4.sub(f32x4.splat(1), t), bounded(log1p(f32x4.neg(x))));
      y = f32x4.neg(f32x4.add(f32x4.mul(t, bounded(logOf(x))), y));
    }
  } else if (kind == Pair.HUBER) {
    const half = f32x4.splat(0.5), far = f32x4.mul(delta, f32x4.sub(y, f32x4.mul(half, delta)));
    y = v128.bitselect(far, f32x4.mul(half, f32x4.mul(y, y)), f32x4.gt(y, delta));
  } else if (kind == Pair.LOG_PROBABILITY) y = unlessZero(f32x4.neg(f32x4.mul(t, x)), t, x);
  return y;
}

// @ts-ignore: decorator
@inline function slope(kind: i32, x: v128, t: v128, delta: v128): v128 {
  const one = f32x4.splat(1), none = f32x4.splat(0), least = f32x4.splat(1e-12);
  let y = f32x4.sub(x, t);
  switch (kind) {
    case Pair.ABSOLUTE:
      // the sign of the difference on 1 or 0; all bits set, which is a NaN, for NaN
      y = v128.or(v128.or(v128.and(y, f32x4.splat(-0.0)), v128.and(f32x4.ne(y, none), one)), f32x4.ne(y, y));
      break;
    case Pair.HUBER: y = f32x4.pmax(f32x4.pmin(y, delta), f32x4.neg(delta)); break;
    case Pair.LOG_PROBABILITY:
    case Pair.DIVERGENCE: y = f32x4.sub(none, t); break;
    case Pair.PROBABILITY: y = f32x4.div(f32x4.neg(t), f32x4.pmax(x, least)); break;
    default: // BINARY
      y = f32x4.div(y, f32x4.pmax(f32x4.mul(f32x4.sub(one, x), x), least));
  }
  return y;
}

// @ts-ignore: decorator
@inline function forward(logs: bool, i: usize, tile: u32): void {
  const from = flatOffset(tile), kind = int(i, 5);
  let out = ptr(i, 0) + from, x = ptr(i, 1) + from, t = ptr(i, 2) + from;
  const delta = f32x4.splat(float(i, 6));
  for (let n = flatCount(int(i, 4), tile); n > 0; n -= 4) {
    const y = loss(logs, kind, v128.load(x), v128.load(t), delta);
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    out += 16;
    x += 16;
    t += 16;
  }
}

// @ts-ignore: decorator
@inline function backward(i: usize, tile: u32): void {
  const from = flatOffset(tile), kind = int(i, 6), step = int(i, 7);
  let dx = ptr(i, 0) + from, x = ptr(i, 1) + from, t = ptr(i, 2) + from, dy = ptr(i, 4) + (step ? from : 0);
  const divisor = f32x4.splat(float(i, 8)), delta = f32x4.splat(float(i, 9));
  for (let n = flatCount(int(i, 5), tile); n > 0; n -= 4) {
    const g = f32x4.div(step ? v128.load(dy) : v128.load32_splat(dy), divisor);
    const y = f32x4.mul(slope(kind, v128.load(x), v128.load(t), delta), g);
    if (n < 4) return storeTail(dx, y, n);
    v128.store(dx, y);
    dx += 16;
    x += 16;
    t += 16;
    dy += <usize>step << 4;
  }
}

/** out = -|x| */
function fold(out: usize, x: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    const y = v128.or(v128.load(x), f32x4.splat(-0.0));
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    out += 16;
    x += 16;
  }
}

/** w t softplus(-x) + (1 - t) softplus(x), softplus(x) = max(x, 0) + low, low = log(1 + exp(-|x|)), which waits in out. */
function logitLoss(i: usize, tile: u32): void {
  const from = flatOffset(tile), each = ptr(i, 3) != 0;
  let out = ptr(i, 0) + from, x = ptr(i, 1) + from, t = ptr(i, 2) + from, w = ptr(i, 3) + from;
  let n = flatCount(int(i, 4), tile);
  fold(out, x, n);
  smoothItems(Op.SOFTPLUS, out, 0, out, n, 1, Infinity);
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  for (; n > 0; n -= 4) {
    const v = v128.load(x), low = v128.load(out), a = v128.load(t);
    const yes = f32x4.mul(f32x4.mul(each ? v128.load(w) : one, a), f32x4.add(f32x4.pmax(f32x4.neg(v), zero), low));
    const y = f32x4.add(yes, f32x4.mul(f32x4.sub(one, a), f32x4.add(f32x4.pmax(v, zero), low)));
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    out += 16;
    x += 16;
    t += 16;
    w += 16;
  }
}

/** (1 - t) sigmoid(x) - w t sigmoid(-x); sigmoid(-|x|), the smaller of both, waits in dx. */
function logitSlope(i: usize, tile: u32): void {
  const from = flatOffset(tile), each = ptr(i, 3) != 0, step = int(i, 7);
  let dx = ptr(i, 0) + from, x = ptr(i, 1) + from, t = ptr(i, 2) + from, w = ptr(i, 3) + from, dy = ptr(i, 4) + (step ? from : 0);
  let n = flatCount(int(i, 5), tile);
  fold(dx, x, n);
  sigmoidItems(dx, dx, n);
  const one = f32x4.splat(1), divisor = f32x4.splat(float(i, 8));
  for (; n > 0; n -= 4) {
    const small = v128.load(dx), large = f32x4.sub(one, small), a = v128.load(t);
    const above = f32x4.ge(v128.load(x), f32x4.splat(0));
    const no = f32x4.mul(f32x4.sub(one, a), v128.bitselect(large, small, above));
    const yes = f32x4.mul(f32x4.mul(each ? v128.load(w) : one, a), v128.bitselect(small, large, above));
    const g = f32x4.div(step ? v128.load(dy) : v128.load32_splat(dy), divisor);
    const y = f32x4.mul(f32x4.sub(no, yes), g);
    if (n < 4) return storeTail(dx, y, n);
    v128.store(dx, y);
    dx += 16;
    x += 16;
    t += 16;
    w += 16;
    dy += <usize>step << 4;
  }
}

/** out, x, t, w (0: none), n, kind, delta; out is none of the operands. */
export function pair_loss(i: usize, tile: u32, lane: u32): void {
  const kind = int(i, 5);
  if (kind == Pair.BINARY_LOGIT) logitLoss(i, tile);
  else if (kind <= Pair.LOG_PROBABILITY) forward(false, i, tile);
  else forward(true, i, tile);
}

/** dx, x, t, w (0: none), dy, n, kind, dyStride (0 or 1), divisor, delta; dx is none of the operands. */
export function pair_loss_grad(i: usize, tile: u32, lane: u32): void {
  if (int(i, 6) == Pair.BINARY_LOGIT) logitSlope(i, tile);
  else backward(i, tile);
}
