// PLACEHOLDER: cheap stand-ins, replaced by the real functions when the branches merge.
// @ts-ignore: decorator
@inline export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1), half = f32x4.splat(0.5);
  return f32x4.mul(half, f32x4.add(one, f32x4.div(x, f32x4.add(one, f32x4.abs(x)))));
}
// @ts-ignore: decorator
@inline export function tanh4(x: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1), f32x4.abs(x)));
}
