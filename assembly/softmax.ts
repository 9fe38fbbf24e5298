import { int, ptr } from "./instruction";
import { exp4, log4 } from "./math";
import { storeLanes } from "./simd";

// Softmax of rows. Operands: out, x, rows, cols; gradients: dx, dy, y, rows, cols. A tail is read as a whole vector and padded.

export function softmax_tiles(i: usize): u32 {
  return 1;
}

/** Lanes from `count` on replaced. */
// @ts-ignore: decorator
@inline export function padded(v: v128, count: i32, filler: v128): v128 {
  return v128.bitselect(v, filler, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

// @ts-ignore: decorator
@inline function across(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** Largest of a row; NaN if one is. */
// @ts-ignore: decorator
@inline export function rowMax(x: usize, cols: i32): f32 {
  const least = f32x4.splat(-Infinity);
  let m = least;
  for (let c = 0; c < cols; c += 4) m = f32x4.max(m, padded(v128.load(x + (<usize>c << 2)), cols - c, least));
  return max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)));
}

/** out = exp(x - shift); returns the sum. */
// @ts-ignore: decorator
@inline export function rowExp(out: usize, x: usize, cols: i32, shift: f32): f32 {
  const by = f32x4.splat(shift);
  let s = f32x4.splat(0);
  for (let c = 0; c < cols; c += 4) {
    const at = <usize>c << 2;
    const e = exp4(f32x4.sub(v128.load(x + at), by));
    s = f32x4.add(s, padded(e, cols - c, f32x4.splat(0)));
    storeLanes(out + at, e, cols - c);
  }
  return across(s);
}

// @ts-ignore: decorator
@inline function rowSum(x: usize, cols: i32): f32 {
  let s = f32x4.splat(0);
  for (let c = 0; c < cols; c += 4) s = f32x4.add(s, padded(v128.load(x + (<usize>c << 2)), cols - c, f32x4.splat(0)));
  return across(s);
}

// @ts-ignore: decorator
@inline export function rowScale(x: usize, cols: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  for (let c = 0; c < cols; c += 4) {
    const at = x + (<usize>c << 2);
    storeLanes(at, f32x4.mul(v128.load(at), by), cols - c);
  }
}

export function softmax(i: usize, tile: u32, lane: u32): void {
  const rows = int(i, 2);
  const cols = int(i, 3);
  for (let r = 0; r < rows; r++) {
    const at = <usize>(r * cols) << 2;
    const total = rowExp(ptr(i, 0) + at, ptr(i, 1) + at, cols, rowMax(ptr(i, 1) + at, cols));
    rowScale(ptr(i, 0) + at, cols, 1 / total);
  }
}

/** dx = y (dy - sum(y dy)) */
export function softmax_grad(i: usize, tile: u32, lane: u32): void {
  const rows = int(i, 3);
  const cols = int(i, 4);
  for (let r = 0; r < rows; r++) {
    const at = <usize>(r * cols) << 2;
    const dx = ptr(i, 0) + at;
    const dy = ptr(i, 1) + at;
    const y = ptr(i, 2) + at;
    let s = f32x4.splat(0);
    for (let c = 0; c < cols; c += 4) {
      const k = <usize>c << 2;
      s = f32x4.add(s, padded(f32x4.mul(v128.load(y + k), v128.load(dy + k)), cols - c, f32x4.splat(0)));
    }
    const dot = f32x4.splat(across(s));
    for (let c = 0; c < cols; c += 4) {
      const k = <usize>c << 2;
      storeLanes(dx + k, f32x4.mul(v128.load(y + k), f32x4.sub(v128.load(dy + k), dot)), cols - c);
    }
  }
}

export function log_softmax(i: usize, tile: u32, lane: u32): void {
  const rows = int(i, 2);
  const cols = int(i, 3);
  for (let r = 0; r < rows; r++) {
    const at = <usize>(r * cols) << 2;
    const out = ptr(i, 0) + at;
    const x = ptr(i, 1) + at;
    const m = rowMax(x, cols);
    const total = rowExp(out, x, cols, m);
    const log = log4(f32x4.splat(total));
    for (let c = 0; c < cols; c += 4) {
      const k = <usize>c << 2;
      storeLanes(out + k, f32x4.sub(f32x4.sub(v128.load(x + k), f32x4.splat(m)), log), cols - c);
    }
  }
}

/** dx = dy - exp(y) sum(dy) */
export function log_softmax_grad(i: usize, tile: u32, lane: u32): void {
  const rows = int(i, 3);
  const cols = int(i, 4);
  for (let r = 0; r < rows; r++) {
    const at = <usize>(r * cols) << 2;
    const dy = ptr(i, 1) + at;
    const s = f32x4.splat(rowSum(dy, cols));
    for (let c = 0; c < cols; c += 4) {
      const k = <usize>c << 2;
      const e = exp4(v128.load(ptr(i, 2) + at + k));
      storeLanes(ptr(i, 0) + at + k, f32x4.sub(v128.load(dy + k), f32x4.mul(e, s)), cols - c);
    }
  }
}
