import { sigmoid4, tanh4 } from "../math";
import { Act } from "../opcodes";
import { storeLanes } from "../simd";

// @ts-ignore: decorator
@inline function apply(act: i32, x: v128): v128 {
  if (act == Act.RELU) return f32x4.pmax(x, f32x4.splat(0));
  if (act == Act.SIGMOID) return sigmoid4(x);
  return tanh4(x);
}

// @ts-ignore: decorator
@inline function rows(act: i32, c: usize, ldc: usize, count: i32, cols: i32): void {
  for (; count > 0; count--) {
    let at = c, left = cols;
    for (; left >= 4; left -= 4) {
      v128.store(at, apply(act, v128.load(at)));
      at += 16;
    }
    if (left) storeLanes(at, apply(act, v128.load(at)), left);
    c += ldc;
  }
}

/** Applies an activation (not NONE) to `count` rows of `cols` floats, `ldc` bytes apart, bit for bit as the elementwise kernels. */
export function activateRows(act: i32, c: usize, ldc: usize, count: i32, cols: i32): void {
  switch (act) {
    case Act.RELU: rows(Act.RELU, c, ldc, count, cols); break;
    case Act.SIGMOID: rows(Act.SIGMOID, c, ldc, count, cols); break;
    default: rows(Act.TANH, c, ldc, count, cols);
  }
}
