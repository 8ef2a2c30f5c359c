/** A grid of drawings, some of them struck out: faded, with a stroke across. */

import { useMemo } from "preact/hooks";
import { RasterGrid, type RasterGridProps } from "./raster.tsx";

export interface MarkedGridProps extends RasterGridProps {
  /** Of each drawing: whether it is struck out. */
  readonly struck: readonly boolean[];
}

export function MarkedGrid({ struck, ...grid }: MarkedGridProps) {
  const { columns, rows } = grid;
  const [cells, strokes] = useMemo(() => {
    const corners = struck.flatMap((out, i) => (out ? [`${i % columns} ${Math.floor(i / columns)}`] : []));
    return [
      corners.map((corner) => `M${corner}h1v1h-1z`).join(""),
      corners.map((corner) => `M${corner}m.12 .88l.76 -.76`).join(""),
    ];
  }, [struck, columns]);
  return (
    <div class="marked">
      <RasterGrid {...grid} />
      <svg class="marked-cells" viewBox={`0 0 ${columns} ${rows}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="struck" d={cells} />
        <path class="strike" d={strokes} />
      </svg>
    </div>
  );
}
