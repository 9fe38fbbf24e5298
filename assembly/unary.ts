import { flatCount, flatOffset, flatTiles, shortItems, storeTail } from "./elementwise";
import { exponential, logarithm } from "./exponential";
import { int, opcode, ptr } from "./instruction";
import { Op } from "./opcodes";

// One operand, item by item; out may be x. Tiles of CHUNK items. Operands: out, x, n.

export function unary_tiles(i: usize): u32 { return flatTiles(int(i, opcode(i) == Op.WHERE ? 4 : 2)); }

// @ts-ignore: decorator
@inline function unary(i: usize, tile: u32): void {
  const x = ptr(i, 1) + flatOffset(tile);
  shortItems(opcode(i), ptr(i, 0) + flatOffset(tile), x, x, flatCount(int(i, 2), tile), 0, 0);
}

export function neg(i: usize, tile: u32, lane: u32): void { unary(i, tile); }
export function abs(i: usize, tile: u32, lane: u32): void { unary(i, tile); }
export function sign(i: usize, tile: u32, lane: u32): void { unary(i, tile); }
export function square(i: usize, tile: u32, lane: u32): void { unary(i, tile); }
export function sqrt(i: usize, tile: u32, lane: u32): void { unary(i, tile); }
export function reciprocal(i: usize, tile: u32, lane: u32): void { unary(i, tile); }

export function exp(i: usize, tile: u32, lane: u32): void {
  exponential(Op.EXP, ptr(i, 0) + flatOffset(tile), ptr(i, 1) + flatOffset(tile), flatCount(int(i, 2), tile));
}
export function log(i: usize, tile: u32, lane: u32): void {
  logarithm(ptr(i, 0) + flatOffset(tile), ptr(i, 1) + flatOffset(tile), flatCount(int(i, 2), tile));
}

// @ts-ignore: decorator
@inline function choose(c: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, f32x4.ne(c, f32x4.splat(0)));
}

/** out = c != 0 ? a : b. NaN is not equal to 0, so it chooses a. Operands: out, c, a, b, n. */
export function where(i: usize, tile: u32, lane: u32): void {
  let n = flatCount(int(i, 4), tile);
  const offset = flatOffset(tile);
  let out = ptr(i, 0) + offset, c = ptr(i, 1) + offset, a = ptr(i, 2) + offset, b = ptr(i, 3) + offset;
  for (; n >= 8; n -= 8) {
    const y0 = choose(v128.load(c), v128.load(a), v128.load(b));
    const y1 = choose(v128.load(c, 16), v128.load(a, 16), v128.load(b, 16));
    v128.store(out, y0);
    v128.store(out, y1, 16);
    out += 32;
    c += 32;
    a += 32;
    b += 32;
  }
  for (; n > 0; n -= 4) {
    const y = choose(v128.load(c), v128.load(a), v128.load(b));
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    out += 16;
    c += 16;
    a += 16;
    b += 16;
  }
}
