"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.movement_tiles = movement_tiles;
exports.fill = fill;
exports.copy = copy;
exports.cast_f32 = cast_f32;
exports.store_scalar = store_scalar;
exports.copyWords = copyWords;
exports.strided_copy = strided_copy;
exports.plane = plane;
exports.transpose = transpose;
const instruction_1 = require("./instruction");
const opcodes_1 = require("./opcodes");
const simd_1 = require("./simd");
// Kernels that move words: nothing here depends on what the words mean (but for CAST_F32), so NaN payloads and integers survive.
/** Columns of a transposed block: 64 x 64 words stay within the first-level cache. */
const TRANSPOSE_COLUMNS = 64;
function movement_tiles(i) {
    switch ((0, instruction_1.opcode)(i)) {
        case opcodes_1.Op.FILL: return chunks((0, instruction_1.int)(i, 1));
        case opcodes_1.Op.COPY:
        case opcodes_1.Op.CAST_F32: return chunks((0, instruction_1.int)(i, 2));
        case opcodes_1.Op.STRIDED_COPY: {
            const d1 = (0, instruction_1.int)(i, 4), d0 = (0, instruction_1.int)(i, 5), planes = (0, instruction_1.int)(i, 2) * (0, instruction_1.int)(i, 3);
            if (d1 <= 0 || d0 <= 0 || planes <= 0)
                return 0;
            if (wholePlanes(d1, d0))
                return ((planes + planesPerTile(d1, d0) - 1) / planesPerTile(d1, d0));
            const columns = columnBlock(i, d0), rows = rowBlock(columns);
            return (planes * ((d1 + rows - 1) / rows) * ((d0 + columns - 1) / columns));
        }
        default: return 1;
    }
}
// @ts-ignore: decorator
function chunks(n) { return ((n + opcodes_1.CHUNK - 1) / opcodes_1.CHUNK); }
/** Items of chunk `tile` of n. */
// @ts-ignore: decorator
function chunkLength(n, tile) { return min(n - tile * opcodes_1.CHUNK, opcodes_1.CHUNK); }
/** out[0..n) = value. */
function fill(i, tile, lane) {
    let out = (0, instruction_1.ptr)(i, 0) + (tile << 2) * opcodes_1.CHUNK;
    let n = chunkLength((0, instruction_1.int)(i, 1), tile);
    // the word's bits, not its value: a NaN keeps its payload, and integers can be filled
    const v = i32x4.splat((0, instruction_1.int)(i, 2));
    for (; n >= 4; n -= 4, out += 16)
        v128.store(out, v);
    if (n > 0)
        (0, simd_1.storeLanes)(out, v, n);
}
/** out[0..n) = x[0..n). */
function copy(i, tile, lane) {
    const from = (tile << 2) * opcodes_1.CHUNK;
    copyWords((0, instruction_1.ptr)(i, 0) + from, (0, instruction_1.ptr)(i, 1) + from, chunkLength((0, instruction_1.int)(i, 2), tile));
}
/** out = f32(x), x i32, rounded to nearest even. */
function cast_f32(i, tile, lane) {
    const from = (tile << 2) * opcodes_1.CHUNK;
    let out = (0, instruction_1.ptr)(i, 0) + from, x = (0, instruction_1.ptr)(i, 1) + from;
    let n = chunkLength((0, instruction_1.int)(i, 2), tile);
    for (; n >= 4; n -= 4, out += 16, x += 16)
        v128.store(out, f32x4.convert_i32x4_s(v128.load(x)));
    if (n > 0)
        (0, simd_1.storeLanes)(out, f32x4.convert_i32x4_s(v128.load(x)), n);
}
/** (*target)[index] = x[0]. */
function store_scalar(i, tile, lane) {
    store(load((0, instruction_1.ptr)(i, 1)) + ((0, instruction_1.int)(i, 2) << 2), load((0, instruction_1.ptr)(i, 0)));
}
// @ts-ignore: decorator
function copyWords(out, x, n) {
    for (; n >= 16; n -= 16, out += 64, x += 64) {
        const a = v128.load(x), b = v128.load(x, 16), c = v128.load(x, 32), d = v128.load(x, 48);
        v128.store(out, a);
        v128.store(out, b, 16);
        v128.store(out, c, 32);
        v128.store(out, d, 48);
    }
    for (; n >= 4; n -= 4, out += 16, x += 16)
        v128.store(out, v128.load(x));
    if (n > 0)
        (0, simd_1.storeLanes)(out, v128.load(x), n);
}
// ---- STRIDED_COPY. A plane is the two inner dimensions, d1 rows of d0 columns. A tile is some whole planes, or a block of one plane.
// @ts-ignore: decorator
function wholePlanes(d1, d0) { return d1 * d0 <= opcodes_1.CHUNK; }
// @ts-ignore: decorator
function planesPerTile(d1, d0) { return opcodes_1.CHUNK / (d1 * d0); }
/** Rows are columns on the other side: blocks had better be square. */
// @ts-ignore: decorator
function columnBlock(i, d0) {
    const o1 = (0, instruction_1.int)(i, 8), o0 = (0, instruction_1.int)(i, 9), x1 = (0, instruction_1.int)(i, 12), x0 = (0, instruction_1.int)(i, 13);
    const transposed = o0 != x0 && (o0 == 1 && x1 == 1 || o1 == 1 && x0 == 1);
    return min(d0, transposed ? TRANSPOSE_COLUMNS : opcodes_1.CHUNK);
}
/** A multiple of 4, so that the 4 x 4 blocks of a transpose meet no ragged edge inside the plane. */
// @ts-ignore: decorator
function rowBlock(columns) { return max((opcodes_1.CHUNK / columns) & ~3, 4); }
/** The box d3 x d2 x d1 x d0, operands: out x, d3..d0, o3..o0, x3..x0, strides in words (any sign; 0 on x repeats). */
function strided_copy(i, tile, lane) {
    const d2 = (0, instruction_1.int)(i, 3), d1 = (0, instruction_1.int)(i, 4), d0 = (0, instruction_1.int)(i, 5);
    if (wholePlanes(d1, d0)) {
        const per = planesPerTile(d1, d0);
        let p = tile * per;
        const end = min(p + per, (0, instruction_1.int)(i, 2) * d2);
        let i3 = p / d2, i2 = p - i3 * d2;
        for (; p < end; p++) {
            plane(i, i3, i2, 0, d1, 0, d0);
            if (++i2 == d2) {
                i2 = 0;
                i3++;
            }
        }
        return;
    }
    const columns = columnBlock(i, d0), rows = rowBlock(columns);
    const across = (d0 + columns - 1) / columns, down = (d1 + rows - 1) / rows;
    const p = tile / (across * down), block = tile - p * (across * down);
    const row = (block / across) * rows, column = (block % across) * columns;
    plane(i, p / d2, p % d2, row, min(rows, d1 - row), column, min(columns, d0 - column));
}
/** Byte offset of a number of words. */
// @ts-ignore: decorator
function words(index, stride) { return (index * stride) << 2; }
/** A block of the plane (i3, i2): `rows` from `row`, `columns` from `column`. */
function plane(i, i3, i2, row, rows, column, columns) {
    const o1 = (0, instruction_1.int)(i, 8), o0 = (0, instruction_1.int)(i, 9), x1 = (0, instruction_1.int)(i, 12), x0 = (0, instruction_1.int)(i, 13);
    let out = (0, instruction_1.ptr)(i, 0) + words(i3, (0, instruction_1.int)(i, 6)) + words(i2, (0, instruction_1.int)(i, 7)) + words(row, o1) + words(column, o0);
    let x = (0, instruction_1.ptr)(i, 1) + words(i3, (0, instruction_1.int)(i, 10)) + words(i2, (0, instruction_1.int)(i, 11)) + words(row, x1) + words(column, x0);
    const oStep = words(1, o1), xStep = words(1, x1);
    if (o0 == 1 && x0 == 1) {
        for (; rows > 0; rows--, out += oStep, x += xStep)
            copyWords(out, x, columns);
    }
    else if (o0 == 1 && x0 == 0) {
        for (; rows > 0; rows--, out += oStep, x += xStep) {
            const v = v128.load32_splat(x);
            let at = out, n = columns;
            for (; n >= 4; n -= 4, at += 16)
                v128.store(at, v);
            if (n > 0)
                (0, simd_1.storeLanes)(at, v, n);
        }
    }
    else if (o0 == 1 && x1 == 1) {
        transpose(out, x, rows, columns, o1, x0);
    }
    else if (o1 == 1 && x0 == 1) {
        transpose(out, x, columns, rows, o0, x1);
    }
    else {
        for (; rows > 0; rows--, out += oStep, x += xStep)
            strided(out, x, columns, o0, x0);
    }
}
// @ts-ignore: decorator
function strided(out, x, n, o, s) {
    for (; n > 0; n--, out += words(1, o), x += words(1, s))
        store(out, load(x));
}
/** out[r * ldo + c] = x[c * ldx + r]: 4 x 4 blocks, then the edges item by item. */
function transpose(out, x, rows, columns, ldo, ldx) {
    const o = words(1, ldo), s = words(1, ldx);
    for (; rows >= 4; rows -= 4, out += o << 2, x += 16) {
        let n = columns, to = out, from = x;
        for (; n >= 4; n -= 4, to += 16, from += s << 2) {
            const a = v128.load(from), b = v128.load(from + s), c = v128.load(from + 2 * s), d = v128.load(from + 3 * s);
            const ab0 = v128.shuffle(a, b, 0, 4, 1, 5), ab1 = v128.shuffle(a, b, 2, 6, 3, 7);
            const cd0 = v128.shuffle(c, d, 0, 4, 1, 5), cd1 = v128.shuffle(c, d, 2, 6, 3, 7);
            v128.store(to, v128.shuffle(ab0, cd0, 0, 2));
            v128.store(to + o, v128.shuffle(ab0, cd0, 1, 3));
            v128.store(to + 2 * o, v128.shuffle(ab1, cd1, 0, 2));
            v128.store(to + 3 * o, v128.shuffle(ab1, cd1, 1, 3));
        }
        for (; n > 0; n--, to += 4, from += s) {
            const v = v128.load(from);
            v128.store32_lane(to, v, 0);
            v128.store32_lane(to + o, v, 1);
            v128.store32_lane(to + 2 * o, v, 2);
            v128.store32_lane(to + 3 * o, v, 3);
        }
    }
    for (; rows > 0; rows--, out += o, x += 4)
        strided(out, x, columns, 1, ldx);
}
