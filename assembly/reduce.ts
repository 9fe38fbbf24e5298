import { float, int, ptr } from "./instruction";
import { CHUNK } from "./opcodes";
import { storeLanes } from "./simd";

// Reductions of (outer, r, inner) over r. Sums run in blocks of BLOCK terms, the blocks' sums are added in order: the rounding error grows with r / BLOCK + BLOCK.

const BLOCK: i32 = 128;


export function reduce_tiles(i: usize): u32 {
  return 1;
}

/** Sum of r floats that lie together: four accumulators of four lanes, then lanes in order. */
function sumRow(x: usize, r: i32): f32 {
  let total: f32 = 0;
  let k = 0;
  while (k < r) {
    const end = min(r, k + 4 * BLOCK);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    for (; k + 8 <= end; k += 8) {
      s0 = f32x4.add(s0, v128.load(x + (<usize>k << 2)));
      s1 = f32x4.add(s1, v128.load(x + (<usize>k << 2), 16));
    }
    let s = f32x4.add(s0, s1);
    let part = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1) + (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
    for (; k < end; k++) part += load<f32>(x + (<usize>k << 2));
    total += part;
  }
  return total;
}

/** Four neighbouring columns summed over r rows. */
// @ts-ignore: decorator
@inline function sumColumns(x: usize, r: i32, step: usize): v128 {
  let total = f32x4.splat(0);
  let p = x;
  for (let k = 0; k < r; ) {
    const end = min(r, k + BLOCK);
    let s = v128.load(p);
    p += step;
    for (k++; k < end; k++) {
      s = f32x4.add(s, v128.load(p));
      p += step;
    }
    total = f32x4.add(total, s);
  }
  return total;
}

/** out, x, outer, r, inner, divisor */
export function sum(i: usize, tile: u32, lane: u32): void {
  const out = ptr(i, 0);
  const x = ptr(i, 1);
  const outer = int(i, 2);
  const r = int(i, 3);
  const inner = int(i, 4);
  const divisor = float(i, 5);
  const by = f32x4.splat(divisor);
  if (inner == 1) {
    for (let o = 0; o < outer; o++) store<f32>(out + (<usize>o << 2), sumRow(x + (<usize>(o * r) << 2), r) / divisor);
    return;
  }
  const step = <usize>inner << 2;
  for (let o = 0; o < outer; o++) {
    const from = x + <usize>(o * r) * step;
    const to = out + <usize>o * step;
    for (let c = 0; c < inner; c += 4) {
      const at = <usize>c << 2;
      const s = sumColumns(from + at, r, step);
      storeLanes(to + at, divisor == 1 ? s : f32x4.div(s, by), inner - c);
    }
  }
}

/** out, x, n */
export function sum_chunks(i: usize, tile: u32, lane: u32): void {
  const out = ptr(i, 0);
  const x = ptr(i, 1);
  const n = int(i, 2);
  for (let c = 0, k = 0; k < n; c++, k += CHUNK) store<f32>(out + (<usize>c << 2), sumRow(x + (<usize>k << 2), min(CHUNK, n - k)));
}

// @ts-ignore: decorator
@inline function select(i: usize, largest: bool): void {
  const out = ptr(i, 0);
  const index = ptr(i, 1);
  const x = ptr(i, 2);
  const outer = int(i, 3);
  const r = int(i, 4);
  const inner = int(i, 5);
  for (let o = 0; o < outer; o++)
    for (let c = 0; c < inner; c++) {
      let p = x + (<usize>(o * r * inner + c) << 2);
      let best = load<f32>(p);
      let at = 0;
      for (let k = 1; k < r && best == best; k++) {
        p += <usize>inner << 2;
        const v = load<f32>(p);
        if ((largest ? v > best : v < best) || v != v) {
          best = v;
          at = k;
        }
      }
      const to = <usize>(o * inner + c) << 2;
      store<f32>(out + to, best);
      store<i32>(index + to, at);
    }
}

export function max_(i: usize, tile: u32, lane: u32): void { select(i, true); }
export function min_(i: usize, tile: u32, lane: u32): void { select(i, false); }

/** dx, dy, index, outer, r, inner */
export function select_grad(i: usize, tile: u32, lane: u32): void {
  const dx = ptr(i, 0);
  const dy = ptr(i, 1);
  const index = ptr(i, 2);
  const outer = int(i, 3);
  const r = int(i, 4);
  const inner = int(i, 5);
  memory.fill(dx, 0, <usize>(outer * r * inner) << 2);
  for (let o = 0; o < outer; o++)
    for (let c = 0; c < inner; c++) {
      const from = <usize>(o * inner + c) << 2;
      store<f32>(dx + (<usize>((o * r + load<i32>(index + from)) * inner + c) << 2), load<f32>(dy + from));
    }
}
