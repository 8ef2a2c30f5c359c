/** What a browser must have to run figures; without it the static frames stay, which are complete in themselves. */

// A module whose one function splats a vector and counts its bits: valid only where the engine's instructions are.
const SIMD_MODULE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);

/** The name of what this browser lacks, or null. */
export function lacking(): string | null {
  if (typeof Worker !== "function") return "web workers";
  if (typeof DecompressionStream !== "function") return "DecompressionStream";
  if (typeof WebAssembly !== "object") return "WebAssembly";
  return WebAssembly.validate(SIMD_MODULE) ? null : "WebAssembly SIMD";
}
