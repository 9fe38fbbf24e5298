"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.random_tiles = random_tiles;
exports.random_bits = random_bits;
exports.random_uniform = random_uniform;
exports.random_normal = random_normal;
exports.random_mask = random_mask;
const instruction_1 = require("./instruction");
const opcodes_1 = require("./opcodes");
const random_math_1 = require("./random_math");
const simd_1 = require("./simd");
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011): a block cipher of a counter.
// counter = (column / 4, firstRow + row, step, stream), key = (key0, key1); the four words of a counter are four columns. So number (r, c)
// depends on these alone, not on the box's size, the tiles or the order. Four counters are enciphered at a time, word k of all in vector k.
const MULTIPLIER0 = 0xd2511f53;
const MULTIPLIER1 = 0xcd9e8d57;
const WEYL0 = 0x9e3779b9;
const WEYL1 = 0xbb67ae85;
const BITS = 0;
const UNIFORM = 1;
const NORMAL = 2;
const MASK = 3;
/** Operands: out rows cols generator stream, then the parameters of the distribution. */
function random_tiles(i) {
    const rows = (0, instruction_1.int)(i, 1), cols = (0, instruction_1.int)(i, 2);
    if (rows <= 0 || cols <= 0)
        return 0;
    const per = tileRows(cols);
    return (((rows + per - 1) / per) * ((cols + opcodes_1.CHUNK - 1) / opcodes_1.CHUNK));
}
// @ts-ignore: decorator
function tileRows(cols) { return max(opcodes_1.CHUNK / cols, 1); }
/** Low and high words of the four products a * m. */
// @ts-ignore: decorator
function low(p, q) { return v128.shuffle(p, q, 0, 2, 4, 6); }
// @ts-ignore: decorator
function high(p, q) { return v128.shuffle(p, q, 1, 3, 5, 7); }
/** 32 random bits as f32 in [0, 1): the upper 24, so that the value is exact. */
// @ts-ignore: decorator
function unit(bits) {
    return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), f32x4.splat(5.9604644775390625e-8));
}
/** low + u * width, the product and the sum each rounded, in both builds. */
// @ts-ignore: decorator
function spread(bits, width, low) {
    return f32x4.add(f32x4.mul(unit(bits), width), low);
}
/**
 * Radius of Box and Muller, sqrt(-2 log u), with u = bits * 2^-32 in (0, 1]: all 32 bits, so that the tail reaches 6.7 standard deviations
 * instead of the 5.8 of 24 bits. No bits at all count as half a unit.
 */
// @ts-ignore: decorator
function radius(bits) {
    const u = f32x4.max(f32x4.mul(f32x4.convert_i32x4_u(bits), f32x4.splat(2.3283064365386963e-10)), f32x4.splat(1.1641532182693481e-10));
    return f32x4.sqrt(f32x4.max(f32x4.mul((0, random_math_1.log4)(u), f32x4.splat(-2)), f32x4.splat(0)));
}
/** Four values at the item `offset` of out, of which the first `count` exist. */
// @ts-ignore: decorator
function emit(out, offset, count, v) {
    if (count > 0)
        (0, simd_1.storeLanes)(out + (offset << 2), v, count);
}
/**
 * The body of all four kernels. a, b: low and high - low, mean and std, or the threshold and the value kept of MASK.
 * Groups of four columns are taken four at a time, across the rows' ends, so that narrow boxes fill the vectors too.
 */
// @ts-ignore: decorator
function generate(i, tile, kind, a, b) {
    const out = (0, instruction_1.ptr)(i, 0), cols = (0, instruction_1.int)(i, 2), generator = (0, instruction_1.ptr)(i, 3), stream = i32x4.splat((0, instruction_1.int)(i, 4));
    const startKey0 = v128.load32_splat(generator), startKey1 = v128.load32_splat(generator, 4);
    const step = v128.load32_splat(generator, 8), firstRow = v128.load32_splat(generator, 12);
    const across = (cols + opcodes_1.CHUNK - 1) / opcodes_1.CHUNK, per = tileRows(cols);
    const row = (tile / across) * per, endRow = min(row + per, (0, instruction_1.int)(i, 1));
    const group = ((tile % across) * opcodes_1.CHUNK) >> 2, endGroup = min(group + (opcodes_1.CHUNK >> 2), (cols + 3) >> 2);
    const lastGroup = i32x4.splat(endGroup - 1), groupsPerRow = i32x4.splat(endGroup - group), endRows = i32x4.splat(endRow);
    let rows = i32x4.splat(row), groups = i32x4.add(i32x4.splat(group), i32x4(0, 1, 2, 3));
    for (;;) {
        for (let past = i32x4.gt_s(groups, lastGroup); v128.any_true(past); past = i32x4.gt_s(groups, lastGroup)) {
            groups = i32x4.sub(groups, v128.and(groupsPerRow, past));
            rows = i32x4.sub(rows, past); // past is -1 where the group belongs to the next row
        }
        if (i32x4.extract_lane(rows, 0) >= endRow)
            break;
        let c0 = groups, c1 = i32x4.add(rows, firstRow), c2 = step, c3 = stream, key0 = startKey0, key1 = startKey1;
        for (let round = 0; round < 10; round++) {
            const m0 = i32x4.splat(MULTIPLIER0), m1 = i32x4.splat(MULTIPLIER1);
            const p0 = i64x2.extmul_low_i32x4_u(c0, m0), q0 = i64x2.extmul_high_i32x4_u(c0, m0);
            const p1 = i64x2.extmul_low_i32x4_u(c2, m1), q1 = i64x2.extmul_high_i32x4_u(c2, m1);
            c0 = v128.xor(v128.xor(high(p1, q1), c1), key0);
            c1 = low(p1, q1);
            c2 = v128.xor(v128.xor(high(p0, q0), c3), key1);
            c3 = low(p0, q0);
            key0 = i32x4.add(key0, i32x4.splat(WEYL0));
            key1 = i32x4.add(key1, i32x4.splat(WEYL1));
        }
        if (kind == UNIFORM) {
            c0 = spread(c0, b, a);
            c1 = spread(c1, b, a);
            c2 = spread(c2, b, a);
            c3 = spread(c3, b, a);
        }
        else if (kind == NORMAL) {
            const r0 = f32x4.mul(radius(c0), b), r1 = f32x4.mul(radius(c2), b);
            const u0 = unit(c1), u1 = unit(c3);
            c0 = f32x4.add(f32x4.mul(r0, (0, random_math_1.cos2pi4)(u0)), a);
            c1 = f32x4.add(f32x4.mul(r0, (0, random_math_1.sin2pi4)(u0)), a);
            c2 = f32x4.add(f32x4.mul(r1, (0, random_math_1.cos2pi4)(u1)), a);
            c3 = f32x4.add(f32x4.mul(r1, (0, random_math_1.sin2pi4)(u1)), a);
        }
        else if (kind == MASK) {
            c0 = v128.andnot(b, i32x4.lt_u(c0, a));
            c1 = v128.andnot(b, i32x4.lt_u(c1, a));
            c2 = v128.andnot(b, i32x4.lt_u(c2, a));
            c3 = v128.andnot(b, i32x4.lt_u(c3, a));
        }
        // from one word of four counters a vector to four columns a vector
        const ab0 = v128.shuffle(c0, c1, 0, 4, 1, 5), ab1 = v128.shuffle(c0, c1, 2, 6, 3, 7);
        const cd0 = v128.shuffle(c2, c3, 0, 4, 1, 5), cd1 = v128.shuffle(c2, c3, 2, 6, 3, 7);
        const columns = i32x4.shl(groups, 2);
        const at = i32x4.add(i32x4.mul(rows, i32x4.splat(cols)), columns);
        const count = v128.and(i32x4.sub(i32x4.splat(cols), columns), i32x4.lt_s(rows, endRows));
        emit(out, i32x4.extract_lane(at, 0), i32x4.extract_lane(count, 0), v128.shuffle(ab0, cd0, 0, 2));
        emit(out, i32x4.extract_lane(at, 1), i32x4.extract_lane(count, 1), v128.shuffle(ab0, cd0, 1, 3));
        emit(out, i32x4.extract_lane(at, 2), i32x4.extract_lane(count, 2), v128.shuffle(ab1, cd1, 0, 2));
        emit(out, i32x4.extract_lane(at, 3), i32x4.extract_lane(count, 3), v128.shuffle(ab1, cd1, 1, 3));
        groups = i32x4.add(groups, i32x4.splat(4));
    }
}
/** out[r, c] = 32 random bits. */
function random_bits(i, tile, lane) {
    generate(i, tile, BITS, i32x4.splat(0), i32x4.splat(0));
}
/** out[r, c] = low + u * (high - low), u a multiple of 2^-24 in [0, 1). Rounding can make it `high`. */
function random_uniform(i, tile, lane) {
    const low = (0, instruction_1.float)(i, 5);
    generate(i, tile, UNIFORM, f32x4.splat(low), f32x4.splat((0, instruction_1.float)(i, 6) - low));
}
/** out[r, c] = mean + std * z (Box and Muller 1958): two columns from two words, cosine in the even one and sine in the odd one. */
function random_normal(i, tile, lane) {
    generate(i, tile, NORMAL, f32x4.splat((0, instruction_1.float)(i, 5)), f32x4.splat((0, instruction_1.float)(i, 6)));
}
/** out[r, c] = 0 with probability p, else 1 / (1 - p). Compares the 32 bits with p * 2^32; p = 1 gives zeros. */
function random_mask(i, tile, lane) {
    const p = (0, instruction_1.float)(i, 5);
    const threshold = min(p * 4294967296.0, 4294967295.0);
    const kept = p < 1 ? (1.0 / (1.0 - p)) : 0;
    generate(i, tile, MASK, i32x4.splat(threshold), f32x4.splat(kept));
}
