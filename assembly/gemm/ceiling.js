"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.ceiling = ceiling;
const simd_1 = require("../simd");
/**
 * The most this build can do: independent chains of multiply-adds in registers and nothing else. 96 floating-point operations
 * an iteration (12 chains of 4 lanes: 8 are enough for fused ones, a multiply and an add need 12). At most 2^31 - 1 iterations.
 * Benchmarks divide by it, so that they compare across machines and noisy hosts.
 */
function ceiling(iterations) {
    // zero, but not to the compiler: V8 in Node 24 loads a vector constant again at each use, which would be 5 times slower
    const zero = (iterations >> 31);
    const a = f32x4.splat(zero + 0.5), b = f32x4.splat(zero + 1);
    let c0 = b, c1 = b, c2 = b, c3 = b, c4 = b, c5 = b, c6 = b, c7 = b, c8 = b, c9 = b, c10 = b, c11 = b;
    do {
        c0 = (0, simd_1.madd)(c0, a, b);
        c1 = (0, simd_1.madd)(c1, a, b);
        c2 = (0, simd_1.madd)(c2, a, b);
        c3 = (0, simd_1.madd)(c3, a, b);
        c4 = (0, simd_1.madd)(c4, a, b);
        c5 = (0, simd_1.madd)(c5, a, b);
        c6 = (0, simd_1.madd)(c6, a, b);
        c7 = (0, simd_1.madd)(c7, a, b);
        c8 = (0, simd_1.madd)(c8, a, b);
        c9 = (0, simd_1.madd)(c9, a, b);
        c10 = (0, simd_1.madd)(c10, a, b);
        c11 = (0, simd_1.madd)(c11, a, b);
    } while (--iterations);
    c0 = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)));
    return f32x4.extract_lane(f32x4.add(c0, f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11))), 0);
}
