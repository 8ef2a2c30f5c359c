/** The published judge of digits at work: drawings in, its word on each of them out. */

import { float32, floatOutput } from "../../engine/tensor.ts";
import { judge, type Verdict } from "../maths/judge.ts";
import type { Model } from "./models.ts";

const PIXELS = 64;
const CLASSES = 10;

export interface Court {
  /** Ink of the training digits, one after the other. */
  readonly known: Float32Array;
  /** Which digit each of them is. */
  readonly labels: ArrayLike<number>;
  /** Of images of 64 pixels, ink 0 to 1, one after the other. */
  rule(images: Float32Array): Promise<Verdict[]>;
}

/** `model` is `digits-judge` with its classifier, its training digits and both limits. */
export function court(model: Model): Court {
  const full = model.card.options["full_ink"] as number;
  const known = Float32Array.from(model.array("images_train").data, (level) => level / full);
  const limits = {
    leastProbability: model.metric("least_probability"),
    largestDistance: model.metric("largest_distance"),
  };
  return {
    known,
    labels: model.array("labels_train").data,
    async rule(images) {
      const outputs = await model.run("classifier", { x: float32([images.length / PIXELS, PIXELS], images) });
      return judge(images, floatOutput(outputs, "probability"), known, PIXELS, CLASSES, limits);
    },
  };
}
