import { CHUNK } from "./opcodes";

// The tiles of a reduction of (outer, r, inner) over r: some whole slabs (r, inner), or of one slab some columns.

/** Columns of a tile: about CHUNK items, whole cache lines. */
// @ts-ignore: decorator
@inline export function tileColumns(r: u32): u32 { return max<u32>(64, (CHUNK / max<u32>(1, r)) & ~63); }

/** Slabs of a tile, when a slab is no more than one tile. */
// @ts-ignore: decorator
@inline export function tileSlabs(r: u32, inner: u32): u32 { return max<u32>(1, CHUNK / max<u32>(1, r * inner)); }

/** Tiles in all. */
// @ts-ignore: decorator
@inline export function slabTiles(outer: u32, r: u32, inner: u32): u32 {
  const columns = tileColumns(r);
  if (inner > columns) return outer * ((inner + columns - 1) / columns);
  const slabs = tileSlabs(r, inner);
  return inner ? (outer + slabs - 1) / slabs : 0;
}

/** Tiles that a slab is cut into, 1 when a tile is whole slabs. */
// @ts-ignore: decorator
@inline export function slabParts(r: u32, inner: u32): u32 {
  const columns = tileColumns(r);
  return inner > columns ? (inner + columns - 1) / columns : 1;
}

/** First slab of a tile. */
// @ts-ignore: decorator
@inline export function firstSlab(tile: u32, r: u32, inner: u32): u32 {
  return inner > tileColumns(r) ? tile / slabParts(r, inner) : tile * tileSlabs(r, inner);
}

/** Slabs of a tile that begins with slab `first`. */
// @ts-ignore: decorator
@inline export function slabCount(first: u32, outer: u32, r: u32, inner: u32): u32 {
  return inner > tileColumns(r) ? 1 : min(tileSlabs(r, inner), outer - first);
}

/** First column of a tile that begins with slab `first`. */
// @ts-ignore: decorator
@inline export function firstColumn(tile: u32, first: u32, r: u32, inner: u32): u32 {
  return inner > tileColumns(r) ? (tile - first * slabParts(r, inner)) * tileColumns(r) : 0;
}
