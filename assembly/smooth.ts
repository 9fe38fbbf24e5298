import { flatCount, flatOffset, flatTiles, storeTail } from "./elementwise";
import { float, int, opcode, ptr } from "./instruction";
import { E0, E1, E2, E3, E4, E5, expm1Core, L0, L1, L2, L3, LEAST, LN2_HI, LN2_LO, LOG2E, MAGIC, reduced } from "./math";
import { Op } from "./opcodes";
import { madd } from "./simd";

// Activations made of an exponential: ELU, GELU in both forms, SiLU, Mish, softplus. Operands (out, x, n, a, b), of the gradients
// (dx, dy, x, n, a, b): dx = dy f'(x). out may be x, dx may be dy or x. All share one loop, which looks at `kind` in each turn: the
// processor foresees the jump. They exponentiate what is not positive (Mish: up to 20), so nothing overflows, and take quotients such as
// e / (1 + e) where 1 - f would cancel.

/** Phi(-z), z >= 0, is exp(-z^2 / 2) t P(t) with t = 1 / (1 + TAIL z), to 1.9e-8 of itself as far as the exponential is normal. */
const TAIL: f32 = 0.344;
const P0: f32 = -0.02821282483637333;
const P1: f32 = 0.1454639732837677;
const P2: f32 = -0.27418652176856995;
const P3: f32 = 0.1929340660572052;
const P4: f32 = -0.04073677211999893;
const P5: f32 = 0.11318482458591461;
const P6: f32 = 0.11667566746473312;
const P7: f32 = 0.13765910267829895;
const P8: f32 = 0.13721846044063568;

export function smooth_tiles(i: usize): u32 {
  const op = opcode(i);
  const forward = op == Op.ELU || op == Op.GELU || op == Op.GELU_TANH || op == Op.SILU || op == Op.MISH || op == Op.SOFTPLUS;
  return flatTiles(int(i, forward ? 2 : 3));
}

/** out = f(x) or, unless dy is 0, out = dy f'(x); n items, n > 0. */
export function smoothItems(kind: i32, out: usize, dy: usize, x: usize, n: i32, a: f32, b: f32): void {
  const none = f32x4.splat(0), first = f32x4.splat(a), second = f32x4.splat(b);
  let log2e = none, magic = none, hi = none, lo = none, e0 = none, e1 = none, e2 = none, e3 = none, e4 = none, e5 = none;
  let one = none, two = none, least = none, far = none, half = none;
  let c0 = none, c1 = none, c2 = none, c3 = none, c4 = none, c5 = none, c6 = none, c7 = none, c8 = none, c9 = none, high = none;
  // why on a condition: see exponential.ts
  if (n > 0) {
    log2e = f32x4.splat(LOG2E);
    magic = f32x4.splat(MAGIC);
    hi = f32x4.splat(LN2_HI);
    lo = f32x4.splat(LN2_LO);
    e0 = f32x4.splat(E0);
    e1 = f32x4.splat(E1);
    e2 = f32x4.splat(E2);
    e3 = f32x4.splat(E3);
    e4 = f32x4.splat(E4);
    e5 = f32x4.splat(E5);
    one = f32x4.splat(1);
    two = f32x4.splat(2);
    half = f32x4.splat(0.5);
    least = f32x4.splat(LEAST);
    // where every one of them has reached its limit: infinities are taken back to here
    far = f32x4.splat(16384);
  }
  if (kind == Op.GELU) {
    c0 = f32x4.splat(P0);
    c1 = f32x4.splat(P1);
    c2 = f32x4.splat(P2);
    c3 = f32x4.splat(P3);
    c4 = f32x4.splat(P4);
    c5 = f32x4.splat(P5);
    c6 = f32x4.splat(P6);
    c7 = f32x4.splat(P7);
    c8 = f32x4.splat(P8);
    c9 = f32x4.splat(TAIL);
    high = i32x4.splat(-4096);
  } else if (kind == Op.GELU_TANH) {
    c0 = f32x4.splat(1.5957691216057308);
    c1 = f32x4.splat(0.044715);
  } else if (kind == Op.SOFTPLUS) {
    c0 = f32x4.splat(L0);
    c1 = f32x4.splat(L1);
    c2 = f32x4.splat(L2);
    c3 = f32x4.splat(L3);
    c4 = f32x4.splat(0.41421356);
    c5 = f32x4.splat(LN2_HI);
    c6 = f32x4.splat(LN2_LO);
  }
  for (; n > 0; n -= 4) {
    const v = v128.load(x);
    // within +-far; NaN stays
    const w = f32x4.pmin(f32x4.pmax(v, f32x4.neg(far)), far);
    // e = exp(u + small), small the part of the exponent that u cannot hold
    let u = w, small = none;
    if (kind == Op.ELU) u = f32x4.pmin(w, none);
    else if (kind == Op.GELU) {
      const whole = v128.and(w, high);
      u = f32x4.mul(f32x4.mul(whole, whole), f32x4.neg(half));
      small = f32x4.mul(f32x4.mul(f32x4.sub(w, whole), f32x4.add(w, whole)), f32x4.neg(half));
    } else if (kind == Op.GELU_TANH) u = f32x4.mul(f32x4.mul(w, c0), madd(f32x4.mul(w, w), c1, one));
    else if (kind == Op.SOFTPLUS) u = f32x4.mul(v, first);
    else if (kind == Op.MISH) u = f32x4.pmin(w, f32x4.splat(20));
    const signed = u;
    if (kind == Op.GELU_TANH || kind == Op.SOFTPLUS || kind == Op.SILU) u = f32x4.neg(f32x4.abs(u));
    const t = madd(u, log2e, magic);
    const q = expm1Core(f32x4.add(reduced(u, f32x4.sub(t, magic), hi, lo), small), e0, e1, e2, e3, e4, e5);
    const s = i32x4.add(i32x4.shl(t, 23), one), flushed = f32x4.lt(u, least);
    const e = v128.andnot(madd(s, q, s), flushed);

    let y = none;
    if (kind == Op.ELU) {
      const below = dy ? e : v128.bitselect(f32x4.neg(one), madd(s, q, f32x4.sub(s, one)), flushed);
      y = v128.bitselect(dy ? second : f32x4.mul(v, second), f32x4.mul(below, first), f32x4.gt(v, none));
    } else if (kind == Op.GELU) {
      const r = f32x4.div(one, madd(f32x4.abs(w), c9, one));
      const p = madd(madd(madd(madd(madd(madd(madd(madd(c0, r, c1), r, c2), r, c3), r, c4), r, c5), r, c6), r, c7), r, c8);
      const tail = f32x4.mul(e, f32x4.mul(p, r));
      const phi = v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(w, none));
      if (dy) y = madd(f32x4.mul(w, f32x4.splat(0.3989422804014327)), e, phi);
      else y = f32x4.mul(f32x4.pmax(v, f32x4.neg(far)), phi);
    } else if (kind == Op.MISH) {
      const d = f32x4.mul(e, f32x4.add(e, two)), below = f32x4.add(d, two), ratio = f32x4.div(d, below);
      if (dy) {
        const rise = f32x4.div(f32x4.div(f32x4.mul(f32x4.mul(e, f32x4.add(e, one)), f32x4.add(two, two)), below), below);
        y = madd(w, rise, ratio);
      } else y = f32x4.mul(f32x4.pmax(v, f32x4.neg(far)), ratio);
    } else {
      // sigmoid of `signed` from e = exp(-|signed|)
      const negative = f32x4.lt(signed, none), sum = f32x4.add(one, e);
      if (kind == Op.SOFTPLUS) {
        const linear = f32x4.gt(signed, second);
        if (dy) y = v128.bitselect(one, f32x4.div(v128.bitselect(e, one, negative), sum), linear);
        else {
          // ln(1 + e) = k ln 2 + ln(1 + f), 1 + f at most sqrt(2): see logCore
          const k = v128.and(f32x4.gt(e, c4), one);
          const f = v128.bitselect(f32x4.mul(f32x4.sub(e, one), half), e, f32x4.gt(e, c4));
          const g = f32x4.div(f, f32x4.add(f, two)), z = f32x4.mul(g, g);
          const p = f32x4.mul(madd(madd(madd(z, c0, c1), z, c2), z, c3), z), h = f32x4.mul(f32x4.mul(f, half), f);
          const ln = madd(k, c5, f32x4.add(f, f32x4.sub(madd(k, c6, f32x4.mul(g, f32x4.add(h, p))), h)));
          y = v128.bitselect(v, f32x4.div(f32x4.add(f32x4.pmax(signed, none), ln), first), linear);
        }
      } else {
        const sigmoid = f32x4.div(v128.bitselect(e, one, negative), sum);
        if (dy) {
          const bend = kind == Op.SILU ? one : f32x4.mul(madd(f32x4.mul(w, w), f32x4.mul(c1, f32x4.add(two, one)), one), c0);
          y = madd(f32x4.mul(w, bend), f32x4.div(f32x4.div(e, sum), sum), sigmoid);
        } else y = f32x4.mul(f32x4.pmax(v, f32x4.neg(far)), sigmoid);
      }
    }
    if (dy) {
      y = f32x4.mul(v128.load(dy), y);
      dy += 16;
    }
    if (n < 4) return storeTail(out, y, n);
    v128.store(out, y);
    x += 16;
    out += 16;
  }
}

// @ts-ignore: decorator
@inline function forward(kind: i32, i: usize, tile: u32): void {
  const from = flatOffset(tile);
  smoothItems(kind, ptr(i, 0) + from, 0, ptr(i, 1) + from, flatCount(int(i, 2), tile), float(i, 3), float(i, 4));
}

// @ts-ignore: decorator
@inline function backward(kind: i32, i: usize, tile: u32): void {
  const from = flatOffset(tile);
  smoothItems(kind, ptr(i, 0) + from, ptr(i, 1) + from, ptr(i, 2) + from, flatCount(int(i, 3), tile), float(i, 4), float(i, 5));
}

/** b x where x > 0, else a (exp(x) - 1). */
export function elu(i: usize, tile: u32, lane: u32): void { forward(Op.ELU, i, tile); }
export function elu_grad(i: usize, tile: u32, lane: u32): void { backward(Op.ELU, i, tile); }
/** x Phi(x), Phi the normal distribution. */
export function gelu(i: usize, tile: u32, lane: u32): void { forward(Op.GELU, i, tile); }
export function gelu_grad(i: usize, tile: u32, lane: u32): void { backward(Op.GELU, i, tile); }
/** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 = x sigmoid(1.5957691 (x + 0.044715 x^3)). */
export function gelu_tanh(i: usize, tile: u32, lane: u32): void { forward(Op.GELU_TANH, i, tile); }
export function gelu_tanh_grad(i: usize, tile: u32, lane: u32): void { backward(Op.GELU_TANH, i, tile); }
/** x sigmoid(x). */
export function silu(i: usize, tile: u32, lane: u32): void { forward(Op.SILU, i, tile); }
export function silu_grad(i: usize, tile: u32, lane: u32): void { backward(Op.SILU, i, tile); }
/** x tanh(ln(1 + exp(x))) = x d / (d + 2), d = exp(x) (exp(x) + 2). */
export function mish(i: usize, tile: u32, lane: u32): void { forward(Op.MISH, i, tile); }
export function mish_grad(i: usize, tile: u32, lane: u32): void { backward(Op.MISH, i, tile); }
/** ln(1 + exp(a x)) / a; x itself where a x > b. */
export function softplus(i: usize, tile: u32, lane: u32): void { forward(Op.SOFTPLUS, i, tile); }
export function softplus_grad(i: usize, tile: u32, lane: u32): void { backward(Op.SOFTPLUS, i, tile); }
