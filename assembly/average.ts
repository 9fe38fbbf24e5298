import { madd } from "./simd";

// Steps that the optimizers' formulas have in common.

/** Smallest normal f32, 2^-126. */
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

/** Denormals as zero: Adam is 2-3 times slower on them. NaN stays, because the exponent's bits decide. */
// @ts-ignore: decorator
@inline export function flush(v: v128): v128 {
  return v128.andnot(v, i32x4.eq(v128.and(v, i32x4.splat(0x7f800000)), i32x4.splat(0)));
}

/** flush for v >= 0. */
// @ts-ignore: decorator
@inline function flushPositive(v: v128): v128 {
  return v128.andnot(v, f32x4.lt(v, f32x4.splat(SMALLEST_NORMAL)));
}

/** decay * old + rest * x, the moving average of x, without denormals. */
// @ts-ignore: decorator
@inline export function average(decay: v128, at: usize, rest: v128, x: v128): v128 {
  return flush(madd(decay, v128.load(at), f32x4.mul(rest, x)));
}

/** The same of x^2. */
// @ts-ignore: decorator
@inline export function averageSquare(decay: v128, at: usize, rest: v128, x: v128): v128 {
  return flushPositive(madd(decay, v128.load(at), f32x4.mul(f32x4.mul(rest, x), x)));
}

/** value - size * sign(x): sign 0 at 0, NaN where x is. */
// @ts-ignore: decorator
@inline export function minusSigned(value: v128, x: v128, size: v128): v128 {
  const signed = v128.or(size, v128.and(x, f32x4.splat(-0.0)));
  const moved = f32x4.sub(value, v128.and(signed, f32x4.ne(x, f32x4.splat(0))));
  return v128.bitselect(moved, x, f32x4.eq(x, x));
}
