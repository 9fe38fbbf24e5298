import { storeShort, zipRows } from "./elementwise";
import { int, opcode, ptr } from "./instruction";
import { CHUNK, Op } from "./opcodes";

// Elementwise on two operands, broadcast. Operands: out, a, b, n, d2, d1, d0, a2, a1, a0, b2, b1, b0, ai, bi.
// One walk over the box serves all operations; it looks the operation up once a run of rows. Sums, differences and products have a loop for two rows and one for a
// row and an item; the others share a loop, which looks the operation up again every four vectors. An item on the left is put on the right, which only SUB, DIV and
// the comparisons notice (PRELU and PRELU_SLOPE have no item on the left).

/** Rows against rows: the arguments are those of zipRows. a < b is b > a. */
function rows(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize): void {
  switch (op) {
    case Op.ADD: zipRows(Op.ADD, out, a, b, n, count, da, db, false); break;
    case Op.SUB: zipRows(Op.SUB, out, a, b, n, count, da, db, false); break;
    case Op.MUL: zipRows(Op.MUL, out, a, b, n, count, da, db, false); break;
    case Op.LT: others(Op.GT, out, b, a, n, count, db, da, false, false); break;
    case Op.LE: others(Op.GE, out, b, a, n, count, db, da, false, false); break;
    default: others(op, out, a, b, n, count, da, db, false, false);
  }
}

/** Rows against one item each, b; `swapped`: it is the left operand. */
function rowsAndItems(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize, swapped: bool): void {
  switch (op) {
    case Op.ADD: zipRows(Op.ADD, out, a, b, n, count, da, db, true); break;
    case Op.MUL: zipRows(Op.MUL, out, a, b, n, count, da, db, true); break;
    case Op.SUB:
      if (swapped) others(Op.SUB, out, a, b, n, count, da, db, true, true);
      else zipRows(Op.SUB, out, a, b, n, count, da, db, true);
      break;
    case Op.LT: others(Op.GT, out, a, b, n, count, da, db, true, !swapped); break;
    case Op.LE: others(Op.GE, out, a, b, n, count, da, db, true, !swapped); break;
    default: others(op, out, a, b, n, count, da, db, true, swapped);
  }
}

// @ts-ignore: decorator
@inline function f(op: i32, a: v128, b: v128): v128 {
  const one = f32x4.splat(1), none = f32x4.splat(0);
  if (op == Op.SUB) return f32x4.sub(a, b);
  if (op == Op.DIV) return f32x4.div(a, b);
  if (op == Op.MAXIMUM) return f32x4.max(a, b);
  if (op == Op.MINIMUM) return f32x4.min(a, b);
  if (op == Op.EQ) return v128.and(f32x4.eq(a, b), one);
  if (op == Op.NE) return v128.and(f32x4.ne(a, b), one);
  if (op == Op.GT) return v128.and(f32x4.gt(a, b), one);
  if (op == Op.GE) return v128.and(f32x4.ge(a, b), one);
  if (op == Op.EQ_I32) return v128.and(i32x4.eq(a, b), one);
  if (op == Op.PRELU) return v128.bitselect(a, f32x4.mul(a, b), f32x4.gt(a, none));
  // PRELU_SLOPE
  return v128.or(v128.bitselect(one, b, f32x4.gt(a, none)), f32x4.ne(a, a));
}

/** Rows against rows, or against one item each (`items`), for the operations without a loop of their own. */
function others(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize, items: bool, swapped: bool): void {
  do {
    let p = a, q = b, k = n;
    for (;;) {
      let x0 = v128.load(p), x1 = v128.load(p, 16), x2 = v128.load(p, 32), x3 = v128.load(p, 48);
      let y0 = v128.load32_splat(b), y1 = y0, y2 = y0, y3 = y0;
      if (!items) {
        y0 = v128.load(q);
        y1 = v128.load(q, 16);
        y2 = v128.load(q, 32);
        y3 = v128.load(q, 48);
      } else if (swapped) {
        const item = y0;
        y0 = x0;
        y1 = x1;
        y2 = x2;
        y3 = x3;
        x0 = item;
        x1 = item;
        x2 = item;
        x3 = item;
      }
      switch (op) {
        case Op.SUB: x0 = f(Op.SUB, x0, y0); x1 = f(Op.SUB, x1, y1); x2 = f(Op.SUB, x2, y2); x3 = f(Op.SUB, x3, y3); break;
        case Op.DIV: x0 = f(Op.DIV, x0, y0); x1 = f(Op.DIV, x1, y1); x2 = f(Op.DIV, x2, y2); x3 = f(Op.DIV, x3, y3); break;
        case Op.MAXIMUM: x0 = f(Op.MAXIMUM, x0, y0); x1 = f(Op.MAXIMUM, x1, y1); x2 = f(Op.MAXIMUM, x2, y2); x3 = f(Op.MAXIMUM, x3, y3); break;
        case Op.MINIMUM: x0 = f(Op.MINIMUM, x0, y0); x1 = f(Op.MINIMUM, x1, y1); x2 = f(Op.MINIMUM, x2, y2); x3 = f(Op.MINIMUM, x3, y3); break;
        case Op.EQ: x0 = f(Op.EQ, x0, y0); x1 = f(Op.EQ, x1, y1); x2 = f(Op.EQ, x2, y2); x3 = f(Op.EQ, x3, y3); break;
        case Op.NE: x0 = f(Op.NE, x0, y0); x1 = f(Op.NE, x1, y1); x2 = f(Op.NE, x2, y2); x3 = f(Op.NE, x3, y3); break;
        case Op.GT: x0 = f(Op.GT, x0, y0); x1 = f(Op.GT, x1, y1); x2 = f(Op.GT, x2, y2); x3 = f(Op.GT, x3, y3); break;
        case Op.GE: x0 = f(Op.GE, x0, y0); x1 = f(Op.GE, x1, y1); x2 = f(Op.GE, x2, y2); x3 = f(Op.GE, x3, y3); break;
        case Op.EQ_I32: x0 = f(Op.EQ_I32, x0, y0); x1 = f(Op.EQ_I32, x1, y1); x2 = f(Op.EQ_I32, x2, y2); x3 = f(Op.EQ_I32, x3, y3); break;
        case Op.PRELU: x0 = f(Op.PRELU, x0, y0); x1 = f(Op.PRELU, x1, y1); x2 = f(Op.PRELU, x2, y2); x3 = f(Op.PRELU, x3, y3); break;
        default: x0 = f(Op.PRELU_SLOPE, x0, y0); x1 = f(Op.PRELU_SLOPE, x1, y1); x2 = f(Op.PRELU_SLOPE, x2, y2); x3 = f(Op.PRELU_SLOPE, x3, y3);
      }
      if (k < 16) {
        out = storeShort(out, x0, x1, x2, x3, k);
        break;
      }
      v128.store(out, x0);
      v128.store(out, x1, 16);
      v128.store(out, x2, 32);
      v128.store(out, x3, 48);
      out += 64;
      k -= 16;
      if (k <= 0) break;
      p += 64;
      q += 64;
    }
    a += da;
    b += db;
  } while (--count > 0);
}

// @ts-ignore: decorator
@inline function choose(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize, ai: i32, bi: i32): void {
  if (ai & bi) rows(op, out, a, b, n, count, da, db);
  else if (ai) rowsAndItems(op, out, a, b, n, count, da, db, false);
  else if (bi) rowsAndItems(op, out, b, a, n, count, db, da, true);
  else {
    // one result for a whole row
    for (; count > 0; count--) {
      for (let k = 0; k < n; k++, out += 4) rows(op, out, a, b, 1, 1, 0, 0);
      a += da;
      b += db;
    }
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
  if (n <= 0) return 0;
  const each = rowsOfTile(n);
  return (count + each - 1) / each;
}

// @ts-ignore: decorator
@inline function binary(i: usize, tile: u32): void {
  const op = opcode(i);
  const n = int(i, 3);
  const d1 = int(i, 5);
  const d0 = int(i, 6);
  const ai = int(i, 13);
  const bi = int(i, 14);
  const count = int(i, 4) * d1 * d0;
  if (count == 1) {
    const first = <i32>tile * CHUNK;
    const from = <usize>first << 2;
    choose(op, ptr(i, 0) + from, ai ? ptr(i, 1) + from : ptr(i, 1), bi ? ptr(i, 2) + from : ptr(i, 2), min(CHUNK, n - first), 1, 0, 0, ai, bi);
    return;
  }
  const each = rowsOfTile(n);
  let r = <i32>tile * each;
  const last = min(count, r + each);
  let out = ptr(i, 0) + (<usize>(r * n) << 2);
  let i0 = 0, i1 = 0, i2 = 0;
  if (r) {
    i2 = r / d0;
    i0 = r - i2 * d0;
    i1 = i2 % d1;
    i2 /= d1;
  }
  while (r < last) {
    // the rest of a run along d0
    const run = min(d0 - i0, last - r);
    const a = ptr(i, 1) + (<usize>(i2 * int(i, 7) + i1 * int(i, 8) + i0 * int(i, 9)) << 2);
    const b = ptr(i, 2) + (<usize>(i2 * int(i, 10) + i1 * int(i, 11) + i0 * int(i, 12)) << 2);
    choose(op, out, a, b, n, run, <usize>int(i, 9) << 2, <usize>int(i, 12) << 2, ai, bi);
    out += <usize>(run * n) << 2;
    r += run;
    i0 = 0;
    if (++i1 == d1) {
      i1 = 0;
      i2++;
    }
  }
}

export function add(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function sub(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function mul(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function div(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function maximum(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function minimum(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function eq(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function ne(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function gt(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function ge(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function lt(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function le(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
export function eq_i32(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
/** a where a > 0, else a b. */
export function prelu(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
/** 1 where a > 0, else b. */
export function prelu_slope(i: usize, tile: u32, lane: u32): void { binary(i, tile); }
