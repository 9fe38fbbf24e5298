import { byteLength, float, int, opcode, ptr } from "./instruction";
import { average, averageSquare, flush, minusSigned } from "./average";
import { HEADER_WORDS, Op } from "./opcodes";
import { madd, nmadd, storeLanes } from "./simd";

// Updates of a whole parameter group. The records' items, each record padded to a multiple of 16 (a cache line), are taken as one long row,
// and a tile is TILE items of it: many tiny parameters share a tile, a big one is split.
// A kernel is the loop below over a constant `kind`; but for SGD and Adam they are one function, which looks the kind up once a record. A record is { p, g, a, b, c, n }: parameter, gradient, up to three states, items.
// hyper: { sign of the gradient, weight decay, then nine words by kind }.

const TILE: i32 = 16384;
/** First operand of the first record. */
const RECORDS: i32 = 4;
const RECORD: usize = 6 << 2;

const MOMENTUM: i32 = 1;
const NESTEROV: i32 = 2;
const CENTERED: i32 = 2;
const AMSGRAD: i32 = 1;

export function optimizer_tiles(i: usize): u32 {
  let total: i32 = 0;
  for (let at = i + (<usize>(HEADER_WORDS + RECORDS) << 2) + RECORD, end = i + byteLength(i); at <= end; at += RECORD) {
    total += padded(load<i32>(at - 4));
  }
  return <u32>((total + TILE - 1) / TILE);
}

// @ts-ignore: decorator
@inline function padded(n: i32): i32 { return (n + 15) & ~15; }

/** The first `count` of four items of a record. */
// @ts-ignore: decorator
@inline function vector(
  kind: i32, simple: bool, flags: i32, p: usize, g: usize, a: usize, b: usize, c: usize, count: i32,
  limit: v128, factor: v128, decay: v128,
  h2: v128, h3: v128, h4: v128, h5: v128, h6: v128, h7: v128, h8: v128, h9: v128, h10: v128,
): void {
  const value = v128.load(p);
  let x = v128.load(g);
  if (!simple) {
    x = f32x4.mul(f32x4.pmax(f32x4.pmin(x, limit), f32x4.neg(limit)), factor);
    // not where the decay is 0: 0 times an infinite parameter is NaN
    x = v128.bitselect(madd(decay, value, x), x, f32x4.ne(decay, f32x4.splat(0)));
  }
  let result = value;
  if (kind == Op.SGD) {
    if (flags & MOMENTUM) {
      const buffer = average(h3, a, h4, x);
      storeLanes(a, buffer, count);
      x = flags & NESTEROV ? madd(h5, buffer, f32x4.mul(h6, x)) : buffer;
    }
    result = nmadd(h2, x, value);
  }
  if (kind == Op.ADAM) {
    const first = average(h5, a, h6, x), second = averageSquare(h7, b, h8, x);
    storeLanes(a, first, count);
    storeLanes(b, second, count);
    let most = second;
    if (flags & AMSGRAD) {
      most = f32x4.max(v128.load(c), second);
      storeLanes(c, most, count);
    }
    const over = madd(f32x4.sqrt(most), h3, h4);
    let step = f32x4.mul(h2, first);
    if (!simple) step = madd(h10, x, step);
    result = f32x4.sub(f32x4.mul(value, h9), f32x4.div(step, over));
  }
  if (kind == Op.ADAMAX) {
    const first = average(h4, a, h5, x);
    const most = f32x4.max(f32x4.mul(h6, v128.load(b)), f32x4.add(f32x4.abs(x), h3));
    storeLanes(a, first, count);
    storeLanes(b, most, count);
    result = f32x4.sub(value, f32x4.div(f32x4.mul(h2, first), most));
  }
  if (kind == Op.ADAGRAD) {
    const sum = madd(x, x, v128.load(a));
    storeLanes(a, sum, count);
    result = f32x4.sub(value, f32x4.div(f32x4.mul(h2, x), f32x4.add(f32x4.sqrt(sum), h3)));
  }
  if (kind == Op.ADADELTA) {
    const squares = averageSquare(h4, a, h5, x);
    const delta = f32x4.mul(f32x4.div(f32x4.sqrt(f32x4.add(v128.load(b), h3)), f32x4.sqrt(f32x4.add(squares, h3))), x);
    storeLanes(a, squares, count);
    storeLanes(b, averageSquare(h4, b, h5, delta), count);
    result = nmadd(h2, delta, value);
  }
  if (kind == Op.RMSPROP) {
    const squares = averageSquare(h4, a, h5, x);
    storeLanes(a, squares, count);
    let variance = squares;
    if (flags & CENTERED) {
      const mean = average(h4, b, h5, x);
      storeLanes(b, mean, count);
      // rounding may leave less than nothing of a variance
      variance = f32x4.max(nmadd(mean, mean, squares), f32x4.splat(0));
    }
    x = f32x4.div(x, f32x4.add(f32x4.sqrt(variance), h3));
    if (flags & MOMENTUM) {
      x = flush(madd(h6, v128.load(c), x));
      storeLanes(c, x, count);
    }
    result = nmadd(h2, x, value);
  }
  if (kind == Op.RPROP) {
    const agreement = f32x4.mul(x, v128.load(a));
    const turned = f32x4.lt(agreement, f32x4.splat(0));
    const eta = v128.bitselect(h2, v128.bitselect(h3, f32x4.splat(1), f32x4.gt(agreement, f32x4.splat(0))), turned);
    const size = f32x4.pmin(f32x4.pmax(f32x4.mul(v128.load(b), eta), h4), h5);
    x = v128.andnot(x, turned);
    storeLanes(a, x, count);
    storeLanes(b, size, count);
    result = minusSigned(value, x, size);
  }
  if (kind == Op.LION) {
    result = minusSigned(f32x4.mul(value, h7), average(h3, a, h4, x), h2);
    storeLanes(a, average(h5, a, h6, x), count);
  }
  storeLanes(p, result, count);
}

/** Whether nothing happens to the gradient beforehand: not clipped, scaled or turned, no weight decay. */
// @ts-ignore: decorator
@inline function isSimple(i: usize): bool {
  return ptr(i, 1) == 0 && float(i, 2) == Infinity && load<f32>(ptr(i, 0)) == 1 && load<f32>(ptr(i, 0), 4) == 0;
}

/** `count` items of a record, by a kind without a loop for the simple case. */
// @ts-ignore: decorator
@inline function items(
  kind: i32, flags: i32, p: usize, g: usize, a: usize, b: usize, c: usize, count: i32,
  limit: v128, factor: v128, decay: v128, h2: v128, h3: v128, h4: v128, h5: v128, h6: v128, h7: v128,
): void {
  for (; count > 0; count -= 4, p += 16, g += 16, a += 16, b += 16, c += 16) {
    vector(kind, false, flags, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7, h2, h2, h2);
  }
}

/** Not an opcode: one of the kinds that share a function. */
const ANY: i32 = -1;

/** `simple` and `flags` are constants in the loops that most training uses, and found out as it goes in the others. */
// @ts-ignore: decorator
@inline function update(kind: i32, simple: bool, flags: i32, i: usize, tile: u32): void {
  const hyper = ptr(i, 0);
  const decay = v128.load32_splat(hyper, 4), limit = f32x4.splat(float(i, 2));
  let factor = v128.load32_splat(hyper);
  if (!simple && ptr(i, 1)) factor = f32x4.mul(factor, v128.load32_splat(ptr(i, 1)));
  const h2 = v128.load32_splat(hyper, 8), h3 = v128.load32_splat(hyper, 12), h4 = v128.load32_splat(hyper, 16);
  const h5 = v128.load32_splat(hyper, 20), h6 = v128.load32_splat(hyper, 24), h7 = v128.load32_splat(hyper, 28);
  let h8 = h2, h9 = h2, h10 = h2;
  if (kind == Op.ADAM) {
    h8 = v128.load32_splat(hyper, 32);
    h9 = v128.load32_splat(hyper, 36);
    h10 = v128.load32_splat(hyper, 40);
  }
  const end = i + byteLength(i);
  // where the tile begins, counted from the record at hand
  let skip = <i32>tile * TILE, left = TILE;
  for (let at = i + (<usize>(HEADER_WORDS + RECORDS) << 2); at < end && left > 0; at += RECORD) {
    const n = load<i32>(at, 20), space = padded(n);
    if (skip >= space) {
      skip -= space;
      continue;
    }
    const from = <usize>skip << 2;
    let p = <usize>load<u32>(at) + from, g = <usize>load<u32>(at, 4) + from;
    let a = <usize>load<u32>(at, 8) + from, b = <usize>load<u32>(at, 12) + from, c = <usize>load<u32>(at, 16) + from;
    let count = min(n - skip, left);
    left -= space - skip;
    skip = 0;
    if (kind == ANY) {
      switch (opcode(i)) {
        case Op.ADAMAX: items(Op.ADAMAX, 0, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7); break;
        case Op.ADAGRAD: items(Op.ADAGRAD, 0, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7); break;
        case Op.ADADELTA: items(Op.ADADELTA, 0, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7); break;
        case Op.RMSPROP: items(Op.RMSPROP, flags, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7); break;
        case Op.RPROP: items(Op.RPROP, 0, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7); break;
        default: items(Op.LION, 0, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7);
      }
      continue;
    }
    // a loop of its own for whole vectors: a third faster, and twice the code
    if (simple) {
      for (; count >= 4; count -= 4, p += 16, g += 16, a += 16, b += 16) {
        vector(kind, simple, flags, p, g, a, b, c, 4, limit, factor, decay, h2, h3, h4, h5, h6, h7, h8, h9, h10);
      }
    }
    for (; count > 0; count -= 4, p += 16, g += 16, a += 16, b += 16, c += 16) {
      vector(kind, simple, flags, p, g, a, b, c, count, limit, factor, decay, h2, h3, h4, h5, h6, h7, h8, h9, h10);
    }
  }
}

// Below, g is the gradient after clipping, sign and decay; hyper is told from its third word on. Formulas and names as torch.optim.

/** buffer = momentum buffer + damp g; p -= lr step, step the buffer, own g + ahead buffer (flag 2, Nesterov), or g (flag 1 not set). { lr, momentum, damp, ahead, own }; a buffer. */
export function sgd(i: usize, tile: u32, lane: u32): void {
  const flags = int(i, 3);
  if (!isSimple(i) || flags & NESTEROV) sgd_any(i, tile, lane);
  else if (flags & MOMENTUM) update(Op.SGD, true, MOMENTUM, i, tile);
  else update(Op.SGD, true, 0, i, tile);
}

export function sgd_any(i: usize, tile: u32, lane: u32): void { update(Op.SGD, false, int(i, 3), i, tile); }

/**
 * m = beta1 m + gamma1 g; v = beta2 v + gamma2 g^2; with flag 1 (AMSGrad) the largest v so far in its stead; p = shrink p - (size m + own g) / (scale sqrt(v) + eps).
 * { size, scale, eps, beta1, gamma1, beta2, gamma2, shrink, own }; a m, b v, c largest v.
 */
export function adam(i: usize, tile: u32, lane: u32): void {
  if (isSimple(i) && !int(i, 3) && load<f32>(ptr(i, 0), 40) == 0) update(Op.ADAM, true, 0, i, tile);
  else adam_any(i, tile, lane);
}

/** All of it. A function of its own: in one with the loop above, V8 keeps fewer of that loop's numbers in registers. */
export function adam_any(i: usize, tile: u32, lane: u32): void { update(Op.ADAM, false, int(i, 3), i, tile); }

/** All but SGD and Adam. */
function any(i: usize, tile: u32): void { update(ANY, false, int(i, 3), i, tile); }

/** m as Adam's; u = max(beta2 u, |g| + eps); p -= size m / u. { size, eps, beta1, gamma1, beta2 }; a m, b u. */
export function adamax(i: usize, tile: u32, lane: u32): void { any(i, tile); }

/** s += g^2; p -= lr g / (sqrt(s) + eps). { lr, eps }; a s. */
export function adagrad(i: usize, tile: u32, lane: u32): void { any(i, tile); }

/** v = rho v + rest g^2; d = g sqrt(u + eps) / sqrt(v + eps); u = rho u + rest d^2; p -= lr d. { lr, eps, rho, rest }; a v, b u. */
export function adadelta(i: usize, tile: u32, lane: u32): void { any(i, tile); }

/**
 * v = alpha v + rest g^2; flag 2 (centered): m = alpha m + rest g, and v - m^2 for v; s = g / (sqrt(v) + eps); flag 1 (momentum): s = momentum s + that; p -= lr s.
 * { lr, eps, alpha, rest, momentum }; a v, b m, c s.
 */
export function rmsprop(i: usize, tile: u32, lane: u32): void { any(i, tile); }

/** size *= etaPlus where g keeps the sign of the one before, etaMinus where it turns (g counts as 0 then), in [least, most]; p -= sign(g) size. { etaMinus, etaPlus, least, most }; a the g before, b size. */
export function rprop(i: usize, tile: u32, lane: u32): void { any(i, tile); }

/** p = shrink p - lr sign(beta1 m + gamma1 g); m = beta2 m + gamma2 g. { lr, beta1, gamma1, beta2, gamma2, shrink }; a m. */
export function lion(i: usize, tile: u32, lane: u32): void { any(i, tile); }
