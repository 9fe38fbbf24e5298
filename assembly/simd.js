"use strict";
// Helpers on vectors of four floats.
Object.defineProperty(exports, "__esModule", { value: true });
exports.madd = madd;
exports.nmadd = nmadd;
exports.storeLanes = storeLanes;
/** a * b + c: one rounding in the relaxed build where the CPU fuses, two in the plain build. */
// @ts-ignore: decorator
function madd(a, b, c) {
    if (ASC_FEATURE_RELAXED_SIMD)
        return f32x4.relaxed_madd(a, b, c);
    return f32x4.add(f32x4.mul(a, b), c);
}
/** c - a * b, rounded as madd. */
// @ts-ignore: decorator
function nmadd(a, b, c) {
    if (ASC_FEATURE_RELAXED_SIMD)
        return f32x4.relaxed_nmadd(a, b, c);
    return f32x4.sub(c, f32x4.mul(a, b));
}
/** Stores the first `count` lanes of v, 1 to 4. */
// @ts-ignore: decorator
function storeLanes(at, v, count) {
    if (count >= 4) {
        v128.store(at, v);
        return;
    }
    v128.store32_lane(at, v, 0);
    if (count > 1)
        v128.store32_lane(at, v, 1, 4);
    if (count > 2)
        v128.store32_lane(at, v, 2, 8);
}
