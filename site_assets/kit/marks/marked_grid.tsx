/** A grid of drawings with gaps between them, some struck out: faded, with a stroke across. */

import { useMemo } from "preact/hooks";
import { RasterGrid, type RasterGridProps } from "./raster.tsx";

export interface MarkedGridProps extends RasterGridProps {
  /** Of each drawing: whether it is struck out. */
  readonly struck: readonly boolean[];
  /** The drawing with a frame around it. */
  readonly picked?: number;
  /** Drawings with a frame in the hue of the code. */
  readonly framed?: readonly number[];
}

/** The same images with a pixel of paper all around each. */
function bordered(images: ArrayLike<number>, size: number): Float32Array {
  const side = size + 2;
  const count = images.length / (size * size);
  const pixels = new Float32Array(count * side * side);
  for (let i = 0; i < images.length; i++) {
    const image = Math.floor(i / (size * size));
    const [row, column] = [Math.floor(i / size) % size, i % size];
    pixels[(image * side + row + 1) * side + column + 1] = images[i] as number;
  }
  return pixels;
}

export function MarkedGrid({ struck, picked, framed = [], images, size, ...grid }: MarkedGridProps) {
  const { columns, rows } = grid;
  const pixels = useMemo(() => bordered(images, size), [images, size]);
  const [cells, strokes] = useMemo(() => {
    const corners = struck.flatMap((out, i) => (out ? [`${i % columns} ${Math.floor(i / columns)}`] : []));
    return [
      corners.map((corner) => `M${corner}h1v1h-1z`).join(""),
      corners.map((corner) => `M${corner}m.12 .88l.76 -.76`).join(""),
    ];
  }, [struck, columns]);
  return (
    <div class="marked">
      <RasterGrid images={pixels} size={size + 2} {...grid} />
      <svg class="marked-cells" viewBox={`0 0 ${columns} ${rows}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="struck" d={cells} />
        <path class="strike" d={strokes} />
        {framed.map((i) => (
          <rect key={i} class="marked-framed c-z" x={i % columns} y={Math.floor(i / columns)} width="1" height="1" />
        ))}
        {picked !== undefined && (
          <rect class="marked-picked" x={picked % columns} y={Math.floor(picked / columns)} width="1" height="1" />
        )}
      </svg>
    </div>
  );
}
