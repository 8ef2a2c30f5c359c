/** A plan as `builder/plan/encode.py` writes it, in memory. */

import type { PlanHeader } from "./plan_header.ts";

/** [c, a, b] for c + a·n + b·k, with n rows and k steps. */
export type Linear = readonly [number, number, number];

export interface Plan extends PlanHeader {
  /** The weights' bytes, one after the other, each from a multiple of 4. */
  readonly bytes: Uint8Array;
}

export function at([constant, perRow, perStep]: Linear, rows: number, steps: number): number {
  return constant + perRow * rows + perStep * steps;
}

/** Throws when the bytes are not a plan. */
export function parsePlan(bytes: Uint8Array): Plan {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (4 + length > bytes.length) throw new Error("this is not a plan");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as PlanHeader;
  return { ...header, bytes: bytes.subarray(4 + length) };
}

const BYTES = { float16: 2, float32: 4, int32: 4, float64: 8 };

/** A float16 number, exactly. IEEE 754: sign, 5 bits of exponent, 10 of mantissa. */
function widened(half: number): number {
  const sign = half & 0x8000 ? -1 : 1,
    exponent = (half >> 10) & 31,
    mantissa = half & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

/** Lays the weights where the calls look for them, as float32 where they came as float16. */
export function placeWeights({ weights, bytes }: Plan, memory: ArrayBuffer): void {
  let offset = 0;
  for (const { at: address, size, dtype } of weights) {
    const length = BYTES[dtype] * size;
    const part = bytes.slice(offset, offset + length);
    if (part.length < length) throw new Error("a plan came without all of its weights");
    if (dtype === "float16")
      new Float32Array(memory, address, size).set(Float32Array.from(new Uint16Array(part.buffer), widened));
    else new Uint8Array(memory, address, length).set(part);
    offset += Math.ceil(length / 4) * 4;
  }
}
