/** Four float32 numbers at a time. */

// Names that say what is meant where f32x4's own would hide it in a formula.

@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** c + a·b, rounded twice: the same bits on every machine, as a fused one would not give. */
@inline
export function multiplyAdd(c: v128, a: v128, b: v128): v128 {
  return f32x4.add(c, f32x4.mul(a, b));
}

@inline
export function first(x: v128): f32 {
  return f32x4.extract_lane(x, 0);
}

/** The sum of the four lanes. */
@inline
export function sumLanes(x: v128): f32 {
  return (f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2)) + (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3));
}

/** The four lanes, each at its own address. */
@inline
export function scatter(x: v128, out: usize, stride: usize): void {
  v128.store_lane<f32>(out, x, 0);
  v128.store_lane<f32>(out + stride, x, 1);
  v128.store_lane<f32>(out + 2 * stride, x, 2);
  v128.store_lane<f32>(out + 3 * stride, x, 3);
}
