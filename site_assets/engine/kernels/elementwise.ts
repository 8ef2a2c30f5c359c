/** One number from the numbers in the same place: functions, arithmetic with broadcasting, and steps of learning. */

import { decayOf, exp, sigmoid, sigmoidFrom, softplus, softplusFrom, tanh } from "./exponential";
import { Binary, Unary } from "./operations";
import { first, multiplyAdd, splat } from "./vector";

@inline
function applied(f: i32, x: v128): v128 {
  if (f == Unary.sigmoid) return sigmoid(x);
  if (f == Unary.silu) return f32x4.mul(x, sigmoid(x));
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
    case Unary.sigmoid: each(Unary.sigmoid, size, x, out); break;
    case Unary.silu: each(Unary.silu, size, x, out); break;
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
  let i = 0;
  if (aStep && bStep) {
    for (; i + 4 <= size; i += 4) {
      v128.store(out, combined(f, v128.load(a), v128.load(b)));
      a += 16;
      b += 16;
      out += 16;
    }
  } else if (aStep) {
    const one = v128.load_splat<f32>(b);
    for (; i + 4 <= size; i += 4) {
      v128.store(out, combined(f, v128.load(a), one));
      a += 16;
      out += 16;
    }
  } else if (bStep) {
    const one = v128.load_splat<f32>(a);
    for (; i + 4 <= size; i += 4) {
      v128.store(out, combined(f, one, v128.load(b)));
      b += 16;
      out += 16;
    }
  }
  for (; i < size; i++) {
    store<f32>(out, first(combined(f, v128.load_zero<f32>(a), v128.load_zero<f32>(b))));
    a += aStep << 2;
    b += bStep << 2;
    out += 4;
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

/** Four numbers, or one: `wide` is a constant wherever this is inlined. */
@inline
function lanes(wide: bool, x: usize): v128 {
  return wide ? v128.load(x) : v128.load_zero<f32>(x);
}

@inline
function keep(wide: bool, out: usize, x: v128): void {
  if (wide) v128.store(out, x);
  else store<f32>(out, first(x));
}

@inline
function siluAt(wide: bool, x: usize, out: usize, sigmoids: usize): void {
  const value = lanes(wide, x);
  const s = sigmoid(value);
  keep(wide, sigmoids, s);
  keep(wide, out, f32x4.mul(value, s));
}

/** sigmoid[i] = 1 / (1 + exp −x[i]) and out[i] = x[i]·sigmoid[i], for a backward pass that needs both. */
export function silu(size: i32, x: usize, out: usize, sigmoids: usize): void {
  const whole: usize = (size & ~3) << 2, end: usize = size << 2;
  for (let i: usize = 0; i < whole; i += 16) siluAt(true, x + i, out + i, sigmoids + i);
  for (let i = whole; i < end; i += 4) siluAt(false, x + i, out + i, sigmoids + i);
}

@inline
function siluGradientAt(wide: bool, x: usize, sigmoids: usize, gradient: usize, out: usize): void {
  const s = lanes(wide, sigmoids);
  const slope = multiplyAdd(splat(1), lanes(wide, x), f32x4.sub(splat(1), s));
  keep(wide, out, f32x4.mul(f32x4.mul(lanes(wide, gradient), s), slope));
}

/** out[i] = gradient[i]·s·(1 + x[i]·(1 − s)) with s = sigmoid[i]: what comes back through x·sigmoid(x). */
export function siluGradient(size: i32, x: usize, sigmoids: usize, gradient: usize, out: usize): void {
  const whole: usize = (size & ~3) << 2, end: usize = size << 2;
  for (let i: usize = 0; i < whole; i += 16) siluGradientAt(true, x + i, sigmoids + i, gradient + i, out + i);
  for (let i = whole; i < end; i += 4) siluGradientAt(false, x + i, sigmoids + i, gradient + i, out + i);
}

@inline
function sigmoidGradientAt(wide: bool, sigmoids: usize, gradient: usize, factor: v128, out: usize): void {
  const s = lanes(wide, sigmoids);
  keep(wide, out, f32x4.mul(f32x4.mul(lanes(wide, gradient), factor), f32x4.mul(s, f32x4.sub(splat(1), s))));
}

/** out[i] = gradient[i]·factor·s·(1 − s) with s = sigmoid[i]: what comes back through a sigmoid. `factor` is the address of a number, or 0 for none. */
export function sigmoidGradient(size: i32, sigmoids: usize, gradient: usize, factor: usize, out: usize): void {
  const scale = factor ? v128.load_splat<f32>(factor) : splat(1);
  const whole: usize = (size & ~3) << 2, end: usize = size << 2;
  for (let i: usize = 0; i < whole; i += 16) sigmoidGradientAt(true, sigmoids + i, gradient + i, scale, out + i);
  for (let i = whole; i < end; i += 4) sigmoidGradientAt(false, sigmoids + i, gradient + i, scale, out + i);
}

@inline
function softplusAndSigmoidAt(wide: bool, x: usize, softpluses: usize, sigmoids: usize): void {
  const value = lanes(wide, x);
  const decay = decayOf(value);
  keep(wide, softpluses, softplusFrom(value, decay));
  keep(wide, sigmoids, sigmoidFrom(value, decay));
}

/** softplus[i] = log(1 + exp x[i]) and its derivative, the sigmoid, of one exponential. */
export function softplusAndSigmoid(size: i32, x: usize, softpluses: usize, sigmoids: usize): void {
  const whole: usize = (size & ~3) << 2, end: usize = size << 2;
  for (let i: usize = 0; i < whole; i += 16) softplusAndSigmoidAt(true, x + i, softpluses + i, sigmoids + i);
  for (let i = whole; i < end; i += 4) softplusAndSigmoidAt(false, x + i, softpluses + i, sigmoids + i);
}

/**
 * Below these a gradient, a moment and a parameter count as nothing. In float32 none of them changes what is learnt, but
 * their squares and products are no normal numbers any more, with which processors compute a hundred times slower: weights
 * of a pixel that is always black come to that.
 */
const LEAST_GRADIENT: f32 = 2 ** -57, LEAST_MOMENT: f32 = 2 ** -100, LEAST_PARAMETER: f32 = 2 ** -50;

/** x, or 0 where |x| < least; NaN stays NaN. */
@inline
function atLeast(least: f32, x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), splat(least)));
}

@inline
function adamStep(
  wide: bool, gradient: usize, momentum: usize, variance: usize, parameters: usize,
  momentumRate: v128, varianceDecay: v128, varianceRate: v128, rootScale: v128, epsilon: v128, stepSize: v128,
): void {
  const g = atLeast(LEAST_GRADIENT, lanes(wide, gradient)), before = lanes(wide, momentum);
  const m = atLeast(LEAST_MOMENT, f32x4.add(before, f32x4.mul(f32x4.sub(g, before), momentumRate)));
  const decayed = f32x4.mul(lanes(wide, variance), varianceDecay);
  const v = atLeast(LEAST_MOMENT, f32x4.add(decayed, f32x4.mul(f32x4.mul(g, g), varianceRate)));
  const direction = f32x4.div(m, f32x4.add(epsilon, f32x4.mul(f32x4.sqrt(v), rootScale)));
  keep(wide, momentum, m);
  keep(wide, variance, v);
  keep(wide, parameters, atLeast(LEAST_PARAMETER, f32x4.sub(lanes(wide, parameters), f32x4.mul(stepSize, direction))));
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
  const whole: usize = (size & ~3) << 2, end: usize = size << 2;
  for (let i: usize = 0; i < whole; i += 16) {
    adamStep(true, gradient + i, momentum + i, variance + i, parameters + i, rate, decay, fresh, scale, eps, length);
  }
  for (let i = whole; i < end; i += 4) {
    adamStep(false, gradient + i, momentum + i, variance + i, parameters + i, rate, decay, fresh, scale, eps, length);
  }
}
