/** Grey images as ink on paper: black with the pixel's value as opacity, so that a theme can invert it. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useFigure } from "../base/context.ts";

export interface RasterProps {
  /** Ink, 0 paper to 1 full, row by row. */
  readonly pixels: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  /** What the picture shows, for those who don't see it. */
  readonly label: string;
  /** Shows the pixels as squares instead of smoothing between them. */
  readonly pixelated?: boolean;
  readonly hue?: string;
  /** Takes the figure's width: for a picture of many. */
  readonly wide?: boolean;
}

function paint(canvas: HTMLCanvasElement, pixels: ArrayLike<number>, width: number, height: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    image.data[4 * i + 3] = Math.round(255 * Math.min(1, Math.max(0, pixels[i] ?? 0)));
  }
  context.putImageData(image, 0, 0);
}

export function Raster({ pixels, width, height, label, pixelated, hue, wide }: RasterProps) {
  const { encodeImage } = useFigure();
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) paint(canvas.current, pixels, width, height);
  }, [pixels, width, height]);
  const name = `raster${pixelated ? " raster-pixelated" : ""}${wide ? " raster-wide" : ""}${hue ? ` ${hue}` : ""}`;
  return (
    <span class={name}>
      {encodeImage ? (
        <img src={encodeImage(pixels, width, height)} width={width} height={height} alt={label} />
      ) : (
        <canvas ref={canvas} width={width} height={height} role="img" aria-label={label} />
      )}
    </span>
  );
}

/** A picture with words below it; several stand beside one another in a `pair`. */
export function CaptionedRaster({ caption, ...raster }: RasterProps & { readonly caption: ComponentChildren }) {
  return (
    <div class="pair-item">
      <Raster {...raster} />
      <span class="pair-caption">{caption}</span>
    </div>
  );
}

export interface RasterGridProps {
  /** Images one after the other, row by row of the grid; each `size`×`size`, ink 0 to 1. */
  readonly images: ArrayLike<number>;
  readonly columns: number;
  readonly rows: number;
  readonly size: number;
  readonly label: string;
  readonly pixelated?: boolean;
  /** Empty pixels between the rows. */
  readonly apart?: number;
}

/** The grid's images put side by side into one picture, its rows some empty pixels `apart`. */
function tile(images: ArrayLike<number>, columns: number, rows: number, size: number, apart = 0): Float32Array {
  const width = columns * size;
  const pixels = new Float32Array(width * gridHeight(rows, size, apart));
  for (let image = 0; image < columns * rows; image++) {
    const left = (image % columns) * size;
    const top = Math.floor(image / columns) * (size + apart);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        pixels[(top + y) * width + left + x] = images[(image * size + y) * size + x] ?? 0;
      }
    }
  }
  return pixels;
}

function gridHeight(rows: number, size: number, apart: number): number {
  return rows * size + (rows - 1) * apart;
}

export function RasterGrid({ images, columns, rows, size, label, pixelated, apart = 0 }: RasterGridProps) {
  return (
    <Raster
      pixels={tile(images, columns, rows, size, apart)}
      width={columns * size}
      height={gridHeight(rows, size, apart)}
      label={label}
      pixelated={pixelated ?? false}
      wide={columns > 2 * rows}
    />
  );
}
