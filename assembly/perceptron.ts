import { float, int, ptr } from "./instruction";
import { firstLanes } from "./rows";
import { madd, storeLanes } from "./simd";

// Rosenblatt's perceptron: a run over rows in which every output unit answers, and learns where it was wrong. Units do not see each other: a tile is a unit.

export function perceptron_tiles(i: usize): u32 { return int(i, 7); }

/** Sum of w x over n items. */
function dot(w: usize, x: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0, s2 = s0, s3 = s0;
  for (; n >= 16; n -= 16) {
    s0 = madd(v128.load(w), v128.load(x), s0);
    s1 = madd(v128.load(w, 16), v128.load(x, 16), s1);
    s2 = madd(v128.load(w, 32), v128.load(x, 32), s2);
    s3 = madd(v128.load(w, 48), v128.load(x, 48), s3);
    w += 64;
    x += 64;
  }
  for (; n > 0; n -= 4) {
    const kept = firstLanes(n);
    s0 = madd(v128.and(v128.load(w), kept), v128.and(v128.load(x), kept), s0);
    w += 16;
    x += 16;
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  const t = f32x4.add(s, i32x4.shuffle(s, s, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.add(t, i32x4.shuffle(t, t, 1, 0, 3, 2)), 0);
}

/** w += step x, rounded twice in both builds, so that the change is the product that a table shows. */
function learn(w: usize, x: usize, step: v128, n: i32): void {
  for (; n > 0; n -= 4) {
    storeLanes(w, f32x4.add(v128.load(w), f32x4.mul(step, v128.load(x))), n);
    w += 16;
    x += 16;
  }
}

/**
 * For each row in order: u = 1 where w0 + sum of w x > 0, else 0 (a NaN sum gives 0). With targets y, where u != y: w0 += rate (y - u),
 * w += rate (y - u) x, and the unit's count of mistakes grows by one.
 */
export function perceptron(i: usize, tile: u32, lane: u32): void {
  const cols = int(i, 6);
  const column = <usize>tile << 2;
  const next = <usize>int(i, 7) << 2;
  const rate = float(i, 8);
  const w = ptr(i, 0) + (<usize>cols + 1) * column;
  let u = ptr(i, 1) + column;
  let x = ptr(i, 3);
  const learns = ptr(i, 4) != 0;
  let y = ptr(i, 4) + column;
  let mistakes = 0;
  for (let left = int(i, 5); left > 0; left--) {
    const answer: f32 = load<f32>(w) + dot(w + 4, x, cols) > 0 ? 1 : 0;
    store<f32>(u, answer);
    if (learns) {
      const error = load<f32>(y) - answer;
      if (error != 0) {
        mistakes++;
        const step = rate * error;
        store<f32>(w, load<f32>(w) + step);
        learn(w + 4, x, f32x4.splat(step), cols);
      }
      y += next;
    }
    x += <usize>cols << 2;
    u += next;
  }
  if (learns) {
    const at = ptr(i, 2) + column;
    store<i32>(at, load<i32>(at) + mistakes);
  }
}
