import { relu4 } from "./math";
import { CHUNK, Op } from "./opcodes";

// Formulas of one and two operands, and the loops over n items that the elementwise kernels are made of. `op` is a constant
// wherever these are used, so that each use keeps one formula. out may be an operand.

/** Tiles of a flat kernel over n items. */
// @ts-ignore: decorator
@inline export function flatTiles(n: i32): u32 { return (<u32>n + CHUNK - 1) / CHUNK; }

/** Items in tile `tile` of n. */
// @ts-ignore: decorator
@inline export function flatCount(n: i32, tile: u32): i32 { return <i32>min<u32>(CHUNK, <u32>n - tile * CHUNK); }

/** Bytes before tile `tile`. */
// @ts-ignore: decorator
@inline export function flatOffset(tile: u32): usize { return <usize>tile * CHUNK << 2; }

/** Stores the first `count` lanes of v, 1 to 3. A call, as tails are many and rarely hot. */
export function storeTail(at: usize, v: v128, count: i32): void {
  v128.store32_lane(at, v, 0);
  if (count > 1) v128.store32_lane(at, v, 1, 4);
  if (count > 2) v128.store32_lane(at, v, 2, 8);
}

// @ts-ignore: decorator
@inline function formula1(op: i32, x: v128): v128 {
  if (op == Op.NEG) return f32x4.neg(x);
  if (op == Op.ABS) return f32x4.abs(x);
  if (op == Op.SQUARE) return f32x4.mul(x, x);
  if (op == Op.SQRT) return f32x4.sqrt(x);
  if (op == Op.RECIPROCAL) return f32x4.div(f32x4.splat(1), x);
  if (op == Op.RELU) return relu4(x);
  // SIGN: the sign of x on 1 or 0; all bits set, which is a NaN, for NaN
  const one = v128.and(f32x4.ne(x, f32x4.splat(0)), f32x4.splat(1));
  return v128.or(v128.or(v128.and(x, f32x4.splat(-0.0)), one), f32x4.ne(x, x));
}

/** Gradients take dy and the saved result y. */
// @ts-ignore: decorator
@inline function formula2(op: i32, a: v128, b: v128): v128 {
  const one = f32x4.splat(1);
  if (op == Op.ADD) return f32x4.add(a, b);
  if (op == Op.SUB) return f32x4.sub(a, b);
  if (op == Op.MUL) return f32x4.mul(a, b);
  if (op == Op.DIV) return f32x4.div(a, b);
  if (op == Op.MAXIMUM) return f32x4.max(a, b);
  if (op == Op.MINIMUM) return f32x4.min(a, b);
  if (op == Op.EQ) return v128.and(f32x4.eq(a, b), one);
  if (op == Op.NE) return v128.and(f32x4.ne(a, b), one);
  if (op == Op.GT) return v128.and(f32x4.gt(a, b), one);
  if (op == Op.GE) return v128.and(f32x4.ge(a, b), one);
  if (op == Op.EQ_I32) return v128.and(i32x4.eq(a, b), one);
  if (op == Op.PRELU) return v128.bitselect(a, f32x4.mul(a, b), f32x4.gt(a, f32x4.splat(0)));
  if (op == Op.PRELU_SLOPE) return v128.or(v128.bitselect(one, b, f32x4.gt(a, f32x4.splat(0))), f32x4.ne(a, a));
  if (op == Op.SIGMOID_GRAD) return f32x4.mul(a, f32x4.mul(f32x4.sub(one, b), b));
  if (op == Op.TANH_GRAD) return f32x4.mul(a, f32x4.sub(one, f32x4.mul(b, b)));
  if (op == Op.SQUARED_ERROR) {
    const d = f32x4.sub(a, b);
    return f32x4.mul(d, d);
  }
  // RELU_GRAD: dy where y > 0, else 0; NaN where y is NaN, as all bits set pass through the or. A NaN in dy is cut off where y <= 0, as in
  // PyTorch's threshold_backward: nothing of dy reaches x there, and whatever made dy NaN shows in the loss
  return v128.or(v128.and(a, f32x4.gt(b, f32x4.splat(0))), f32x4.ne(b, b));
}

/** out = f(x), n items. */
// @ts-ignore: decorator
@inline export function map(op: i32, out: usize, x: usize, n: i32): void {
  if (op == Op.RELU) {
    // worth more vectors a turn: it is common
    for (; n >= 16; n -= 16) {
      const y0 = formula1(op, v128.load(x)), y1 = formula1(op, v128.load(x, 16));
      const y2 = formula1(op, v128.load(x, 32)), y3 = formula1(op, v128.load(x, 48));
      v128.store(out, y0);
      v128.store(out, y1, 16);
      v128.store(out, y2, 32);
      v128.store(out, y3, 48);
      x += 64;
      out += 64;
    }
  } else {
    for (; n >= 8; n -= 8) {
      const y0 = formula1(op, v128.load(x)), y1 = formula1(op, v128.load(x, 16));
      v128.store(out, y0);
      v128.store(out, y1, 16);
      x += 32;
      out += 32;
    }
  }
  for (; n > 0; n -= 4) {
    const y = formula1(op, v128.load(x));
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    x += 16;
    out += 16;
  }
}

// @ts-ignore: decorator
@inline function side(op: i32, a: v128, b: v128, swapped: bool): v128 {
  return swapped ? formula2(op, b, a) : formula2(op, a, b);
}

/** Worth several vectors a turn: short, and common. */
// @ts-ignore: decorator
@inline function unrolled(op: i32): bool { return (op < Op.EQ || op > Op.PRELU_SLOPE) && op != Op.DIV && op != Op.SIGMOID_GRAD && op != Op.SQUARED_ERROR; }

/** out = f(a, b), n items, as gradients and losses have it. */
// @ts-ignore: decorator
@inline export function zip(op: i32, out: usize, a: usize, b: usize, n: i32): void { zipRows(op, out, a, b, n, 1, 0, 0, false, false); }

/**
 * out = f(a, b), `count` rows of n items; out's lie together, those of a and b `da` and `db` bytes apart. `splat`: a row of b is one item;
 * `swapped`: f(b, a).
 */
// @ts-ignore: decorator
@inline export function zipRows(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize, splat: bool, swapped: bool): void {
  do {
    const one = v128.load32_splat(b);
    let p = a, q = b, k = n;
    if (unrolled(op) && !splat) {
      for (; k >= 16; k -= 16) {
        const y0 = side(op, v128.load(p), v128.load(q), swapped), y1 = side(op, v128.load(p, 16), v128.load(q, 16), swapped);
        const y2 = side(op, v128.load(p, 32), v128.load(q, 32), swapped), y3 = side(op, v128.load(p, 48), v128.load(q, 48), swapped);
        v128.store(out, y0);
        v128.store(out, y1, 16);
        v128.store(out, y2, 32);
        v128.store(out, y3, 48);
        p += 64;
        q += 64;
        out += 64;
      }
    } else if (unrolled(op)) {
      for (; k >= 8; k -= 8) {
        const y0 = side(op, v128.load(p), one, swapped), y1 = side(op, v128.load(p, 16), one, swapped);
        v128.store(out, y0);
        v128.store(out, y1, 16);
        p += 32;
        out += 32;
      }
    }
    for (; k > 0; k -= 4) {
      const y = side(op, v128.load(p), splat ? one : v128.load(q), swapped);
      if (k < 4) {
        storeTail(out, y, k);
        out += <usize>k << 2;
        break;
      }
      v128.store(out, y);
      p += 16;
      if (!splat) q += 16;
      out += 16;
    }
    a += da;
    b += db;
  } while (--count > 0);
}
