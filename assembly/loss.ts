import { float, int, ptr } from "./instruction";
import { log4 } from "./math";
import { CHUNK, Op } from "./opcodes";
import { rowTiles, softmaxRow, tileRows } from "./rows";
import { storeLanes } from "./simd";
import { flatCount, flatTiles } from "./unary";

// Losses and their gradients. Cross entropy has tiles of whole rows, squared error of CHUNK items.

export function loss_tiles(i: usize): u32 {
  const op = load<i32>(i);
  if (op == Op.SQUARED_ERROR) return flatTiles(int(i, 3));
  if (op == Op.SQUARED_ERROR_GRAD) return flatTiles(int(i, 4));
  return rowTiles(int(i, 4), int(i, 5));
}

/**
 * probs = softmax(logits), loss[r] = log(sum of exp(logits[r] - max)) - (logits[r, label[r]] - max); NaN for a label outside 0..cols-1.
 * probs may be logits. A logit of -Infinity has probability 0; a NaN makes the row's loss and probabilities NaN.
 * Four rows share one logarithm.
 */
export function cross_entropy(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 5);
  const from = tile * tileRows(cols);
  const bytes = <usize>cols << 2;
  let loss = ptr(i, 0) + (<usize>from << 2);
  let probs = ptr(i, 1) + from * bytes;
  let x = ptr(i, 2) + from * bytes;
  let label = ptr(i, 3) + (<usize>from << 2);
  for (let left = <i32>min(tileRows(cols), <u32>int(i, 4) - from); left > 0; left -= 4) {
    let sums = f32x4.splat(1);
    let chosen = sums;
    const count = min(left, 4);
    for (let k = 0; k < count; k++) {
      const c = load<u32>(label);
      const valid = c < <u32>cols;
      // read before the row may be overwritten
      const logit = valid ? v128.load32_splat(x + (<usize>c << 2)) : f32x4.splat(NaN);
      const row = softmaxRow(x, probs, cols);
      const here = i32x4.eq(i32x4(0, 1, 2, 3), i32x4.splat(k));
      sums = v128.bitselect(i32x4.shuffle(row, row, 1, 1, 1, 1), sums, here);
      chosen = v128.bitselect(f32x4.sub(logit, i32x4.shuffle(row, row, 0, 0, 0, 0)), chosen, here);
      x += bytes;
      probs += bytes;
      label += 4;
    }
    storeLanes(loss, f32x4.sub(log4(sums), chosen), left);
    loss += 16;
  }
}

/** dx[r, c] = (probs[r, c] - [c = label[r]]) (dy[r dyStride] / divisor); a label outside 0..cols-1 subtracts nothing. dx may be probs. */
export function cross_entropy_grad(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 5);
  const from = tile * tileRows(cols);
  const bytes = <usize>cols << 2;
  const step = <usize>int(i, 6) << 2;
  const divisor = f32x4.splat(float(i, 7));
  let dx = ptr(i, 0) + from * bytes;
  let probs = ptr(i, 1) + from * bytes;
  let label = ptr(i, 2) + (<usize>from << 2);
  let dy = ptr(i, 3) + from * step;
  for (let left = min(tileRows(cols), <u32>int(i, 4) - from); left; left--) {
    const g = f32x4.div(v128.load32_splat(dy), divisor);
    const chosen = v128.load32_splat(label);
    let column = i32x4(0, 1, 2, 3);
    for (let c = cols, at: usize = 0; c > 0; c -= 4) {
      const hot = v128.and(i32x4.eq(column, chosen), f32x4.splat(1));
      storeLanes(dx + at, f32x4.mul(f32x4.sub(v128.load(probs + at), hot), g), c);
      column = i32x4.add(column, i32x4.splat(4));
      at += 16;
    }
    dx += bytes;
    probs += bytes;
    label += 4;
    dy += step;
  }
}

/** out = (a - b)^2; out may be a or b. */
export function squared_error(i: usize, tile: u32, lane: u32): void {
  const offset = <usize>tile * CHUNK << 2;
  let out = ptr(i, 0) + offset;
  let a = ptr(i, 1) + offset;
  let b = ptr(i, 2) + offset;
  for (let n = flatCount(int(i, 3), tile); n > 0; n -= 4) {
    const d = f32x4.sub(v128.load(a), v128.load(b));
    storeLanes(out, f32x4.mul(d, d), n);
    out += 16;
    a += 16;
    b += 16;
  }
}

/** da[i] = (a[i] - b[i]) (2 dy[i dyStride] / divisor), dyStride 0 or 1; da may be a or b, or dy where its stride is 1. */
export function squared_error_grad(i: usize, tile: u32, lane: u32): void {
  const offset = <usize>tile * CHUNK << 2;
  const each = int(i, 5);
  const divisor = f32x4.splat(float(i, 6));
  let da = ptr(i, 0) + offset;
  let a = ptr(i, 1) + offset;
  let b = ptr(i, 2) + offset;
  let dy = ptr(i, 3) + offset * each;
  const d = v128.load32_splat(dy);
  const shared = f32x4.div(f32x4.add(d, d), divisor);
  for (let n = flatCount(int(i, 4), tile); n > 0; n -= 4) {
    let g = shared;
    if (each) {
      const own = v128.load(dy);
      g = f32x4.div(f32x4.add(own, own), divisor);
      dy += 16;
    }
    storeLanes(da, f32x4.mul(f32x4.sub(v128.load(a), v128.load(b)), g), n);
    da += 16;
    a += 16;
    b += 16;
  }
}
