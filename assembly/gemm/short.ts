/** Products of rows with rows of up to four floats, with the bits of dot.ts: b is turned once, so that no lanes are added. */
import { madd, storeLanes } from "../simd";
import { firstLanes } from "../rows";

/**
 * c[i, j] = a[i, :] . b[j, :] for `m` rows of a and `n` of b, all of k floats, k from 1 to 4; `ldc` bytes from row to row of c. With `scalarBias` all get bias[0].
 */
export function shortDots(c: usize, ldc: usize, m: i32, n: i32, a: usize, b: usize, k: i32, begin: i32, bias: usize, scalarBias: i32): void {
  const ld = <usize>k << 2, mask = firstLanes(k), none = f32x4.splat(0);
  do {
    const r1 = b + (n > 1 ? ld : 0), r2 = r1 + (n > 2 ? ld : 0), r3 = r2 + (n > 3 ? ld : 0);
    const y0 = v128.and(v128.load(b), mask), y1 = v128.and(v128.load(r1), mask), y2 = v128.and(v128.load(r2), mask), y3 = v128.and(v128.load(r3), mask);
    const low = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5), low2 = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7), high2 = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
    const b0 = v128.shuffle<f64>(low, low2, 0, 2), b1 = v128.shuffle<f64>(low, low2, 1, 3);
    const b2 = v128.shuffle<f64>(high, high2, 0, 2), b3 = v128.shuffle<f64>(high, high2, 1, 3);
    let shift = none;
    if (bias) shift = scalarBias ? v128.load32_splat(bias) : v128.load(bias);
    let row = c, p = a;
    for (let left = m; left > 0; left--) {
      const x = v128.and(v128.load(p), mask);
      // no sum is -0, so that adding 0 changes nothing
      const p0 = madd(v128.shuffle<f32>(x, x, 0, 0, 0, 0), b0, none), p1 = madd(v128.shuffle<f32>(x, x, 1, 1, 1, 1), b1, none);
      const p2 = madd(v128.shuffle<f32>(x, x, 2, 2, 2, 2), b2, none), p3 = madd(v128.shuffle<f32>(x, x, 3, 3, 3, 3), b3, none);
      let s = f32x4.add(f32x4.add(p0, p2), f32x4.add(p1, p3));
      if (begin) s = f32x4.add(s, v128.load(row));
      storeLanes(row, f32x4.add(s, shift), n);
      row += ldc;
      p += ld;
    }
    c += 16;
    b += ld << 2;
    if (!scalarBias && bias) bias += 16;
    n -= 4;
  } while (n > 0);
}
