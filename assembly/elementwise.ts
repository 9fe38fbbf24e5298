import { CHUNK, Op } from "./opcodes";

// Loops over n items that the elementwise kernels are made of; out may be an operand. In the loops for two operands `op` is a constant wherever they are used, so
// that each use keeps one formula.

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

/** Stores the first `n` items of four vectors, fewer than 16; returns where they end. */
// @ts-ignore: decorator
@inline export function storeShort(out: usize, x0: v128, x1: v128, x2: v128, x3: v128, n: i32): usize {
  const end = out + (<usize>n << 2);
  for (; n > 3; n -= 4) {
    v128.store(out, x0);
    out += 16;
    x0 = x1;
    x1 = x2;
    x2 = x3;
  }
  if (n > 0) storeTail(out, x0, n);
  return end;
}

/** Gradients take dy and the saved result y. */
// @ts-ignore: decorator
@inline function formula(op: i32, a: v128, b: v128): v128 {
  const one = f32x4.splat(1);
  if (op == Op.ADD) return f32x4.add(a, b);
  if (op == Op.SUB) return f32x4.sub(a, b);
  if (op == Op.MUL) return f32x4.mul(a, b);
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

/** Worth several vectors a turn: short, and common. */
// @ts-ignore: decorator
@inline function unrolled(op: i32): bool { return op != Op.SIGMOID_GRAD && op != Op.SQUARED_ERROR; }

/** out = f(a, b), n items, as gradients and losses have it. */
// @ts-ignore: decorator
@inline export function zip(op: i32, out: usize, a: usize, b: usize, n: i32): void { zipRows(op, out, a, b, n, 1, 0, 0, false); }

/**
 * out = f(a, b), `count` rows of n items; out's lie together, those of a and b `da` and `db` bytes apart. `splat`: a row of b is one item.
 */
// @ts-ignore: decorator
@inline export function zipRows(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize, splat: bool): void {
  do {
    const one = v128.load32_splat(b);
    let p = a, q = b, k = n;
    if (unrolled(op) && !splat) {
      for (; k >= 16; k -= 16) {
        const y0 = formula(op, v128.load(p), v128.load(q)), y1 = formula(op, v128.load(p, 16), v128.load(q, 16));
        const y2 = formula(op, v128.load(p, 32), v128.load(q, 32)), y3 = formula(op, v128.load(p, 48), v128.load(q, 48));
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
        const y0 = formula(op, v128.load(p), one), y1 = formula(op, v128.load(p, 16), one);
        v128.store(out, y0);
        v128.store(out, y1, 16);
        p += 32;
        out += 32;
      }
    }
    for (; k > 0; k -= 4) {
      const y = formula(op, v128.load(p), splat ? one : v128.load(q));
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

// @ts-ignore: decorator
@inline function f(op: i32, x: v128, dy: v128, a: v128, b: v128): v128 {
  const none = f32x4.splat(0), one = f32x4.splat(1);
  if (op == Op.NEG) return f32x4.neg(x);
  if (op == Op.ABS) return f32x4.abs(x);
  if (op == Op.SQUARE) return f32x4.mul(x, x);
  if (op == Op.SQRT) return f32x4.sqrt(x);
  if (op == Op.RECIPROCAL) return f32x4.div(one, x);
  // the largest first, so that NaN stays
  if (op == Op.HARDTANH) return f32x4.pmin(f32x4.pmax(x, a), b);
  // a NaN is all bits set from here on
  const nan = f32x4.ne(x, x);
  // the sign of x on 1 or 0
  if (op == Op.SIGN) return v128.or(v128.or(v128.and(x, f32x4.splat(-0.0)), v128.and(f32x4.ne(x, none), one)), nan);
  if (op == Op.HARDTANH_GRAD) return v128.or(v128.and(dy, v128.and(f32x4.gt(x, a), f32x4.lt(x, b))), nan);
  const positive = f32x4.gt(x, none);
  if (op == Op.STEP) return v128.or(v128.and(positive, one), nan);
  if (op == Op.LEAKY_RELU) return v128.bitselect(x, f32x4.mul(x, a), positive);
  // LEAKY_RELU_GRAD
  return v128.or(v128.bitselect(dy, f32x4.mul(dy, a), positive), nan);
}

/** out = f(x), or dy f'(x), by short formulas with constants a and b: one loop, which looks the operation up every four vectors. NaN where x is NaN. */
export function shortItems(op: i32, out: usize, x: usize, dy: usize, n: i32, first: f32, second: f32): void {
  const a = f32x4.splat(first), b = f32x4.splat(second);
  for (; n > 0; n -= 16) {
    let x0 = v128.load(x), x1 = v128.load(x, 16), x2 = v128.load(x, 32), x3 = v128.load(x, 48);
    const d0 = v128.load(dy), d1 = v128.load(dy, 16), d2 = v128.load(dy, 32), d3 = v128.load(dy, 48);
    switch (op) {
      case Op.NEG: x0 = f(Op.NEG, x0, d0, a, b); x1 = f(Op.NEG, x1, d1, a, b); x2 = f(Op.NEG, x2, d2, a, b); x3 = f(Op.NEG, x3, d3, a, b); break;
      case Op.ABS: x0 = f(Op.ABS, x0, d0, a, b); x1 = f(Op.ABS, x1, d1, a, b); x2 = f(Op.ABS, x2, d2, a, b); x3 = f(Op.ABS, x3, d3, a, b); break;
      case Op.SQUARE: x0 = f(Op.SQUARE, x0, d0, a, b); x1 = f(Op.SQUARE, x1, d1, a, b); x2 = f(Op.SQUARE, x2, d2, a, b); x3 = f(Op.SQUARE, x3, d3, a, b); break;
      case Op.SQRT: x0 = f(Op.SQRT, x0, d0, a, b); x1 = f(Op.SQRT, x1, d1, a, b); x2 = f(Op.SQRT, x2, d2, a, b); x3 = f(Op.SQRT, x3, d3, a, b); break;
      case Op.RECIPROCAL: x0 = f(Op.RECIPROCAL, x0, d0, a, b); x1 = f(Op.RECIPROCAL, x1, d1, a, b); x2 = f(Op.RECIPROCAL, x2, d2, a, b); x3 = f(Op.RECIPROCAL, x3, d3, a, b); break;
      case Op.SIGN: x0 = f(Op.SIGN, x0, d0, a, b); x1 = f(Op.SIGN, x1, d1, a, b); x2 = f(Op.SIGN, x2, d2, a, b); x3 = f(Op.SIGN, x3, d3, a, b); break;
      case Op.HARDTANH: x0 = f(Op.HARDTANH, x0, d0, a, b); x1 = f(Op.HARDTANH, x1, d1, a, b); x2 = f(Op.HARDTANH, x2, d2, a, b); x3 = f(Op.HARDTANH, x3, d3, a, b); break;
      case Op.HARDTANH_GRAD: x0 = f(Op.HARDTANH_GRAD, x0, d0, a, b); x1 = f(Op.HARDTANH_GRAD, x1, d1, a, b); x2 = f(Op.HARDTANH_GRAD, x2, d2, a, b); x3 = f(Op.HARDTANH_GRAD, x3, d3, a, b); break;
      case Op.STEP: x0 = f(Op.STEP, x0, d0, a, b); x1 = f(Op.STEP, x1, d1, a, b); x2 = f(Op.STEP, x2, d2, a, b); x3 = f(Op.STEP, x3, d3, a, b); break;
      case Op.LEAKY_RELU: x0 = f(Op.LEAKY_RELU, x0, d0, a, b); x1 = f(Op.LEAKY_RELU, x1, d1, a, b); x2 = f(Op.LEAKY_RELU, x2, d2, a, b); x3 = f(Op.LEAKY_RELU, x3, d3, a, b); break;
      default: x0 = f(Op.LEAKY_RELU_GRAD, x0, d0, a, b); x1 = f(Op.LEAKY_RELU_GRAD, x1, d1, a, b); x2 = f(Op.LEAKY_RELU_GRAD, x2, d2, a, b); x3 = f(Op.LEAKY_RELU_GRAD, x3, d3, a, b);
    }
    if (n < 16) {
      storeShort(out, x0, x1, x2, x3, n);
      return;
    }
    v128.store(out, x0);
    v128.store(out, x1, 16);
    v128.store(out, x2, 32);
    v128.store(out, x3, 48);
    x += 64;
    dy += 64;
    out += 64;
  }
}
