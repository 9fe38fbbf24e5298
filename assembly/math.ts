import { madd, nmadd } from "./simd";

// Elementary functions of four floats, without branches. Error bounds, in units of the last place against the exact value, are those of
// the tests. NaN in, NaN out. Each is a core that takes its constants as arguments, and a form with the constants put in, for one use;
// loops are better served by the core, see exponential.ts.

/** Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the sum. */
export const MAGIC: f32 = 12582912;
export const LOG2E: f32 = 1.4426950408889634;
/** ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact. */
export const LN2_HI: f32 = 0.693359375;
export const LN2_LO: f32 = -2.12194440e-4;
/** exp's polynomial (Cephes, expf), highest power first. */
export const E0: f32 = 1.9875691500e-4;
export const E1: f32 = 1.3981999507e-3;
export const E2: f32 = 8.3334519073e-3;
export const E3: f32 = 4.1665795894e-2;
export const E4: f32 = 1.6666665459e-1;
export const E5: f32 = 5.0000001201e-1;
/** The largest float whose exponential is finite, the smallest whose exponential is normal. */
export const MOST: f32 = 88.72283172607422;
export const LEAST: f32 = -87.33654022216797;
/** tanh(x) = x + x z P(z), z = x^2: P of the least relative error over |x| < 0.45, 5e-9. */
export const T0: f32 = 1.8013818189501762e-2;
export const T1: f32 = -5.33393993973732e-2;
export const T2: f32 = 0.13329198956489563;
export const T3: f32 = -0.33333247900009155;

/** x - n ln 2, n whole. */
// @ts-ignore: decorator
@inline export function reduced(x: v128, n: v128, hi: v128, lo: v128): v128 { return nmadd(n, lo, nmadd(n, hi, x)); }

/** exp(r) - 1, |r| <= ln(2) / 2; small relative error also near 0. */
// @ts-ignore: decorator
@inline export function expm1Core(r: v128, e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128): v128 {
  // pairs of terms (Estrin): a third less to wait for than term by term
  const z = f32x4.mul(r, r);
  const p = madd(madd(madd(e0, r, e1), z, madd(e2, r, e3)), z, madd(e4, r, e5));
  return madd(p, z, r);
}

/** exp(x) from t = x log2(e) + MAGIC and q = expm1Core; 0 where the result would be denormal (x < -87.3365), infinite from 88.72284 on. */
// @ts-ignore: decorator
@inline export function expCore(x: v128, t: v128, q: v128, one: v128, infinity: v128, most: v128, least: v128): v128 {
  const y = i32x4.add(f32x4.add(q, one), i32x4.shl(t, 23));
  // above the range x + Infinity, which keeps NaN (whose bits the shift may have spoilt)
  const finite = v128.bitselect(y, f32x4.add(x, infinity), f32x4.le(x, most));
  return v128.andnot(finite, f32x4.lt(x, least));
}

/** exp(x), x <= 88, from its constants; 0 where the result would be denormal. s (1 + q), s a power of two, rounds as expCore does and keeps NaN. */
// @ts-ignore: decorator
@inline export function expBelow(
  x: v128, log2e: v128, magic: v128, hi: v128, lo: v128, e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128, one: v128, least: v128,
): v128 {
  const t = madd(x, log2e, magic);
  const q = expm1Core(reduced(x, f32x4.sub(t, magic), hi, lo), e0, e1, e2, e3, e4, e5);
  const s = i32x4.add(i32x4.shl(t, 23), one);
  return v128.andnot(madd(s, q, s), f32x4.lt(x, least));
}

/**
 * 1 / (1 + exp(-x)); 0 where the result would be denormal (x < -87.3365). `most` is -LEAST, and e0, e2, e4 have their signs changed: with r = x + n ln 2 the
 * polynomial then gives 1 - exp(-r), and nothing need be negated. With exp(-x) = s (1 + q), s a power of two, the sum is (s + 1) + (s q + c), c what s + 1 lost in
 * rounding: 0 but for large s. Below the range of s what comes out is masked.
 */
// @ts-ignore: decorator
@inline export function sigmoidCore(
  x: v128, log2e: v128, magic: v128, hi: v128, lo: v128, e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128, one: v128, least: v128, most: v128,
): v128 {
  const u = f32x4.pmin(x, most);
  const t = nmadd(u, log2e, magic), n = f32x4.sub(t, magic);
  const r = madd(n, lo, madd(n, hi, u)), z = f32x4.mul(r, r);
  const minusQ = nmadd(madd(madd(madd(e0, r, e1), z, madd(e2, r, e3)), z, madd(e4, r, e5)), z, r);
  const s = i32x4.add(i32x4.shl(t, 23), one);
  const a = f32x4.add(s, one), c = f32x4.add(f32x4.sub(s, a), one);
  const y = f32x4.div(one, f32x4.add(a, nmadd(s, minusQ, c)));
  return v128.andnot(y, f32x4.lt(x, least));
}

/**
 * tanh(x) from a = min(|x|, 9.02), where it is 1, and t, q of exp(2 a); odd to the bit. E / (E + 2) with E = exp(2 a) - 1 = s q + (s - 1),
 * s a power of two; below 0.4, where that has 2.3 ulp, the polynomial.
 */
// @ts-ignore: decorator
@inline export function tanhCore(x: v128, a: v128, t: v128, q: v128, one: v128, t0: v128, t1: v128, t2: v128, t3: v128, small: v128): v128 {
  const s = i32x4.add(i32x4.shl(t, 23), one);
  const e = madd(s, q, f32x4.sub(s, one));
  const large = f32x4.div(e, f32x4.add(e, f32x4.add(one, one)));
  const z = f32x4.mul(a, a);
  const p = madd(madd(madd(t0, z, t1), z, t2), z, t3);
  const y = v128.bitselect(madd(f32x4.mul(p, z), a, a), large, f32x4.lt(a, small));
  return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}

// @ts-ignore: decorator
@inline function con(value: f32): v128 { return f32x4.splat(value); }

/** log's polynomial (FreeBSD msun, e_logf.c), highest power first. */
export const L0: f32 = 0.24279078841;
export const L1: f32 = 0.28498786688;
export const L2: f32 = 0.40000972152;
export const L3: f32 = 0.66666662693;
/** Bits of sqrt(1/2), bits of a significand, the smallest normal float, 2^23. */
export const ROOT: i32 = 0x3f3504f3;
export const SIGNIFICAND: i32 = 0x007fffff;
export const SMALLEST: f32 = 1.1754943508222875e-38;
export const SHIFT: f32 = 8388608;

/**
 * ln(x), denormal x included; -Infinity at 0, NaN below. x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f):
 * ln m = f - f^2/2 + s (f^2/2 + R(s^2)). Source: FreeBSD msun, e_logf.c.
 */
// @ts-ignore: decorator
@inline export function logCore(
  x: v128, smallest: v128, shift: v128, root: v128, significand: v128, one: v128, l0: v128, l1: v128, l2: v128, l3: v128, hi: v128, lo: v128, infinity: v128,
): v128 {
  const tiny = f32x4.lt(x, smallest);
  const bits = i32x4.sub(v128.bitselect(f32x4.mul(x, shift), x, tiny), root);
  const k = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(bits, 23), v128.and(tiny, i32x4.splat(23))));
  const m = i32x4.add(v128.and(bits, significand), root);
  const f = f32x4.sub(m, one);
  const s = f32x4.div(f, f32x4.add(f, f32x4.add(one, one)));
  const z = f32x4.mul(s, s);
  const r = f32x4.mul(madd(madd(madd(z, l0, l1), z, l2), z, l3), z);
  const h = f32x4.mul(f32x4.mul(f, f32x4.splat(0.5)), f);
  const y = madd(k, hi, f32x4.add(f, f32x4.sub(madd(k, lo, f32x4.mul(s, f32x4.add(h, r))), h)));
  // Infinity and NaN stay, 0 gives -Infinity, what is negative NaN: all bits set
  const none = f32x4.splat(0);
  const above = v128.bitselect(y, x, f32x4.lt(x, infinity));
  return v128.or(v128.bitselect(f32x4.neg(infinity), above, f32x4.eq(x, none)), f32x4.lt(x, none));
}

/** ln(x), see logCore. */
// @ts-ignore: decorator
@inline export function log4(x: v128): v128 {
  return logCore(
    x, con(SMALLEST), con(SHIFT), i32x4.splat(ROOT), i32x4.splat(SIGNIFICAND), con(1), con(L0), con(L1), con(L2), con(L3), con(LN2_HI), con(LN2_LO), con(Infinity),
  );
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
