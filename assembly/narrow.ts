import { storeTail } from "./elementwise";
import { expBelow } from "./math";
import { logarithmOf } from "./softmax";

/** Row `k` of the last four, of which there are `left`: whole where the next row's items are written over what is too much. */
// @ts-ignore: decorator
@inline function storeRow(out: usize, v: v128, cols: i32, k: i32, left: i32): void {
  if (k >= left) return;
  if (cols == 4 || (cols > 1 && k + 1 < left)) v128.store(out, v);
  else storeTail(out, v, cols);
}

/** softmaxRows for 1 to 4 columns: four rows at a time, turned so that a vector is a column. Sums of a row as addAcross makes them. */
// @ts-ignore: decorator
@inline export function narrowRows(
  out: usize, x: usize, rows: i32, cols: i32, log: bool, loss: usize, labels: usize,
  log2e: v128, magic: v128, hi: v128, lo: v128, e0: v128, e1: v128, e2: v128, e3: v128, e4: v128, e5: v128, one: v128, least: v128,
): void {
  const bytes = <usize>cols << 2, none = f32x4.splat(0);
  for (let left = rows; left > 0; left -= 4) {
    // rows that are not there are read all the same, at most 64 bytes from the start of one that is
    const r0 = v128.load(x), r1 = v128.load(x + bytes), r2 = v128.load(x + 2 * bytes), r3 = v128.load(x + 3 * bytes);
    const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    let x0 = v128.shuffle<f64>(a, b, 0, 2), x1 = none, x2 = none, x3 = none, m = x0;
    if (cols > 1) {
      x1 = v128.shuffle<f64>(a, b, 1, 3);
      m = f32x4.pmax(x1, m);
    }
    if (cols > 2) {
      const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      x2 = v128.shuffle<f64>(c, d, 0, 2);
      m = f32x4.pmax(x2, m);
      if (cols > 3) {
        x3 = v128.shuffle<f64>(c, d, 1, 3);
        m = f32x4.pmax(x3, m);
      }
    }
    x0 = f32x4.sub(x0, m);
    x1 = f32x4.sub(x1, m);
    x2 = f32x4.sub(x2, m);
    x3 = f32x4.sub(x3, m);
    let y0 = expBelow(x0, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least), y1 = none, y2 = none, y3 = none;
    if (cols > 1) y1 = expBelow(x1, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
    if (cols > 2) y2 = expBelow(x2, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
    if (cols > 3) y3 = expBelow(x3, log2e, magic, hi, lo, e0, e1, e2, e3, e4, e5, one, least);
    const s = f32x4.add(f32x4.add(y0, y2), f32x4.add(y1, y3));
    if (loss || log) {
      const shift = logarithmOf(s);
      if (loss) {
        // what the label's logit lies below m; a label that is no column leaves NaN
        const label = v128.load(labels);
        let d = v128.bitselect(x0, f32x4.splat(NaN), i32x4.eq(label, none));
        if (cols > 1) d = v128.bitselect(x1, d, i32x4.eq(label, i32x4.splat(1)));
        if (cols > 2) d = v128.bitselect(x2, d, i32x4.eq(label, i32x4.splat(2)));
        if (cols > 3) d = v128.bitselect(x3, d, i32x4.eq(label, i32x4.splat(3)));
        const value = f32x4.sub(shift, d);
        if (left >= 4) v128.store(loss, value);
        else storeTail(loss, value, left);
        loss += 16;
        labels += 16;
      }
      if (log) {
        y0 = f32x4.sub(x0, shift);
        y1 = f32x4.sub(x1, shift);
        y2 = f32x4.sub(x2, shift);
        y3 = f32x4.sub(x3, shift);
      }
    }
    if (!log) {
      const factor = f32x4.div(one, s);
      y0 = f32x4.mul(y0, factor);
      y1 = f32x4.mul(y1, factor);
      y2 = f32x4.mul(y2, factor);
      y3 = f32x4.mul(y3, factor);
    }
    const p = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5), q = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
    const u = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7), v = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
    storeRow(out, v128.shuffle<f64>(p, q, 0, 2), cols, 0, left);
    storeRow(out + bytes, v128.shuffle<f64>(p, q, 1, 3), cols, 1, left);
    storeRow(out + 2 * bytes, v128.shuffle<f64>(u, v, 0, 2), cols, 2, left);
    storeRow(out + 3 * bytes, v128.shuffle<f64>(u, v, 1, 3), cols, 3, min(left, 4));
    x += 4 * bytes;
    out += 4 * bytes;
  }
}
