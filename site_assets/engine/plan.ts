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

/**
 * Writes float16 numbers into as many float32 ones, exactly. IEEE 754: sign, 5 bits of exponent, 10 of mantissa. The same
 * fields at their places in a float32 make 2⁻¹¹² of the number, the smallest ones too.
 */
export function widen(halves: Uint16Array, into: Float32Array): void {
  const scaled = new Float32Array(halves.length);
  const bits = new Uint32Array(scaled.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] as number;
    bits[i] = ((half & 0x8000) << 16) | ((half & 0x7fff) << 13);
  }
  for (let i = 0; i < halves.length; i++) into[i] = (scaled[i] as number) * 2 ** 112;
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] as number;
    if ((half & 0x7c00) === 0x7c00) into[i] = half & 0x3ff ? Number.NaN : half & 0x8000 ? -Infinity : Infinity;
  }
}

/** Lays the weights where the calls look for them, as float32 where they came as float16. */
export function placeWeights({ weights, bytes }: Plan, memory: ArrayBuffer): void {
  let offset = 0;
  for (const { at: address, size, dtype } of weights) {
    const length = BYTES[dtype] * size;
    const part = bytes.slice(offset, offset + length);
    if (part.length < length) throw new Error("a plan came without all of its weights");
    if (dtype === "float16") widen(new Uint16Array(part.buffer), new Float32Array(memory, address, size));
    else new Uint8Array(memory, address, length).set(part);
    offset += Math.ceil(length / 4) * 4;
  }
}
