/** What passes for a picture of the data: a classifier has to be sure of it, and an example has to be near. */

export interface Neighbour {
  readonly index: number;
  /** Euclidean, in ink. */
  readonly distance: number;
}

/** The nearest of `known` (images of `pixels` numbers, one after the other) to the image that begins at `start`. */
export function nearest(images: ArrayLike<number>, start: number, known: Float32Array, pixels: number): Neighbour {
  let [index, least] = [0, Number.POSITIVE_INFINITY];
  for (let from = 0; from < known.length; from += pixels) {
    let sum = 0;
    for (let i = 0; i < pixels && sum < least; i++) {
      const difference = (images[start + i] as number) - (known[from + i] as number);
      sum += difference * difference;
    }
    if (sum < least) [index, least] = [from / pixels, sum];
  }
  return { index, distance: Math.sqrt(least) };
}

export interface Limits {
  readonly leastProbability: number;
  readonly largestDistance: number;
}

export interface Verdict extends Neighbour {
  readonly digit: number;
  readonly probability: number;
  readonly accepted: boolean;
}

/** The judge's word on each image; `probabilities` holds `classes` numbers an image. */
export function judge(
  images: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  known: Float32Array,
  pixels: number,
  classes: number,
  limits: Limits,
): Verdict[] {
  return Array.from({ length: images.length / pixels }, (_, image) => {
    let digit = 0;
    for (let k = 1; k < classes; k++) {
      if ((probabilities[image * classes + k] as number) > (probabilities[image * classes + digit] as number))
        digit = k;
    }
    const probability = probabilities[image * classes + digit] as number;
    const neighbour = nearest(images, image * pixels, known, pixels);
    const accepted = probability >= limits.leastProbability && neighbour.distance <= limits.largestDistance;
    return { ...neighbour, digit, probability, accepted };
  });
}

export function acceptedShare(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ accepted }) => accepted).length / verdicts.length;
}
