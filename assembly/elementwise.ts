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

/** Stores the first `count` lanes of v, 1 to 3. */
// @ts-ignore: decorator
@inline export function storeTail(at: usize, v: v128, count: i32): void {
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
  // SIGN: x itself where it is 0 or NaN
  const nonzero = v128.or(f32x4.lt(x, f32x4.splat(0)), f32x4.gt(x, f32x4.splat(0)));
  return v128.bitselect(v128.or(v128.and(x, f32x4.splat(-0.0)), f32x4.splat(1)), x, nonzero);
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
  if (op == Op.EQ_I32) return v128.and(i32x4.eq(a, b), one);
  if (op == Op.SIGMOID_GRAD) return f32x4.mul(a, f32x4.mul(f32x4.sub(one, b), b));
  if (op == Op.TANH_GRAD) return f32x4.mul(a, f32x4.sub(one, f32x4.mul(b, b)));
  if (op == Op.SQUARED_ERROR) {
    const d = f32x4.sub(a, b);
    return f32x4.mul(d, d);
  }
  // RELU_GRAD: dy where y > 0, else 0; NaN where y is NaN, as all bits set pass through the or
  return v128.or(v128.and(a, f32x4.gt(b, f32x4.splat(0))), f32x4.ne(b, b));
}

/** out = f(x), n items. */
// @ts-ignore: decorator
@inline export function map(op: i32, out: usize, x: usize, n: i32): void {
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
  for (; n >= 4; n -= 4) {
    v128.store(out, formula1(op, v128.load(x)));
    x += 16;
    out += 16;
  }
  if (n > 0) storeTail(out, formula1(op, v128.load(x)), n);
}

/** out = f(a, b), n items; `splat`: b is one item; `swapped`: f(b, a). */
// @ts-ignore: decorator
@inline export function zip(op: i32, out: usize, a: usize, b: usize, n: i32, splat: bool, swapped: bool): void {
  const one = v128.load32_splat(b);
  for (; n >= 16; n -= 16) {
    const y0 = side(op, v128.load(a), splat ? one : v128.load(b), swapped);
    const y1 = side(op, v128.load(a, 16), splat ? one : v128.load(b, 16), swapped);
    const y2 = side(op, v128.load(a, 32), splat ? one : v128.load(b, 32), swapped);
    const y3 = side(op, v128.load(a, 48), splat ? one : v128.load(b, 48), swapped);
    v128.store(out, y0);
    v128.store(out, y1, 16);
    v128.store(out, y2, 32);
    v128.store(out, y3, 48);
    a += 64;
    if (!splat) b += 64;
    out += 64;
  }
  for (; n >= 4; n -= 4) {
    v128.store(out, side(op, v128.load(a), splat ? one : v128.load(b), swapped));
    a += 16;
    if (!splat) b += 16;
    out += 16;
  }
  if (n > 0) storeTail(out, side(op, v128.load(a), splat ? one : v128.load(b), swapped), n);
}

// @ts-ignore: decorator
@inline function side(op: i32, a: v128, b: v128, swapped: bool): v128 {
  return swapped ? formula2(op, b, a) : formula2(op, a, b);
}
