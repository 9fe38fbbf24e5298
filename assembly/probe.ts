import { madd } from "./simd";

/** a * b + c as the kernels compute it: TypeScript asks whether it is rounded once or twice on this CPU. */
export function multiply_add(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}
