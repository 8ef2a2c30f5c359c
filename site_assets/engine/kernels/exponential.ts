/**
 * exp and what is made of it, four numbers at a time.
 *
 * exp: Cody & Waite, *Software Manual for the Elementary Functions* (1980): x = n·ln 2 + r with ln 2 in two parts,
 * |r| ≤ ln 2 / 2, a polynomial for exp r (coefficients of the Cephes library's expf) and n added to the exponent.
 * Relative error below 2e-7.
 */

import { multiplyAdd, splat } from "./vector";

/**
 * Constants are read from memory, one instruction each: engines build a vector constant anew at every use, from four.
 * exp: where it ends above (infinite) and below (no normal number), log₂ e, 1.5·2²³, which rounds to whole numbers, ln 2
 * in two parts, the polynomial; log(1 + t): its polynomial; tanh: its polynomial.
 */
const CONSTANTS = memory.data<f32>([
  88.72283, -87.33, 1.44269504088896341, 12582912.0, 0.693359375, -2.12194440e-4,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  1.0, 2.0,
  2.439390734e-01, 2.139856063e-01, 2.862020741e-01, 3.999871125e-01, 6.666667903e-01,
  -5.70498872745e-3, 2.06390887954531e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1, 0.625,
]);

const HIGHEST = 0, LOWEST = 1, LOG2_E = 2, ROUNDING = 3, LN2_HIGH = 4, LN2_LOW = 5, EXP = 6, ONE = 12, TWO = 13, LOG = 14, TANH = 19, NEAR = 24;

@inline
function constant(place: i32): v128 {
  return v128.load_splat<f32>(CONSTANTS + (place << 2));
}

/** exp x for x in LOWEST … HIGHEST; the value at the nearer end for all others. NaN stays NaN. */
@inline
function expWithin(x: v128): v128 {
  // pmin and pmax give their first operand back where a comparison with NaN fails
  x = f32x4.pmin(f32x4.pmax(x, constant(LOWEST)), constant(HIGHEST));
  const shifted = multiplyAdd(constant(ROUNDING), x, constant(LOG2_E));
  const n = f32x4.sub(shifted, constant(ROUNDING));
  let r = f32x4.sub(x, f32x4.mul(n, constant(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, constant(LN2_LOW)));
  let p = multiplyAdd(constant(EXP + 1), constant(EXP), r);
  p = multiplyAdd(constant(EXP + 2), p, r);
  p = multiplyAdd(constant(EXP + 3), p, r);
  p = multiplyAdd(constant(EXP + 4), p, r);
  p = multiplyAdd(constant(EXP + 5), p, r);
  const y = f32x4.add(multiplyAdd(r, p, f32x4.mul(r, r)), constant(ONE));
  return i32x4.add(y, i32x4.shl(shifted, 23));
}

/** exp x: 0 below −87.33, infinite above 88.72. */
@inline
export function exp(x: v128): v128 {
  const within = expWithin(x);
  const finite = v128.bitselect(splat(<f32>Infinity), within, f32x4.gt(x, constant(HIGHEST)));
  return v128.andnot(finite, f32x4.lt(x, constant(LOWEST)));
}

/** 1 / (1 + exp −x) */
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(constant(ONE), f32x4.add(constant(ONE), expWithin(f32x4.neg(x))));
}

/** log(1 + t) for t in 0 … 1: 2 artanh(t / (2 + t)) by a polynomial in its square; relative error below 2e-7. */
@inline
function log1p(t: v128): v128 {
  const q = f32x4.div(t, f32x4.add(constant(TWO), t));
  const w = f32x4.mul(q, q);
  let p = multiplyAdd(constant(LOG + 1), constant(LOG), w);
  p = multiplyAdd(constant(LOG + 2), p, w);
  p = multiplyAdd(constant(LOG + 3), p, w);
  p = multiplyAdd(constant(LOG + 4), p, w);
  p = multiplyAdd(constant(TWO), p, w);
  return f32x4.mul(p, q);
}

/** log(1 + exp x) from exp −|x|, so that nothing overflows. */
@inline
export function softplusFrom(x: v128, decay: v128): v128 {
  return f32x4.add(f32x4.max(x, splat(0)), log1p(decay));
}

/** exp −|x| */
@inline
export function decayOf(x: v128): v128 {
  return expWithin(f32x4.neg(f32x4.abs(x)));
}

@inline
export function softplus(x: v128): v128 {
  return softplusFrom(x, decayOf(x));
}

/** The sigmoid of x from exp −|x|. */
@inline
export function sigmoidFrom(x: v128, decay: v128): v128 {
  const numerator = v128.bitselect(decay, constant(ONE), f32x4.lt(x, splat(0)));
  return f32x4.div(numerator, f32x4.add(constant(ONE), decay));
}

/** (exp 2x − 1) / (exp 2x + 1); below 0.625 Cephes' polynomial, where that would cancel. */
@inline
export function tanh(x: v128): v128 {
  const far = f32x4.sub(constant(ONE), f32x4.div(constant(TWO), f32x4.add(constant(ONE), exp(f32x4.add(x, x)))));
  const z = f32x4.mul(x, x);
  let p = multiplyAdd(constant(TANH + 1), constant(TANH), z);
  p = multiplyAdd(constant(TANH + 2), p, z);
  p = multiplyAdd(constant(TANH + 3), p, z);
  p = multiplyAdd(constant(TANH + 4), p, z);
  const near = multiplyAdd(x, f32x4.mul(p, z), x);
  return v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), constant(NEAR)));
}
