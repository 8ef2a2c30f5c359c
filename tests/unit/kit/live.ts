/** What a card says of the smallest live model: one weight, one loss, batches of two. */

import type { KnobFields, LiveSection } from "../../../site_assets/engine/live_fields.ts";

export function oneWeight(steps: number, knobs: KnobFields[] = []): LiveSection {
  return {
    state_size: 1,
    parameters: [{ name: "w", shape: [1], fan_in: 1 }],
    input_size: 1,
    noise_size: 0,
    batch_size: 2,
    steps,
    adam_eps: 1e-8,
    knobs,
    terms: [{ name: "loss", unit: "", description: "" }],
    data: { train: "x", validation: "x", scale: 1, offset: null },
  };
}
