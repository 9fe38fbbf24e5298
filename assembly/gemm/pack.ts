/**
 * Packing: blocks of a matrix copied so that a micro-kernel reads them from one end to the other.
 * A panel of B holds, k after k, 8 neighbouring columns (32 bytes, `step` from one k to the next); a group of A, k after k, 4 neighbouring rows (16 bytes) or 6 (24 bytes).
 */

/** Panel of B from 8 columns of a matrix (k, n) with rows of `ld` bytes. Reads up to 28 bytes past the last row where fewer columns are left. */
export function packColumns(panel: usize, step: usize, b: usize, ld: usize, k: i32): void {
  const end = panel + <usize>k * step;
  while (panel < end) {
    const lo = v128.load(b), hi = v128.load(b, 16);
    v128.store(panel, lo);
    v128.store(panel, hi, 16);
    b += ld;
    panel += step;
  }
}

/** Four rows of four floats at p0..p3, transposed, `step` bytes apart from `to` on. */
// @ts-ignore: decorator
@inline function transpose4(to: usize, step: usize, p0: usize, p1: usize, p2: usize, p3: usize): void {
  const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const c = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const next = to + 2 * step;
  v128.store(to, v128.shuffle<f64>(a, c, 0, 2));
  v128.store(to + step, v128.shuffle<f64>(a, c, 1, 3));
  v128.store(next, v128.shuffle<f64>(b, d, 0, 2));
  v128.store(next + step, v128.shuffle<f64>(b, d, 1, 3));
}

/**
 * Panel of B from `rows` (1 to 8) rows of a matrix (n, k) with rows of `ld` bytes; the columns from `rows` on repeat the last.
 * Reads up to 12 bytes past a row, writes k rounded up to a multiple of 4.
 */
export function packRows(panel: usize, step: usize, b: usize, ld: usize, rows: i32, k: i32): void {
  const end = panel + <usize>k * step;
  for (let half = 0; half < 2; half++) {
    const first = min(4 * half, rows - 1), last = rows - 1;
    let p0 = b + <usize>first * ld, p1 = b + <usize>min(4 * half + 1, last) * ld;
    let p2 = b + <usize>min(4 * half + 2, last) * ld, p3 = b + <usize>min(4 * half + 3, last) * ld;
    for (let to = panel + (half << 4), stop = end + (half << 4); to < stop; to += step << 2) {
      transpose4(to, step, p0, p1, p2, p3);
      p0 += 16;
      p1 += 16;
      p2 += 16;
      p3 += 16;
    }
  }
}

/**
 * Groups of A from `rows` columns of a matrix (k, m) with rows of `ld` bytes: `tall` groups of six, `six` bytes from one to the next, then groups of four, `four` bytes
 * apart. Reads up to 12 bytes past a row. Row by row: far apart as they are, each is read in one piece.
 */
export function packAdjacent(to: usize, a: usize, ld: usize, rows: i32, tall: i32, k: i32, six: usize, four: usize): void {
  const length = <usize>((rows - 6 * tall + 3) & ~3) << 2, wide = <usize>tall * 24, rest = to + <usize>tall * six;
  for (let t: usize = 0; t < <usize>k; t++) {
    let at = a, group = to + t * 24, stop = a + wide;
    while (at < stop) {
      v128.store(group, v128.load(at));
      store<u64>(group, load<u64>(at, 16), 16);
      at += 24;
      group += six;
    }
    group = rest + (t << 4);
    stop += length;
    while (at < stop) {
      v128.store(group, v128.load(at));
      at += 16;
      group += four;
    }
    a += ld;
  }
}
