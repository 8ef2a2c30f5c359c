/** How the digits sit in their frame. Generated from training/data/fields.py by a test; do not edit. */

/** Lengths in cells of the bitmap, whose origin is its top left corner; `mean_ink` is 0 to 1. */
export interface DigitFrame {
  readonly bitmap_side: number;
  readonly block_side: number;
  readonly width: Spread;
  readonly height: Spread;
  readonly centre_x: Spread;
  readonly centre_y: Spread;
  readonly stroke: Spread;
  readonly mean_ink: Spread;
}

/** The median, and the ends of the range that holds all but the outer hundredths. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}
