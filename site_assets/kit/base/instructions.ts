/** Which of WebAssembly's instructions this browser knows. */

const ZEROS = [65, 0, 253, 15]; // i32.const 0, i8x16.splat

/** Whether a function that makes a vector by these instructions is a valid one; false without WebAssembly. */
function knows(instructions: readonly number[]): boolean {
  if (typeof WebAssembly !== "object") return false;
  const body = [0, ...instructions, 11];
  const types = [1, 5, 1, 96, 0, 1, 123];
  const functions = [3, 2, 1, 0];
  const code = [10, body.length + 2, 1, body.length, ...body];
  return WebAssembly.validate(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, ...types, ...functions, ...code]));
}

/** Vectors of four numbers. */
export function knowsSimd(): boolean {
  return knows([...ZEROS, 253, 98]); // i8x16.popcnt
}

/** A multiplication and an addition in one, where the processor has that. */
export function knowsRelaxedSimd(): boolean {
  return knows([...ZEROS, ...ZEROS, ...ZEROS, 253, 133, 2]); // f32x4.relaxed_madd
}
