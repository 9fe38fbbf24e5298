import { flatCount, flatOffset, flatTiles, storeTail, zip } from "./elementwise";
import { float, int, opcode, ptr } from "./instruction";
import { Op } from "./opcodes";
import { firstRow, rowCount, rowTiles } from "./rows";
import { softmaxRows } from "./softmax";

export function loss_tiles(i: usize): u32 {
  switch (opcode(i)) {
    case Op.SQUARED_ERROR: return flatTiles(int(i, 3));
    case Op.SQUARED_ERROR_GRAD: return flatTiles(int(i, 4));
    default: return rowTiles(int(i, 4), int(i, 5));
  }
}

/** loss, probs, logits, labels, rows, cols; probs may be logits. */
export function cross_entropy(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 5), first = firstRow(i, tile, cols), at = <usize>(first * cols) << 2, row = <usize>first << 2;
  softmaxRows(ptr(i, 1) + at, ptr(i, 2) + at, rowCount(i, first, int(i, 4), cols), cols, false, ptr(i, 0) + row, ptr(i, 3) + row);
}

/** dx, probs, labels, dy, rows, cols, dyStride, divisor; dx may be probs. */
export function cross_entropy_grad(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 5), first = firstRow(i, tile, cols), at = <usize>(first * cols) << 2;
  let dx = ptr(i, 0) + at, probs = ptr(i, 1) + at, labels = ptr(i, 2) + (<usize>first << 2);
  const step = <usize>int(i, 6) << 2, divisor = float(i, 7);
  let dy = ptr(i, 3) + <usize>first * step;
  let g = load<f32>(dy) / divisor;
  const bytes = <usize>cols << 2, whole = bytes & ~15, rest = cols & 3;
  for (let r = rowCount(i, first, int(i, 4), cols); r > 0; r--) {
    if (step) g = load<f32>(dy) / divisor;
    const by = f32x4.splat(g);
    const label = load<u32>(labels), p = load<f32>(probs + (label < <u32>cols ? <usize>label << 2 : 0));
    let c: usize = 0;
    for (; c < whole; c += 16) v128.store(dx + c, f32x4.mul(v128.load(probs + c), by));
    if (rest) storeTail(dx + c, f32x4.mul(v128.load(probs + c), by), rest);
    if (label < <u32>cols) store<f32>(dx + (<usize>label << 2), (p - 1) * g);
    dx += bytes;
    probs += bytes;
    labels += 4;
    dy += step;
  }
}

/** out, a, b, n */
export function squared_error(i: usize, tile: u32, lane: u32): void {
  const from = flatOffset(tile);
  zip(Op.SQUARED_ERROR, ptr(i, 0) + from, ptr(i, 1) + from, ptr(i, 2) + from, flatCount(int(i, 3), tile));
}

/** da, a, b, dy, n, dyStride, divisor */
export function squared_error_grad(i: usize, tile: u32, lane: u32): void {
  const from = flatOffset(tile), each = int(i, 5), divisor = f32x4.splat(float(i, 6));
  let out = ptr(i, 0) + from, a = ptr(i, 1) + from, b = ptr(i, 2) + from, dy = ptr(i, 3) + (each ? from : 0);
  let g = v128.load32_splat(dy);
  g = f32x4.div(f32x4.add(g, g), divisor);
  for (let n = flatCount(int(i, 4), tile); n > 0; n -= 4) {
    if (each) {
      g = v128.load(dy);
      g = f32x4.div(f32x4.add(g, g), divisor);
      dy += 16;
    }
    const d = f32x4.mul(f32x4.sub(v128.load(a), v128.load(b)), g);
    if (n < 4) return storeTail(out, d, n);
    v128.store(out, d);
    a += 16;
    b += 16;
    out += 16;
  }
}
