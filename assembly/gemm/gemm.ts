/**
 * Matrix products: out = act(beta * out + a b + bias). The macro-kernel walks blocks of k, blocks of rows and strips of 8 columns, and packs on the way
 * where plan.ts says so. Operands: out, a, b, bias, scratch, m, n, k, beta, act. A tile is a block of out.
 * Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
 */
import { int, opcode, ptr, tileCount } from "../instruction";
import { Op } from "../opcodes";
import { activateRows } from "./activate";
import { dotBlock, dots } from "./dot";
import { rowTimesMatrix } from "./gemv";
import { packAdjacent, packColumns, packRows } from "./pack";
import { manyZeros } from "./lists";
import { AGAIN, blockTerms, groupBytes, isSmall, isVector, laneScratch, maySkip, MC, packsA, packsB, panelBytes, scratch, tallBytes, tallGroups, tileColumns, tileRows, usesDots, WHOLE } from "./plan";
import { shortDots } from "./short";
import { skipBlock, skipDots } from "./skip";
import { anyStrip, strip } from "./strip";

export { ceiling } from "./ceiling";
export * from "./strip";
export * from "./dot";
export { allFinite, columnLists, manyZeros, rowLists } from "./lists";
export { skipBlock, skipDots } from "./skip";
export { addParts, listRows } from "./listed";
export { shortDots } from "./short";
export { row1x16, row1x4 } from "./gemv";
export { packAdjacent, packColumns, packRows } from "./pack";
export { activateRows } from "./activate";

/** Bytes of scratch a product needs, for `lanes` lanes. Lane l works in the l-th part. */
export function matmul_scratch(op: i32, m: i32, n: i32, k: i32, lanes: u32): u32 {
  return <u32>laneScratch(op, m, n, k, lanes == 1) * lanes;
}

export function gemm_tiles(i: usize): u32 {
  const m = int(i, 5), n = int(i, 6), k = int(i, 7);
  if (isVector(m, n)) return vectorTiles(m * n, k);
  const op = opcode(i), rows = tileRows(op, m, n, k), columns = tileColumns(op, m, n, k);
  return ((m + rows - 1) / rows) * ((n + columns - 1) / columns);
}

/** Items of out in one tile of a matrix times a vector: a multiple of 16. */
// @ts-ignore: decorator
@inline function vectorItems(count: i32, k: i32): i32 {
  if (count <= 64) return 64;
  return max(((1 << 17) / max(k, 1)) & ~15, 64);
}

// @ts-ignore: decorator
@inline function vectorTiles(count: i32, k: i32): u32 {
  const items = vectorItems(count, k);
  return (count + items - 1) / items;
}

/** m or n is 1: `vector` (k) with a matrix whose rows are the sums' factors (`rows`), or whose rows are added. */
function matrixVector(i: usize, tile: u32, matrix: usize, vector: usize, rows: bool): void {
  const m = int(i, 5), n = int(i, 6), k = int(i, 7), beta = int(i, 8), act = int(i, 9);
  const count = m * n, items = vectorItems(count, k), first = <i32>tile * items, size = min(items, count - first);
  const at = <usize>first << 2, out = ptr(i, 0) + at, scalarBias = i32(n == 1);
  let bias = ptr(i, 3);
  if (bias && !scalarBias) bias += at;
  if (rows && k <= 4 && k > 0) shortDots(out, 0, 1, size, vector, matrix + at * <usize>k, k, beta, bias, scalarBias);
  else if (rows) dots(out, size, vector, matrix + at * <usize>k, k, beta, bias, scalarBias);
  else rowTimesMatrix(out, size, vector, matrix + at, <usize>count << 2, k, beta, bias, scalarBias);
  if (act) activateRows(act, out, 0, 1, size);
}

/** A block of out: rows i0 to i1, columns j0 to j1. */
function block(op: i32, i: usize, i0: i32, i1: i32, j0: i32, j1: i32, lane: u32): void {
  const out = ptr(i, 0), a = ptr(i, 1), b = ptr(i, 2), bias = ptr(i, 3);
  const m = int(i, 5), n = int(i, 6), k = int(i, 7), beta = int(i, 8), act = int(i, 9);
  const ldc = <usize>n << 2, lda = <usize>(op == Op.MATMUL_TN ? m : k) << 2, ldb = <usize>(op == Op.MATMUL_NT ? k : n) << 2;
  const packB = packsB(op, m, n, k), packA = packsA(op, m, n, k);
  const terms = blockTerms(k), panelSize = panelBytes(terms);
  const panels = packA || packB ? scratch(op, i, lane) : 0;
  const keep = packB && i1 - i0 > MC;
  const groups = panels + (packB ? (keep ? <usize>((j1 - j0 + 7) >> 3) : 1) * panelSize : 0);
  let k0 = 0;
  do {
    const kc = min(terms, k - k0), begin = beta | k0, blockBias = k0 + kc == k ? bias : 0;
    for (let ib = i0; ib < i1; ib += MC) {
      const rows = min(MC, i1 - ib);
      const tall = tallGroups(rows, k), adjacent = op == Op.MATMUL_TN;
      let pa = adjacent ? a + <usize>k0 * lda + (<usize>ib << 2) : a + <usize>ib * lda + (<usize>k0 << 2);
      let ka = lda, six = adjacent ? 24 : lda * 6, four = adjacent ? 16 : lda << 2;
      if (packA) {
        six = tallBytes(terms);
        four = groupBytes(terms);
        packAdjacent(groups, pa, lda, rows, tall, kc, six, four);
        pa = groups;
        ka = 0;
      }
      let panel = panels;
      for (let j = j0; j < j1; j += 8) {
        const cols = min(8, j1 - j);
        let pb: usize, kb = ldb;
        if (op == Op.MATMUL_NT) {
          if (ib == i0) packRows(panel, 32, b + <usize>j * ldb + (<usize>k0 << 2), ldb, cols, kc);
          pb = panel;
          kb = 32;
        } else {
          pb = b + <usize>k0 * ldb + (<usize>j << 2);
          if (packB) {
            if (ib == i0) packColumns(panel, 32, pb, ldb, kc);
            pb = panel;
            kb = 32;
          }
        }
        anyStrip(
          adjacent, rows, tall, out + <usize>ib * ldc + (<usize>j << 2), ldc, cols, pa, ka, six, four, pb, kb, kc, begin,
          blockBias ? blockBias + (<usize>j << 2) : 0,
        );
        if (keep) panel += panelSize;
      }
      if (act && k0 + kc == k) activateRows(act, out + <usize>ib * ldc + (<usize>j0 << 2), ldc, rows, j1 - j0);
    }
    k0 += kc;
  } while (k0 < k);
}

/** All of a small NN or TN product: at a few tens of nanoseconds the general walk would cost more than the sums. */
// @ts-ignore: decorator
@inline function smallBlock(op: i32, i: usize, m: i32, n: i32, k: i32): void {
  const out = ptr(i, 0), a = ptr(i, 1), beta = int(i, 8), act = int(i, 9);
  const ldc = <usize>n << 2, lda = <usize>(op == Op.MATMUL_TN ? m : k) << 2;
  const tall = tallGroups(m, k), six = op == Op.MATMUL_TN ? 24 : lda * 6, four = op == Op.MATMUL_TN ? 16 : lda << 2;
  let c = out, b = ptr(i, 2), bias = ptr(i, 3), left = n;
  do {
    strip(op == Op.MATMUL_TN, m, tall, c, ldc, min(left, 8), a, lda, six, four, b, ldc, k, beta, bias);
    c += 32;
    b += 32;
    if (bias) bias += 32;
    left -= 8;
  } while (left > 0);
  if (act) activateRows(act, out, ldc, m, n);
}

/** Tile `tile`, or with WHOLE all. The lists of what is not zero are made once, and by a lane among several at its first tile. */
function tiled(op: i32, i: usize, tile: u32, lane: u32): void {
  const again = (tile & AGAIN) != 0;
  tile &= ~AGAIN;
  const m = int(i, 5), n = int(i, 6), k = int(i, 7), dots = op == Op.MATMUL_NT && usesDots(m, n, k), lines = op == Op.MATMUL_TN ? k : m;
  const skips = maySkip(op, m, n, k) && manyZeros(ptr(i, 1), lines, op == Op.MATMUL_TN ? m : k, m < 64 ? 4 : 3);
  const all = tile == WHOLE, rows = all && skips ? m : tileRows(op, m, n, k), columns = all && skips ? n : tileColumns(op, m, n, k);
  const end = !all ? tile + 1 : skips ? 1 : gemm_tiles(i);
  if (all) tile = 0;
  const across = (n + columns - 1) / columns;
  for (; tile < end; tile++) {
    const i0 = <i32>tile / across * rows, i1 = min(m, i0 + rows), j0 = <i32>tile % across * columns, j1 = min(n, j0 + columns);
    if (dots) {
      if (skips) skipDots(i, j0, j1, lane, again);
      else dotBlock(i, i0, i1, j0, j1);
    } else if (skips) skipBlock(op, i, i0, i1, j0, j1, lane, !all && tileCount(i) > 1, again);
    else block(op, i, i0, i1, j0, j1, lane);
  }
}

/** `op` is a constant. */
// @ts-ignore: decorator
@inline function product(op: i32, i: usize, tile: u32, lane: u32): void {
  const m = int(i, 5), n = int(i, 6), k = int(i, 7);
  if (!isSmall(m, n, k)) tiled(op, i, tile, lane);
  else if (op != Op.MATMUL_NT) smallBlock(op, i, m, n, k);
  else if (!usesDots(m, n, k)) block(op, i, 0, m, 0, n, lane);
  else if (k > 4 || k < 1) dotBlock(i, 0, m, 0, n);
  else {
    shortDots(ptr(i, 0), <usize>n << 2, m, n, ptr(i, 1), ptr(i, 2), k, int(i, 8), ptr(i, 3), 0);
    if (int(i, 9)) activateRows(int(i, 9), ptr(i, 0), <usize>n << 2, m, n);
  }
}

/** a (m, k), b (k, n). */
export function matmul_nn(i: usize, tile: u32, lane: u32): void {
  const m = int(i, 5), n = int(i, 6);
  if (n == 1) matrixVector(i, tile, ptr(i, 1), ptr(i, 2), true);
  else if (m == 1) matrixVector(i, tile, ptr(i, 2), ptr(i, 1), false);
  else product(Op.MATMUL_NN, i, tile, lane);
}

/** a (k, m), b (k, n). */
export function matmul_tn(i: usize, tile: u32, lane: u32): void {
  const m = int(i, 5), n = int(i, 6);
  if (n == 1) matrixVector(i, tile, ptr(i, 1), ptr(i, 2), false);
  else if (m == 1) matrixVector(i, tile, ptr(i, 2), ptr(i, 1), false);
  else product(Op.MATMUL_TN, i, tile, lane);
}

/** a (m, k), b (n, k). */
export function matmul_nt(i: usize, tile: u32, lane: u32): void {
  const m = int(i, 5), n = int(i, 6);
  if (n == 1) matrixVector(i, tile, ptr(i, 1), ptr(i, 2), true);
  else if (m == 1) matrixVector(i, tile, ptr(i, 2), ptr(i, 1), true);
  else product(Op.MATMUL_NT, i, tile, lane);
}
