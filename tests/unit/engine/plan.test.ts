/** Weights that travel as float16 arrive as the same numbers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { widen } from "../../../site_assets/engine/plan.ts";

/** IEEE 754: sign, 5 bits of exponent, 10 of mantissa. */
function valueOf(half: number): number {
  const sign = half >> 15 ? -1 : 1;
  const [exponent, mantissa] = [(half >> 10) & 31, half & 1023];
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

test("every float16 number keeps its value and its sign", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, half) => half);
  const wide = new Float32Array(halves.length);
  widen(halves, wide);
  halves.forEach((half) => assert.ok(Object.is(wide[half], valueOf(half)), `0x${half.toString(16)}`));
});
