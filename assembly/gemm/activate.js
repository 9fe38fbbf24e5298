"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.activateRows = activateRows;
const math_1 = require("../math");
const opcodes_1 = require("../opcodes");
const simd_1 = require("../simd");
// @ts-ignore: decorator
function apply(act, x) {
    if (act == opcodes_1.Act.RELU)
        return f32x4.pmax(x, f32x4.splat(0));
    if (act == opcodes_1.Act.SIGMOID)
        return (0, math_1.sigmoid4)(x);
    return (0, math_1.tanh4)(x);
}
// @ts-ignore: decorator
function rows(act, c, ldc, count, cols) {
    for (; count > 0; count--) {
        let at = c, left = cols;
        for (; left >= 4; left -= 4) {
            v128.store(at, apply(act, v128.load(at)));
            at += 16;
        }
        if (left)
            (0, simd_1.storeLanes)(at, apply(act, v128.load(at)), left);
        c += ldc;
    }
}
/** Applies an activation (not NONE) to `count` rows of `cols` floats, `ldc` bytes apart, bit for bit as the elementwise kernels. */
function activateRows(act, c, ldc, count, cols) {
    switch (act) {
        case opcodes_1.Act.RELU:
            rows(opcodes_1.Act.RELU, c, ldc, count, cols);
            break;
        case opcodes_1.Act.SIGMOID:
            rows(opcodes_1.Act.SIGMOID, c, ldc, count, cols);
            break;
        default: rows(opcodes_1.Act.TANH, c, ldc, count, cols);
    }
}
