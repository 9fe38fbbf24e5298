import { int, ptr } from "./instruction";
import { CHUNK, Op } from "./opcodes";
import { storeLanes } from "./simd";

// Elementwise on two operands, broadcast. Operands: out, a, b, n, d2, d1, d0, a2, a1, a0, b2, b1, b0, ai, bi.

// @ts-ignore: decorator
@inline function apply(kind: i32, a: v128, b: v128): v128 {
  const one = f32x4.splat(1);
  switch (kind) {
    case Op.ADD: return f32x4.add(a, b);
    case Op.SUB: return f32x4.sub(a, b);
    case Op.MUL: return f32x4.mul(a, b);
    case Op.DIV: return f32x4.div(a, b);
    case Op.MAXIMUM: return f32x4.max(a, b);
    case Op.MINIMUM: return f32x4.min(a, b);
    case Op.EQ: return v128.and(f32x4.eq(a, b), one);
    case Op.NE: return v128.and(f32x4.ne(a, b), one);
    case Op.GT: return v128.and(f32x4.gt(a, b), one);
    case Op.GE: return v128.and(f32x4.ge(a, b), one);
    case Op.LT: return v128.and(f32x4.lt(a, b), one);
    case Op.LE: return v128.and(f32x4.le(a, b), one);
    default: return v128.and(i32x4.eq(a, b), one);
  }
}

/** n items of one row; a scalar operand is read once. */
// @ts-ignore: decorator
@inline function row(kind: i32, out: usize, a: usize, b: usize, n: i32, ai: i32, bi: i32): void {
  const bytes = <usize>n << 2;
  const whole = bytes & ~15;
  const rest = n & 3;
  if (ai && bi) {
    for (let k: usize = 0; k < whole; k += 16) v128.store(out + k, apply(kind, v128.load(a + k), v128.load(b + k)));
    if (rest) storeLanes(out + whole, apply(kind, v128.load(a + whole), v128.load(b + whole)), rest);
  } else if (ai) {
    const y = v128.load32_splat(b);
    for (let k: usize = 0; k < whole; k += 16) v128.store(out + k, apply(kind, v128.load(a + k), y));
    if (rest) storeLanes(out + whole, apply(kind, v128.load(a + whole), y), rest);
  } else {
    const x = v128.load32_splat(a);
    for (let k: usize = 0; k < whole; k += 16) {
      const y = bi ? v128.load(b + k) : v128.load32_splat(b);
      v128.store(out + k, apply(kind, x, y));
    }
    if (rest) storeLanes(out + whole, apply(kind, x, bi ? v128.load(b + whole) : v128.load32_splat(b)), rest);
  }
}

/** Rows of one tile of a box: about CHUNK items. */
// @ts-ignore: decorator
@inline function rowsOfTile(n: i32): i32 {
  return max(1, CHUNK / max(1, n));
}

export function binary_tiles(i: usize): u32 {
  const n = int(i, 3);
  const count = int(i, 4) * int(i, 5) * int(i, 6);
  if (count == 1) return (n + CHUNK - 1) / CHUNK;
  const each = rowsOfTile(n);
  return (count + each - 1) / each;
}

// @ts-ignore: decorator
@inline function binary(kind: i32, i: usize, tile: u32): void {
  const out = ptr(i, 0);
  const a = ptr(i, 1);
  const b = ptr(i, 2);
  const n = int(i, 3);
  const d1 = int(i, 5);
  const d0 = int(i, 6);
  const ai = int(i, 13);
  const bi = int(i, 14);
  const count = int(i, 4) * d1 * d0;
  if (count == 1) {
    const first = <i32>tile * CHUNK;
    const from = <usize>first << 2;
    row(kind, out + from, ai ? a + from : a, bi ? b + from : b, min(CHUNK, n - first), ai, bi);
    return;
  }
  const each = rowsOfTile(n);
  const first = <i32>tile * each;
  const last = min(count, first + each);
  const plane = d1 * d0;
  for (let r = first; r < last; r++) {
    const i2 = r / plane;
    const i1 = (r - i2 * plane) / d0;
    const i0 = r - i2 * plane - i1 * d0;
    const pa = a + (<usize>(i2 * int(i, 7) + i1 * int(i, 8) + i0 * int(i, 9)) << 2);
    const pb = b + (<usize>(i2 * int(i, 10) + i1 * int(i, 11) + i0 * int(i, 12)) << 2);
    row(kind, out + (<usize>(r * n) << 2), pa, pb, n, ai, bi);
  }
}

export function add(i: usize, tile: u32, lane: u32): void { binary(Op.ADD, i, tile); }
export function sub(i: usize, tile: u32, lane: u32): void { binary(Op.SUB, i, tile); }
export function mul(i: usize, tile: u32, lane: u32): void { binary(Op.MUL, i, tile); }
export function div(i: usize, tile: u32, lane: u32): void { binary(Op.DIV, i, tile); }
export function maximum(i: usize, tile: u32, lane: u32): void { binary(Op.MAXIMUM, i, tile); }
export function minimum(i: usize, tile: u32, lane: u32): void { binary(Op.MINIMUM, i, tile); }
export function eq(i: usize, tile: u32, lane: u32): void { binary(Op.EQ, i, tile); }
export function ne(i: usize, tile: u32, lane: u32): void { binary(Op.NE, i, tile); }
export function gt(i: usize, tile: u32, lane: u32): void { binary(Op.GT, i, tile); }
export function ge(i: usize, tile: u32, lane: u32): void { binary(Op.GE, i, tile); }
export function lt(i: usize, tile: u32, lane: u32): void { binary(Op.LT, i, tile); }
export function le(i: usize, tile: u32, lane: u32): void { binary(Op.LE, i, tile); }
export function eq_i32(i: usize, tile: u32, lane: u32): void { binary(Op.EQ_I32, i, tile); }
