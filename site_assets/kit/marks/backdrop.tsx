/** A picture that fills the plotting area of a square plot or pad, behind its marks. */

import type { ComponentChildren } from "preact";

/** `picture` is stretched over the area that `makeCoordinates` leaves in a plot of 360 by 360; `children` is that plot. */
export function Backdrop({ picture, children }: { picture: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="backdrop">
      <div class="backdrop-picture">{picture}</div>
      {children}
    </div>
  );
}
