import { flatCount, flatOffset, flatTiles, storeTail } from "./elementwise";
import { float, int, opcode, ptr } from "./instruction";
import { Op } from "./opcodes";

// Activations of straight pieces. Operands (out, x, n, a, b), of the gradients (dx, dy, x, n, a, b): dx = dy f'(x). out may be x, dx may be
// dy or x.

export function piecewise_tiles(i: usize): u32 {
  const op = opcode(i);
  return flatTiles(int(i, op == Op.LEAKY_RELU_GRAD || op == Op.HARDTANH_GRAD ? 3 : 2));
}

/** f(x), or dy f'(x); NaN where x is NaN. */
// @ts-ignore: decorator
@inline function formula(op: i32, x: v128, dy: v128, a: v128, b: v128): v128 {
  // the largest first, so that NaN stays
  if (op == Op.HARDTANH) return f32x4.pmin(f32x4.pmax(x, a), b);
  const positive = f32x4.gt(x, f32x4.splat(0)), nan = f32x4.ne(x, x);
  if (op == Op.STEP) return v128.or(v128.and(positive, f32x4.splat(1)), nan);
  if (op == Op.LEAKY_RELU) return v128.bitselect(x, f32x4.mul(x, a), positive);
  if (op == Op.LEAKY_RELU_GRAD) return v128.or(v128.bitselect(dy, f32x4.mul(dy, a), positive), nan);
  return v128.or(v128.and(dy, v128.and(f32x4.gt(x, a), f32x4.lt(x, b))), nan);
}

// @ts-ignore: decorator
@inline function piecewise(op: i32, gradient: bool, i: usize, tile: u32): void {
  const from = flatOffset(tile), k = gradient ? 1 : 0;
  let out = ptr(i, 0) + from, dy = ptr(i, 1) + from, x = ptr(i, 1 + k) + from;
  const a = f32x4.splat(float(i, 3 + k)), b = f32x4.splat(float(i, 4 + k));
  for (let n = flatCount(int(i, 2 + k), tile); n > 0; n -= 4) {
    const y = formula(op, v128.load(x), gradient ? v128.load(dy) : a, a, b);
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    x += 16;
    if (gradient) dy += 16;
    out += 16;
  }
}

/** 1 where x > 0, else 0. */
export function step(i: usize, tile: u32, lane: u32): void { piecewise(Op.STEP, false, i, tile); }
/** x where x > 0, else a x. */
export function leaky_relu(i: usize, tile: u32, lane: u32): void { piecewise(Op.LEAKY_RELU, false, i, tile); }
export function leaky_relu_grad(i: usize, tile: u32, lane: u32): void { piecewise(Op.LEAKY_RELU_GRAD, true, i, tile); }
/** x between a and b; the gradient is 0 at both. */
export function hardtanh(i: usize, tile: u32, lane: u32): void { piecewise(Op.HARDTANH, false, i, tile); }
export function hardtanh_grad(i: usize, tile: u32, lane: u32): void { piecewise(Op.HARDTANH_GRAD, true, i, tile); }
