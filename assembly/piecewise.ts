import { flatCount, flatOffset, flatTiles, shortItems } from "./elementwise";
import { float, int, opcode, ptr } from "./instruction";
import { Op } from "./opcodes";

// Activations of straight pieces. Operands (out, x, n, a, b), of the gradients (dx, dy, x, n, a, b): dx = dy f'(x). out may be x, dx may be
// dy or x.

export function piecewise_tiles(i: usize): u32 {
  const op = opcode(i);
  return flatTiles(int(i, op == Op.LEAKY_RELU_GRAD || op == Op.HARDTANH_GRAD ? 3 : 2));
}

// @ts-ignore: decorator
@inline function piecewise(gradient: bool, i: usize, tile: u32): void {
  const from = flatOffset(tile), k = gradient ? 1 : 0;
  shortItems(opcode(i), ptr(i, 0) + from, ptr(i, 1 + k) + from, ptr(i, 1) + from, flatCount(int(i, 2 + k), tile), float(i, 3 + k), float(i, 4 + k));
}

/** 1 where x > 0, else 0. */
export function step(i: usize, tile: u32, lane: u32): void { piecewise(false, i, tile); }
/** x where x > 0, else a x. */
export function leaky_relu(i: usize, tile: u32, lane: u32): void { piecewise(false, i, tile); }
export function leaky_relu_grad(i: usize, tile: u32, lane: u32): void { piecewise(true, i, tile); }
/** x between a and b; the gradient is 0 at both. */
export function hardtanh(i: usize, tile: u32, lane: u32): void { piecewise(false, i, tile); }
export function hardtanh_grad(i: usize, tile: u32, lane: u32): void { piecewise(true, i, tile); }
