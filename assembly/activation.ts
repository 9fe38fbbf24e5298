import { flatCount, flatOffset, flatTiles, storeTail, zip } from "./elementwise";
import { exponential } from "./exponential";
import { int, opcode, ptr } from "./instruction";
import { relu4 } from "./math";
import { Op } from "./opcodes";

// Activations (out, x, n) and their gradients (dx, dy, y, n): dx = dy f'(x), with f' from the saved y = f(x). out may be x, dx may be
// dy or y. Tiles of CHUNK items.

export function activation_tiles(i: usize): u32 {
  const op = opcode(i);
  return flatTiles(int(i, op == Op.RELU || op == Op.SIGMOID || op == Op.TANH ? 2 : 3));
}

/** out = relu(x), n items. */
export function reluItems(out: usize, x: usize, n: i32): void {
  for (; n >= 16; n -= 16) {
    const y0 = relu4(v128.load(x)), y1 = relu4(v128.load(x, 16)), y2 = relu4(v128.load(x, 32)), y3 = relu4(v128.load(x, 48));
    v128.store(out, y0);
    v128.store(out, y1, 16);
    v128.store(out, y2, 32);
    v128.store(out, y3, 48);
    x += 64;
    out += 64;
  }
  for (; n > 0; n -= 4) {
    const y = relu4(v128.load(x));
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    x += 16;
    out += 16;
  }
}
/** out = sigmoid(x), n items. */
export function sigmoidItems(out: usize, x: usize, n: i32): void { exponential(Op.SIGMOID, out, x, n); }
/** out = tanh(x), n items. */
export function tanhItems(out: usize, x: usize, n: i32): void { exponential(Op.TANH, out, x, n); }

// @ts-ignore: decorator
@inline function gradient(op: i32, i: usize, tile: u32): void {
  const offset = flatOffset(tile);
  zip(op, ptr(i, 0) + offset, ptr(i, 1) + offset, ptr(i, 2) + offset, flatCount(int(i, 3), tile));
}

export function relu(i: usize, tile: u32, lane: u32): void {
  reluItems(ptr(i, 0) + flatOffset(tile), ptr(i, 1) + flatOffset(tile), flatCount(int(i, 2), tile));
}
export function sigmoid(i: usize, tile: u32, lane: u32): void {
  sigmoidItems(ptr(i, 0) + flatOffset(tile), ptr(i, 1) + flatOffset(tile), flatCount(int(i, 2), tile));
}
export function tanh(i: usize, tile: u32, lane: u32): void {
  tanhItems(ptr(i, 0) + flatOffset(tile), ptr(i, 1) + flatOffset(tile), flatCount(int(i, 2), tile));
}
export function relu_grad(i: usize, tile: u32, lane: u32): void { gradient(Op.RELU_GRAD, i, tile); }
export function sigmoid_grad(i: usize, tile: u32, lane: u32): void { gradient(Op.SIGMOID_GRAD, i, tile); }
export function tanh_grad(i: usize, tile: u32, lane: u32): void { gradient(Op.TANH_GRAD, i, tile); }
