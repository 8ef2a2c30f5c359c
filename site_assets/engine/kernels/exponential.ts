/**
 * exp and what is made of it, four numbers at a time.
 *
 * 2ᵗ: t = n + r with n whole and |r| ≤ ½, a polynomial for 2ʳ (minimax in the relative error, Remez), and n added to the
 * exponent. exp x takes x = n·ln 2 + r with ln 2 in two parts (Cody & Waite, *Software Manual for the Elementary Functions*,
 * 1980): relative error below 3e-7. The sigmoid needs no more than t = −x·log₂ e, which loses a few bits where exp −x is
 * far from one.
 */

import { bytesOfFours, keepFirst, loadFirst, multiplyAdd, multiplySubtract, splat } from "./vector";

/**
 * Constants are read from memory, one instruction each: engines build a vector constant anew at every use, from four.
 * exp: where it ends above (infinite) and below (no normal number), log₂ e, 1.5·2²³, which rounds to whole numbers, ln 2
 * in two parts; 2ʳ: its polynomial; log(1 + t): its polynomial; tanh: its polynomial; sigmoid: −log₂ e, the exponent of 2
 * from which it is computed, and the one above which it is nothing; decay: the sign, and the x below which it stays as
 * it is; exp: the polynomial of 2ʳ for r·log₂ e, its coefficients times powers of log₂ e.
 */
const CONSTANTS = memory.data<f32>([
  88.72283, -87.33, 1.44269504088896341, 12582912.0, 0.693359375, -2.12194440e-4,
  1.326472731307149e-3, 9.671512991189957e-3, 5.550733581185341e-2, 2.4022242426872253e-1, 6.931470036506653e-1,
  1.0, 2.0,
  2.439390734e-01, 2.139856063e-01, 2.862020741e-01, 3.999871125e-01, 6.666667903e-01,
  -5.70498872745e-3, 2.06390887954531e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1, 0.625,
  -1.44269504088896341, -126.0, 43.0, -0.0, -41.5,
  8.290314787820163e-03, 4.189793081968829e-02, 1.666763570815130e-01,
  4.999915024148878e-01, 9.999997447738590e-01,
]);

const HIGHEST = 0, LOWEST = 1, LOG2_E = 2, ROUNDING = 3, LN2_HIGH = 4, LN2_LOW = 5, POWER = 6, ONE = 11, TWO = 12, LOG = 13, TANH = 18, NEAR = 23;
const MINUS_LOG2_E = 24, SMALLEST = 25, STEEP = 26, SIGN = 27, VANISHING = 28, NATURAL = 29;

@inline
function constant(place: i32): v128 {
  return v128.load_splat<f32>(CONSTANTS + (place << 2));
}

/**
 * (p₀r⁵ + p₁r⁴ + … + one)·2ⁿ, for 2ʳ or exp r; `shifted` is n + 1.5·2²³, whose last bits are n. In pairs of coefficients
 * (Estrin, *Organization of Computer Systems*, 1960): three multiplications wait for each other, not five.
 */
@inline
function power(r: v128, shifted: v128, p0: v128, p1: v128, p2: v128, p3: v128, p4: v128, one: v128): v128 {
  const square = f32x4.mul(r, r);
  const high = multiplyAdd(p1, p0, r), middle = multiplyAdd(p3, p2, r), low = multiplyAdd(one, p4, r);
  return i32x4.add(multiplyAdd(low, multiplyAdd(middle, high, square), square), i32x4.shl(shifted, 23));
}

/** exp x for x in −87.33 … 88.72; NaN stays NaN. */
@inline
function expWithin(x: v128): v128 {
  const shifted = multiplyAdd(constant(ROUNDING), x, constant(LOG2_E));
  const n = f32x4.sub(shifted, constant(ROUNDING));
  const r = multiplySubtract(multiplySubtract(x, n, constant(LN2_HIGH)), n, constant(LN2_LOW));
  return power(
    r, shifted,
    constant(NATURAL), constant(NATURAL + 1), constant(NATURAL + 2), constant(NATURAL + 3), constant(NATURAL + 4), constant(ONE),
  );
}

/** exp x: 0 below −87.33, infinite above 88.72. */
@inline
export function exp(x: v128): v128 {
  // pmin and pmax give their first operand back where a comparison with NaN fails
  const within = expWithin(f32x4.pmin(f32x4.pmax(x, constant(LOWEST)), constant(HIGHEST)));
  const finite = v128.bitselect(splat(<f32>Infinity), within, f32x4.gt(x, constant(HIGHEST)));
  return v128.andnot(finite, f32x4.lt(x, constant(LOWEST)));
}

/**
 * sigmoids[i] = 1 / (1 + exp −x[i]), and 0 where that is below 1e-13; products[i] = x[i]·sigmoids[i]. Either address may
 * be 0 for what is not wanted, and either may be `x`. What comes back through a unit that is off would be multiplied
 * otherwise until it is no normal number any more, with which processors compute a hundred times slower.
 */
export function sigmoids(size: i32, x: usize, products: usize, sigmoids: usize): void {
  if (!sigmoids) sigmoidsInto(size, x, true, products, false, 0);
  else if (!products) sigmoidsInto(size, x, false, 0, true, sigmoids);
  else sigmoidsInto(size, x, true, products, true, sigmoids);
}

/** `multiplied` and `plain`, whether products and sigmoids are wanted, are constants wherever this is inlined. */
@inline
function sigmoidsInto(size: i32, x: usize, multiplied: bool, products: usize, plain: bool, sigmoids: usize): void {
  const whole: usize = bytesOfFours(size);
  // Before the loop: engines don't take them out of it, as what the loop stores might change them
  const minusLog2E = constant(MINUS_LOG2_E), smallest = constant(SMALLEST);
  const steep = constant(STEEP), rounding = constant(ROUNDING), one = constant(ONE);
  const p0 = constant(POWER), p1 = constant(POWER + 1), p2 = constant(POWER + 2), p3 = constant(POWER + 3);
  const p4 = constant(POWER + 4);
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const value = v128.load(x + at), s = sigmoid(value, minusLog2E, smallest, steep, rounding, one, p0, p1, p2, p3, p4);
    if (plain) v128.store(sigmoids + at, s);
    if (multiplied) v128.store(products + at, f32x4.mul(value, s));
  }
  const rest = size & 3;
  if (rest) {
    const value = loadFirst(rest, x + at), s = sigmoid(value, minusLog2E, smallest, steep, rounding, one, p0, p1, p2, p3, p4);
    if (plain) keepFirst(rest, s, sigmoids + at);
    if (multiplied) keepFirst(rest, f32x4.mul(value, s), products + at);
  }
}

@inline
function sigmoid(
  x: v128, minusLog2E: v128, smallest: v128, steep: v128, rounding: v128, one: v128,
  p0: v128, p1: v128, p2: v128, p3: v128, p4: v128,
): v128 {
  const t = f32x4.pmax(f32x4.mul(x, minusLog2E), smallest);
  const shifted = f32x4.add(t, rounding);
  const r = f32x4.sub(t, f32x4.sub(shifted, rounding));
  const all = f32x4.div(one, f32x4.add(one, power(r, shifted, p0, p1, p2, p3, p4, one)));
  return v128.andnot(all, f32x4.gt(t, steep));
}

/**
 * log(1 + t) for t in 0 … 1: 2 artanh(t / (2 + t)) by a polynomial in its square; relative error below 2e-7. One
 * coefficient after the other: w·w, as `power` has it, is no normal number for the small t of confident pixels.
 */
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

/** log x for x of at least 1: its exponent of 2 times ln 2 in two parts, and log1p for what is above 1 then; NaN stays NaN. */
@inline
export function logFromOne(x: v128): v128 {
  const exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(127)));
  const above = f32x4.sub(v128.or(v128.and(x, i32x4.splat(0x7fffff)), constant(ONE)), constant(ONE));
  const small = multiplyAdd(log1p(above), exponent, constant(LN2_LOW));
  return multiplyAdd(multiplyAdd(small, exponent, constant(LN2_HIGH)), x, splat(0));
}

/** log(1 + exp x) from exp −|x|, so that nothing overflows. */
@inline
export function softplusFrom(x: v128, decay: v128): v128 {
  return f32x4.add(f32x4.pmax(x, splat(0)), log1p(decay));
}

/** exp −|x|, but never below 1e-18: smaller ones have squares that are no normal numbers. */
@inline
export function decayOf(x: v128): v128 {
  return expWithin(f32x4.pmax(v128.or(x, constant(SIGN)), constant(VANISHING)));
}

@inline
export function softplus(x: v128): v128 {
  return softplusFrom(x, decayOf(x));
}

/** The sigmoid of x from exp −|x|. */
@inline
export function sigmoidFrom(x: v128, decay: v128): v128 {
  const numerator = f32x4.pmax(decay, v128.andnot(constant(ONE), f32x4.lt(x, splat(0)))); // one, or the decay below zero
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
