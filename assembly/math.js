"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.exp4 = exp4;
exports.log4 = log4;
exports.sigmoid4 = sigmoid4;
exports.tanh4 = tanh4;
exports.relu4 = relu4;
exports.sin2pi4 = sin2pi4;
exports.cos2pi4 = cos2pi4;
const simd_1 = require("./simd");
// Elementary functions of four floats, without branches. Error bounds, in units of the last place against the exact value, are those of the tests.
// NaN in, NaN out.
/** Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the sum. */
const MAGIC = 12582912;
const LOG2E = 1.4426950408889634;
/** ln 2 in two parts; the first has 9 bits, so that its product with an exponent is exact. */
const LN2_HI = 0.693359375;
const LN2_LO = -2.12194440e-4;
/** x - n ln 2, n whole. */
// @ts-ignore: decorator
function minusLn2(x, n) {
    return (0, simd_1.nmadd)(n, f32x4.splat(LN2_LO), (0, simd_1.nmadd)(n, f32x4.splat(LN2_HI), x));
}
/** exp(r) - 1 for |r| <= ln(2) / 2, small relative error also near 0. Polynomial: Cephes, expf. */
// @ts-ignore: decorator
function expm1Reduced(r) {
    let p = (0, simd_1.madd)(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
    p = (0, simd_1.madd)(p, r, f32x4.splat(8.3334519073e-3));
    p = (0, simd_1.madd)(p, r, f32x4.splat(4.1665795894e-2));
    p = (0, simd_1.madd)(p, r, f32x4.splat(1.6666665459e-1));
    p = (0, simd_1.madd)(p, r, f32x4.splat(5.0000001201e-1));
    return (0, simd_1.madd)(p, f32x4.mul(r, r), r);
}
/** exp(x); 0 where the result would be denormal (x < -87.3365), infinite from 88.72284 on. */
// @ts-ignore: decorator
function exp4(x) {
    const t = (0, simd_1.madd)(x, f32x4.splat(LOG2E), f32x4.splat(MAGIC));
    const q = expm1Reduced(minusLn2(x, f32x4.sub(t, f32x4.splat(MAGIC))));
    const y = i32x4.add(f32x4.add(q, f32x4.splat(1)), i32x4.shl(t, 23));
    const inRange = v128.bitselect(f32x4.splat(Infinity), y, f32x4.gt(x, f32x4.splat(88.72283172607422)));
    return v128.andnot(inRange, f32x4.lt(x, f32x4.splat(-87.33654022216797)));
}
/**
 * ln(x), denormal x included; -Infinity at 0, NaN below. x = 2^k m with m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f):
 * ln m = f - f^2/2 + s (f^2/2 + R(s^2)). Source: FreeBSD msun, e_logf.c.
 */
// @ts-ignore: decorator
function log4(x) {
    const tiny = f32x4.lt(x, f32x4.splat(1.1754943508222875e-38));
    const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
    const bits = i32x4.sub(scaled, i32x4.splat(0x3f3504f3));
    const k = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(bits, 23), v128.and(tiny, i32x4.splat(23))));
    const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
    const f = f32x4.sub(m, f32x4.splat(1));
    const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
    const z = f32x4.mul(s, s);
    let r = (0, simd_1.madd)(z, f32x4.splat(0.24279078841), f32x4.splat(0.28498786688));
    r = (0, simd_1.madd)(r, z, f32x4.splat(0.40000972152));
    r = f32x4.mul((0, simd_1.madd)(r, z, f32x4.splat(0.66666662693)), z);
    const h = f32x4.mul(f32x4.mul(f, f32x4.splat(0.5)), f);
    const low = (0, simd_1.madd)(k, f32x4.splat(LN2_LO), f32x4.mul(s, f32x4.add(h, r)));
    const y = (0, simd_1.madd)(k, f32x4.splat(LN2_HI), f32x4.add(f, f32x4.sub(low, h)));
    // outside (0, Infinity): 0 gives -Infinity, what is negative gives NaN, Infinity and NaN stay
    const inside = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity)));
    const zero = f32x4.eq(x, f32x4.splat(0));
    const outside = v128.bitselect(f32x4.splat(-Infinity), f32x4.mul(f32x4.sqrt(x), f32x4.splat(Infinity)), zero);
    return v128.bitselect(y, outside, inside);
}
/** 1 / (1 + exp(-x)); 0 below -88.376. With exp(-x) = 2^n (1 + q) the sum is (1 + 2^n) + 2^n q: one rounding. */
// @ts-ignore: decorator
function sigmoid4(x) {
    const v = f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(88.37625885)), f32x4.splat(-87.33654));
    const t = (0, simd_1.madd)(v, f32x4.splat(LOG2E), f32x4.splat(MAGIC));
    const q = expm1Reduced(minusLn2(v, f32x4.sub(t, f32x4.splat(MAGIC))));
    const s = i32x4.add(i32x4.shl(t, 23), f32x4.splat(1));
    const y = f32x4.div(f32x4.splat(1), (0, simd_1.madd)(s, q, f32x4.add(s, f32x4.splat(1))));
    return v128.andnot(y, f32x4.lt(x, f32x4.splat(-88.37625885)));
}
/** tanh(x) = E / (E + 2), E = exp(2 |x|) - 1 = 2^n q + (2^n - 1), with the sign of x; odd to the bit. From |x| = 9.02 on, 1. */
// @ts-ignore: decorator
function tanh4(x) {
    const a = f32x4.pmin(f32x4.abs(x), f32x4.splat(9.02));
    const t = (0, simd_1.madd)(a, f32x4.splat(2 * LOG2E), f32x4.splat(MAGIC));
    const q = expm1Reduced(minusLn2(f32x4.add(a, a), f32x4.sub(t, f32x4.splat(MAGIC))));
    const s = i32x4.add(i32x4.shl(t, 23), f32x4.splat(1));
    const e = (0, simd_1.madd)(s, q, f32x4.sub(s, f32x4.splat(1)));
    const y = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
    return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}
/** x where x >= 0, else 0; NaN stays (pmax(0, x) would swallow it). */
// @ts-ignore: decorator
function relu4(x) {
    return f32x4.pmax(x, f32x4.splat(0));
}
/** sin(2 pi (u + shift / 4)): r = u - q/4, |r| <= 1/8, exactly; sine or cosine of 2 pi r by the quadrant. Polynomials: Cephes, sinf. */
// @ts-ignore: decorator
function turn4(u, shift) {
    const t = (0, simd_1.madd)(u, f32x4.splat(4), f32x4.splat(MAGIC));
    const r = (0, simd_1.nmadd)(f32x4.sub(t, f32x4.splat(MAGIC)), f32x4.splat(0.25), u);
    const a = f32x4.mul(r, f32x4.splat(6.283185307179586));
    const z = f32x4.mul(a, a);
    let s = (0, simd_1.madd)(z, f32x4.splat(-1.9515295891e-4), f32x4.splat(8.3321608736e-3));
    s = (0, simd_1.madd)(s, z, f32x4.splat(-1.6666654611e-1));
    s = (0, simd_1.madd)(f32x4.mul(s, z), a, a);
    let c = (0, simd_1.madd)(z, f32x4.splat(2.443315711809948e-5), f32x4.splat(-1.388731625493765e-3));
    c = (0, simd_1.madd)(c, z, f32x4.splat(4.166664568298827e-2));
    c = (0, simd_1.madd)(f32x4.mul(c, z), z, (0, simd_1.nmadd)(z, f32x4.splat(0.5), f32x4.splat(1)));
    const q = shift ? i32x4.add(t, i32x4.splat(shift)) : t;
    const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
    const sign = i32x4.shl(i32x4.shr_u(q, 1), 31);
    return v128.xor(v128.bitselect(c, s, odd), sign);
}
/** sin(2 pi u), u in [0, 1]. */
// @ts-ignore: decorator
function sin2pi4(u) { return turn4(u, 0); }
/** cos(2 pi u), u in [0, 1]. */
// @ts-ignore: decorator
function cos2pi4(u) { return turn4(u, 1); }
