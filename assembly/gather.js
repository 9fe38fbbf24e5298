"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.gather_tiles = gather_tiles;
exports.gather_rows = gather_rows;
exports.scatter_add_rows = scatter_add_rows;
const instruction_1 = require("./instruction");
const movement_1 = require("./movement");
const opcodes_1 = require("./opcodes");
const simd_1 = require("./simd");
/** Fewest columns of a tile of SCATTER_ADD_ROWS. */
const SCATTER_COLUMNS = 64;
function gather_tiles(i) {
    if ((0, instruction_1.opcode)(i) == opcodes_1.Op.GATHER_ROWS) {
        const rows = (0, instruction_1.int)(i, 4), cols = (0, instruction_1.int)(i, 5);
        if (rows <= 0 || cols <= 0)
            return 0;
        const per = gatherRows(cols);
        return ((rows + per - 1) / per);
    }
    const rows = (0, instruction_1.int)(i, 3), cols = (0, instruction_1.int)(i, 4);
    if (rows <= 0 || cols <= 0)
        return 0;
    const per = scatterColumns(rows);
    return ((cols + per - 1) / per);
}
// @ts-ignore: decorator
function gatherRows(cols) { return max(opcodes_1.CHUNK / cols, 1); }
// @ts-ignore: decorator
function scatterColumns(rows) { return max((opcodes_1.CHUNK / rows) & ~15, SCATTER_COLUMNS); }
/**
 * out[r, :] = source[index[*cursor + r], :], operands: out source index cursor rows cols kind scale offset.
 * Source.WORD copies words; Source.U8 gives f32(byte) * scale + offset, the product and the sum each rounded, in both builds.
 */
function gather_rows(i, tile, lane) {
    const cols = (0, instruction_1.int)(i, 5), per = gatherRows(cols), cursor = (0, instruction_1.ptr)(i, 3), source = (0, instruction_1.ptr)(i, 1);
    const first = tile * per, rows = min(per, (0, instruction_1.int)(i, 4) - first);
    const rowBytes = cols << 2;
    let index = (0, instruction_1.ptr)(i, 2) + (first << 2);
    if (cursor)
        index += load(cursor) << 2;
    const end = index + (rows << 2);
    let out = (0, instruction_1.ptr)(i, 0) + first * rowBytes;
    if ((0, instruction_1.int)(i, 6) == opcodes_1.Source.U8) {
        const scale = f32x4.splat((0, instruction_1.float)(i, 7)), offset = f32x4.splat((0, instruction_1.float)(i, 8));
        for (; index < end; index += 4, out += rowBytes) {
            widen(out, source + load(index) * cols, cols, scale, offset);
        }
    }
    else if (cols == 1) {
        for (; index < end; index += 4, out += 4)
            store(out, load(source + (load(index) << 2)));
    }
    else if (cols == 4) {
        for (; index < end; index += 4, out += 16)
            v128.store(out, v128.load(source + (load(index) << 4)));
    }
    else {
        for (; index < end; index += 4, out += rowBytes)
            (0, movement_1.copyWords)(out, source + load(index) * rowBytes, cols);
    }
}
/** Four bytes, already widened to i32, as f32 * scale + offset. */
// @ts-ignore: decorator
function scaled(v, scale, offset) {
    return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(v), scale), offset);
}
/** n bytes at `x` to n floats. */
// @ts-ignore: decorator
function widen(out, x, n, scale, offset) {
    for (; n >= 16; n -= 16, x += 16, out += 64) {
        const bytes = v128.load(x);
        const low = i16x8.extend_low_i8x16_u(bytes), high = i16x8.extend_high_i8x16_u(bytes);
        v128.store(out, scaled(i32x4.extend_low_i16x8_u(low), scale, offset));
        v128.store(out, scaled(i32x4.extend_high_i16x8_u(low), scale, offset), 16);
        v128.store(out, scaled(i32x4.extend_low_i16x8_u(high), scale, offset), 32);
        v128.store(out, scaled(i32x4.extend_high_i16x8_u(high), scale, offset), 48);
    }
    for (; n > 0; n -= 4, x += 4, out += 16) {
        const v = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x)));
        (0, simd_1.storeLanes)(out, scaled(v, scale, offset), n);
    }
}
/**
 * out[index[r], :] += x[r, :], operands: out x index rows cols. A tile is a block of columns with all the rows, taken in ascending order,
 * so that rows with the same index are added in that order whatever the tiles' order.
 */
function scatter_add_rows(i, tile, lane) {
    const rows = (0, instruction_1.int)(i, 3), cols = (0, instruction_1.int)(i, 4), per = scatterColumns(rows);
    const column = tile * per, n = min(per, cols - column);
    const rowBytes = cols << 2;
    const out = (0, instruction_1.ptr)(i, 0) + (column << 2);
    let x = (0, instruction_1.ptr)(i, 1) + (column << 2), index = (0, instruction_1.ptr)(i, 2);
    for (const end = index + (rows << 2); index < end; index += 4, x += rowBytes) {
        let to = out + load(index) * rowBytes, from = x, c = n;
        for (; c >= 4; c -= 4, to += 16, from += 16)
            v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
        if (c > 0)
            (0, simd_1.storeLanes)(to, f32x4.add(v128.load(to), v128.load(from)), c);
    }
}
