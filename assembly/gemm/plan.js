"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.MC = exports.KC = void 0;
exports.isVector = isVector;
exports.isSmall = isSmall;
exports.usesDots = usesDots;
exports.packsB = packsB;
exports.packsA = packsA;
exports.blockTerms = blockTerms;
exports.tileColumns = tileColumns;
exports.tileRows = tileRows;
exports.panelBytes = panelBytes;
exports.groupBytes = groupBytes;
exports.laneScratch = laneScratch;
/**
 * How a product is done: which kernels, what is packed, how out is cut into tiles. Everything follows from the form and the whole product's
 * m, n and k (and the build), so results do not depend on who computes which tile.
 */
const opcodes_1 = require("../opcodes");
/** Terms a panel holds: 8 columns of B (12 kB) and 4 rows of A (6 kB) stay in a 32 kB first-level cache. */
// @ts-ignore: decorator
exports.KC = 400;
/** Rows of A that stay in the second-level cache while the panels of B pass. */
// @ts-ignore: decorator
exports.MC = 128;
/** Columns of a tile at most: bounds the scratch. */
// @ts-ignore: decorator
const NC = 256;
/** Multiply-adds a tile should have at least, as a power of two: about 6 us. */
// @ts-ignore: decorator
const TILE_WORK = 17;
// @ts-ignore: decorator
const TILES = 16;
/** One of the factors is a vector. */
// @ts-ignore: decorator
function isVector(m, n) {
    return m == 1 || n == 1;
}
/** One tile, one block, nothing packed (but for NT that does not use dot products). */
// @ts-ignore: decorator
function isSmall(m, n, k) {
    return (m | n | k) < 64;
}
/** NT by dot products: where there are too few rows to pay for packing B, or too few columns to fill a panel. */
// @ts-ignore: decorator
function usesDots(m, n, k) {
    return m < 16 || n < 16;
}
/** Copying (NN, TN) panels of B pays: enough rows to use a panel again, and rows of B so far apart that a panel does not stay in the first-level cache. */
// @ts-ignore: decorator
function packsB(op, m, n, k) {
    return op == opcodes_1.Op.MATMUL_NT || (m >= 64 && k > 64);
}
/** Copying A pays in the TN form, where a group of four columns touches a line for every k. */
// @ts-ignore: decorator
function packsA(op, m, n, k) {
    return op == opcodes_1.Op.MATMUL_TN && n >= 64 && k > 64;
}
/** Terms of one block of k: equal blocks of at most KC. */
// @ts-ignore: decorator
function blockTerms(k) {
    if (k <= exports.KC)
        return k;
    const blocks = (k + exports.KC - 1) / exports.KC;
    return (k + blocks - 1) / blocks;
}
/**
 * Columns of a tile, a multiple of 8 (or all n). Narrow where few rows reuse a panel anyway; wide where each tile reads a large A again, or packs it.
 */
function tileColumns(op, m, n, k) {
    const work = m * n * k >> TILE_WORK;
    if (work < 2)
        return min(n, 4096);
    const tiles = min(work, TILES);
    const columns = max((n + tiles - 1) / tiles, min(n, m <= exports.MC ? 32 : 128));
    return min((columns + 7) & ~7, NC);
}
/** Rows of a tile, a multiple of 4 (or all m). */
function tileRows(op, m, n, k) {
    const work = m * n * k >> TILE_WORK;
    if (work < 2)
        return m;
    const columns = tileColumns(op, m, n, k), across = (n + columns - 1) / columns;
    const tiles = min(work, TILES);
    const down = max(tiles / across, 1);
    return (max((m + down - 1) / down, min(m, 2 * exports.MC)) + 3) & ~3;
}
/** Bytes of a packed panel of B with `terms` terms. */
// @ts-ignore: decorator
function panelBytes(terms) {
    return ((terms + 3) & ~3) << 5;
}
/** Bytes of a packed group of A with `terms` terms: an odd number of lines, so that the groups do not fall on the same sets of a cache. */
// @ts-ignore: decorator
function groupBytes(terms) {
    return ((terms << 4) + 63 & ~63) | 64;
}
/** Bytes of scratch of one lane: first the panels of B (all of a tile, or one if they are used once), then the groups of A. */
function laneScratch(op, m, n, k) {
    if (isVector(m, n) || (op == opcodes_1.Op.MATMUL_NT && usesDots(m, n, k)))
        return 0;
    const terms = blockTerms(k);
    let bytes = 0;
    if (packsB(op, m, n, k)) {
        const panels = min(m, tileRows(op, m, n, k)) > exports.MC ? (min(n, tileColumns(op, m, n, k)) + 7) >> 3 : 1;
        bytes += panels * panelBytes(terms);
    }
    if (packsA(op, m, n, k))
        bytes += ((min(m, exports.MC) + 3) >> 2) * groupBytes(terms);
    return (bytes + 63) & ~63;
}
