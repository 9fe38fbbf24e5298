"use strict";
/**
 * Packing: blocks of a matrix copied so that a micro-kernel reads them from one end to the other.
 * A panel of B holds, k after k, 8 neighbouring columns (32 bytes); a group of A, k after k, 4 neighbouring rows (16 bytes).
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.packColumns = packColumns;
exports.packRows = packRows;
exports.packAdjacent = packAdjacent;
/** Panel of B from 8 columns of a matrix (k, n) with rows of `ld` bytes. Reads up to 28 bytes past the last row where fewer columns are left. */
function packColumns(panel, b, ld, k) {
    const end = panel + (k << 5);
    while (panel < end) {
        const lo = v128.load(b), hi = v128.load(b, 16);
        v128.store(panel, lo);
        v128.store(panel, hi, 16);
        b += ld;
        panel += 32;
    }
}
/** Four rows of four floats at p0..p3, transposed, to every second quarter line from `to` on. */
// @ts-ignore: decorator
function transpose4(to, p0, p1, p2, p3) {
    const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
    const a = v128.shuffle(r0, r1, 0, 4, 1, 5), b = v128.shuffle(r0, r1, 2, 6, 3, 7);
    const c = v128.shuffle(r2, r3, 0, 4, 1, 5), d = v128.shuffle(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle(a, c, 0, 2));
    v128.store(to, v128.shuffle(a, c, 1, 3), 32);
    v128.store(to, v128.shuffle(b, d, 0, 2), 64);
    v128.store(to, v128.shuffle(b, d, 1, 3), 96);
}
/**
 * Panel of B from `rows` (1 to 8) rows of a matrix (n, k) with rows of `ld` bytes; the columns from `rows` on repeat the last.
 * Reads up to 12 bytes past a row, writes k rounded up to a multiple of 4.
 */
function packRows(panel, b, ld, rows, k) {
    const end = panel + (k << 5);
    for (let half = 0; half < 2; half++) {
        const first = min(4 * half, rows - 1), last = rows - 1;
        let p0 = b + first * ld, p1 = b + min(4 * half + 1, last) * ld;
        let p2 = b + min(4 * half + 2, last) * ld, p3 = b + min(4 * half + 3, last) * ld;
        for (let to = panel + (half << 4), stop = end + (half << 4); to < stop; to += 128) {
            transpose4(to, p0, p1, p2, p3);
            p0 += 16;
            p1 += 16;
            p2 += 16;
            p3 += 16;
        }
    }
}
/**
 * Groups of A from `rows` columns of a matrix (k, m) with rows of `ld` bytes, `step` bytes from group to group. Reads up to 12 bytes past a row.
 * Row by row: far apart as they are, each is read in one piece.
 */
function packAdjacent(to, a, ld, rows, k, step) {
    const end = to + (k << 4), wide = a + ((rows + 3 >> 4) << 6), all = a + (((rows + 3) & ~3) << 2);
    let from = a, stop = wide, last = all;
    while (to < end) {
        let at = from, group = to;
        while (at < stop) {
            const g1 = group + step, g2 = g1 + step, g3 = g2 + step;
            v128.store(group, v128.load(at));
            v128.store(g1, v128.load(at, 16));
            v128.store(g2, v128.load(at, 32));
            v128.store(g3, v128.load(at, 48));
            at += 64;
            group = g3 + step;
        }
        while (at < last) {
            v128.store(group, v128.load(at));
            at += 16;
            group += step;
        }
        from += ld;
        stop += ld;
        last += ld;
        to += 16;
    }
}
