"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.reduce_tiles = reduce_tiles;
exports.sum = sum;
exports.sum_chunks = sum_chunks;
exports.max_ = max_;
exports.min_ = min_;
exports.select_grad = select_grad;
const instruction_1 = require("./instruction");
const opcodes_1 = require("./opcodes");
const simd_1 = require("./simd");
// Reductions of (outer, r, inner) over r. Sums run in blocks of BLOCK terms, the blocks' sums are added in order: the rounding error grows with r / BLOCK + BLOCK.
const BLOCK = 128;
function reduce_tiles(i) {
    return 1;
}
/** Sum of r floats that lie together: four accumulators of four lanes, then lanes in order. */
function sumRow(x, r) {
    let total = 0;
    let k = 0;
    while (k < r) {
        const end = min(r, k + 4 * BLOCK);
        let s0 = f32x4.splat(0);
        let s1 = f32x4.splat(0);
        for (; k + 8 <= end; k += 8) {
            s0 = f32x4.add(s0, v128.load(x + (k << 2)));
            s1 = f32x4.add(s1, v128.load(x + (k << 2), 16));
        }
        let s = f32x4.add(s0, s1);
        let part = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
        for (; k < end; k++)
            part += load(x + (k << 2));
        total += part;
    }
    return total;
}
/** Four neighbouring columns summed over r rows. */
// @ts-ignore: decorator
function sumColumns(x, r, step) {
    let total = f32x4.splat(0);
    let p = x;
    for (let k = 0; k < r;) {
        const end = min(r, k + BLOCK);
        let s = v128.load(p);
        p += step;
        for (k++; k < end; k++) {
            s = f32x4.add(s, v128.load(p));
            p += step;
        }
        total = f32x4.add(total, s);
    }
    return total;
}
/** out, x, outer, r, inner, divisor */
function sum(i, tile, lane) {
    const out = (0, instruction_1.ptr)(i, 0);
    const x = (0, instruction_1.ptr)(i, 1);
    const outer = (0, instruction_1.int)(i, 2);
    const r = (0, instruction_1.int)(i, 3);
    const inner = (0, instruction_1.int)(i, 4);
    const divisor = (0, instruction_1.float)(i, 5);
    const by = f32x4.splat(divisor);
    if (inner == 1) {
        for (let o = 0; o < outer; o++)
            store(out + (o << 2), sumRow(x + ((o * r) << 2), r) / divisor);
        return;
    }
    const step = inner << 2;
    for (let o = 0; o < outer; o++) {
        const from = x + (o * r) * step;
        const to = out + o * step;
        for (let c = 0; c < inner; c += 4) {
            const at = c << 2;
            const s = sumColumns(from + at, r, step);
            (0, simd_1.storeLanes)(to + at, divisor == 1 ? s : f32x4.div(s, by), inner - c);
        }
    }
}
/** out, x, n */
function sum_chunks(i, tile, lane) {
    const out = (0, instruction_1.ptr)(i, 0);
    const x = (0, instruction_1.ptr)(i, 1);
    const n = (0, instruction_1.int)(i, 2);
    for (let c = 0, k = 0; k < n; c++, k += opcodes_1.CHUNK)
        store(out + (c << 2), sumRow(x + (k << 2), min(opcodes_1.CHUNK, n - k)));
}
// @ts-ignore: decorator
function select(i, largest) {
    const out = (0, instruction_1.ptr)(i, 0);
    const index = (0, instruction_1.ptr)(i, 1);
    const x = (0, instruction_1.ptr)(i, 2);
    const outer = (0, instruction_1.int)(i, 3);
    const r = (0, instruction_1.int)(i, 4);
    const inner = (0, instruction_1.int)(i, 5);
    for (let o = 0; o < outer; o++)
        for (let c = 0; c < inner; c++) {
            let p = x + ((o * r * inner + c) << 2);
            let best = load(p);
            let at = 0;
            for (let k = 1; k < r && best == best; k++) {
                p += inner << 2;
                const v = load(p);
                if ((largest ? v > best : v < best) || v != v) {
                    best = v;
                    at = k;
                }
            }
            const to = (o * inner + c) << 2;
            store(out + to, best);
            store(index + to, at);
        }
}
function max_(i, tile, lane) { select(i, true); }
function min_(i, tile, lane) { select(i, false); }
/** dx, dy, index, outer, r, inner */
function select_grad(i, tile, lane) {
    const dx = (0, instruction_1.ptr)(i, 0);
    const dy = (0, instruction_1.ptr)(i, 1);
    const index = (0, instruction_1.ptr)(i, 2);
    const outer = (0, instruction_1.int)(i, 3);
    const r = (0, instruction_1.int)(i, 4);
    const inner = (0, instruction_1.int)(i, 5);
    memory.fill(dx, 0, (outer * r * inner) << 2);
    for (let o = 0; o < outer; o++)
        for (let c = 0; c < inner; c++) {
            const from = (o * inner + c) << 2;
            store(dx + (((o * r + load(index + from)) * inner + c) << 2), load(dy + from));
        }
}
