"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.gemm_tiles = gemm_tiles;
exports.matmul_nn = matmul_nn;
exports.matmul_tn = matmul_tn;
exports.matmul_nt = matmul_nt;
exports.matmul_scratch = matmul_scratch;
function gemm_tiles(i) { return 1; }
function matmul_nn(i, tile, lane) { }
function matmul_tn(i, tile, lane) { }
function matmul_nt(i, tile, lane) { }
/** Bytes of scratch a product needs, for `lanes` lanes. */
function matmul_scratch(op, m, n, k, lanes) { return 0; }
