/** What a browser must have to run figures; without it the static frames stay, which are complete in themselves. */

import { knowsSimd } from "../base/instructions.ts";

/** The name of what this browser lacks, or null. */
export function lacking(): string | null {
  if (typeof Worker !== "function") return "web workers";
  if (typeof DecompressionStream !== "function") return "DecompressionStream";
  if (typeof WebAssembly !== "object") return "WebAssembly";
  return knowsSimd() ? null : "WebAssembly SIMD";
}
