"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.log4 = log4;
exports.sin2pi4 = sin2pi4;
exports.cos2pi4 = cos2pi4;
const simd_1 = require("./simd");
// Stand-in for math.ts until that is merged: same names and signatures.
// @ts-ignore: decorator
function k(x) { return f32x4.splat(x); }
/** Natural logarithm of positive normal numbers (Cephes logf). */
// @ts-ignore: decorator
function log4(x) {
    const bits = i32x4.sub(x, i32x4.splat(0x3f3504f3)); // exponent counted from sqrt(1/2)
    const e = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
    const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
    const f = f32x4.sub(m, k(1)), z = f32x4.mul(f, f);
    let y = k(7.0376836292e-2);
    y = (0, simd_1.madd)(y, f, k(-1.1514610310e-1));
    y = (0, simd_1.madd)(y, f, k(1.1676998740e-1));
    y = (0, simd_1.madd)(y, f, k(-1.2420140846e-1));
    y = (0, simd_1.madd)(y, f, k(1.4249322787e-1));
    y = (0, simd_1.madd)(y, f, k(-1.6668057665e-1));
    y = (0, simd_1.madd)(y, f, k(2.0000714765e-1));
    y = (0, simd_1.madd)(y, f, k(-2.4999993993e-1));
    y = (0, simd_1.madd)(y, f, k(3.3333331174e-1));
    y = f32x4.mul(f32x4.mul(y, f), z);
    y = (0, simd_1.madd)(e, k(-2.12194440e-4), y);
    y = (0, simd_1.madd)(z, k(-0.5), y);
    return (0, simd_1.madd)(e, k(0.693359375), f32x4.add(f, y));
}
/** Quarter turns: sine and cosine of r * pi / 2 where r = 4 u - q is in [-1/2, 1/2]. */
// @ts-ignore: decorator
function turn4(u, shift) {
    const t = f32x4.mul(u, k(4)), q = f32x4.nearest(t);
    const a = f32x4.mul(f32x4.sub(t, q), k(1.5707963267948966)), z = f32x4.mul(a, a);
    let s = (0, simd_1.madd)(k(-1.9515295891e-4), z, k(8.3321608736e-3));
    s = (0, simd_1.madd)(s, z, k(-1.6666654611e-1));
    s = (0, simd_1.madd)(f32x4.mul(s, z), a, a);
    let c = (0, simd_1.madd)(k(2.443315711809948e-5), z, k(-1.388731625493765e-3));
    c = (0, simd_1.madd)(c, z, k(4.166664568298827e-2));
    c = (0, simd_1.madd)(f32x4.mul(c, z), z, (0, simd_1.madd)(z, k(-0.5), k(1)));
    const n = i32x4.add(i32x4.trunc_sat_f32x4_s(q), i32x4.splat(shift));
    const odd = i32x4.eq(v128.and(n, i32x4.splat(1)), i32x4.splat(1));
    const sign = i32x4.shl(v128.and(n, i32x4.splat(2)), 30);
    return v128.xor(v128.bitselect(c, s, odd), sign);
}
/** sin(2 pi u), u in [0, 1). */
// @ts-ignore: decorator
function sin2pi4(u) { return turn4(u, 0); }
/** cos(2 pi u), u in [0, 1). */
// @ts-ignore: decorator
function cos2pi4(u) { return turn4(u, 1); }
