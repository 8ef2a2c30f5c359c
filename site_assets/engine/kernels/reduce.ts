/** Sums over an axis, and softmax. */

import { unary } from "./elementwise";
import { Unary } from "./operations";
import { first, splat, sumLanes } from "./vector";

/** What is summed of four numbers: they themselves, or their squares. `squared` is a constant wherever this is inlined. */
@inline
function term(squared: bool, x: v128): v128 {
  return squared ? f32x4.mul(x, x) : x;
}

/** The sum of numbers that lie side by side, in eight strands: shorter sums lose less to rounding. */
@inline
function sumOf(squared: bool, size: i32, x: usize): f32 {
  let even = splat(0), odd = splat(0);
  let i = 0;
  for (; i + 8 <= size; i += 8) {
    even = f32x4.add(even, term(squared, v128.load(x)));
    odd = f32x4.add(odd, term(squared, v128.load(x, 16)));
    x += 32;
  }
  let sum = sumLanes(f32x4.add(even, odd));
  for (; i < size; i++) {
    sum += first(term(squared, v128.load_zero<f32>(x)));
    x += 4;
  }
  return sum;
}

@inline
function sums(squared: bool, outer: i32, size: i32, inner: i32, x: usize, out: usize, divisor: f32): void {
  const stride: usize = inner << 2;
  for (let o = 0; o < outer; o++) {
    if (inner == 1) {
      store<f32>(out, sumOf(squared, size, x) / divisor);
    } else {
      let j = 0;
      for (; j + 4 <= inner; j += 4) {
        let even = splat(0), odd = splat(0), p = x + (j << 2);
        let i = 0;
        for (; i + 2 <= size; i += 2) {
          even = f32x4.add(even, term(squared, v128.load(p)));
          odd = f32x4.add(odd, term(squared, v128.load(p + stride)));
          p += 2 * stride;
        }
        if (i < size) even = f32x4.add(even, term(squared, v128.load(p)));
        v128.store(out + (j << 2), f32x4.div(f32x4.add(even, odd), splat(divisor)));
      }
      for (; j < inner; j++) {
        let sum: f32 = 0, p = x + (j << 2);
        for (let i = 0; i < size; i++) {
          sum += first(term(squared, v128.load_zero<f32>(p)));
          p += stride;
        }
        store<f32>(out + (j << 2), sum / divisor);
      }
    }
    x += size * stride;
    out += stride;
  }
}

/**
 * out[o, i] = Σ x[o, ·, i] / divisor for x [outer, size, inner]: a sum with divisor 1, a mean with divisor size; of the
 * squares if `squared`.
 */
export function reduce(outer: i32, size: i32, inner: i32, x: usize, out: usize, divisor: f32, squared: i32): void {
  if (squared) sums(true, outer, size, inner, x, out, divisor);
  else sums(false, outer, size, inner, x, out, divisor);
}

/** out[r, c] = exp(x[r, c] − max x[r, ·]) / Σ of these over c: the largest is taken away so that nothing overflows. */
export function softmax(rows: i32, columns: i32, x: usize, out: usize): void {
  const stride: usize = columns << 2;
  for (let r = 0; r < rows; r++) {
    let most = load<f32>(x);
    for (let c: usize = 4; c < stride; c += 4) most = max(most, load<f32>(x + c));
    for (let c: usize = 0; c < stride; c += 4) store<f32>(out + c, load<f32>(x + c) - most);
    unary(Unary.exp, columns, out, out);
    const sum = sumOf(false, columns, out);
    for (let c: usize = 0; c < stride; c += 4) store<f32>(out + c, load<f32>(out + c) / sum);
    x += stride;
    out += stride;
  }
}
