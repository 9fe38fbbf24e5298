/**
 * How a product is done: which kernels, what is packed, how out is cut into tiles. Everything follows from the form and the whole product's
 * m, n and k (and the build), so results do not depend on who computes which tile.
 */
import { int, opcode, ptr } from "../instruction";
import { Op } from "../opcodes";
import { LIST, TABLE } from "./lists";
import { WIDE, WIDTH } from "./listed";

/** Terms a panel holds: 8 columns of B (12 kB) and 4 rows of A (6 kB) stay in a 32 kB first-level cache. */
// @ts-ignore: decorator
@inline export const KC = 400;
/** Rows of A that stay in the second-level cache while the panels of B pass. */
// @ts-ignore: decorator
@inline export const MC = 128;
/** Columns of a tile at most: bounds the scratch. */
// @ts-ignore: decorator
@inline const NC = 256;
/** Multiply-adds a tile should have at least, as a power of two: about 6 us. */
// @ts-ignore: decorator
@inline const TILE_WORK = 17;
// @ts-ignore: decorator
@inline const TILES = 16;

/** One of the factors is a vector. */
// @ts-ignore: decorator
@inline export function isVector(m: i32, n: i32): bool {
  return m == 1 || n == 1;
}

/** One tile, one block, nothing packed (but for NT that does not use dot products). */
// @ts-ignore: decorator
@inline export function isSmall(m: i32, n: i32, k: i32): bool {
  return (m | n | k) < 64;
}

/**
 * NT by dot products: where there are too few rows to pay for packing B, or too few columns to fill a panel. Measured, relaxed build, share of the
 * ceiling, dots against panels: 24x128x784 91 : 88, 32x128x784 91 : 89, 64x100x1600 92 : 90, 128x512x784 91 : 95; plain build: 16x128x784 equal, 32x128x784 72 : 74.
 */
// @ts-ignore: decorator
@inline export function usesDots(m: i32, n: i32, k: i32): bool {
  if (k < 16 && m >= 8 && n >= 8) return false; // adding the lanes would cost more than the sums
  const rows = ASC_FEATURE_RELAXED_SIMD ? 80 : 24;
  return n < 16 || m < rows;
}

/** Rows of A, an even number, that stay in the second-level cache (256 kB) while the rows of B pass. */
// @ts-ignore: decorator
@inline export function dotRows(k: i32): i32 {
  return max(65536 / max(k, 1) & ~1, 8);
}

/** Copying (NN, TN) panels of B pays: enough rows to use a panel again, and rows of B so far apart that a panel does not stay in the first-level cache. */
// @ts-ignore: decorator
@inline export function packsB(op: i32, m: i32, n: i32, k: i32): bool {
  return op == Op.MATMUL_NT || (m >= 64 && k > 64);
}

/** Copying A pays in the TN form, where a group of four columns touches a line for every k. */
// @ts-ignore: decorator
@inline export function packsA(op: i32, m: i32, n: i32, k: i32): bool {
  return op == Op.MATMUL_TN && n >= 64 && k > 64;
}

/** Equal blocks of at most `most` terms. */
// @ts-ignore: decorator
@inline function blocks(k: i32, most: i32): i32 {
  if (k <= most) return k;
  const count = (k + most - 1) / most;
  return (k + count - 1) / count;
}

/** Terms of one block of k. */
// @ts-ignore: decorator
@inline export function blockTerms(k: i32): i32 { return blocks(k, KC); }

/** Terms of one block of k where zeros are left out: what a list holds at most, and 32 columns of B (25 kB) stay in the first-level cache. */
// @ts-ignore: decorator
@inline export function listTerms(k: i32): i32 { return blocks(k, 200); }

/** Terms of a product by dot products where zeros are left out, at most: those of four lists. */
// @ts-ignore: decorator
@inline const DOT_TERMS = 1000;

/** Whether zeros of A may be left out: large enough that looking for them costs little, and strips of columns. */
// @ts-ignore: decorator
@inline export function maySkip(op: i32, m: i32, n: i32, k: i32): bool {
  if (m < 16 || n < WIDTH || k < 16 || isSmall(m, n, k) || <u64>m * <u64>n * <u64>k >> TILE_WORK == 0) return false;
  return op != Op.MATMUL_NT || !usesDots(m, n, k) || k <= DOT_TERMS;
}

/**
 * Columns of a tile, a multiple of 8 (or all n). Narrow where few rows reuse a panel anyway; wide where each tile reads a large A again, or packs it.
 */
export function tileColumns(op: i32, m: i32, n: i32, k: i32): i32 {
  const work = <u64>m * <u64>n * <u64>k >> TILE_WORK;
  if (work < 2) return min(n, 4096);
  const tiles = <i32>min<u64>(work, TILES);
  const columns = max((n + tiles - 1) / tiles, min(n, m <= MC ? 32 : 128)), unit = maySkip(op, m, n, k) ? WIDTH : 8;
  return min((columns + unit - 1) & -unit, NC);
}

/** Rows of a tile, a multiple of 4 (or all m). */
export function tileRows(op: i32, m: i32, n: i32, k: i32): i32 {
  const work = <u64>m * <u64>n * <u64>k >> TILE_WORK;
  if (work < 2) return m;
  const columns = tileColumns(op, m, n, k), across = (n + columns - 1) / columns;
  const tiles = <i32>min<u64>(work, TILES);
  const most = max((m + max(tiles / across, 1) - 1) / max(tiles / across, 1), min(m, 2 * MC)), down = (m + most - 1) / most;
  return ((m + down - 1) / down + 3) & ~3; // equal ones: a small last one is no work for the last lane
}

/** Bytes of a packed panel of B with `terms` terms. */
// @ts-ignore: decorator
@inline export function panelBytes(terms: i32): usize {
  return <usize>((terms + 3) & ~3) << 5;
}

/** Bytes of a packed group of A with `terms` terms: an odd number of lines, so that the groups do not fall on the same sets of a cache. */
// @ts-ignore: decorator
@inline export function groupBytes(terms: i32): usize {
  return ((<usize>terms << 4) + 63 & ~63) | 64;
}

/**
 * Groups of six rows among m, in the relaxed build: the rest goes in groups of four and one of what is left, and a group of one or two rows takes as long as one of
 * four.
 */
// @ts-ignore: decorator
@inline export function tallGroups(m: i32, k: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD || m < 6 || k <= 16) return 0;
  const left = m % 6;
  return m / 6 - i32(left == 1 || left == 2 || left == 5);
}

/** The same of a group of six rows. */
// @ts-ignore: decorator
@inline export function tallBytes(terms: i32): usize {
  return (<usize>terms * 24 + 63 & ~63) | 64;
}

/** Bytes of scratch of one lane: first the panels of B (all of a tile, or one if they are used once), then the groups of A. */
// @ts-ignore: decorator
@inline function denseScratch(op: i32, m: i32, n: i32, k: i32): usize {
  if (op == Op.MATMUL_NT && usesDots(m, n, k)) return 0;
  const terms = blockTerms(k);
  let bytes: usize = 0;
  if (packsB(op, m, n, k)) {
    const panels = min(m, tileRows(op, m, n, k)) > MC ? (min(n, tileColumns(op, m, n, k)) + 7) >> 3 : 1;
    bytes += <usize>panels * panelBytes(terms);
  }
  if (packsA(op, m, n, k)) {
    const rows = min(m, MC), tall = tallGroups(rows, k);
    bytes += <usize>(rows - 6 * tall + 3 >> 2) * groupBytes(terms) + <usize>tall * tallBytes(terms);
  }
  return bytes;
}

/** Bytes of a packed strip of B with `terms` terms. */
// @ts-ignore: decorator
@inline export function stripBytes(terms: i32): usize { return <usize>((terms + 3) & ~3) * WIDE; }

/** Whether a lane that does single tiles makes the lists once for all: those of all terms, where tiles have all rows and few columns. */
// @ts-ignore: decorator
@inline export function keepsLists(m: i32): bool { return m <= MC; }

/** Bytes of the lists of a block of rows and a block of terms. */
// @ts-ignore: decorator
@inline export function listBytes(m: i32): usize { return <usize>(min(m, MC) + 3 & ~3) * LIST; }

/** The same where zeros are left out: a table, a strip of B, the lists of a block of rows; for dot products four of each row, and as many rows of sums. */
// @ts-ignore: decorator
@inline function skipScratch(op: i32, m: i32, n: i32, k: i32, whole: bool): usize {
  if (op == Op.MATMUL_NT && usesDots(m, n, k)) return TABLE + stripBytes(k) + <usize>(m << 2) * (LIST + WIDE);
  const terms = listTerms(k), lists = !whole && keepsLists(m) ? (k + terms - 1) / terms : 1;
  return TABLE + (packsB(op, m, n, k) ? stripBytes(terms) : 0) + <usize>lists * listBytes(m);
}

/** Bytes of scratch of a lane among several; `whole`: of one that does all tiles at one go. */
export function laneScratch(op: i32, m: i32, n: i32, k: i32, whole: bool): usize {
  if (isVector(m, n)) return 0;
  const bytes = denseScratch(op, m, n, k);
  return ((maySkip(op, m, n, k) ? max(bytes, skipScratch(op, m, n, k, whole)) : bytes) + 63) & ~63;
}

/** Where the scratch of a lane begins. */
// @ts-ignore: decorator
@inline export function scratch(op: i32, i: usize, lane: u32): usize {
  return ptr(i, 4) + (lane ? <usize>lane * laneScratch(op, int(i, 5), int(i, 6), int(i, 7), false) : 0);
}

/** In place of a tile's number: all of them. */
// @ts-ignore: decorator
@inline export const WHOLE: u32 = 0x7fffffff;
/** Added to a tile's number: the lane has just done another tile of the same product, and what that has left in its scratch is still true. */
// @ts-ignore: decorator
@inline export const AGAIN: u32 = 0x80000000;

/** Whether instruction `i` is a product that takes WHOLE and AGAIN. */
// @ts-ignore: decorator
@inline export function takesWhole(i: usize): bool {
  const op = opcode(i);
  return (op == Op.MATMUL_NN || op == Op.MATMUL_TN || op == Op.MATMUL_NT) && !isVector(int(i, 5), int(i, 6));
}
