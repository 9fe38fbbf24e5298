import { int, ptr } from "./instruction";
import { Op } from "./opcodes";
import { logSoftmaxGradRow, logSoftmaxRow, plainSum, productSum, rowTiles, softmaxGradRow, softmaxRow, tileRows } from "./rows";

// Softmax along the rows of (rows, cols), and its gradients from the saved result. out may be x, dx may be dy or y. Tiles of about CHUNK items,
// whole rows. The row's maximum is subtracted first, so nothing overflows: -Infinity gives 0; a NaN or +Infinity makes its row NaN, as does a row of
// nothing but -Infinity.

export function softmax_tiles(i: usize): u32 {
  const op = load<i32>(i);
  const k = op == Op.SOFTMAX || op == Op.LOG_SOFTMAX ? 2 : 3;
  return rowTiles(int(i, k), int(i, k + 1));
}

// @ts-ignore: decorator
@inline function forward(op: i32, i: usize, tile: u32): void {
  const cols = int(i, 3);
  const from = tile * tileRows(cols);
  const bytes = <usize>cols << 2;
  let out = ptr(i, 0) + from * bytes;
  let x = ptr(i, 1) + from * bytes;
  for (let left = min(tileRows(cols), <u32>int(i, 2) - from); left; left--) {
    if (op == Op.SOFTMAX) softmaxRow(x, out, cols);
    else logSoftmaxRow(x, out, cols);
    out += bytes;
    x += bytes;
  }
}

// @ts-ignore: decorator
@inline function backward(op: i32, i: usize, tile: u32): void {
  const cols = int(i, 4);
  const from = tile * tileRows(cols);
  const bytes = <usize>cols << 2;
  let dx = ptr(i, 0) + from * bytes;
  let dy = ptr(i, 1) + from * bytes;
  let y = ptr(i, 2) + from * bytes;
  for (let left = min(tileRows(cols), <u32>int(i, 3) - from); left; left--) {
    if (op == Op.SOFTMAX_GRAD) softmaxGradRow(dx, dy, y, productSum(dy, y, cols), cols);
    else logSoftmaxGradRow(dx, dy, y, plainSum(dy, cols), cols);
    dx += bytes;
    dy += bytes;
    y += bytes;
  }
}

/** exp(x - maximum) / sum of these. */
export function softmax(i: usize, tile: u32, lane: u32): void { forward(Op.SOFTMAX, i, tile); }

/** dx = y (dy - sum of dy y). */
export function softmax_grad(i: usize, tile: u32, lane: u32): void { backward(Op.SOFTMAX_GRAD, i, tile); }

/** (x - maximum) - log(sum of exp(x - maximum)). */
export function log_softmax(i: usize, tile: u32, lane: u32): void { forward(Op.LOG_SOFTMAX, i, tile); }

/** dx = dy - exp(y) (sum of dy), y the saved log-probabilities. */
export function log_softmax_grad(i: usize, tile: u32, lane: u32): void { backward(Op.LOG_SOFTMAX_GRAD, i, tile); }
