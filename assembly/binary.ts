import { int, ptr } from "./instruction";
import { CHUNK, Op } from "./opcodes";
import { storeLanes } from "./simd";
import { flatCount, flatTiles } from "./unary";

// Two broadcast operands. out is a contiguous box d2 x d1 x d0 rows of n items; a and b advance by item strides from row to row and by ai, bi (0 or 1)
// along a row. out may be a, or b, where that one is not broadcast. A single row is cut into tiles of CHUNK items, a box into tiles of whole rows.

// Operands of the instruction.
const N = 3;
const D2 = 4;
const D1 = 5;
const D0 = 6;
const A2 = 7;
const B2 = 10;
const AI = 13;
const BI = 14;

// @ts-ignore: decorator
@inline function rowCount(i: usize): u32 { return <u32>int(i, D2) * <u32>int(i, D1) * <u32>int(i, D0); }

/** Rows of a tile: about CHUNK items. */
// @ts-ignore: decorator
@inline function tileRows(n: u32): u32 { return max<u32>(1, CHUNK / max<u32>(1, n)); }

export function binary_tiles(i: usize): u32 {
  const rows = rowCount(i);
  const n = int(i, N);
  if (rows == 1) return flatTiles(n);
  const each = tileRows(n);
  return n ? (rows + each - 1) / each : 0;
}

// @ts-ignore: decorator
@inline function apply(op: i32, a: v128, b: v128): v128 {
  if (op == Op.ADD) return f32x4.add(a, b);
  if (op == Op.SUB) return f32x4.sub(a, b);
  if (op == Op.MUL) return f32x4.mul(a, b);
  if (op == Op.DIV) return f32x4.div(a, b);
  if (op == Op.MAXIMUM) return f32x4.max(a, b);
  if (op == Op.MINIMUM) return f32x4.min(a, b);
  const one = f32x4.splat(1);
  if (op == Op.EQ) return v128.and(f32x4.eq(a, b), one);
  if (op == Op.NE) return v128.and(f32x4.ne(a, b), one);
  if (op == Op.GT) return v128.and(f32x4.gt(a, b), one);
  if (op == Op.GE) return v128.and(f32x4.ge(a, b), one);
  if (op == Op.LT) return v128.and(f32x4.lt(a, b), one);
  if (op == Op.LE) return v128.and(f32x4.le(a, b), one);
  return v128.and(i32x4.eq(a, b), one);
}

/** Whether the row loops are worth unrolling; of the others the binary file should stay small. */
// @ts-ignore: decorator
@inline function hot(op: i32): bool { return op <= Op.DIV; }

/** One row of n items, both operands along it. */
// @ts-ignore: decorator
@inline function rowBoth(op: i32, out: usize, a: usize, b: usize, n: i32): void {
  if (hot(op)) for (; n >= 16; n -= 16) {
    const y0 = apply(op, v128.load(a), v128.load(b));
    const y1 = apply(op, v128.load(a, 16), v128.load(b, 16));
    const y2 = apply(op, v128.load(a, 32), v128.load(b, 32));
    const y3 = apply(op, v128.load(a, 48), v128.load(b, 48));
    v128.store(out, y0);
    v128.store(out, y1, 16);
    v128.store(out, y2, 32);
    v128.store(out, y3, 48);
    a += 64;
    b += 64;
    out += 64;
  }
  for (; n > 0; n -= 4) {
    storeLanes(out, apply(op, v128.load(a), v128.load(b)), n);
    a += 16;
    b += 16;
    out += 16;
  }
}

/** One row of n items; operand s is one value for the row, `first` says whether it is the left one. */
// @ts-ignore: decorator
@inline function rowSplat(op: i32, first: bool, out: usize, x: usize, s: v128, n: i32): void {
  if (hot(op)) for (; n >= 16; n -= 16) {
    const x0 = v128.load(x);
    const x1 = v128.load(x, 16);
    const x2 = v128.load(x, 32);
    const x3 = v128.load(x, 48);
    v128.store(out, first ? apply(op, s, x0) : apply(op, x0, s));
    v128.store(out, first ? apply(op, s, x1) : apply(op, x1, s), 16);
    v128.store(out, first ? apply(op, s, x2) : apply(op, x2, s), 32);
    v128.store(out, first ? apply(op, s, x3) : apply(op, x3, s), 48);
    x += 64;
    out += 64;
  }
  for (; n > 0; n -= 4) {
    const y = v128.load(x);
    storeLanes(out, first ? apply(op, s, y) : apply(op, y, s), n);
    x += 16;
    out += 16;
  }
}

/** One row of n times the same item. */
// @ts-ignore: decorator
@inline function rowFill(out: usize, v: v128, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(out, v, n);
    out += 16;
  }
}

// @ts-ignore: decorator
@inline function commutes(op: i32): bool {
  return op == Op.ADD || op == Op.MUL || op == Op.MAXIMUM || op == Op.MINIMUM || op == Op.EQ || op == Op.NE || op == Op.EQ_I32;
}

// @ts-ignore: decorator
@inline function box(op: i32, i: usize, tile: u32): void {
  let out = ptr(i, 0);
  let a = ptr(i, 1);
  let b = ptr(i, 2);
  let n = int(i, N);
  let ai = int(i, AI);
  let bi = int(i, BI);
  // from here on strides are in bytes
  let a2 = int(i, A2) << 2;
  let a1 = int(i, A2 + 1) << 2;
  let a0 = int(i, A2 + 2) << 2;
  let b2 = int(i, B2) << 2;
  let b1 = int(i, B2 + 1) << 2;
  let b0 = int(i, B2 + 2) << 2;
  if (commutes(op) && !ai) {
    // the broadcast operand comes second: one row loop fewer
    let t = <i32>a; a = b; b = t;
    t = ai; ai = bi; bi = t;
    t = a2; a2 = b2; b2 = t;
    t = a1; a1 = b1; b1 = t;
    t = a0; a0 = b0; b0 = t;
  }
  const d0 = <u32>int(i, D0);
  const d1 = <u32>int(i, D1);
  const rows = rowCount(i);
  let left: u32 = 1;
  let i0: u32 = 0;
  let i1: u32 = 0;
  if (rows == 1) {
    const offset = <i32>(tile * CHUNK) << 2;
    out += offset;
    a += offset * ai;
    b += offset * bi;
    n = flatCount(n, tile);
  } else {
    const each = tileRows(n);
    const from = tile * each;
    left = min<u32>(each, rows - from);
    out += <i32>from * n << 2;
    if (from) {
      i0 = from % d0;
      const outer = from / d0;
      i1 = outer % d1;
      const i2 = <i32>(outer / d1);
      a += i2 * a2 + <i32>i1 * a1 + <i32>i0 * a0;
      b += i2 * b2 + <i32>i1 * b1 + <i32>i0 * b0;
    }
  }
  while (true) {
    if (ai & bi) rowBoth(op, out, a, b, n);
    else if (ai) rowSplat(op, false, out, a, v128.load32_splat(b), n);
    else if (!commutes(op) && bi) rowSplat(op, true, out, b, v128.load32_splat(a), n);
    else rowFill(out, apply(op, v128.load32_splat(a), v128.load32_splat(b)), n);
    if (!--left) break;
    out += n << 2;
    a += a0;
    b += b0;
    if (++i0 < d0) continue;
    i0 = 0;
    a += a1 - <i32>d0 * a0;
    b += b1 - <i32>d0 * b0;
    if (++i1 < d1) continue;
    i1 = 0;
    a += a2 - <i32>d1 * a1;
    b += b2 - <i32>d1 * b1;
  }
}

export function add(i: usize, tile: u32, lane: u32): void { box(Op.ADD, i, tile); }
export function sub(i: usize, tile: u32, lane: u32): void { box(Op.SUB, i, tile); }
export function mul(i: usize, tile: u32, lane: u32): void { box(Op.MUL, i, tile); }
export function div(i: usize, tile: u32, lane: u32): void { box(Op.DIV, i, tile); }
export function maximum(i: usize, tile: u32, lane: u32): void { box(Op.MAXIMUM, i, tile); }
export function minimum(i: usize, tile: u32, lane: u32): void { box(Op.MINIMUM, i, tile); }
export function eq(i: usize, tile: u32, lane: u32): void { box(Op.EQ, i, tile); }
export function ne(i: usize, tile: u32, lane: u32): void { box(Op.NE, i, tile); }
export function gt(i: usize, tile: u32, lane: u32): void { box(Op.GT, i, tile); }
export function ge(i: usize, tile: u32, lane: u32): void { box(Op.GE, i, tile); }
export function lt(i: usize, tile: u32, lane: u32): void { box(Op.LT, i, tile); }
export function le(i: usize, tile: u32, lane: u32): void { box(Op.LE, i, tile); }
export function eq_i32(i: usize, tile: u32, lane: u32): void { box(Op.EQ_I32, i, tile); }
