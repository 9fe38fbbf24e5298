/**
 * Lists of what is not zero in rows of A, in order of k: for each such term its value and the byte offset of its row of B. A list is LIST bytes: up to 252
 * values, from OFFSETS on as many offsets, at the end the address where the values end (its place: LENGTH).
 */
import { firstLanes } from "../rows";

// @ts-ignore: decorator
@inline export const OFFSETS = 1024;
// @ts-ignore: decorator
@inline export const LENGTH = 2048;
/** An odd number of lines, so that lists do not fall on the same sets of a cache. */
// @ts-ignore: decorator
@inline export const LIST: usize = 2112;
/** Bytes of the table of orders. */
// @ts-ignore: decorator
@inline export const TABLE: usize = 256;

/** Lines of A looked at, and vectors in each. */
// @ts-ignore: decorator
@inline const LINES = 8;
// @ts-ignore: decorator
@inline const VECTORS = 64;

/** Whether `eighths` of A's elements or more are zeros, from a sample spread over all of A: `lines` contiguous lines of `floats`. */
export function manyZeros(a: usize, lines: i32, floats: i32, eighths: i32): bool {
  const ld = <usize>floats << 2, down = <usize>((lines + LINES - 1) / LINES) * ld, across = <usize>max((floats >> 2) / VECTORS, 1) << 4;
  const end = a + <usize>lines * ld, whole = ld & ~15;
  let zeros = i32x4.splat(0), count = 0;
  for (; a < end; a += down)
    for (let p = a, stop = a + whole; p < stop; p += across) {
      zeros = i32x4.sub(zeros, f32x4.eq(v128.load(p), f32x4.splat(0)));
      count++;
    }
  const sum = i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1) + i32x4.extract_lane(zeros, 2) + i32x4.extract_lane(zeros, 3);
  return 2 * sum >= eighths * count;
}

/** Whether all of 32 columns of B are finite: `k` rows, `ld` bytes apart. A term 0 * b may be left out only then. */
export function allFinite(b: usize, ld: usize, k: i32): bool {
  let s = f32x4.splat(0), t = s;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    s = v128.or(s, v128.or(f32x4.sub(b0, b0), f32x4.sub(b1, b1)));
    t = v128.or(t, v128.or(f32x4.sub(b2, b2), f32x4.sub(b3, b3)));
    const b4 = v128.load(b, 64), b5 = v128.load(b, 80), b6 = v128.load(b, 96), b7 = v128.load(b, 112);
    s = v128.or(s, v128.or(f32x4.sub(b4, b4), f32x4.sub(b5, b5)));
    t = v128.or(t, v128.or(f32x4.sub(b6, b6), f32x4.sub(b7, b7)));
    b += ld;
  } while (--k > 0);
  return !v128.any_true(v128.or(s, t)); // x - x is 0 or NaN
}

/** For each of the 16 sets of four lanes, the bytes that bring these lanes to the front. */
export function fillTable(table: usize): void {
  for (let set: u32 = 0; set < 16; set++) {
    let at = table + (<usize>set << 4);
    for (let lane: u32 = 0; lane < 4; lane++)
      if (set >> lane & 1) {
        store<u32>(at, 0x03020100 + lane * 0x04040404);
        at += 4;
      }
  }
}

// @ts-ignore: decorator
@inline function reorder(v: v128, order: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(v, order) : i8x16.swizzle(v, order);
}

/** Appends those of four terms that are not zero. */
// @ts-ignore: decorator
@inline function append(p: usize, v: v128, offsets: v128, table: usize): usize {
  const set = i32x4.bitmask(f32x4.ne(v, f32x4.splat(0))), order = v128.load(table + (<usize>set << 4));
  v128.store(p, reorder(v, order));
  v128.store(p, reorder(offsets, order), OFFSETS);
  return p + (<usize>popcnt(set) << 2);
}

/** Lists of `rows` rows of k floats, `ld` bytes apart; rows of B are `step` bytes apart. Reads up to 12 bytes past a row. */
export function rowLists(list: usize, table: usize, a: usize, ld: usize, rows: i32, k: i32, step: i32): void {
  const first = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step)), four = i32x4.splat(step << 2);
  do {
    let p = list, offsets = first, q = a, left = k;
    for (; left >= 4; left -= 4) {
      p = append(p, v128.load(q), offsets, table);
      offsets = i32x4.add(offsets, four);
      q += 16;
    }
    if (left) p = append(p, v128.and(v128.load(q), firstLanes(left)), offsets, table);
    store<u32>(list, p, LENGTH);
    a += ld;
    list += LIST;
  } while (--rows > 0);
}

/**
 * Lists of `columns` columns of `lines` lines, `ld` bytes apart: a row of A is a column here, or every fourth of its elements. A line is `step` bytes of B, a
 * column `shift`. Only `last` elements of each four in the last line count. Four columns at a time, so up to three lists too many; reads up to 12 bytes past a line.
 */
export function columnLists(list: usize, table: usize, a: usize, ld: usize, columns: i32, lines: i32, step: i32, shift: i32, last: i32): void {
  const first = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step)), four = i32x4.splat(step << 2);
  do {
    let p0 = list, p1 = p0 + LIST, p2 = p1 + LIST, p3 = p2 + LIST;
    let o0 = first, q = a;
    for (let left = lines; left > 0; left -= 4) {
      let r0 = v128.load(q), r1 = r0, r2 = r0, r3 = r0;
      if (left > 4) {
        r1 = v128.load(q + ld);
        r2 = v128.load(q + 2 * ld);
        r3 = v128.load(q + 3 * ld);
      } else {
        const none = i32x4.splat(0), mask = firstLanes(last);
        r0 = left == 1 ? v128.and(r0, mask) : r0;
        r1 = left < 2 ? none : v128.and(v128.load(q + ld), left == 2 ? mask : i32x4.splat(-1));
        r2 = left < 3 ? none : v128.and(v128.load(q + 2 * ld), left == 3 ? mask : i32x4.splat(-1));
        r3 = left < 4 ? none : v128.and(v128.load(q + 3 * ld), mask);
      }
      const x = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), y = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const z = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), w = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const o1 = i32x4.add(o0, i32x4.splat(shift)), o2 = i32x4.add(o1, i32x4.splat(shift)), o3 = i32x4.add(o2, i32x4.splat(shift));
      p0 = append(p0, v128.shuffle<f64>(x, z, 0, 2), o0, table);
      p1 = append(p1, v128.shuffle<f64>(x, z, 1, 3), o1, table);
      p2 = append(p2, v128.shuffle<f64>(y, w, 0, 2), o2, table);
      p3 = append(p3, v128.shuffle<f64>(y, w, 1, 3), o3, table);
      o0 = i32x4.add(o0, four);
      q += ld << 2;
    }
    store<u32>(list, p0, LENGTH);
    store<u32>(list, p1, LENGTH + LIST);
    store<u32>(list, p2, LENGTH + 2 * LIST);
    store<u32>(list, p3, LENGTH + 3 * LIST);
    list += 4 * LIST;
    a += 16;
    columns -= 4;
  } while (columns > 0);
}
