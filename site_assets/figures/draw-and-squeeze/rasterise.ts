/**
 * A drawing brought into the form of the training data: scaled and centred as those digits were, inked with a
 * pen of their width on a 32×32 bitmap, and counted in 4×4 blocks. The geometry is measured from the training
 * split by `training/data/digit_frame.py` and travels in the model's card.
 */

import type { DigitFrame } from "./digit_frame.ts";

type Point = readonly [number, number];
type Stroke = readonly Point[];

function distanceToSegment([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** The drawing in bitmap cells, as large and as centred as the training digits are. */
export function placeStrokes(strokes: readonly Stroke[], frame: DigitFrame): Stroke[] {
  const points = strokes.flat();
  const [xs, ys] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const pen = frame.stroke.median; // the ink reaches half a pen beyond the path on every side
  const room = (size: number): number => Math.max(1, size - pen);
  const scale = Math.min(
    room(frame.height.median) / Math.max(bottom - top, 1e-6),
    room(frame.width.high) / Math.max(right - left, 1e-6),
  );
  const [cx, cy] = [(left + right) / 2, (top + bottom) / 2];
  return strokes.map((stroke) =>
    stroke.map(([x, y]): Point => [frame.centre_x.median + (x - cx) * scale, frame.centre_y.median + (y - cy) * scale]),
  );
}

/** Ink of each block, 0 to 1, row by row; all zero for an empty drawing. */
export function rasterise(strokes: readonly Stroke[], frame: DigitFrame): Float32Array {
  const { bitmap_side: side, block_side: block } = frame;
  const blocks = side / block;
  const ink = new Float32Array(blocks * blocks);
  const drawn = strokes.filter((stroke) => stroke.length > 0);
  if (drawn.length === 0) return ink;
  const placed = placeStrokes(drawn, frame);
  const reach = frame.stroke.median / 2;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const centre: Point = [column + 0.5, row + 0.5];
      const inked = placed.some((stroke) =>
        stroke.some((point, i) => distanceToSegment(centre, point, stroke[i + 1] ?? point) <= reach),
      );
      const place = Math.floor(row / block) * blocks + Math.floor(column / block);
      if (inked) ink[place] = (ink[place] as number) + 1 / (block * block);
    }
  }
  return ink;
}
