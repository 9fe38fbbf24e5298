/**
 * Products whose A has many zeros, as behind a ReLU, in its gradient or in images: terms a * b with a = 0 are left out. Each row of A becomes a list of its other
 * terms (lists.ts), which a row of 32 sums walks (listed.ts). What is left is added in the dense kernels' order, and adding 0 * b changes no sum but for the
 * sign of a zero, so the bits are those of the dense kernels. Where a strip of B has NaN or infinities, and in what is left of 32 columns, the dense
 * kernels do it.
 */
import { int, ptr } from "../instruction";
import { Op } from "../opcodes";
import { activateRows } from "./activate";
import { dotBlock } from "./dot";
import { addParts, listRows, WIDE, WIDTH } from "./listed";
import { allFinite, columnLists, fillTable, LIST, rowLists, TABLE } from "./lists";
import { packColumns, packRows } from "./pack";
import { keepsLists, listBytes, listTerms, MC, packsB, scratch, stripBytes, tallGroups } from "./plan";
import { anyStrip } from "./strip";

/** A strip of B from `cols` rows of a matrix (n, k). */
// @ts-ignore: decorator
@inline function packStrip(to: usize, b: usize, ldb: usize, cols: i32, k: i32): void {
  for (let g = 0; g < cols; g += 8) packRows(to + (<usize>g << 2), WIDE, b + <usize>g * ldb, ldb, min(8, cols - g), k);
}

/** A block of out: rows i0 to i1, columns j0 to j1. `keep`: leaves its lists for the next block, where there is room; `again`: they are there. */
export function skipBlock(op: i32, i: usize, i0: i32, i1: i32, j0: i32, j1: i32, lane: u32, keep: bool, again: bool): void {
  const out = ptr(i, 0), a = ptr(i, 1), b = ptr(i, 2), bias = ptr(i, 3);
  const m = int(i, 5), n = int(i, 6), k = int(i, 7), beta = int(i, 8), act = int(i, 9);
  const adjacent = op == Op.MATMUL_TN, packB = packsB(op, m, n, k);
  const ldc = <usize>n << 2, lda = <usize>(adjacent ? m : k) << 2, ldb = <usize>(op == Op.MATMUL_NT ? k : n) << 2, kb = packB ? WIDE : ldb;
  const six = adjacent ? 24 : lda * 6, four = adjacent ? 16 : lda << 2;
  const terms = listTerms(k), table = scratch(op, i, lane), kept = keep && keepsLists(m), next: usize = kept ? listBytes(m) : 0;
  let k0 = 0, lists = table + TABLE + (packB ? stripBytes(terms) : 0);
  fillTable(table);
  do {
    const kc = min(terms, k - k0), begin = beta | k0, last = k0 + kc == k;
    for (let ib = i0; ib < i1; ib += MC) {
      const rows = min(MC, i1 - ib), tall = tallGroups(rows, k);
      const pa = adjacent ? a + <usize>k0 * lda + (<usize>ib << 2) : a + <usize>ib * lda + (<usize>k0 << 2);
      if (kept && again) {
        // made at another tile
      } else if (adjacent) columnLists(lists, table, pa, lda, rows, kc, <i32>kb, 0, 4);
      else rowLists(lists, table, pa, lda, rows, kc, <i32>kb);
      for (let j = j0; j < j1; j += WIDTH) {
        const cols = min(WIDTH, j1 - j);
        let pb = table + TABLE;
        if (op == Op.MATMUL_NT) packStrip(pb, b + <usize>j * ldb + (<usize>k0 << 2), ldb, cols, kc);
        else {
          const from = b + <usize>k0 * ldb + (<usize>j << 2);
          if (packB) for (let g = 0; g < cols; g += 8) packColumns(pb + (<usize>g << 2), WIDE, from + (<usize>g << 2), ldb, kc);
          else pb = from;
        }
        let c = out + <usize>ib * ldc + (<usize>j << 2), bj = last && bias ? bias + (<usize>j << 2) : 0;
        if (cols == WIDTH && allFinite(pb, kb, kc)) {
          listRows(c, ldc, rows, lists, LIST, pb, begin, bj);
          continue;
        }
        for (let left = cols; left > 0; left -= 8) {
          anyStrip(adjacent, rows, tall, c, ldc, min(left, 8), pa, lda, six, four, pb, kb, kc, begin, bj);
          c += 32;
          pb += 32;
          if (bj) bj += 32;
        }
      }
      if (act && last) activateRows(act, out + <usize>ib * ldc + (<usize>j0 << 2), ldc, rows, j1 - j0);
    }
    lists += next;
    k0 += kc;
  } while (k0 < k);
}

/** The same where the dense kernel takes dot products: each row of A is four lists, as its sums have four lanes. `again`: they are there. */
export function skipDots(i: usize, j0: i32, j1: i32, lane: u32, again: bool): void {
  const out = ptr(i, 0), a = ptr(i, 1), b = ptr(i, 2), bias = ptr(i, 3);
  const m = int(i, 5), n = int(i, 6), k = int(i, 7), beta = int(i, 8), act = int(i, 9);
  const ldc = <usize>n << 2, ld = <usize>k << 2, part = <usize>m * WIDE;
  const table = scratch(Op.MATMUL_NT, i, lane), packed = table + TABLE, parts = packed + stripBytes(k), lists = parts + 4 * part;
  if (!again) fillTable(table);
  for (let r = again ? m : 0; r < m; r++) columnLists(lists + <usize>r * (4 * LIST), table, a + <usize>r * ld, 16, 4, (k + 3) >> 2, <i32>(4 * WIDE), <i32>WIDE, k & 3 ? k & 3 : 4);
  for (let j = j0; j < j1; j += WIDTH) {
    const cols = min(WIDTH, j1 - j);
    if (cols == WIDTH) {
      packStrip(packed, b + <usize>j * ld, ld, cols, k);
      if (allFinite(packed, WIDE, k)) {
        for (let r: usize = 0; r < 4; r++) listRows(parts + r * part, WIDE, m, lists + r * LIST, 4 * LIST, packed, 0, 0);
        addParts(out + (<usize>j << 2), ldc, m, parts, part, beta, bias ? bias + (<usize>j << 2) : 0);
        if (act) activateRows(act, out + (<usize>j << 2), ldc, m, cols);
        continue;
      }
    }
    dotBlock(i, 0, m, j, j + cols);
  }
}
