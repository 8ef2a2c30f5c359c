/** One number from the numbers in the same place: functions, arithmetic with broadcasting, and steps of learning. */

import { decayOf, exp, logFromOne, sigmoidFrom, sigmoids, softplus, softplusFrom, tanh } from "./exponential";
import { Binary, Unary } from "./operations";
import { bytesOfFours, first, keepFirst, loadFirst, multiplyAdd, multiplySubtract, splat, sumFirst, sumLanes } from "./vector";

const ONE = memory.data<f32>([1]);

@inline
function applied(f: i32, x: v128): v128 {
  if (f == Unary.exp) return exp(x);
  if (f == Unary.sqrt) return f32x4.sqrt(x);
  if (f == Unary.neg) return f32x4.neg(x);
  if (f == Unary.softplus) return softplus(x);
  if (f == Unary.tanh) return tanh(x);
  if (f == Unary.relu) return f32x4.max(x, splat(0));
  return x;
}

/** `f` is a constant wherever this is inlined, so that the loop holds one function and no choice. */
@inline
function each(f: i32, size: i32, x: usize, out: usize): void {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    v128.store(out, applied(f, v128.load(x)));
    x += 16;
    out += 16;
  }
  for (; i < size; i++) {
    store<f32>(out, first(applied(f, v128.load_zero<f32>(x))));
    x += 4;
    out += 4;
  }
}

/** out[i] = f(x[i]); `out` may be `x`. */
export function unary(f: i32, size: i32, x: usize, out: usize): void {
  switch (f) {
    case Unary.identity: each(Unary.identity, size, x, out); break;
    case Unary.sigmoid: sigmoids(size, x, 0, out); break;
    case Unary.silu: sigmoids(size, x, out, 0); break;
    case Unary.exp: each(Unary.exp, size, x, out); break;
    case Unary.sqrt: each(Unary.sqrt, size, x, out); break;
    case Unary.neg: each(Unary.neg, size, x, out); break;
    case Unary.softplus: each(Unary.softplus, size, x, out); break;
    case Unary.tanh: each(Unary.tanh, size, x, out); break;
    case Unary.relu: each(Unary.relu, size, x, out); break;
    case Unary.asin:
      for (let i = 0; i < size; i++) store<f32>(out + (i << 2), <f32>Math.asin(load<f32>(x + (i << 2))));
      break;
    default: unreachable();
  }
}

@inline
function combined(f: i32, a: v128, b: v128): v128 {
  if (f == Binary.add) return f32x4.add(a, b);
  if (f == Binary.sub) return f32x4.sub(a, b);
  if (f == Binary.mul) return f32x4.mul(a, b);
  if (f == Binary.div) return f32x4.div(a, b);
  if (f == Binary.greater) return v128.and(f32x4.gt(a, b), splat(1));
  if (f == Binary.max) return f32x4.max(a, b);
  return f32x4.min(a, b);
}

/** A row of results; a step of 0 repeats one number, of 1 goes along. */
@inline
function row(f: i32, size: i32, a: usize, aStep: i32, b: usize, bStep: i32, out: usize): void {
  const end: usize = size << 2, whole: usize = bytesOfFours(size);
  let at: usize = 0; // one count for all three
  if (aStep && bStep) {
    for (; at < whole; at += 16) v128.store(out + at, combined(f, v128.load(a + at), v128.load(b + at)));
  } else if (aStep) {
    const one = v128.load_splat<f32>(b);
    for (; at < whole; at += 16) v128.store(out + at, combined(f, v128.load(a + at), one));
  } else if (bStep) {
    const one = v128.load_splat<f32>(a);
    for (; at < whole; at += 16) v128.store(out + at, combined(f, one, v128.load(b + at)));
  } else {
    const all = combined(f, v128.load_splat<f32>(a), v128.load_splat<f32>(b));
    for (; at < whole; at += 16) v128.store(out + at, all);
  }
  for (; at < end; at += 4) {
    store<f32>(out + at, first(combined(f, v128.load_zero<f32>(a + aStep * at), v128.load_zero<f32>(b + bStep * at))));
  }
}

@inline
function rows(
  f: i32, size0: i32, size1: i32, size2: i32,
  a: usize, a0: i32, a1: i32, a2: i32, b: usize, b0: i32, b1: i32, b2: i32, out: usize,
): void {
  for (let i = 0; i < size0; i++) {
    for (let j = 0; j < size1; j++) {
      row(f, size2, a + ((i * a0 + j * a1) << 2), a2, b + ((i * b0 + j * b1) << 2), b2, out);
      out += size2 << 2;
    }
  }
}

/**
 * out[i, j, k] = f(a[i·a0 + j·a1 + k·a2], b[i·b0 + j·b1 + k·b2]), steps in elements: ONNX's broadcasting, folded to
 * three axes. `out` may be an input that is as large.
 */
export function binary(
  f: i32, size0: i32, size1: i32, size2: i32,
  a: usize, a0: i32, a1: i32, a2: i32, b: usize, b0: i32, b1: i32, b2: i32, out: usize,
): void {
  switch (f) {
    case Binary.add: rows(Binary.add, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out); break;
    case Binary.sub: rows(Binary.sub, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out); break;
    case Binary.mul: rows(Binary.mul, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out); break;
    case Binary.div: rows(Binary.div, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out); break;
    case Binary.greater: rows(Binary.greater, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out); break;
    case Binary.max: rows(Binary.max, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out); break;
    case Binary.min: rows(Binary.min, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out); break;
    default: unreachable();
  }
}

/** out[i] = condition[i] ≠ 0 ? x[i] : y[i]; a step of 0 repeats one number. */
export function where(
  size: i32, condition: usize, conditionStep: i32, x: usize, xStep: i32, y: usize, yStep: i32, out: usize,
): void {
  for (let i = 0; i < size; i++) {
    store<f32>(out, load<f32>(condition) != 0 ? load<f32>(x) : load<f32>(y));
    condition += conditionStep << 2;
    x += xStep << 2;
    y += yStep << 2;
    out += 4;
  }
}

/** out[i] = gradient[i]·s·(1 + x[i]·(1 − s)) with s = sigmoid[i]: what comes back through x·sigmoid(x). */
export function siluGradient(size: i32, x: usize, sigmoids: usize, gradient: usize, out: usize): void {
  const one = v128.load_splat<f32>(ONE), whole: usize = bytesOfFours(size);
  let at: usize = 0;
  for (; at < whole; at += 16) siluGradientAt(4, at, one, x, sigmoids, gradient, out);
  if (size & 3) siluGradientAt(size & 3, at, one, x, sigmoids, gradient, out);
}

@inline
function siluGradientAt(count: i32, at: usize, one: v128, x: usize, sigmoids: usize, gradient: usize, out: usize): void {
  const s = loadFirst(count, sigmoids + at);
  const slope = multiplyAdd(one, loadFirst(count, x + at), f32x4.sub(one, s));
  keepFirst(count, f32x4.mul(f32x4.mul(loadFirst(count, gradient + at), s), slope), out + at);
}

/** out[i] = gradient[i]·factor·s·(1 − s) with s = sigmoid[i]: what comes back through a sigmoid. `factor` is the address of a number, or 0 for none. */
export function sigmoidGradient(size: i32, sigmoids: usize, gradient: usize, factor: usize, out: usize): void {
  const one = v128.load_splat<f32>(ONE), scale = v128.load_splat<f32>(factor ? factor : ONE);
  const whole: usize = bytesOfFours(size);
  let at: usize = 0;
  for (; at < whole; at += 16) sigmoidGradientAt(4, at, one, scale, sigmoids, gradient, out);
  if (size & 3) sigmoidGradientAt(size & 3, at, one, scale, sigmoids, gradient, out);
}

@inline
function sigmoidGradientAt(count: i32, at: usize, one: v128, scale: v128, sigmoids: usize, gradient: usize, out: usize): void {
  const s = loadFirst(count, sigmoids + at), scaled = f32x4.mul(loadFirst(count, gradient + at), scale);
  keepFirst(count, f32x4.mul(scaled, f32x4.mul(s, f32x4.sub(one, s))), out + at);
}

/** softplus[i] = log(1 + exp x[i]) and its derivative, the sigmoid, of one exponential. */
export function softplusAndSigmoid(size: i32, x: usize, softpluses: usize, sigmoids: usize): void {
  let at: usize = 0;
  for (let left = size; left > 0; left -= 4) {
    const value = loadFirst(left, x + at), decay = decayOf(value);
    keepFirst(left, softplusFrom(value, decay), softpluses + at);
    keepFirst(left, sigmoidFrom(value, decay), sigmoids + at);
    at += 16;
  }
}

/** Bytes of 32 vectors: so many factors of at most 2 have a product that is far from infinite. */
const FACTORS: usize = 32 * 16;

/**
 * What it costs to tell pixels x by probabilities p = sigmoid z, summed over a row: the cross-entropy
 * loss[r] = −Σ (x log p + (1 − x) log(1 − p)) = Σ max(z[r, ·], 0) − x[r, ·]·z[r, ·] + log Π (1 + exp −|z[r, ·]|). Where
 * `gradient` is wanted, gradient[r, c] = (p − x)·factor, what comes back from it; `factor` is the address of a number,
 * or 0 for none.
 */
export function crossEntropy(rows: i32, columns: i32, x: usize, z: usize, loss: usize, gradient: usize, factor: usize): void {
  const scale = v128.load_splat<f32>(factor ? factor : ONE), one = v128.load_splat<f32>(ONE);
  const stride: usize = columns << 2, whole: usize = bytesOfFours(columns), left = columns & 3;
  for (let r = 0; r < rows; r++) {
    let sums = splat(0), rest: f32 = 0, at: usize = 0;
    while (at < whole) {
      const end = min(at + FACTORS, whole);
      let product = one; // its logarithm is the sum of theirs, for the price of one
      for (; at < end; at += 16) {
        const logit = v128.load(z + at), pixel = v128.load(x + at), decay = decayOf(logit);
        product = f32x4.mul(product, f32x4.add(one, decay));
        sums = f32x4.add(sums, multiplySubtract(f32x4.pmax(logit, splat(0)), pixel, logit));
        if (gradient) v128.store(gradient + at, f32x4.mul(f32x4.sub(sigmoidFrom(logit, decay), pixel), scale));
      }
      sums = f32x4.add(sums, logFromOne(product));
    }
    if (left) {
      const logit = loadFirst(left, z + at), pixel = loadFirst(left, x + at), decay = decayOf(logit);
      rest = sumFirst(left, multiplySubtract(softplusFrom(logit, decay), pixel, logit));
      if (gradient) keepFirst(left, f32x4.mul(f32x4.sub(sigmoidFrom(logit, decay), pixel), scale), gradient + at);
    }
    store<f32>(loss, sumLanes(sums) + rest);
    x += stride;
    z += stride;
    loss += 4;
    if (gradient) gradient += stride;
  }
}

/**
 * What it costs to be wrong by the square, summed over a row: loss[r] = Σ (x[r, ·] − y[r, ·])² / divisor. Where
 * `difference` is wanted, difference[r, c] = (x − y)·factor, what comes back from it. `factor` is the address of a
 * number, or 0 for none. Loss and difference may each be written over x or y: a row's loss lies no further than the row.
 * Summed in eight strands: shorter sums lose less to rounding.
 */
export function squaredError(
  rows: i32, columns: i32, x: usize, y: usize, divisor: f32, loss: usize, difference: usize, factor: usize,
): void {
  const scale = v128.load_splat<f32>(factor ? factor : ONE);
  const stride: usize = columns << 2;
  for (let r = 0; r < rows; r++) {
    let even = splat(0), odd = even, at: usize = 0, left = columns;
    for (; left >= 8; left -= 8) {
      const d0 = f32x4.sub(v128.load(x + at), v128.load(y + at)), d1 = f32x4.sub(v128.load(x + at, 16), v128.load(y + at, 16));
      even = multiplyAdd(even, d0, d0);
      odd = multiplyAdd(odd, d1, d1);
      if (difference) {
        v128.store(difference + at, f32x4.mul(d0, scale));
        v128.store(difference + at, f32x4.mul(d1, scale), 16);
      }
      at += 32;
    }
    for (; left > 0; left -= 4) {
      const d = f32x4.sub(loadFirst(left, x + at), loadFirst(left, y + at));
      even = multiplyAdd(even, d, d);
      if (difference) keepFirst(left, f32x4.mul(d, scale), difference + at);
      at += 16;
    }
    store<f32>(loss, sumLanes(f32x4.add(even, odd)) / divisor);
    x += stride;
    y += stride;
    loss += 4;
    if (difference) difference += stride;
  }
}

/**
 * Below these a gradient, a moment and a parameter count as nothing. In float32 none of them changes what is learnt, but
 * their squares and products are no normal numbers any more, with which processors compute a hundred times slower: weights
 * of a pixel that is always black come to that.
 */
const LEAST = memory.data<f32>([2 ** -57, 2 ** -100, 2 ** -50]);

/** x, or 0 where |x| < least; NaN stays NaN. */
@inline
function atLeast(least: v128, x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), least));
}

/**
 * One step of Adam in place (Kingma & Ba, *Adam: A Method for Stochastic Optimization*, 2015, algorithm 1), in the order
 * and with the roundings of PyTorch, in both modules: m += (g − m)·momentumRate, v = v·varianceDecay + g²·varianceRate,
 * p −= stepSize · m / (√v / varianceRoot + epsilon). The last six arguments are addresses of single numbers.
 */
export function adam(
  size: i32, gradient: usize, momentum: usize, variance: usize, parameters: usize,
  momentumRate: usize, varianceDecay: usize, varianceRate: usize, varianceRoot: usize, epsilon: usize, stepSize: usize,
): void {
  const rate = v128.load_splat<f32>(momentumRate), decay = v128.load_splat<f32>(varianceDecay);
  const fresh = v128.load_splat<f32>(varianceRate), scale = splat(1 / load<f32>(varianceRoot));
  const eps = v128.load_splat<f32>(epsilon), length = v128.load_splat<f32>(stepSize);
  const leastGradient = v128.load_splat<f32>(LEAST), leastMoment = v128.load_splat<f32>(LEAST, 4);
  const leastParameter = v128.load_splat<f32>(LEAST, 8);
  let at: usize = 0;
  for (let left = size; left > 0; left -= 4) {
    const g = atLeast(leastGradient, loadFirst(left, gradient + at)), before = loadFirst(left, momentum + at);
    const m = atLeast(leastMoment, f32x4.add(before, f32x4.mul(f32x4.sub(g, before), rate)));
    const decayed = f32x4.mul(loadFirst(left, variance + at), decay);
    const v = atLeast(leastMoment, f32x4.add(decayed, f32x4.mul(f32x4.mul(g, g), fresh)));
    const direction = f32x4.div(m, f32x4.add(eps, f32x4.mul(f32x4.sqrt(v), scale)));
    const moved = f32x4.sub(loadFirst(left, parameters + at), f32x4.mul(length, direction));
    keepFirst(left, m, momentum + at);
    keepFirst(left, v, variance + at);
    keepFirst(left, atLeast(leastParameter, moved), parameters + at);
    at += 16;
  }
}
