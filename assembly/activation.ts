import { flatCount, flatOffset, flatTiles, map, zip } from "./elementwise";
import { exponential } from "./exponential";
import { int, opcode, ptr } from "./instruction";
import { Op } from "./opcodes";

// Activations (out, x, n) and their gradients (dx, dy, y, n): dx = dy f'(x), with f' from the saved y = f(x). out may be x, dx may be
// dy or y. Tiles of CHUNK items.

export function activation_tiles(i: usize): u32 {
  const op = opcode(i);
  return flatTiles(int(i, op == Op.RELU || op == Op.SIGMOID || op == Op.TANH ? 2 : 3));
}

/** out = relu(x), n items. */
export function reluItems(out: usize, x: usize, n: i32): void { map(Op.RELU, out, x, n); }
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
