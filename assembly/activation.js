"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.activation_tiles = activation_tiles;
exports.relu = relu;
exports.relu_grad = relu_grad;
exports.sigmoid = sigmoid;
exports.sigmoid_grad = sigmoid_grad;
exports.tanh = tanh;
exports.tanh_grad = tanh_grad;
const instruction_1 = require("./instruction");
const math_1 = require("./math");
const opcodes_1 = require("./opcodes");
const simd_1 = require("./simd");
const unary_1 = require("./unary");
// Activations and their gradients dx = dy f'(x), with f' from the saved y = f(x). out may be x, dx may be dy or y. Tiles of CHUNK items.
function activation_tiles(i) {
    const op = load(i);
    return (0, unary_1.flatTiles)((0, instruction_1.int)(i, op == opcodes_1.Op.RELU || op == opcodes_1.Op.SIGMOID || op == opcodes_1.Op.TANH ? 2 : 3));
}
// @ts-ignore: decorator
function apply(op, x) {
    if (op == opcodes_1.Op.RELU)
        return (0, math_1.relu4)(x);
    if (op == opcodes_1.Op.SIGMOID)
        return (0, math_1.sigmoid4)(x);
    return (0, math_1.tanh4)(x);
}
// @ts-ignore: decorator
function grad(op, dy, y) {
    const one = f32x4.splat(1);
    if (op == opcodes_1.Op.SIGMOID_GRAD)
        return f32x4.mul(dy, f32x4.mul(f32x4.sub(one, y), y));
    if (op == opcodes_1.Op.TANH_GRAD)
        return f32x4.mul(dy, f32x4.sub(one, f32x4.mul(y, y)));
    // dy where y > 0, else 0; a NaN y is its own result: all bits set pass through the or
    return v128.or(v128.and(dy, f32x4.gt(y, f32x4.splat(0))), f32x4.ne(y, y));
}
// @ts-ignore: decorator
function map(op, i, tile) {
    let count = (0, unary_1.flatCount)((0, instruction_1.int)(i, 2), tile);
    let out = (0, instruction_1.ptr)(i, 0) + (tile * opcodes_1.CHUNK << 2);
    let x = (0, instruction_1.ptr)(i, 1) + (tile * opcodes_1.CHUNK << 2);
    for (; count >= 8; count -= 8) {
        const y0 = apply(op, v128.load(x));
        const y1 = apply(op, v128.load(x, 16));
        v128.store(out, y0);
        v128.store(out, y1, 16);
        x += 32;
        out += 32;
    }
    for (; count > 0; count -= 4) {
        (0, simd_1.storeLanes)(out, apply(op, v128.load(x)), count);
        x += 16;
        out += 16;
    }
}
// @ts-ignore: decorator
function mapGrad(op, i, tile) {
    let count = (0, unary_1.flatCount)((0, instruction_1.int)(i, 3), tile);
    let dx = (0, instruction_1.ptr)(i, 0) + (tile * opcodes_1.CHUNK << 2);
    let dy = (0, instruction_1.ptr)(i, 1) + (tile * opcodes_1.CHUNK << 2);
    let y = (0, instruction_1.ptr)(i, 2) + (tile * opcodes_1.CHUNK << 2);
    for (; count >= 8; count -= 8) {
        const d0 = grad(op, v128.load(dy), v128.load(y));
        const d1 = grad(op, v128.load(dy, 16), v128.load(y, 16));
        v128.store(dx, d0);
        v128.store(dx, d1, 16);
        dx += 32;
        dy += 32;
        y += 32;
    }
    for (; count > 0; count -= 4) {
        (0, simd_1.storeLanes)(dx, grad(op, v128.load(dy), v128.load(y)), count);
        dx += 16;
        dy += 16;
        y += 16;
    }
}
function relu(i, tile, lane) { map(opcodes_1.Op.RELU, i, tile); }
function relu_grad(i, tile, lane) { mapGrad(opcodes_1.Op.RELU_GRAD, i, tile); }
function sigmoid(i, tile, lane) { map(opcodes_1.Op.SIGMOID, i, tile); }
function sigmoid_grad(i, tile, lane) { mapGrad(opcodes_1.Op.SIGMOID_GRAD, i, tile); }
function tanh(i, tile, lane) { map(opcodes_1.Op.TANH, i, tile); }
function tanh_grad(i, tile, lane) { mapGrad(opcodes_1.Op.TANH_GRAD, i, tile); }
