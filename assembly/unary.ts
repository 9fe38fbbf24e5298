import { int, ptr } from "./instruction";
import { exp4, log4 } from "./math";
import { CHUNK, Op } from "./opcodes";
import { storeLanes } from "./simd";

// One operand, item by item; out may be x. Tiles of CHUNK items.

/** Tiles of a flat kernel over n items. */
// @ts-ignore: decorator
@inline export function flatTiles(n: i32): u32 { return (<u32>n + CHUNK - 1) / CHUNK; }

/** Items in tile `tile` of n. */
// @ts-ignore: decorator
@inline export function flatCount(n: i32, tile: u32): i32 { return <i32>min<u32>(CHUNK, <u32>n - tile * CHUNK); }

export function unary_tiles(i: usize): u32 { return flatTiles(int(i, load<i32>(i) == Op.WHERE ? 4 : 2)); }

// @ts-ignore: decorator
@inline function apply(op: i32, x: v128): v128 {
  const one = f32x4.splat(1);
  if (op == Op.NEG) return f32x4.neg(x);
  if (op == Op.ABS) return f32x4.abs(x);
  if (op == Op.SQUARE) return f32x4.mul(x, x);
  if (op == Op.SQRT) return f32x4.sqrt(x);
  if (op == Op.RECIPROCAL) return f32x4.div(one, x);
  if (op == Op.EXP) return exp4(x);
  if (op == Op.LOG) return log4(x);
  // SIGN: x itself where it is 0 or NaN
  const nonzero = v128.or(f32x4.lt(x, f32x4.splat(0)), f32x4.gt(x, f32x4.splat(0)));
  return v128.bitselect(v128.or(v128.and(x, f32x4.splat(-0.0)), one), x, nonzero);
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

export function neg(i: usize, tile: u32, lane: u32): void { map(Op.NEG, i, tile); }
export function abs(i: usize, tile: u32, lane: u32): void { map(Op.ABS, i, tile); }
export function sign(i: usize, tile: u32, lane: u32): void { map(Op.SIGN, i, tile); }
export function square(i: usize, tile: u32, lane: u32): void { map(Op.SQUARE, i, tile); }
export function sqrt(i: usize, tile: u32, lane: u32): void { map(Op.SQRT, i, tile); }
export function reciprocal(i: usize, tile: u32, lane: u32): void { map(Op.RECIPROCAL, i, tile); }
export function exp(i: usize, tile: u32, lane: u32): void { map(Op.EXP, i, tile); }
export function log(i: usize, tile: u32, lane: u32): void { map(Op.LOG, i, tile); }

/** out = c != 0 ? a : b. NaN is not equal to 0, so it chooses a. */
export function where(i: usize, tile: u32, lane: u32): void {
  let count = flatCount(int(i, 4), tile);
  const offset = <usize>tile * CHUNK << 2;
  let out = ptr(i, 0) + offset;
  let c = ptr(i, 1) + offset;
  let a = ptr(i, 2) + offset;
  let b = ptr(i, 3) + offset;
  for (; count > 0; count -= 4) {
    storeLanes(out, v128.bitselect(v128.load(a), v128.load(b), f32x4.ne(v128.load(c), f32x4.splat(0))), count);
    out += 16;
    c += 16;
    a += 16;
    b += 16;
  }
}
