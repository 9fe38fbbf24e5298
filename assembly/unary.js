"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.flatTiles = flatTiles;
exports.flatCount = flatCount;
exports.unary_tiles = unary_tiles;
exports.neg = neg;
exports.abs = abs;
exports.sign = sign;
exports.square = square;
exports.sqrt = sqrt;
exports.reciprocal = reciprocal;
exports.exp = exp;
exports.log = log;
exports.where = where;
const instruction_1 = require("./instruction");
const math_1 = require("./math");
const opcodes_1 = require("./opcodes");
const simd_1 = require("./simd");
// One operand, item by item; out may be x. Tiles of CHUNK items.
/** Tiles of a flat kernel over n items. */
// @ts-ignore: decorator
function flatTiles(n) { return (n + opcodes_1.CHUNK - 1) / opcodes_1.CHUNK; }
/** Items in tile `tile` of n. */
// @ts-ignore: decorator
function flatCount(n, tile) { return min(opcodes_1.CHUNK, n - tile * opcodes_1.CHUNK); }
function unary_tiles(i) { return flatTiles((0, instruction_1.int)(i, load(i) == opcodes_1.Op.WHERE ? 4 : 2)); }
// @ts-ignore: decorator
function apply(op, x) {
    const one = f32x4.splat(1);
    if (op == opcodes_1.Op.NEG)
        return f32x4.neg(x);
    if (op == opcodes_1.Op.ABS)
        return f32x4.abs(x);
    if (op == opcodes_1.Op.SQUARE)
        return f32x4.mul(x, x);
    if (op == opcodes_1.Op.SQRT)
        return f32x4.sqrt(x);
    if (op == opcodes_1.Op.RECIPROCAL)
        return f32x4.div(one, x);
    if (op == opcodes_1.Op.EXP)
        return (0, math_1.exp4)(x);
    if (op == opcodes_1.Op.LOG)
        return (0, math_1.log4)(x);
    // SIGN: x itself where it is 0 or NaN
    const nonzero = v128.or(f32x4.lt(x, f32x4.splat(0)), f32x4.gt(x, f32x4.splat(0)));
    return v128.bitselect(v128.or(v128.and(x, f32x4.splat(-0.0)), one), x, nonzero);
}
// @ts-ignore: decorator
function map(op, i, tile) {
    let count = flatCount((0, instruction_1.int)(i, 2), tile);
    let out = (0, instruction_1.ptr)(i, 0) + (tile * opcodes_1.CHUNK << 2);
    let x = (0, instruction_1.ptr)(i, 1) + (tile * opcodes_1.CHUNK << 2);
    for (; count >= 8; count -= 8) {
        const y0 = apply(op, v128.load(x));
        const y1 = apply(op, v128.load(x, 16));
        v128.store(out, y0);
        v128.store(out, y1, 16);
        x += 32;
        out += 32;
    }
    for (; count > 0; count -= 4) {
        (0, simd_1.storeLanes)(out, apply(op, v128.load(x)), count);
        x += 16;
        out += 16;
    }
}
function neg(i, tile, lane) { map(opcodes_1.Op.NEG, i, tile); }
function abs(i, tile, lane) { map(opcodes_1.Op.ABS, i, tile); }
function sign(i, tile, lane) { map(opcodes_1.Op.SIGN, i, tile); }
function square(i, tile, lane) { map(opcodes_1.Op.SQUARE, i, tile); }
function sqrt(i, tile, lane) { map(opcodes_1.Op.SQRT, i, tile); }
function reciprocal(i, tile, lane) { map(opcodes_1.Op.RECIPROCAL, i, tile); }
function exp(i, tile, lane) { map(opcodes_1.Op.EXP, i, tile); }
function log(i, tile, lane) { map(opcodes_1.Op.LOG, i, tile); }
/** out = c != 0 ? a : b. NaN is not equal to 0, so it chooses a. */
function where(i, tile, lane) {
    let count = flatCount((0, instruction_1.int)(i, 4), tile);
    const offset = tile * opcodes_1.CHUNK << 2;
    let out = (0, instruction_1.ptr)(i, 0) + offset;
    let c = (0, instruction_1.ptr)(i, 1) + offset;
    let a = (0, instruction_1.ptr)(i, 2) + offset;
    let b = (0, instruction_1.ptr)(i, 3) + offset;
    for (; count > 0; count -= 4) {
        (0, simd_1.storeLanes)(out, v128.bitselect(v128.load(a), v128.load(b), f32x4.ne(v128.load(c), f32x4.splat(0))), count);
        out += 16;
        c += 16;
        a += 16;
        b += 16;
    }
}
