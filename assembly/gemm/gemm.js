"use strict";
var __createBinding = (this && this.__createBinding) || (Object.create ? (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    var desc = Object.getOwnPropertyDescriptor(m, k);
    if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) {
      desc = { enumerable: true, get: function() { return m[k]; } };
    }
    Object.defineProperty(o, k2, desc);
}) : (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    o[k2] = m[k];
}));
var __exportStar = (this && this.__exportStar) || function(m, exports) {
    for (var p in m) if (p !== "default" && !Object.prototype.hasOwnProperty.call(exports, p)) __createBinding(exports, m, p);
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.activateRows = exports.packRows = exports.packColumns = exports.packAdjacent = exports.row1x4 = exports.row1x16 = exports.ceiling = void 0;
exports.matmul_scratch = matmul_scratch;
exports.gemm_tiles = gemm_tiles;
exports.matmul_nn = matmul_nn;
exports.matmul_tn = matmul_tn;
exports.matmul_nt = matmul_nt;
/**
 * Matrix products: out = act(beta * out + a b + bias). The macro-kernel walks blocks of k, blocks of rows and strips of 8 columns, and packs on the way
 * where plan.ts says so. Operands: out, a, b, bias, scratch, m, n, k, beta, act. A tile is a block of out.
 * Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
 */
const instruction_1 = require("../instruction");
const opcodes_1 = require("../opcodes");
const activate_1 = require("./activate");
const dot_1 = require("./dot");
const gemv_1 = require("./gemv");
const pack_1 = require("./pack");
const plan_1 = require("./plan");
const strip_1 = require("./strip");
var ceiling_1 = require("./ceiling");
Object.defineProperty(exports, "ceiling", { enumerable: true, get: function () { return ceiling_1.ceiling; } });
__exportStar(require("./strip"), exports);
__exportStar(require("./dot"), exports);
var gemv_2 = require("./gemv");
Object.defineProperty(exports, "row1x16", { enumerable: true, get: function () { return gemv_2.row1x16; } });
Object.defineProperty(exports, "row1x4", { enumerable: true, get: function () { return gemv_2.row1x4; } });
var pack_2 = require("./pack");
Object.defineProperty(exports, "packAdjacent", { enumerable: true, get: function () { return pack_2.packAdjacent; } });
Object.defineProperty(exports, "packColumns", { enumerable: true, get: function () { return pack_2.packColumns; } });
Object.defineProperty(exports, "packRows", { enumerable: true, get: function () { return pack_2.packRows; } });
var activate_2 = require("./activate");
Object.defineProperty(exports, "activateRows", { enumerable: true, get: function () { return activate_2.activateRows; } });
/** Bytes of scratch a product needs, for `lanes` lanes. Lane l works in the l-th part. */
function matmul_scratch(op, m, n, k, lanes) {
    return (0, plan_1.laneScratch)(op, m, n, k) * lanes;
}
function gemm_tiles(i) {
    const m = (0, instruction_1.int)(i, 5), n = (0, instruction_1.int)(i, 6), k = (0, instruction_1.int)(i, 7);
    if ((0, plan_1.isVector)(m, n))
        return vectorTiles(m * n, k);
    const op = (0, instruction_1.opcode)(i), rows = (0, plan_1.tileRows)(op, m, n, k), columns = (0, plan_1.tileColumns)(op, m, n, k);
    return ((m + rows - 1) / rows) * ((n + columns - 1) / columns);
}
/** Items of out in one tile of a matrix times a vector: a multiple of 16. */
// @ts-ignore: decorator
function vectorItems(count, k) {
    if (count <= 64)
        return 64;
    return max(((1 << 17) / max(k, 1)) & ~15, 64);
}
// @ts-ignore: decorator
function vectorTiles(count, k) {
    const items = vectorItems(count, k);
    return (count + items - 1) / items;
}
/** m or n is 1: `vector` (k) with a matrix whose rows are the sums' factors (`dots`), or whose rows are added. */
function matrixVector(i, tile, matrix, vector, dots) {
    const m = (0, instruction_1.int)(i, 5), n = (0, instruction_1.int)(i, 6), k = (0, instruction_1.int)(i, 7), beta = (0, instruction_1.int)(i, 8), act = (0, instruction_1.int)(i, 9);
    const count = m * n, items = vectorItems(count, k), first = tile * items, size = min(items, count - first);
    const at = first << 2, out = (0, instruction_1.ptr)(i, 0) + at, scalarBias = i32(n == 1);
    let bias = (0, instruction_1.ptr)(i, 3);
    if (bias && !scalarBias)
        bias += at;
    if (dots)
        (0, dot_1.dot1x4)(out, size, vector, matrix + at * k, k, beta, bias, scalarBias);
    else
        (0, gemv_1.rowTimesMatrix)(out, size, vector, matrix + at, count << 2, k, beta, bias, scalarBias);
    if (act)
        (0, activate_1.activateRows)(act, out, 0, 1, size);
}
/** A block of out: rows i0 to i1, columns j0 to j1. `op` is a constant. */
// @ts-ignore: decorator
function block(op, i, i0, i1, j0, j1, lane) {
    const out = (0, instruction_1.ptr)(i, 0), a = (0, instruction_1.ptr)(i, 1), b = (0, instruction_1.ptr)(i, 2), bias = (0, instruction_1.ptr)(i, 3);
    const m = (0, instruction_1.int)(i, 5), n = (0, instruction_1.int)(i, 6), k = (0, instruction_1.int)(i, 7), beta = (0, instruction_1.int)(i, 8), act = (0, instruction_1.int)(i, 9);
    const ldc = n << 2, lda = (op == opcodes_1.Op.MATMUL_TN ? m : k) << 2, ldb = (op == opcodes_1.Op.MATMUL_NT ? k : n) << 2;
    const packB = (0, plan_1.packsB)(op, m, n, k), packA = (0, plan_1.packsA)(op, m, n, k);
    const terms = (0, plan_1.blockTerms)(k), panelSize = (0, plan_1.panelBytes)(terms);
    const panels = packA || packB ? (0, instruction_1.ptr)(i, 4) + lane * (0, plan_1.laneScratch)(op, m, n, k) : 0;
    const keep = packB && i1 - i0 > plan_1.MC;
    const groups = panels + (packB ? (keep ? ((j1 - j0 + 7) >> 3) : 1) * panelSize : 0);
    let k0 = 0;
    do {
        const kc = min(terms, k - k0), begin = beta | k0, blockBias = k0 + kc == k ? bias : 0;
        for (let ib = i0; ib < i1; ib += plan_1.MC) {
            const rows = min(plan_1.MC, i1 - ib);
            let pa, ka, step;
            if (op != opcodes_1.Op.MATMUL_TN) {
                pa = a + ib * lda + (k0 << 2);
                ka = lda;
                step = lda << 2;
            }
            else if (packA) {
                pa = groups;
                ka = 16;
                step = (0, plan_1.groupBytes)(terms);
                (0, pack_1.packAdjacent)(groups, a + k0 * lda + (ib << 2), lda, rows, kc, step);
            }
            else {
                pa = a + k0 * lda + (ib << 2);
                ka = lda;
                step = 16;
            }
            let panel = panels;
            for (let j = j0; j < j1; j += 8) {
                const cols = min(8, j1 - j);
                let pb, kb = ldb;
                if (op == opcodes_1.Op.MATMUL_NT) {
                    if (ib == i0)
                        (0, pack_1.packRows)(panel, b + j * ldb + (k0 << 2), ldb, cols, kc);
                    pb = panel;
                    kb = 32;
                }
                else {
                    pb = b + k0 * ldb + (j << 2);
                    if (packB) {
                        if (ib == i0)
                            (0, pack_1.packColumns)(panel, pb, ldb, kc);
                        pb = panel;
                        kb = 32;
                    }
                }
                (0, strip_1.strip)(op == opcodes_1.Op.MATMUL_TN, rows, out + ib * ldc + (j << 2), ldc, cols, pa, ka, step, pb, kb, kc, begin, blockBias ? blockBias + (j << 2) : 0);
                if (keep)
                    panel += panelSize;
            }
            if (act && k0 + kc == k)
                (0, activate_1.activateRows)(act, out + ib * ldc + (j0 << 2), ldc, rows, j1 - j0);
        }
        k0 += kc;
    } while (k0 < k);
}
/** All of a small NN or TN product: at a few tens of nanoseconds the general walk would cost more than the sums. */
// @ts-ignore: decorator
function smallBlock(op, i, m, n, k) {
    const out = (0, instruction_1.ptr)(i, 0), a = (0, instruction_1.ptr)(i, 1), beta = (0, instruction_1.int)(i, 8), act = (0, instruction_1.int)(i, 9);
    const ldc = n << 2, lda = (op == opcodes_1.Op.MATMUL_TN ? m : k) << 2, step = op == opcodes_1.Op.MATMUL_TN ? 16 : lda << 2;
    let c = out, b = (0, instruction_1.ptr)(i, 2), bias = (0, instruction_1.ptr)(i, 3), left = n;
    do {
        (0, strip_1.strip)(op == opcodes_1.Op.MATMUL_TN, m, c, ldc, min(left, 8), a, lda, step, b, ldc, k, beta, bias);
        c += 32;
        b += 32;
        if (bias)
            bias += 32;
        left -= 8;
    } while (left > 0);
    if (act)
        (0, activate_1.activateRows)(act, out, ldc, m, n);
}
/** The block by dot products. */
// @ts-ignore: decorator
function dotBlock(i, i0, i1, j0, j1) {
    const out = (0, instruction_1.ptr)(i, 0), a = (0, instruction_1.ptr)(i, 1), b = (0, instruction_1.ptr)(i, 2), bias = (0, instruction_1.ptr)(i, 3);
    const n = (0, instruction_1.int)(i, 6), k = (0, instruction_1.int)(i, 7), beta = (0, instruction_1.int)(i, 8), act = (0, instruction_1.int)(i, 9);
    const ldc = n << 2, ld = k << 2;
    const pairs = (i1 - i0) >> 1, pa = a + i0 * ld, c0 = out + i0 * ldc;
    for (let j = j0; j < j1; j += 4) {
        const cols = min(4, j1 - j), c = c0 + (j << 2), pb = b + j * ld, bj = bias ? bias + (j << 2) : 0;
        if (pairs)
            (0, dot_1.dot2x4)(c, ldc, cols, pa, pairs, pb, k, beta, bj);
        if ((i1 - i0) & 1)
            (0, dot_1.dot1x4)(c + (i1 - i0 - 1) * ldc, cols, pa + (i1 - i0 - 1) * ld, pb, k, beta, bj, 0);
    }
    if (act)
        (0, activate_1.activateRows)(act, c0 + (j0 << 2), ldc, i1 - i0, j1 - j0);
}
// @ts-ignore: decorator
function product(op, i, tile, lane) {
    const m = (0, instruction_1.int)(i, 5), n = (0, instruction_1.int)(i, 6), k = (0, instruction_1.int)(i, 7);
    if ((0, plan_1.isSmall)(m, n, k)) {
        if (op != opcodes_1.Op.MATMUL_NT) {
            smallBlock(op, i, m, n, k);
            return;
        }
        if ((0, plan_1.usesDots)(m, n, k)) {
            dotBlock(i, 0, m, 0, n);
            return;
        }
    }
    const rows = (0, plan_1.tileRows)(op, m, n, k), columns = (0, plan_1.tileColumns)(op, m, n, k), across = (n + columns - 1) / columns;
    const i0 = tile / across * rows, j0 = tile % across * columns;
    const i1 = min(m, i0 + rows), j1 = min(n, j0 + columns);
    if (op == opcodes_1.Op.MATMUL_NT && (0, plan_1.usesDots)(m, n, k))
        dotBlock(i, i0, i1, j0, j1);
    else
        block(op, i, i0, i1, j0, j1, lane);
}
/** a (m, k), b (k, n). */
function matmul_nn(i, tile, lane) {
    const m = (0, instruction_1.int)(i, 5), n = (0, instruction_1.int)(i, 6);
    if (n == 1)
        matrixVector(i, tile, (0, instruction_1.ptr)(i, 1), (0, instruction_1.ptr)(i, 2), true);
    else if (m == 1)
        matrixVector(i, tile, (0, instruction_1.ptr)(i, 2), (0, instruction_1.ptr)(i, 1), false);
    else
        product(opcodes_1.Op.MATMUL_NN, i, tile, lane);
}
/** a (k, m), b (k, n). */
function matmul_tn(i, tile, lane) {
    const m = (0, instruction_1.int)(i, 5), n = (0, instruction_1.int)(i, 6);
    if (n == 1)
        matrixVector(i, tile, (0, instruction_1.ptr)(i, 1), (0, instruction_1.ptr)(i, 2), false);
    else if (m == 1)
        matrixVector(i, tile, (0, instruction_1.ptr)(i, 2), (0, instruction_1.ptr)(i, 1), false);
    else
        product(opcodes_1.Op.MATMUL_TN, i, tile, lane);
}
/** a (m, k), b (n, k). */
function matmul_nt(i, tile, lane) {
    const m = (0, instruction_1.int)(i, 5), n = (0, instruction_1.int)(i, 6);
    if (n == 1)
        matrixVector(i, tile, (0, instruction_1.ptr)(i, 1), (0, instruction_1.ptr)(i, 2), true);
    else if (m == 1)
        matrixVector(i, tile, (0, instruction_1.ptr)(i, 2), (0, instruction_1.ptr)(i, 1), true);
    else
        product(opcodes_1.Op.MATMUL_NT, i, tile, lane);
}
