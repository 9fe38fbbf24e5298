"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.rows4x8 = rows4x8;
exports.rows3x8 = rows3x8;
exports.rows2x8 = rows2x8;
exports.rows1x8 = rows1x8;
exports.rows4x4 = rows4x4;
exports.rows3x4 = rows3x4;
exports.rows2x4 = rows2x4;
exports.rows1x4 = rows1x4;
exports.adjacent4x8 = adjacent4x8;
exports.adjacent3x8 = adjacent3x8;
exports.adjacent2x8 = adjacent2x8;
exports.adjacent1x8 = adjacent1x8;
exports.adjacent4x4 = adjacent4x4;
exports.adjacent3x4 = adjacent3x4;
exports.adjacent2x4 = adjacent2x4;
exports.adjacent1x4 = adjacent1x4;
exports.strip = strip;
/**
 * The micro-kernels by name: how A is read, rows x columns. The contract stands in microkernel.ts. They are exported, so that they stay functions:
 * V8 does not replace a function while it runs, so hot loops must be entered again and again.
 */
const microkernel_1 = require("./microkernel");
function rows4x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 4, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function rows3x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 3, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function rows2x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 2, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function rows1x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 1, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function rows4x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 4, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function rows3x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 3, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function rows2x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 2, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function rows1x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ROWS, 1, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent4x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 4, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent3x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 3, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent2x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 2, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent1x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 1, true, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent4x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 4, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent3x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 3, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent2x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 2, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
function adjacent1x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias) {
    (0, microkernel_1.tiles)(microkernel_1.ADJACENT, 1, false, c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
}
/**
 * A strip of `m` rows by up to 8 columns, in `groups` of four rows and a last one of what is left. `adjacent` is a constant.
 */
// @ts-ignore: decorator
function strip(adjacent, m, c, ldc, cols, a, lda, step, b, ldb, k, begin, bias) {
    const groups = m >> 2, left = m & 3;
    if (cols > 4) {
        if (groups) {
            if (adjacent)
                adjacent4x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
            else
                rows4x8(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
            c += groups * (ldc << 2);
            a += groups * step;
        }
        if (!left)
            return;
        if (left == 1) {
            if (adjacent)
                adjacent1x8(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
            else
                rows1x8(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
        }
        else if (left == 2) {
            if (adjacent)
                adjacent2x8(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
            else
                rows2x8(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
        }
        else {
            if (adjacent)
                adjacent3x8(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
            else
                rows3x8(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
        }
        return;
    }
    if (groups) {
        if (adjacent)
            adjacent4x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
        else
            rows4x4(c, ldc, cols, a, lda, step, groups, b, ldb, k, begin, bias);
        c += groups * (ldc << 2);
        a += groups * step;
    }
    if (!left)
        return;
    if (left == 1) {
        if (adjacent)
            adjacent1x4(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
        else
            rows1x4(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
    }
    else if (left == 2) {
        if (adjacent)
            adjacent2x4(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
        else
            rows2x4(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
    }
    else {
        if (adjacent)
            adjacent3x4(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
        else
            rows3x4(c, ldc, cols, a, lda, step, 1, b, ldb, k, begin, bias);
    }
}
