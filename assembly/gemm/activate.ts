import { reluItems, sigmoidItems, tanhItems } from "../activation";
import { Act } from "../opcodes";

/** Applies an activation (not NONE) to `count` rows of `cols` floats, `ldc` bytes apart, bit for bit as the elementwise kernels. */
export function activateRows(act: i32, c: usize, ldc: usize, count: i32, cols: i32): void {
  if (<usize>cols << 2 == ldc) {
    // whole rows: one long one
    cols *= count;
    count = 1;
  }
  for (; count > 0; count--) {
    switch (act) {
      case Act.RELU: reluItems(c, c, cols); break;
      case Act.SIGMOID: sigmoidItems(c, c, cols); break;
      default: tanhItems(c, c, cols);
    }
    c += ldc;
  }
}
