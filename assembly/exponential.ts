import { storeTail } from "./elementwise";
import {
  E0, E1, E2, E3, E4, E5, expCore, expm1Core, L0, L1, L2, L3, LEAST, LN2_HI, LN2_LO, LOG2E, logCore, MAGIC, MOST, reduced, ROOT, SHIFT, sigmoidCore,
  SIGNIFICAND, SMALLEST, T0, T1, T2, T3, tanhCore,
} from "./math";
import { Op } from "./opcodes";
import { madd } from "./simd";

// Loops over n items, two or four vectors a turn, then one. Node 24 and later make a vector constant anew wherever it stands, three
// instructions each, which halves the speed: so the constants are put into variables on a condition, of which the compiler does not know
// that it always holds. Older engines keep them in memory either way; vectors of a turn share the loads.

// @ts-ignore: decorator
@inline function formula(
  op: i32, v: v128, log2e: v128, magic: v128, hi: v128, lo: v128, e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128, one: v128,
  infinity: v128, most: v128, least: v128, t0: v128, t1: v128, t2: v128, t3: v128, small: v128, nine: v128,
): v128 {
  if (op == Op.SIGMOID) return sigmoidCore(v, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least, most);
  const a = op == Op.TANH ? f32x4.pmin(f32x4.abs(v), nine) : v;
  const u = op == Op.EXP ? v : f32x4.add(a, a);
  const t = madd(u, log2e, magic);
  const q = expm1Core(reduced(u, f32x4.sub(t, magic), hi, lo), e0, e1, e2, e3, e4, e5);
  if (op == Op.EXP) return expCore(v, t, q, one, infinity, most, least);
  return tanhCore(v, a, t, q, one, t0, t1, t2, t3, small);
}

/** out = exp(x), sigmoid(x) or tanh(x), n items, n > 0; `op` is a constant. */
// @ts-ignore: decorator
@inline export function exponential(op: i32, out: usize, x: usize, n: i32): void {
  const none = f32x4.splat(0);
  let log2e = none, magic = none, hi = none, lo = none, one = none, infinity = none, most = none, least = none;
  let e0 = none, e1 = none, e2 = none, e3 = none, e4 = none, e5 = none, t0 = none, t1 = none, t2 = none, t3 = none, small = none, nine = none;
  if (n > 0) {
    log2e = f32x4.splat(LOG2E);
    magic = f32x4.splat(MAGIC);
    hi = f32x4.splat(LN2_HI);
    lo = f32x4.splat(LN2_LO);
    e0 = f32x4.splat(op == Op.SIGMOID ? -E0 : E0);
    e1 = f32x4.splat(E1);
    e2 = f32x4.splat(op == Op.SIGMOID ? -E2 : E2);
    e3 = f32x4.splat(E3);
    e4 = f32x4.splat(op == Op.SIGMOID ? -E4 : E4);
    e5 = f32x4.splat(E5);
    one = f32x4.splat(1);
    if (op == Op.EXP) {
      infinity = f32x4.splat(Infinity);
      most = f32x4.splat(MOST);
    }
    if (op == Op.SIGMOID) most = f32x4.splat(-LEAST);
    if (op == Op.TANH) {
      t0 = f32x4.splat(T0);
      t1 = f32x4.splat(T1);
      t2 = f32x4.splat(T2);
      t3 = f32x4.splat(T3);
      small = f32x4.splat(0.4);
      nine = f32x4.splat(9.02);
    } else least = f32x4.splat(LEAST);
  }
  // tanh gains a fifth by four, the others nothing
  const turn = op == Op.TANH ? 16 : 8;
  for (; n >= turn; n -= turn) {
    const y0 = formula(op, v128.load(x), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, infinity, most, least, t0, t1, t2, t3, small, nine);
    const y1 = formula(op, v128.load(x, 16), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, infinity, most, least, t0, t1, t2, t3, small, nine);
    let y2 = y0, y3 = y1;
    if (op == Op.TANH) {
      y2 = formula(op, v128.load(x, 32), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, infinity, most, least, t0, t1, t2, t3, small, nine);
      y3 = formula(op, v128.load(x, 48), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, infinity, most, least, t0, t1, t2, t3, small, nine);
    }
    v128.store(out, y0);
    v128.store(out, y1, 16);
    if (op == Op.TANH) {
      v128.store(out, y2, 32);
      v128.store(out, y3, 48);
    }
    x += turn << 2;
    out += turn << 2;
  }
  for (; n > 0; n -= 4) {
    const y = formula(op, v128.load(x), log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, infinity, most, least, t0, t1, t2, t3, small, nine);
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    x += 16;
    out += 16;
  }
}

/** out = ln(x), n items, n > 0. */
// @ts-ignore: decorator
@inline export function logarithm(out: usize, x: usize, n: i32): void {
  const none = f32x4.splat(0);
  let smallest = none, shift = none, root = none, significand = none, one = none, hi = none, lo = none, infinity = none;
  let l0 = none, l1 = none, l2 = none, l3 = none;
  if (n > 0) {
    smallest = f32x4.splat(SMALLEST);
    shift = f32x4.splat(SHIFT);
    root = i32x4.splat(ROOT);
    significand = i32x4.splat(SIGNIFICAND);
    one = f32x4.splat(1);
    l0 = f32x4.splat(L0);
    l1 = f32x4.splat(L1);
    l2 = f32x4.splat(L2);
    l3 = f32x4.splat(L3);
    hi = f32x4.splat(LN2_HI);
    lo = f32x4.splat(LN2_LO);
    infinity = f32x4.splat(Infinity);
  }
  for (; n >= 8; n -= 8) {
    const y0 = logCore(v128.load(x), smallest, shift, root, significand, one, l0, l1, l2, l3, hi, lo, infinity);
    const y1 = logCore(v128.load(x, 16), smallest, shift, root, significand, one, l0, l1, l2, l3, hi, lo, infinity);
    v128.store(out, y0);
    v128.store(out, y1, 16);
    x += 32;
    out += 32;
  }
  for (; n > 0; n -= 4) {
    const y = logCore(v128.load(x), smallest, shift, root, significand, one, l0, l1, l2, l3, hi, lo, infinity);
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    x += 16;
    out += 16;
  }
}
