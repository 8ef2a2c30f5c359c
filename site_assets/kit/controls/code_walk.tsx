/** A walk over the plane of a code of two numbers: the plane with its handle, and what the decoder answers there. */

import type { ComponentChildren } from "preact";
import { fixed } from "../base/format.ts";
import type { Axis, Pair } from "../marks/plot.tsx";
import { Checkbox, Controls, Panel, Panels, Readout } from "./controls.tsx";
import { Pad } from "./pad.tsx";

export interface CodeWalkProps {
  readonly code: Pair;
  /** Both numbers go from −limit to +limit. */
  readonly limit: number;
  /** The plane and what is decoded alone, side by side in a window of any width. */
  readonly glance?: boolean;
  readonly onMove: (code: { readonly z1: number; readonly z2: number }) => void;
  /** Beneath the handle: where the examples lie, and what else there is. */
  readonly marks: ComponentChildren;
  /** Under the plane, what the marks mean. */
  readonly legend?: ComponentChildren;
  readonly decoded: ComponentChildren;
  /** What the marks stand for: “test drawing”. */
  readonly example: string;
  /** The nearest of them. */
  readonly nearest: string;
  readonly examplesShown: boolean;
  readonly onShowExamples: (shown: boolean) => void;
  /** More controls. */
  readonly children?: ComponentChildren;
}

const STEP = 0.05; // of an arrow key, in standard deviations of the code
const GLANCE = 220; // units of the drawing: its words can still be read on a phone

export function CodeWalk(props: CodeWalkProps) {
  const { code, limit, onMove, marks, legend, decoded, example, nearest, examplesShown, onShowExamples, children } =
    props;
  const ticks = props.glance ? 3 : 2 * limit + 1;
  const axis = (label: string): Axis => ({ label, min: -limit, max: limit, ticks });
  const pad = (
    <Pad
      label="Code"
      x={axis("z₁")}
      y={axis("z₂")}
      value={code}
      step={STEP}
      {...(props.glance ? { size: GLANCE } : {})}
      onMove={([z1, z2]) => onMove({ z1, z2 })}
    >
      {marks}
    </Pad>
  );
  if (props.glance) {
    return (
      <div class="glance">
        {pad}
        {decoded}
      </div>
    );
  }
  return (
    <>
      <Panels columns={2}>
        <Panel
          title={
            <>
              The code <var class="c-z">z</var>
            </>
          }
        >
          {pad}
          {legend}
        </Panel>
        <Panel
          title={
            <>
              What the decoder makes of it, <var class="c-xhat">x̂</var>
            </>
          }
        >
          {decoded}
        </Panel>
      </Panels>
      <Readout
        items={[
          { label: "z₁", value: fixed(code[0]), hue: "c-z" },
          { label: "z₂", value: fixed(code[1]), hue: "c-z" },
          { label: `nearest ${example}`, value: nearest },
        ]}
      />
      <Controls>
        <Checkbox label={`Show where ${example}s lie`} value={examplesShown} onChange={onShowExamples} />
        {children}
      </Controls>
    </>
  );
}
