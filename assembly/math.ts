import { madd, nmadd } from "./simd";

// Elementary functions of four floats, without branches. Error bounds, in units of the last place against the exact value, are those of the tests.
// NaN in, NaN out.

/** Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the sum. */
const MAGIC: f32 = 12582912;
const LOG2E: f32 = 1.4426950408889634;
/** ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact. */
const LN2_HI: f32 = 0.693359375;
const LN2_LO: f32 = -2.12194440e-4;

/** All bits set in lanes 0 to count - 1: none for count <= 0, all from 4 on. */
// @ts-ignore: decorator
@inline export function firstLanes(count: i32): v128 { return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)); }

/** x - n ln 2, n whole. */
// @ts-ignore: decorator
@inline function minusLn2(x: v128, n: v128): v128 {
  return nmadd(n, f32x4.splat(LN2_LO), nmadd(n, f32x4.splat(LN2_HI), x));
}

/**
 * exp(r) - 1 for |r| <= ln(2) / 2, small relative error also near 0. Polynomial: Cephes, expf,
 * in pairs of terms for a shorter chain.
 */
// @ts-ignore: decorator
@inline function expm1Reduced(r: v128): v128 {
  const z = f32x4.mul(r, r);
  const high = madd(r, f32x4.splat(1.9875691500e-4), f32x4.splat(1.3981999507e-3));
  const middle = madd(r, f32x4.splat(8.3334519073e-3), f32x4.splat(4.1665795894e-2));
  const low = madd(r, f32x4.splat(1.6666665459e-1), f32x4.splat(5.0000001201e-1));
  return madd(madd(madd(high, z, middle), z, low), z, r);
}

/** exp(x); 0 where the result would be denormal (x < -87.3365), infinite from 88.72284 on. */
// @ts-ignore: decorator
@inline export function exp4(x: v128): v128 {
  const t = madd(x, f32x4.splat(LOG2E), f32x4.splat(MAGIC));
  const q = expm1Reduced(minusLn2(x, f32x4.sub(t, f32x4.splat(MAGIC))));
  const y = i32x4.add(f32x4.add(q, f32x4.splat(1)), i32x4.shl(t, 23));
  // x * Infinity: Infinity where exp overflows, NaN where x is NaN, whose payload t << 23 would have spoilt
  const finite = v128.bitselect(y, f32x4.mul(x, f32x4.splat(Infinity)), f32x4.le(x, f32x4.splat(88.72283172607422)));
  return v128.andnot(finite, f32x4.lt(x, f32x4.splat(-87.33654022216797)));
}

/**
 * ln(x), denormal x included; -Infinity at 0, NaN below. x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f):
 * ln m = f - f^2/2 + s (f^2/2 + R(s^2)). Source: FreeBSD msun, e_logf.c.
 */
// @ts-ignore: decorator
@inline export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.1754943508222875e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  const bits = i32x4.sub(scaled, i32x4.splat(0x3f3504f3));
  const k = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(bits, 23), v128.and(tiny, i32x4.splat(23))));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, f32x4.splat(1));
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let r = madd(z, f32x4.splat(0.24279078841), f32x4.splat(0.28498786688));
  r = madd(r, z, f32x4.splat(0.40000972152));
  r = f32x4.mul(madd(r, z, f32x4.splat(0.66666662693)), z);
  const h = f32x4.mul(f32x4.mul(f, f32x4.splat(0.5)), f);
  const low = madd(k, f32x4.splat(LN2_LO), f32x4.mul(s, f32x4.add(h, r)));
  const y = madd(k, f32x4.splat(LN2_HI), f32x4.add(f, f32x4.sub(low, h)));
  // Infinity and NaN stay, 0 gives -Infinity, what is negative NaN
  const above = v128.bitselect(y, x, f32x4.lt(x, f32x4.splat(Infinity)));
  const zero = v128.bitselect(f32x4.splat(-Infinity), above, f32x4.eq(x, f32x4.splat(0)));
  return v128.or(zero, f32x4.lt(x, f32x4.splat(0)));
}

/**
 * 1 / (1 + exp(-x)); 0 below -88.376, where the result would be denormal. With exp(-x) = 2^n (1 + q) the sum is (2^n + 1) + 2^n q;
 * what 2^n + 1 loses by rounding (from n = 24 on) joins the smaller term.
 */
// @ts-ignore: decorator
@inline export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const v = f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(88.37625885)), f32x4.splat(-87.33654022216797));
  const t = madd(v, f32x4.splat(LOG2E), f32x4.splat(MAGIC));
  const q = expm1Reduced(minusLn2(v, f32x4.sub(t, f32x4.splat(MAGIC))));
  const s = i32x4.add(i32x4.shl(t, 23), one);
  const c = f32x4.add(s, one);
  const lost = f32x4.sub(one, f32x4.sub(c, s));
  const y = f32x4.div(one, f32x4.add(madd(s, q, lost), c));
  return v128.andnot(y, f32x4.lt(x, f32x4.splat(-88.37625885)));
}

/**
 * tanh(x), odd to the bit. E / (E + 2) with E = exp(2 |x|) - 1 = 2^n q + (2^n - 1); 1 from |x| = 9.02 on. Below 0.35, where the sum's
 * rounding would weigh most, x + x^3 P(x^2).
 */
// @ts-ignore: decorator
@inline export function tanh4(x: v128): v128 {
  const one = f32x4.splat(1);
  const a = f32x4.pmin(f32x4.abs(x), f32x4.splat(9.02));
  const t = madd(a, f32x4.splat(2 * LOG2E), f32x4.splat(MAGIC));
  const q = expm1Reduced(minusLn2(f32x4.add(a, a), f32x4.sub(t, f32x4.splat(MAGIC))));
  const s = i32x4.add(i32x4.shl(t, 23), one);
  const e = madd(s, q, f32x4.sub(s, one));
  const large = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  const z = f32x4.mul(a, a);
  let p = madd(z, f32x4.splat(1.9457616894e-2), f32x4.splat(-5.3731812374e-2));
  p = madd(p, z, f32x4.splat(1.3332420296e-1));
  p = madd(p, z, f32x4.splat(-3.3333322664e-1));
  const small = madd(f32x4.mul(p, z), a, a);
  const y = v128.bitselect(large, small, f32x4.gt(a, f32x4.splat(0.35)));
  return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}

/** x where x >= 0, else 0; NaN stays (pmax(0, x) would swallow it). */
// @ts-ignore: decorator
@inline export function relu4(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}

/** sin(2 pi (u + shift / 4)): r = u - q/4, |r| <= 1/8, exactly; sine or cosine of 2 pi r by the quadrant. Polynomials: Cephes, sinf. */
// @ts-ignore: decorator
@inline function turn4(u: v128, shift: i32): v128 {
  const t = madd(u, f32x4.splat(4), f32x4.splat(MAGIC));
  const r = nmadd(f32x4.sub(t, f32x4.splat(MAGIC)), f32x4.splat(0.25), u);
  const a = f32x4.mul(r, f32x4.splat(6.283185307179586));
  const z = f32x4.mul(a, a);
  let s = madd(z, f32x4.splat(-1.9515295891e-4), f32x4.splat(8.3321608736e-3));
  s = madd(s, z, f32x4.splat(-1.6666654611e-1));
  s = madd(f32x4.mul(s, z), a, a);
  let c = madd(z, f32x4.splat(2.443315711809948e-5), f32x4.splat(-1.388731625493765e-3));
  c = madd(c, z, f32x4.splat(4.166664568298827e-2));
  c = madd(f32x4.mul(c, z), z, nmadd(z, f32x4.splat(0.5), f32x4.splat(1)));
  const q = shift ? i32x4.add(t, i32x4.splat(shift)) : t;
  const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
  const sign = i32x4.shl(i32x4.shr_u(q, 1), 31);
  return v128.xor(v128.bitselect(c, s, odd), sign);
}

/** sin(2 pi u), u in [0, 1]. */
// @ts-ignore: decorator
@inline export function sin2pi4(u: v128): v128 { return turn4(u, 0); }

/** cos(2 pi u), u in [0, 1]. */
// @ts-ignore: decorator
@inline export function cos2pi4(u: v128): v128 { return turn4(u, 1); }
