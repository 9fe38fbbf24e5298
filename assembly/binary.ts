import { zip } from "./elementwise";
import { int, opcode, ptr } from "./instruction";
import { storeTail } from "./elementwise";
import { CHUNK, Op } from "./opcodes";

// Elementwise on two operands, broadcast. Operands: out, a, b, n, d2, d1, d0, a2, a1, a0, b2, b1, b0, ai, bi.
// One walk over the box serves all operations; it looks the operation up once a row. An operation has a loop for two rows and
// one for a row and a scalar; a scalar on the left is put on the right, which only SUB and DIV notice.

/** A NaN is not equal, not less, not greater: every comparison is a union of these, or (NE) what is left. */
// @ts-ignore: decorator
@inline function relation(a: v128, b: v128, lt: v128, eq: v128, gt: v128, not: v128): v128 {
  const any = v128.or(v128.or(v128.and(f32x4.lt(a, b), lt), v128.and(f32x4.eq(a, b), eq)), v128.and(f32x4.gt(a, b), gt));
  return v128.and(v128.xor(any, not), f32x4.splat(1));
}

// @ts-ignore: decorator
@inline function all(condition: bool): v128 { return i32x4.splat(-(<i32>condition)); }

// @ts-ignore: decorator
@inline function compare(op: i32, out: usize, a: usize, b: usize, n: i32, splat: bool, swapped: bool): void {
  const less = all(op == Op.LT || op == Op.LE), more = all(op == Op.GT || op == Op.GE);
  const lt = swapped ? more : less, gt = swapped ? less : more;
  const eq = all(op != Op.LT && op != Op.GT), not = all(op == Op.NE);
  const one = v128.load32_splat(b);
  for (; n >= 4; n -= 4) {
    v128.store(out, relation(v128.load(a), splat ? one : v128.load(b), lt, eq, gt, not));
    a += 16;
    b += 16;
    out += 16;
  }
  if (n > 0) storeTail(out, relation(v128.load(a), splat ? one : v128.load(b), lt, eq, gt, not), n);
}

/** n items of two rows. */
function rows(op: i32, out: usize, a: usize, b: usize, n: i32): void {
  switch (op) {
    case Op.ADD: zip(Op.ADD, out, a, b, n, false, false); break;
    case Op.SUB: zip(Op.SUB, out, a, b, n, false, false); break;
    case Op.MUL: zip(Op.MUL, out, a, b, n, false, false); break;
    case Op.DIV: zip(Op.DIV, out, a, b, n, false, false); break;
    case Op.MAXIMUM: zip(Op.MAXIMUM, out, a, b, n, false, false); break;
    case Op.MINIMUM: zip(Op.MINIMUM, out, a, b, n, false, false); break;
    case Op.EQ_I32: zip(Op.EQ_I32, out, a, b, n, false, false); break;
    default: compare(op, out, a, b, n, false, false);
  }
}

/** n items of row a and scalar b; `swapped`: the scalar is the left operand. */
function rowAndScalar(op: i32, out: usize, a: usize, b: usize, n: i32, swapped: bool): void {
  switch (op) {
    case Op.ADD: zip(Op.ADD, out, a, b, n, true, false); break;
    case Op.SUB:
      if (swapped) zip(Op.SUB, out, a, b, n, true, true);
      else zip(Op.SUB, out, a, b, n, true, false);
      break;
    case Op.MUL: zip(Op.MUL, out, a, b, n, true, false); break;
    case Op.DIV:
      if (swapped) zip(Op.DIV, out, a, b, n, true, true);
      else zip(Op.DIV, out, a, b, n, true, false);
      break;
    case Op.MAXIMUM: zip(Op.MAXIMUM, out, a, b, n, true, false); break;
    case Op.MINIMUM: zip(Op.MINIMUM, out, a, b, n, true, false); break;
    case Op.EQ_I32: zip(Op.EQ_I32, out, a, b, n, true, false); break;
    default: compare(op, out, a, b, n, true, swapped);
  }
}

// @ts-ignore: decorator
@inline function row(op: i32, out: usize, a: usize, b: usize, n: i32, ai: i32, bi: i32): void {
  if (ai & bi) rows(op, out, a, b, n);
  else if (ai) rowAndScalar(op, out, a, b, n, false);
  else if (bi) rowAndScalar(op, out, b, a, n, true);
  else for (let k = 0; k < n; k++) rows(op, out + (<usize>k << 2), a, b, 1);
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
    row(op, ptr(i, 0) + from, ai ? ptr(i, 1) + from : ptr(i, 1), bi ? ptr(i, 2) + from : ptr(i, 2), min(CHUNK, n - first), ai, bi);
    return;
  }
  const each = rowsOfTile(n);
  let r = <i32>tile * each;
  const last = min(count, r + each);
  let i0 = r % d0, i1 = r / d0 % d1, i2 = r / (d0 * d1);
  let out = ptr(i, 0) + (<usize>(r * n) << 2);
  for (; r < last; r++) {
    const a = ptr(i, 1) + (<usize>(i2 * int(i, 7) + i1 * int(i, 8) + i0 * int(i, 9)) << 2);
    const b = ptr(i, 2) + (<usize>(i2 * int(i, 10) + i1 * int(i, 11) + i0 * int(i, 12)) << 2);
    row(op, out, a, b, n, ai, bi);
    out += <usize>n << 2;
    if (++i0 == d0) {
      i0 = 0;
      if (++i1 == d1) {
        i1 = 0;
        i2++;
      }
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
