"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.loss_tiles = loss_tiles;
exports.cross_entropy = cross_entropy;
exports.cross_entropy_grad = cross_entropy_grad;
exports.squared_error = squared_error;
exports.squared_error_grad = squared_error_grad;
const instruction_1 = require("./instruction");
const math_1 = require("./math");
const simd_1 = require("./simd");
const softmax_1 = require("./softmax");
function loss_tiles(i) {
    return 1;
}
/** loss, probs, logits, labels, rows, cols */
function cross_entropy(i, tile, lane) {
    const loss = (0, instruction_1.ptr)(i, 0);
    const labels = (0, instruction_1.ptr)(i, 3);
    const rows = (0, instruction_1.int)(i, 4);
    const cols = (0, instruction_1.int)(i, 5);
    for (let r = 0; r < rows; r++) {
        const at = (r * cols) << 2;
        const probs = (0, instruction_1.ptr)(i, 1) + at;
        const x = (0, instruction_1.ptr)(i, 2) + at;
        const m = (0, softmax_1.rowMax)(x, cols);
        const total = (0, softmax_1.rowExp)(probs, x, cols, m);
        (0, softmax_1.rowScale)(probs, cols, 1 / total);
        const label = load(labels + (r << 2));
        let value = NaN;
        if (label < cols)
            value = f32x4.extract_lane((0, math_1.log4)(f32x4.splat(total)), 0) - (load(x + (label << 2)) - m);
        store(loss + (r << 2), value);
    }
}
/** dx, probs, labels, dy, rows, cols, dyStride, divisor */
function cross_entropy_grad(i, tile, lane) {
    const dx = (0, instruction_1.ptr)(i, 0);
    const probs = (0, instruction_1.ptr)(i, 1);
    const labels = (0, instruction_1.ptr)(i, 2);
    const dy = (0, instruction_1.ptr)(i, 3);
    const rows = (0, instruction_1.int)(i, 4);
    const cols = (0, instruction_1.int)(i, 5);
    const stride = (0, instruction_1.int)(i, 6);
    const divisor = (0, instruction_1.float)(i, 7);
    for (let r = 0; r < rows; r++) {
        const at = (r * cols) << 2;
        const g = load(dy + ((r * stride) << 2)) / divisor;
        const by = f32x4.splat(g);
        for (let c = 0; c < cols; c += 4) {
            const k = at + (c << 2);
            (0, simd_1.storeLanes)(dx + k, f32x4.mul(v128.load(probs + k), by), cols - c);
        }
        const label = load(labels + (r << 2));
        if (label < cols) {
            const k = at + (label << 2);
            store(dx + k, (load(probs + k) - 1) * g);
        }
    }
}
/** out, a, b, n */
function squared_error(i, tile, lane) {
    const n = (0, instruction_1.int)(i, 3);
    for (let c = 0; c < n; c += 4) {
        const k = c << 2;
        const d = f32x4.sub(v128.load((0, instruction_1.ptr)(i, 1) + k), v128.load((0, instruction_1.ptr)(i, 2) + k));
        (0, simd_1.storeLanes)((0, instruction_1.ptr)(i, 0) + k, f32x4.mul(d, d), n - c);
    }
}
/** da, a, b, dy, n, dyStride, divisor */
function squared_error_grad(i, tile, lane) {
    const dy = (0, instruction_1.ptr)(i, 3);
    const n = (0, instruction_1.int)(i, 4);
    const each = (0, instruction_1.int)(i, 5);
    const divisor = f32x4.splat((0, instruction_1.float)(i, 6));
    for (let c = 0; c < n; c += 4) {
        const k = c << 2;
        const d = f32x4.sub(v128.load((0, instruction_1.ptr)(i, 1) + k), v128.load((0, instruction_1.ptr)(i, 2) + k));
        const g = each ? v128.load(dy + k) : v128.load32_splat(dy);
        (0, simd_1.storeLanes)((0, instruction_1.ptr)(i, 0) + k, f32x4.mul(d, f32x4.div(f32x4.add(g, g), divisor)), n - c);
    }
}
