"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.softmax_tiles = softmax_tiles;
exports.padded = padded;
exports.rowMax = rowMax;
exports.rowExp = rowExp;
exports.rowScale = rowScale;
exports.softmax = softmax;
exports.softmax_grad = softmax_grad;
exports.log_softmax = log_softmax;
exports.log_softmax_grad = log_softmax_grad;
const instruction_1 = require("./instruction");
const math_1 = require("./math");
const simd_1 = require("./simd");
// Softmax of rows. Operands: out, x, rows, cols; gradients: dx, dy, y, rows, cols. A tail is read as a whole vector and padded.
function softmax_tiles(i) {
    return 1;
}
/** Lanes from `count` on replaced. */
// @ts-ignore: decorator
function padded(v, count, filler) {
    return v128.bitselect(v, filler, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}
// @ts-ignore: decorator
function across(v) {
    return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}
/** Largest of a row; NaN if one is. */
// @ts-ignore: decorator
function rowMax(x, cols) {
    const least = f32x4.splat(-Infinity);
    let m = least;
    for (let c = 0; c < cols; c += 4)
        m = f32x4.max(m, padded(v128.load(x + (c << 2)), cols - c, least));
    return max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
}
/** out = exp(x - shift); returns the sum. */
// @ts-ignore: decorator
function rowExp(out, x, cols, shift) {
    const by = f32x4.splat(shift);
    let s = f32x4.splat(0);
    for (let c = 0; c < cols; c += 4) {
        const at = c << 2;
        const e = (0, math_1.exp4)(f32x4.sub(v128.load(x + at), by));
        s = f32x4.add(s, padded(e, cols - c, f32x4.splat(0)));
        (0, simd_1.storeLanes)(out + at, e, cols - c);
    }
    return across(s);
}
// @ts-ignore: decorator
function rowSum(x, cols) {
    let s = f32x4.splat(0);
    for (let c = 0; c < cols; c += 4)
        s = f32x4.add(s, padded(v128.load(x + (c << 2)), cols - c, f32x4.splat(0)));
    return across(s);
}
// @ts-ignore: decorator
function rowScale(x, cols, factor) {
    const by = f32x4.splat(factor);
    for (let c = 0; c < cols; c += 4) {
        const at = x + (c << 2);
        (0, simd_1.storeLanes)(at, f32x4.mul(v128.load(at), by), cols - c);
    }
}
function softmax(i, tile, lane) {
    const rows = (0, instruction_1.int)(i, 2);
    const cols = (0, instruction_1.int)(i, 3);
    for (let r = 0; r < rows; r++) {
        const at = (r * cols) << 2;
        const total = rowExp((0, instruction_1.ptr)(i, 0) + at, (0, instruction_1.ptr)(i, 1) + at, cols, rowMax((0, instruction_1.ptr)(i, 1) + at, cols));
        rowScale((0, instruction_1.ptr)(i, 0) + at, cols, 1 / total);
    }
}
/** dx = y (dy - sum(y dy)) */
function softmax_grad(i, tile, lane) {
    const rows = (0, instruction_1.int)(i, 3);
    const cols = (0, instruction_1.int)(i, 4);
    for (let r = 0; r < rows; r++) {
        const at = (r * cols) << 2;
        const dx = (0, instruction_1.ptr)(i, 0) + at;
        const dy = (0, instruction_1.ptr)(i, 1) + at;
        const y = (0, instruction_1.ptr)(i, 2) + at;
        let s = f32x4.splat(0);
        for (let c = 0; c < cols; c += 4) {
            const k = c << 2;
            s = f32x4.add(s, padded(f32x4.mul(v128.load(y + k), v128.load(dy + k)), cols - c, f32x4.splat(0)));
        }
        const dot = f32x4.splat(across(s));
        for (let c = 0; c < cols; c += 4) {
            const k = c << 2;
            (0, simd_1.storeLanes)(dx + k, f32x4.mul(v128.load(y + k), f32x4.sub(v128.load(dy + k), dot)), cols - c);
        }
    }
}
function log_softmax(i, tile, lane) {
    const rows = (0, instruction_1.int)(i, 2);
    const cols = (0, instruction_1.int)(i, 3);
    for (let r = 0; r < rows; r++) {
        const at = (r * cols) << 2;
        const out = (0, instruction_1.ptr)(i, 0) + at;
        const x = (0, instruction_1.ptr)(i, 1) + at;
        const m = rowMax(x, cols);
        const total = rowExp(out, x, cols, m);
        const log = (0, math_1.log4)(f32x4.splat(total));
        for (let c = 0; c < cols; c += 4) {
            const k = c << 2;
            (0, simd_1.storeLanes)(out + k, f32x4.sub(f32x4.sub(v128.load(x + k), f32x4.splat(m)), log), cols - c);
        }
    }
}
/** dx = dy - exp(y) sum(dy) */
function log_softmax_grad(i, tile, lane) {
    const rows = (0, instruction_1.int)(i, 3);
    const cols = (0, instruction_1.int)(i, 4);
    for (let r = 0; r < rows; r++) {
        const at = (r * cols) << 2;
        const dy = (0, instruction_1.ptr)(i, 1) + at;
        const s = f32x4.splat(rowSum(dy, cols));
        for (let c = 0; c < cols; c += 4) {
            const k = c << 2;
            const e = (0, math_1.exp4)(v128.load((0, instruction_1.ptr)(i, 2) + at + k));
            (0, simd_1.storeLanes)((0, instruction_1.ptr)(i, 0) + at + k, f32x4.sub(v128.load(dy + k), f32x4.mul(e, s)), cols - c);
        }
    }
}
