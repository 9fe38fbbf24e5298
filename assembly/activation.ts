import { int, ptr } from "./instruction";
import { relu4, sigmoid4, tanh4 } from "./math";
import { CHUNK, Op } from "./opcodes";
import { storeLanes } from "./simd";
import { flatCount, flatTiles } from "./unary";

// Activations and their gradients dx = dy f'(x), with f' from the saved y = f(x). out may be x, dx may be dy or y. Tiles of CHUNK items.

export function activation_tiles(i: usize): u32 {
  const op = load<i32>(i);
  return flatTiles(int(i, op == Op.RELU || op == Op.SIGMOID || op == Op.TANH ? 2 : 3));
}

// @ts-ignore: decorator
@inline function apply(op: i32, x: v128): v128 {
  if (op == Op.RELU) return relu4(x);
  if (op == Op.SIGMOID) return sigmoid4(x);
  return tanh4(x);
}

// @ts-ignore: decorator
@inline function grad(op: i32, dy: v128, y: v128): v128 {
  const one = f32x4.splat(1);
  if (op == Op.SIGMOID_GRAD) return f32x4.mul(dy, f32x4.mul(f32x4.sub(one, y), y));
  if (op == Op.TANH_GRAD) return f32x4.mul(dy, f32x4.sub(one, f32x4.mul(y, y)));
  // dy where y > 0, else 0; a NaN y is its own result: all bits set pass through the or
  return v128.or(v128.and(dy, f32x4.gt(y, f32x4.splat(0))), f32x4.ne(y, y));
}

// @ts-ignore: decorator
@inline function map(op: i32, i: usize, tile: u32): void {
  let count = flatCount(int(i, 2), tile);
  let out = ptr(i, 0) + (<usize>tile * CHUNK << 2);
  let x = ptr(i, 1) + (<usize>tile * CHUNK << 2);
  for (; count >= 16; count -= 16) {
    const y0 = apply(op, v128.load(x, 0));
    const y1 = apply(op, v128.load(x, 16));
    const y2 = apply(op, v128.load(x, 32));
    const y3 = apply(op, v128.load(x, 48));
    v128.store(out, y0, 0);
    v128.store(out, y1, 16);
    v128.store(out, y2, 32);
    v128.store(out, y3, 48);
    x += 64;
    out += 64;
  }
  for (; count > 0; count -= 4) {
    storeLanes(out, apply(op, v128.load(x)), count);
    x += 16;
    out += 16;
  }
}

// @ts-ignore: decorator
@inline function mapGrad(op: i32, i: usize, tile: u32): void {
  let count = flatCount(int(i, 3), tile);
  let dx = ptr(i, 0) + (<usize>tile * CHUNK << 2);
  let dy = ptr(i, 1) + (<usize>tile * CHUNK << 2);
  let y = ptr(i, 2) + (<usize>tile * CHUNK << 2);
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
    storeLanes(dx, grad(op, v128.load(dy), v128.load(y)), count);
    dx += 16;
    dy += 16;
    y += 16;
  }
}

export function relu(i: usize, tile: u32, lane: u32): void { map(Op.RELU, i, tile); }
export function relu_grad(i: usize, tile: u32, lane: u32): void { mapGrad(Op.RELU_GRAD, i, tile); }
export function sigmoid(i: usize, tile: u32, lane: u32): void { map(Op.SIGMOID, i, tile); }
export function sigmoid_grad(i: usize, tile: u32, lane: u32): void { mapGrad(Op.SIGMOID_GRAD, i, tile); }
export function tanh(i: usize, tile: u32, lane: u32): void { map(Op.TANH, i, tile); }
export function tanh_grad(i: usize, tile: u32, lane: u32): void { mapGrad(Op.TANH_GRAD, i, tile); }
