/** A published denoiser, applied step by step. */

import { float32, floatOutput } from "../../engine/tensor.ts";
import { pull } from "../maths/diffusion.ts";
import type { Model } from "./models.ts";

/**
 * Rows of `size` numbers on their way from noise: as they start, and after each of the steps that the card's `levels`
 * tell. The model's graph `denoiser` holds several networks, of which `member` is used.
 */
export async function diffuse(
  model: Model,
  member: number,
  noise: Float32Array,
  size: number,
): Promise<Float32Array[]> {
  const count = noise.length / size;
  const levels = model.card.options["levels"] as readonly number[];
  const members = { dims: [count], data: new Int32Array(count).fill(member) };
  const path = [noise];
  for (const [place, level] of levels.entries()) {
    const mixed = path.at(-1) as Float32Array;
    const outputs = await model.run("denoiser", {
      z: float32([count, size], mixed),
      level: float32([count], new Float32Array(count).fill(level)),
      member: members,
    });
    path.push(pull(mixed, floatOutput(outputs, "clean"), level, levels[place + 1]));
  }
  return path;
}
