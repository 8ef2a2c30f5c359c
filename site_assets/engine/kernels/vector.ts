/** Four float32 numbers at a time. */

// Names that say what is meant where f32x4's own would hide it in a formula.

@inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/**
 * c + a·b. The plain module rounds twice; the fused one, compiled with relaxed SIMD, takes one instruction and rounds once
 * where the processor can, as nearly all with AVX2 or NEON do.
 */
@inline
export function multiplyAdd(c: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** c − a·b, rounded as multiplyAdd rounds. */
@inline
export function multiplySubtract(c: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
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

/** The sums of the lanes of each, side by side; added in the order of sumLanes. */
@inline
export function sumLanesOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/**
 * Bytes of all whole fours of `size` numbers. A loop over these, with what it does in a function of a constant `count`
 * of 4, has no choice in it; the rest, `size & 3` numbers, goes through the same function.
 */
@inline
export function bytesOfFours(size: i32): usize {
  return (size << 2) & ~15;
}

/** `count` numbers, and zeros behind them; four if there are more. */
@inline
export function loadFirst(count: i32, x: usize): v128 {
  return count >= 4 ? v128.load(x) : loadSome(count, x);
}

function loadSome(count: i32, x: usize): v128 {
  let some = v128.load_zero<f32>(x);
  if (count > 1) some = v128.load_lane<f32>(x, some, 1, 4);
  if (count > 2) some = v128.load_lane<f32>(x, some, 2, 8);
  return some;
}

/** The first `count` lanes; all of them if there are more. */
@inline
export function keepFirst(count: i32, x: v128, out: usize): void {
  if (count >= 4) v128.store(out, x);
  else keepSome(count, x, out);
}

function keepSome(count: i32, x: v128, out: usize): void {
  v128.store_lane<f32>(out, x, 0);
  if (count > 1) v128.store_lane<f32>(out, x, 1, 4);
  if (count > 2) v128.store_lane<f32>(out, x, 2, 8);
}

/** The sum of the first `count` lanes, fewer than four. */
@inline
export function sumFirst(count: i32, x: v128): f32 {
  let sum = f32x4.extract_lane(x, 0);
  if (count > 1) sum += f32x4.extract_lane(x, 1);
  if (count > 2) sum += f32x4.extract_lane(x, 2);
  return sum;
}
