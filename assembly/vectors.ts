import { byteLength, float, int, opcode, ptr } from "./instruction";
import { firstLanes } from "./rows";
import { CHUNK, HEADER_WORDS, Op } from "./opcodes";
import { madd, nmadd, storeLanes } from "./simd";
import { flatCount, flatTiles } from "./elementwise";

// Vectors in pieces, in double precision where they become numbers: products of two, and sums with a multiple. Clipping by norm and L-BFGS need them.
// Updates of many vectors at once beside the optimizers': moving averages, penalties. Records end in n, their number of items.

/** Items of a tile of records, each padded to a multiple of 16. */
const TILE: i32 = 16384;

/** First operand of the first record. */
// @ts-ignore: decorator
@inline function firstRecord(op: i32): usize { return <usize>(op == Op.PENALTY ? 2 : 1); }
/** Bytes of a record. */
// @ts-ignore: decorator
@inline function recordBytes(op: i32): usize { return <usize>(op == Op.PENALTY ? 4 : 3) << 2; }

export function vector_tiles(i: usize): u32 {
  const op = opcode(i);
  if (op == Op.AXPY) return flatTiles(int(i, 4));
  if (op == Op.NORM) return 1;
  const record = recordBytes(op);
  let total: i32 = 0;
  for (let at = i + ((HEADER_WORDS + firstRecord(op)) << 2) + record, end = i + byteLength(i); at <= end; at += record) {
    total += (load<i32>(at - 4) + 15) & ~15;
  }
  return <u32>((total + TILE - 1) / TILE);
}

/** a + weight (b - a), or from b's side where that is nearer. */
// @ts-ignore: decorator
@inline function between(a: v128, b: v128, weight: v128, rest: v128, far: bool): v128 {
  const d = f32x4.sub(b, a);
  return far ? nmadd(rest, d, b) : madd(weight, d, a);
}

/** The records of LERP and PENALTY; h0 and h1: weight and 1 - weight, l1 and l2. */
// @ts-ignore: decorator
@inline function pieces(op: i32, i: usize, tile: u32, h0: v128, h1: v128, far: bool): void {
  const record = recordBytes(op), end = i + byteLength(i);
  let skip = <i32>tile * TILE, left = TILE;
  for (let at = i + ((HEADER_WORDS + firstRecord(op)) << 2); at < end && left > 0; at += record) {
    const n = load<i32>(at + record - 4), space = (n + 15) & ~15;
    if (skip >= space) {
      skip -= space;
      continue;
    }
    const from = <usize>skip << 2;
    let out = <usize>load<u32>(at) + from, x = <usize>load<u32>(at, 4) + from, w: usize = 0;
    if (op == Op.PENALTY) w = <usize>load<u32>(at, 8) + from;
    const count = min(n - skip, left);
    left -= space - skip;
    skip = 0;
    for (let c = count; c > 0; c -= 4, out += 16, x += 16, w += 16) {
      if (op == Op.LERP) storeLanes(out, between(v128.load(out), v128.load(x), h0, h1, far), c);
      else {
        const value = v128.load(w);
        const signed = v128.and(v128.or(h0, v128.and(value, f32x4.splat(-0.0))), f32x4.ne(value, f32x4.splat(0)));
        storeLanes(out, f32x4.add(madd(h1, value, v128.load(x)), signed), c);
      }
    }
  }
}

/** The products of four pairs of floats, added to two sums. */
// @ts-ignore: decorator
@inline function addProducts(sum: v128, a: v128, b: v128): v128 {
  const low = f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  a = i32x4.shuffle(a, a, 2, 3, 0, 1);
  b = i32x4.shuffle(b, b, 2, 3, 0, 1);
  return f64x2.add(sum, f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b))));
}

/** out[tile] = sum over a tile's items of a b, in f64: squares of floats neither overflow nor vanish there. Records: a b n. */
export function dot(i: usize, tile: u32, lane: u32): void {
  const end = i + byteLength(i);
  let sum = f64x2.splat(0);
  let skip = <i32>tile * TILE, left = TILE;
  for (let at = i + ((HEADER_WORDS + firstRecord(Op.DOT)) << 2); at < end && left > 0; at += recordBytes(Op.DOT)) {
    const n = load<i32>(at, 8), space = (n + 15) & ~15;
    if (skip >= space) {
      skip -= space;
      continue;
    }
    const from = <usize>skip << 2;
    let a = <usize>load<u32>(at) + from, b = <usize>load<u32>(at, 4) + from;
    let count = min(n - skip, left);
    left -= space - skip;
    skip = 0;
    for (; count >= 4; count -= 4, a += 16, b += 16) sum = addProducts(sum, v128.load(a), v128.load(b));
    if (count > 0) {
      const mask = firstLanes(count);
      sum = addProducts(sum, v128.and(v128.load(a), mask), v128.and(v128.load(b), mask));
    }
  }
  store<f64>(ptr(i, 0) + (<usize>tile << 3), f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}

/** out = { f64 sum of n doubles, f32 norm = sqrt(sum), f32 scale = min(1, max / (norm + 1e-6)) }; scale is NaN where the sum is. */
export function norm(i: usize, tile: u32, lane: u32): void {
  const out = ptr(i, 0);
  let sum: f64 = 0;
  for (let x = ptr(i, 1), end = x + (<usize>int(i, 2) << 3); x < end; x += 8) sum += load<f64>(x);
  const root = sqrt<f64>(sum);
  const scale = <f64>float(i, 3) / (root + 1e-6);
  store<f64>(out, sum);
  store<f32>(out, <f32>root, 8);
  store<f32>(out, scale > 1 ? <f32>1 : <f32>scale, 12);
}

/** out = alpha x + y, or alpha x where y is 0. */
export function axpy(i: usize, tile: u32, lane: u32): void {
  const from = <usize>tile * CHUNK << 2;
  const alpha = f32x4.splat(float(i, 3));
  let out = ptr(i, 0) + from, x = ptr(i, 1) + from, y = ptr(i, 2);
  const adds = y != 0;
  y += from;
  for (let count = flatCount(int(i, 4), tile); count > 0; count -= 4, out += 16, x += 16, y += 16) {
    storeLanes(out, adds ? madd(alpha, v128.load(x), v128.load(y)) : f32x4.mul(alpha, v128.load(x)), count);
  }
}

/** a += weight (b - a), as torch.lerp: from weight 0.5 on b - (1 - weight) (b - a), so that weight 1 gives b itself. Records: a b n. */
export function lerp(i: usize, tile: u32, lane: u32): void {
  const weight = load<f32>(ptr(i, 0)), rest = <f32>1 - weight;
  pieces(Op.LERP, i, tile, f32x4.splat(weight), f32x4.splat(rest), weight >= 0.5);
}

/** out = g + l2 w + l1 sign(w), sign(0) = 0. Records: out g w n. */
export function penalty(i: usize, tile: u32, lane: u32): void {
  pieces(Op.PENALTY, i, tile, f32x4.splat(float(i, 0)), f32x4.splat(float(i, 1)), false);
}
