/** One example of the author's own data: a picture, or a row with each column on its own axis. */

import { columnName, inUnit, remarks, shown, type Column, type OwnData } from "./own_data.ts";
import { place } from "../marks/plot.tsx";
import { Raster } from "../marks/raster.tsx";

interface ValueRowsProps {
  readonly label: string;
  readonly columns: readonly Column[];
  /** In standard deviations of the columns, or null where there is no original. */
  readonly original: ArrayLike<number> | null;
  readonly decoded: ArrayLike<number>;
}

const [WIDTH, ROW, LEFT, RIGHT] = [360, 56, 8, 8]; // view-box units

/**
 * Bars from a column's middle, in the column's own unit, on an axis over what its training rows held. What lies beyond
 * the axis has an arrow at its end, and the axis says how far the column goes on.
 */
function ValueRow({ column, original, decoded }: { column: Column; original: number | null; decoded: number }) {
  const right = WIDTH - RIGHT;
  const along = (value: number): number => {
    const share = (value - column.low) / (column.high - column.low);
    return place(LEFT + Math.min(1, Math.max(0, share)) * (right - LEFT));
  };
  const middle = along(column.middle);
  const bar = (value: number, top: number, hue: string) => {
    const end = along(value);
    const beyond = value > column.high ? 1 : value < column.low ? -1 : 0;
    return (
      <>
        <rect class={`bar ${hue}`} x={Math.min(middle, end)} y={top} width={place(Math.abs(end - middle))} height="7" />
        {beyond !== 0 && <path class={`bar ${hue}`} d={`M${end} ${top}l${7 * beyond} 3.5l${-7 * beyond} 3.5z`} />}
      </>
    );
  };
  return (
    <>
      <text class="direct-label" x={LEFT} y="12">
        {columnName(column)}
      </text>
      <text class="value-row-numbers" x={right} y="12" text-anchor="end">
        {original !== null && <tspan class="c-x">x {shown(column, original)}</tspan>}
        <tspan class="c-xhat" dx={original === null ? 0 : 9}>
          x̂ {shown(column, decoded)}
        </tspan>
      </text>
      {original !== null && bar(original, 18, "c-x")}
      {bar(decoded, 27, "c-xhat")}
      <line class="bar-zero" x1={LEFT} x2={right} y1="37" y2="37" />
      <line class="bar-zero" x1={middle} x2={middle} y1="16" y2="41" />
      <text class="bar-value" x={LEFT} y="49">
        {shown(column, column.low)}
        {column.low > column.min && `, down to ${shown(column, column.min)}`}
      </text>
      <text class="bar-value" x={right} y="49" text-anchor="end">
        {shown(column, column.high)}
        {column.high < column.max && `, up to ${shown(column, column.max)}`}
      </text>
    </>
  );
}

function ValueRows({ label, columns, original, decoded }: ValueRowsProps) {
  const values = columns.map((column, i) => ({
    column,
    original: original && inUnit(column, original[i] as number),
    decoded: inUnit(column, decoded[i] as number),
  }));
  const spoken = values.map(({ column, ...row }) => {
    const [was, is] = [row.original, row.decoded].map((value) => value !== null && shown(column, value));
    return `${columnName(column)} ${was === false ? "" : `${was}, `}decoded ${is}`;
  });
  return (
    <svg
      class="plot value-rows"
      viewBox={`0 0 ${WIDTH} ${columns.length * ROW}`}
      role="img"
      aria-label={`${label}: ${spoken.join("; ")}`}
    >
      {values.map((row, i) => (
        <g key={row.column.name} transform={`translate(0 ${i * ROW})`} aria-hidden="true">
          <ValueRow {...row} />
        </g>
      ))}
    </svg>
  );
}

export interface OwnExampleProps {
  readonly data: OwnData;
  /** In the model's unit, as `decoded`; null for a code that belongs to no example. */
  readonly original: Float32Array | null;
  readonly decoded: Float32Array;
}

export function OwnExample({ data, original, decoded }: OwnExampleProps) {
  if (data.size === 0) {
    return (
      <ValueRows
        label={
          original ? "What the decoder makes of the row’s code, beside the row" : "What the decoder makes of the code"
        }
        columns={data.columns}
        original={original}
        decoded={decoded}
      />
    );
  }
  const picture = (pixels: Float32Array, label: string, hue: string) => (
    <Raster pixels={pixels} width={data.size} height={data.size} pixelated label={label} hue={hue} />
  );
  if (!original)
    return <div class="pad-square">{picture(decoded, "What the decoder makes of the code", "c-xhat")}</div>;
  return (
    <div class="pair">
      <div class="pair-item">
        {picture(original, "The picture itself", "c-x")}
        <span class="pair-caption">
          original <var class="c-x">x</var>
        </span>
      </div>
      <div class="pair-item">
        {picture(decoded, "What the decoder makes of the code", "c-xhat")}
        <span class="pair-caption">
          decoded <var class="c-xhat">x̂</var>
        </span>
      </div>
    </div>
  );
}

/** The classes with their glyphs, in their hues. */
export function ClassKey({ data }: { data: OwnData }) {
  if (data.classes.length === 0) return null;
  return (
    <ul class="class-key" aria-label="Classes">
      {data.classes.map((name, kind) => (
        <li key={name}>
          <b class={`s${kind}`}>{data.glyphs[kind]}</b> {name}
        </li>
      ))}
    </ul>
  );
}

/** What the test examples are, and where PCA does better on them than the model that was trained. */
export function TestRemarks({ data }: { data: OwnData }) {
  return remarks(data).map((told) => (
    <p key={told} class="figure-remark">
      {told}
    </p>
  ));
}
