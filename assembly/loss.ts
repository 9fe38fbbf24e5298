import { float, int, ptr } from "./instruction";
import { log4 } from "./math";

import { storeLanes } from "./simd";
import { rowExp, rowMax, rowScale } from "./softmax";

export function loss_tiles(i: usize): u32 {
  return 1;
}

/** loss, probs, logits, labels, rows, cols */
export function cross_entropy(i: usize, tile: u32, lane: u32): void {
  const loss = ptr(i, 0);
  const labels = ptr(i, 3);
  const rows = int(i, 4);
  const cols = int(i, 5);
  for (let r = 0; r < rows; r++) {
    const at = <usize>(r * cols) << 2;
    const probs = ptr(i, 1) + at;
    const x = ptr(i, 2) + at;
    const m = rowMax(x, cols);
    const total = rowExp(probs, x, cols, m);
    rowScale(probs, cols, 1 / total);
    const label = load<u32>(labels + (<usize>r << 2));
    let value: f32 = NaN;
    if (label < <u32>cols) value = f32x4.extract_lane(log4(f32x4.splat(total)), 0) - (load<f32>(x + (<usize>label << 2)) - m);
    store<f32>(loss + (<usize>r << 2), value);
  }
}

/** dx, probs, labels, dy, rows, cols, dyStride, divisor */
export function cross_entropy_grad(i: usize, tile: u32, lane: u32): void {
  const dx = ptr(i, 0);
  const probs = ptr(i, 1);
  const labels = ptr(i, 2);
  const dy = ptr(i, 3);
  const rows = int(i, 4);
  const cols = int(i, 5);
  const stride = int(i, 6);
  const divisor = float(i, 7);
  for (let r = 0; r < rows; r++) {
    const at = <usize>(r * cols) << 2;
    const g = load<f32>(dy + (<usize>(r * stride) << 2)) / divisor;
    const by = f32x4.splat(g);
    for (let c = 0; c < cols; c += 4) {
      const k = at + (<usize>c << 2);
      storeLanes(dx + k, f32x4.mul(v128.load(probs + k), by), cols - c);
    }
    const label = load<u32>(labels + (<usize>r << 2));
    if (label < <u32>cols) {
      const k = at + (<usize>label << 2);
      store<f32>(dx + k, (load<f32>(probs + k) - 1) * g);
    }
  }
}

/** out, a, b, n */
export function squared_error(i: usize, tile: u32, lane: u32): void {
  const n = int(i, 3);
  for (let c = 0; c < n; c += 4) {
    const k = <usize>c << 2;
    const d = f32x4.sub(v128.load(ptr(i, 1) + k), v128.load(ptr(i, 2) + k));
    storeLanes(ptr(i, 0) + k, f32x4.mul(d, d), n - c);
  }
}

/** da, a, b, dy, n, dyStride, divisor */
export function squared_error_grad(i: usize, tile: u32, lane: u32): void {
  const dy = ptr(i, 3);
  const n = int(i, 4);
  const each = int(i, 5);
  const divisor = f32x4.splat(float(i, 6));
  for (let c = 0; c < n; c += 4) {
    const k = <usize>c << 2;
    const d = f32x4.sub(v128.load(ptr(i, 1) + k), v128.load(ptr(i, 2) + k));
    const g = each ? v128.load(dy + k) : v128.load32_splat(dy);
    storeLanes(ptr(i, 0) + k, f32x4.mul(d, f32x4.div(f32x4.add(g, g), divisor)), n - c);
  }
}
