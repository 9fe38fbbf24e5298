"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.binary_tiles = binary_tiles;
exports.add = add;
exports.sub = sub;
exports.mul = mul;
exports.div = div;
exports.maximum = maximum;
exports.minimum = minimum;
exports.eq = eq;
exports.ne = ne;
exports.gt = gt;
exports.ge = ge;
exports.lt = lt;
exports.le = le;
exports.eq_i32 = eq_i32;
const instruction_1 = require("./instruction");
const opcodes_1 = require("./opcodes");
const simd_1 = require("./simd");
// Elementwise on two operands, broadcast. Operands: out, a, b, n, d2, d1, d0, a2, a1, a0, b2, b1, b0, ai, bi.
// @ts-ignore: decorator
function apply(kind, a, b) {
    const one = f32x4.splat(1);
    switch (kind) {
        case opcodes_1.Op.ADD: return f32x4.add(a, b);
        case opcodes_1.Op.SUB: return f32x4.sub(a, b);
        case opcodes_1.Op.MUL: return f32x4.mul(a, b);
        case opcodes_1.Op.DIV: return f32x4.div(a, b);
        case opcodes_1.Op.MAXIMUM: return f32x4.max(a, b);
        case opcodes_1.Op.MINIMUM: return f32x4.min(a, b);
        case opcodes_1.Op.EQ: return v128.and(f32x4.eq(a, b), one);
        case opcodes_1.Op.NE: return v128.and(f32x4.ne(a, b), one);
        case opcodes_1.Op.GT: return v128.and(f32x4.gt(a, b), one);
        case opcodes_1.Op.GE: return v128.and(f32x4.ge(a, b), one);
        case opcodes_1.Op.LT: return v128.and(f32x4.lt(a, b), one);
        case opcodes_1.Op.LE: return v128.and(f32x4.le(a, b), one);
        default: return v128.and(i32x4.eq(a, b), one);
    }
}
/** n items of one row; a scalar operand is read once. */
// @ts-ignore: decorator
function row(kind, out, a, b, n, ai, bi) {
    const bytes = n << 2;
    const whole = bytes & ~15;
    const rest = n & 3;
    if (ai && bi) {
        for (let k = 0; k < whole; k += 16)
            v128.store(out + k, apply(kind, v128.load(a + k), v128.load(b + k)));
        if (rest)
            (0, simd_1.storeLanes)(out + whole, apply(kind, v128.load(a + whole), v128.load(b + whole)), rest);
    }
    else if (ai) {
        const y = v128.load32_splat(b);
        for (let k = 0; k < whole; k += 16)
            v128.store(out + k, apply(kind, v128.load(a + k), y));
        if (rest)
            (0, simd_1.storeLanes)(out + whole, apply(kind, v128.load(a + whole), y), rest);
    }
    else {
        const x = v128.load32_splat(a);
        for (let k = 0; k < whole; k += 16) {
            const y = bi ? v128.load(b + k) : v128.load32_splat(b);
            v128.store(out + k, apply(kind, x, y));
        }
        if (rest)
            (0, simd_1.storeLanes)(out + whole, apply(kind, x, bi ? v128.load(b + whole) : v128.load32_splat(b)), rest);
    }
}
/** Rows of one tile of a box: about CHUNK items. */
// @ts-ignore: decorator
function rowsOfTile(n) {
    return max(1, opcodes_1.CHUNK / max(1, n));
}
function binary_tiles(i) {
    const n = (0, instruction_1.int)(i, 3);
    const count = (0, instruction_1.int)(i, 4) * (0, instruction_1.int)(i, 5) * (0, instruction_1.int)(i, 6);
    if (count == 1)
        return (n + opcodes_1.CHUNK - 1) / opcodes_1.CHUNK;
    const each = rowsOfTile(n);
    return (count + each - 1) / each;
}
// @ts-ignore: decorator
function binary(kind, i, tile) {
    const out = (0, instruction_1.ptr)(i, 0);
    const a = (0, instruction_1.ptr)(i, 1);
    const b = (0, instruction_1.ptr)(i, 2);
    const n = (0, instruction_1.int)(i, 3);
    const d1 = (0, instruction_1.int)(i, 5);
    const d0 = (0, instruction_1.int)(i, 6);
    const ai = (0, instruction_1.int)(i, 13);
    const bi = (0, instruction_1.int)(i, 14);
    const count = (0, instruction_1.int)(i, 4) * d1 * d0;
    if (count == 1) {
        const first = tile * opcodes_1.CHUNK;
        const from = first << 2;
        row(kind, out + from, ai ? a + from : a, bi ? b + from : b, min(opcodes_1.CHUNK, n - first), ai, bi);
        return;
    }
    const each = rowsOfTile(n);
    const first = tile * each;
    const last = min(count, first + each);
    const plane = d1 * d0;
    for (let r = first; r < last; r++) {
        const i2 = r / plane;
        const i1 = (r - i2 * plane) / d0;
        const i0 = r - i2 * plane - i1 * d0;
        const pa = a + ((i2 * (0, instruction_1.int)(i, 7) + i1 * (0, instruction_1.int)(i, 8) + i0 * (0, instruction_1.int)(i, 9)) << 2);
        const pb = b + ((i2 * (0, instruction_1.int)(i, 10) + i1 * (0, instruction_1.int)(i, 11) + i0 * (0, instruction_1.int)(i, 12)) << 2);
        row(kind, out + ((r * n) << 2), pa, pb, n, ai, bi);
    }
}
function add(i, tile, lane) { binary(opcodes_1.Op.ADD, i, tile); }
function sub(i, tile, lane) { binary(opcodes_1.Op.SUB, i, tile); }
function mul(i, tile, lane) { binary(opcodes_1.Op.MUL, i, tile); }
function div(i, tile, lane) { binary(opcodes_1.Op.DIV, i, tile); }
function maximum(i, tile, lane) { binary(opcodes_1.Op.MAXIMUM, i, tile); }
function minimum(i, tile, lane) { binary(opcodes_1.Op.MINIMUM, i, tile); }
function eq(i, tile, lane) { binary(opcodes_1.Op.EQ, i, tile); }
function ne(i, tile, lane) { binary(opcodes_1.Op.NE, i, tile); }
function gt(i, tile, lane) { binary(opcodes_1.Op.GT, i, tile); }
function ge(i, tile, lane) { binary(opcodes_1.Op.GE, i, tile); }
function lt(i, tile, lane) { binary(opcodes_1.Op.LT, i, tile); }
function le(i, tile, lane) { binary(opcodes_1.Op.LE, i, tile); }
function eq_i32(i, tile, lane) { binary(opcodes_1.Op.EQ_I32, i, tile); }
