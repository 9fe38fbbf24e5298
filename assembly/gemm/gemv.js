"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.row1x16 = row1x16;
exports.row1x4 = row1x4;
exports.rowTimesMatrix = rowTimesMatrix;
/** One row of out as a sum of rows of a matrix (k, n), each times an element of a vector: in order over k, as the micro-kernels. */
const simd_1 = require("../simd");
/** Rows of b done before moving to the next columns, so that a strip's lines and pages stay near. */
// @ts-ignore: decorator
const ROWS_AT_ONCE = 512;
/** Adds bias and stores the first `cols` of four lanes. */
// @ts-ignore: decorator
function finish(c, v, cols, bias, offset, scalarBias) {
    if (bias)
        v = f32x4.add(v, scalarBias ? v128.load32_splat(bias) : v128.load(bias + offset));
    if (cols > 0)
        (0, simd_1.storeLanes)(c + offset, v, cols);
}
/** c[j] = sum over k of a[k] b[k, j] for up to 16 columns; `ldb` bytes from row to row of b. Four accumulators: eight spill on Node 20. */
function row1x16(c, cols, a, b, ldb, k, begin, bias, scalarBias) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    if (begin) {
        c0 = v128.load(c);
        c1 = v128.load(c, 16);
        c2 = v128.load(c, 32);
        c3 = v128.load(c, 48);
    }
    const end = a + (k << 2);
    while (a < end) {
        const x = v128.load32_splat(a);
        c0 = (0, simd_1.madd)(x, v128.load(b), c0);
        c1 = (0, simd_1.madd)(x, v128.load(b, 16), c1);
        c2 = (0, simd_1.madd)(x, v128.load(b, 32), c2);
        c3 = (0, simd_1.madd)(x, v128.load(b, 48), c3);
        a += 4;
        b += ldb;
    }
    finish(c, c0, cols, bias, 0, scalarBias);
    finish(c, c1, cols - 4, bias, 16, scalarBias);
    finish(c, c2, cols - 8, bias, 32, scalarBias);
    finish(c, c3, cols - 12, bias, 48, scalarBias);
}
/** The same for up to 4 columns. */
function row1x4(c, cols, a, b, ldb, k, begin, bias, scalarBias) {
    let c0 = f32x4.splat(0);
    if (begin)
        c0 = v128.load(c);
    const end = a + (k << 2);
    while (a < end) {
        c0 = (0, simd_1.madd)(v128.load32_splat(a), v128.load(b), c0);
        a += 4;
        b += ldb;
    }
    finish(c, c0, cols, bias, 0, scalarBias);
}
/** c (n) = a (k) b (k, n). */
// @ts-ignore: decorator
function rowTimesMatrix(c, n, a, b, ldb, k, begin, bias, scalarBias) {
    if (n <= 4) {
        row1x4(c, n, a, b, ldb, k, begin, bias, scalarBias);
        return;
    }
    let first = 0;
    do {
        const rows = min(k - first, ROWS_AT_ONCE), last = first + rows == k;
        for (let j = 0; j < n; j += 16) {
            const at = j << 2;
            row1x16(c + at, n - j, a + (first << 2), b + first * ldb + at, ldb, rows, begin | first, last && bias ? (scalarBias ? bias : bias + at) : 0, scalarBias);
        }
        first += rows;
    } while (first < k);
}
