"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.optimizer_tiles = optimizer_tiles;
exports.sgd = sgd;
exports.adam = adam;
const instruction_1 = require("./instruction");
const opcodes_1 = require("./opcodes");
const simd_1 = require("./simd");
// Updates of a whole parameter group. The records' items, each record padded to a multiple of 16 (a cache line), are taken as one long row,
// and a tile is TILE items of it: many tiny parameters share a tile, a big one is split.
const TILE = 16384;
/** First operand of the first record. */
const RECORDS = 2;
const SGD_RECORD = 4;
const ADAM_RECORD = 5;
const MOMENTUM = 1;
const NESTEROV = 2;
const DECOUPLED = 1;
const L2 = 2;
/** Smallest normal f32, 2^-126. */
const SMALLEST_NORMAL = 1.1754943508222875e-38;
function optimizer_tiles(i) {
    const record = (0, instruction_1.opcode)(i) == opcodes_1.Op.ADAM ? ADAM_RECORD << 2 : SGD_RECORD << 2;
    let total = 0;
    for (let at = records(i) + record, end = i + (0, instruction_1.byteLength)(i); at <= end; at += record)
        total += padded(load(at - 4));
    return ((total + TILE - 1) / TILE);
}
// @ts-ignore: decorator
function records(i) { return i + ((opcodes_1.HEADER_WORDS + RECORDS) << 2); }
// @ts-ignore: decorator
function padded(n) { return (n + 15) & ~15; }
/** Denormals as zero: arithmetic on them is an order of magnitude slower. NaN stays. */
// @ts-ignore: decorator
function flush(v) {
    return v128.andnot(v, f32x4.lt(f32x4.abs(v), f32x4.splat(SMALLEST_NORMAL)));
}
// @ts-ignore: decorator
function sgdRecords(i, tile, flags) {
    const hyper = (0, instruction_1.ptr)(i, 0);
    const lr = v128.load32_splat(hyper), momentum = v128.load32_splat(hyper, 4), damp = v128.load32_splat(hyper, 8);
    const decay = v128.load32_splat(hyper, 12), ahead = v128.load32_splat(hyper, 16);
    const end = i + (0, instruction_1.byteLength)(i);
    // where the tile begins, counted from the record at hand
    let skip = tile * TILE, left = TILE;
    for (let at = records(i); at < end && left > 0; at += SGD_RECORD << 2) {
        const n = load(at, 12), space = padded(n);
        if (skip >= space) {
            skip -= space;
            continue;
        }
        const from = skip << 2;
        let p = load(at) + from, g = load(at, 4) + from, b = load(at, 8) + from;
        let count = min(n - skip, left);
        left -= space - skip;
        skip = 0;
        for (; count > 0; count -= 4, p += 16, g += 16) {
            const value = v128.load(p);
            let step = (0, simd_1.madd)(decay, value, v128.load(g));
            if (flags & MOMENTUM) {
                const buffer = flush((0, simd_1.madd)(momentum, v128.load(b), f32x4.mul(damp, step)));
                (0, simd_1.storeLanes)(b, buffer, count);
                b += 16;
                step = flags & NESTEROV ? (0, simd_1.madd)(ahead, buffer, step) : buffer;
            }
            (0, simd_1.storeLanes)(p, (0, simd_1.nmadd)(lr, step, value), count);
        }
    }
}
/**
 * Stochastic gradient descent as torch.optim.SGD: g' = g + decay p; buffer = momentum buffer + damp g'; p -= lr step, where step is the
 * buffer, g' + ahead buffer (Nesterov), or g' (no momentum: the buffer operand is not looked at).
 * hyper: { lr, momentum, damp, decay, ahead }; flags: 1 momentum, 2 Nesterov; records: p g buffer n.
 */
function sgd(i, tile, lane) {
    const flags = (0, instruction_1.int)(i, 1);
    if (!(flags & MOMENTUM))
        sgdRecords(i, tile, 0);
    else if (flags & NESTEROV)
        sgdRecords(i, tile, MOMENTUM | NESTEROV);
    else
        sgdRecords(i, tile, MOMENTUM);
}
// @ts-ignore: decorator
function adamRecords(i, tile, flags) {
    const hyper = (0, instruction_1.ptr)(i, 0);
    const stepSize = v128.load32_splat(hyper), eps = v128.load32_splat(hyper, 8);
    // one division a vector instead of two: sqrt(v) * (1 / c) differs from sqrt(v) / c by one rounding
    const scale = f32x4.div(f32x4.splat(1), v128.load32_splat(hyper, 4));
    const beta1 = v128.load32_splat(hyper, 12), gamma1 = v128.load32_splat(hyper, 16);
    const beta2 = v128.load32_splat(hyper, 20), gamma2 = v128.load32_splat(hyper, 24);
    const decay = v128.load32_splat(hyper, 28), shrink = v128.load32_splat(hyper, 32);
    const end = i + (0, instruction_1.byteLength)(i);
    let skip = tile * TILE, left = TILE;
    for (let at = records(i); at < end && left > 0; at += ADAM_RECORD << 2) {
        const n = load(at, 16), space = padded(n);
        if (skip >= space) {
            skip -= space;
            continue;
        }
        const from = skip << 2;
        let p = load(at) + from, g = load(at, 4) + from;
        let m = load(at, 8) + from, v = load(at, 12) + from;
        let count = min(n - skip, left);
        left -= space - skip;
        skip = 0;
        for (; count > 0; count -= 4, p += 16, g += 16, m += 16, v += 16) {
            let value = v128.load(p), gradient = v128.load(g);
            if (flags & L2)
                gradient = (0, simd_1.madd)(decay, value, gradient);
            if (flags & DECOUPLED)
                value = f32x4.mul(value, shrink);
            const first = flush((0, simd_1.madd)(beta1, v128.load(m), f32x4.mul(gamma1, gradient)));
            const second = flush((0, simd_1.madd)(beta2, v128.load(v), f32x4.mul(f32x4.mul(gamma2, gradient), gradient)));
            const step = f32x4.div(f32x4.mul(stepSize, first), (0, simd_1.madd)(f32x4.sqrt(second), scale, eps));
            (0, simd_1.storeLanes)(m, first, count);
            (0, simd_1.storeLanes)(v, second, count);
            (0, simd_1.storeLanes)(p, f32x4.sub(value, step), count);
        }
    }
}
/**
 * Adam (Kingma and Ba 2015, algorithm 1) as torch.optim.Adam, and AdamW (Loshchilov and Hutter 2019) by the decoupled flag:
 * m = beta1 m + gamma1 g'; v = beta2 v + gamma2 g'^2; p -= stepSize m / (sqrt(v) / root + eps). L2: g' = g + decay p. Decoupled: p *= shrink first.
 * hyper: { stepSize, root, eps, beta1, gamma1, beta2, gamma2, decay, shrink }; flags: 1 decoupled, 2 L2; records: p g m v n.
 */
function adam(i, tile, lane) {
    const flags = (0, instruction_1.int)(i, 1);
    if (flags & DECOUPLED) {
        if (flags & L2)
            adamRecords(i, tile, DECOUPLED | L2);
        else
            adamRecords(i, tile, DECOUPLED);
    }
    else if (flags & L2)
        adamRecords(i, tile, L2);
    else
        adamRecords(i, tile, 0);
}
