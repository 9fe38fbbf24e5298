import { zipRows } from "./elementwise";
import { int, opcode, ptr } from "./instruction";
import { CHUNK, Op } from "./opcodes";

// Elementwise on two operands, broadcast. Operands: out, a, b, n, d2, d1, d0, a2, a1, a0, b2, b1, b0, ai, bi.
// One walk over the box serves all operations; it looks the operation up once a run of rows. An operation has a loop for two rows and
// one for a row and an item; an item on the left is put on the right, which only SUB, DIV and the comparisons notice (PRELU and PRELU_SLOPE
// have no item on the left).

/** Rows against rows: the arguments are those of zipRows. a < b is b > a. */
function rows(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize): void {
  switch (op) {
    case Op.ADD: zipRows(Op.ADD, out, a, b, n, count, da, db, false, false); break;
    case Op.SUB: zipRows(Op.SUB, out, a, b, n, count, da, db, false, false); break;
    case Op.MUL: zipRows(Op.MUL, out, a, b, n, count, da, db, false, false); break;
    case Op.DIV: zipRows(Op.DIV, out, a, b, n, count, da, db, false, false); break;
    case Op.MAXIMUM: zipRows(Op.MAXIMUM, out, a, b, n, count, da, db, false, false); break;
    case Op.MINIMUM: zipRows(Op.MINIMUM, out, a, b, n, count, da, db, false, false); break;
    case Op.EQ: zipRows(Op.EQ, out, a, b, n, count, da, db, false, false); break;
    case Op.NE: zipRows(Op.NE, out, a, b, n, count, da, db, false, false); break;
    case Op.GT: zipRows(Op.GT, out, a, b, n, count, da, db, false, false); break;
    case Op.GE: zipRows(Op.GE, out, a, b, n, count, da, db, false, false); break;
    case Op.LT: rows(Op.GT, out, b, a, n, count, db, da); break;
    case Op.LE: rows(Op.GE, out, b, a, n, count, db, da); break;
    case Op.EQ_I32: zipRows(Op.EQ_I32, out, a, b, n, count, da, db, false, false); break;
    case Op.PRELU: zipRows(Op.PRELU, out, a, b, n, count, da, db, false, false); break;
    default: zipRows(Op.PRELU_SLOPE, out, a, b, n, count, da, db, false, false);
  }
}

/** Rows against one item each, b; `swapped`: it is the left operand. */
function rowsAndItems(op: i32, out: usize, a: usize, b: usize, n: i32, count: i32, da: usize, db: usize, swapped: bool): void {
  switch (op) {
    case Op.ADD: zipRows(Op.ADD, out, a, b, n, count, da, db, true, false); break;
    case Op.SUB:
      if (swapped) zipRows(Op.SUB, out, a, b, n, count, da, db, true, true);
      else zipRows(Op.SUB, out, a, b, n, count, da, db, true, false);
      break;
    case Op.MUL: zipRows(Op.MUL, out, a, b, n, count, da, db, true, false); break;
    case Op.DIV:
      if (swapped) zipRows(Op.DIV, out, a, b, n, count, da, db, true, true);
      else zipRows(Op.DIV, out, a, b, n, count, da, db, true, false);
      break;
    case Op.MAXIMUM: zipRows(Op.MAXIMUM, out, a, b, n, count, da, db, true, false); break;
    case Op.MINIMUM: zipRows(Op.MINIMUM, out, a, b, n, count, da, db, true, false); break;
    case Op.EQ: zipRows(Op.EQ, out, a, b, n, count, da, db, true, false); break;
    case Op.NE: zipRows(Op.NE, out, a, b, n, count, da, db, true, false); break;
    case Op.GT:
      if (swapped) zipRows(Op.GT, out, a, b, n, count, da, db, true, true);
      else zipRows(Op.GT, out, a, b, n, count, da, db, true, false);
      break;
    case Op.GE:
      if (swapped) zipRows(Op.GE, out, a, b, n, count, da, db, true, true);
      else zipRows(Op.GE, out, a, b, n, count, da, db, true, false);
      break;
    case Op.LT: rowsAndItems(Op.GT, out, a, b, n, count, da, db, !swapped); break;
    case Op.LE: rowsAndItems(Op.GE, out, a, b, n, count, da, db, !swapped); break;
    case Op.EQ_I32: zipRows(Op.EQ_I32, out, a, b, n, count, da, db, true, false); break;
    case Op.PRELU: zipRows(Op.PRELU, out, a, b, n, count, da, db, true, false); break;
    default: zipRows(Op.PRELU_SLOPE, out, a, b, n, count, da, db, true, false);
  }
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
