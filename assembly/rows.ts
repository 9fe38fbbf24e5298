import { tileCount } from "./instruction";
import { CHUNK } from "./opcodes";

// Kernels that walk along rows of `cols` floats: tiles of about CHUNK items, tails masked.

/** Rows in a tile. */
// @ts-ignore: decorator
@inline export function rowsEach(cols: i32): i32 { return max(1, CHUNK / max(1, cols)); }

// @ts-ignore: decorator
@inline export function rowTiles(rows: i32, cols: i32): u32 { return (<u32>rows + rowsEach(cols) - 1) / rowsEach(cols); }

/** First row of a tile; no division where there is one tile. */
// @ts-ignore: decorator
@inline export function firstRow(i: usize, tile: u32, cols: i32): i32 { return tileCount(i) == 1 ? 0 : <i32>tile * rowsEach(cols); }

// @ts-ignore: decorator
@inline export function rowCount(i: usize, first: i32, rows: i32, cols: i32): i32 { return tileCount(i) == 1 ? rows : min(rows - first, rowsEach(cols)); }

/** All bits of the first `count` lanes, 0 to 4. */
// @ts-ignore: decorator
@inline export function firstLanes(count: i32): v128 { return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)); }

/** The sum of the lanes, in each of them. */
// @ts-ignore: decorator
@inline export function addAcross(v: v128): v128 {
  const w = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.add(w, v128.shuffle<f32>(w, w, 1, 0, 3, 2));
}

/** The largest of the lanes, in each of them; a NaN may get lost. */
// @ts-ignore: decorator
@inline export function maxAcross(v: v128): v128 {
  const w = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.pmax(w, v128.shuffle<f32>(w, w, 1, 0, 3, 2));
}
