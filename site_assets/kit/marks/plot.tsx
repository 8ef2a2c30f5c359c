/** Axes in an SVG of fixed view box, and the marks that are drawn on them. */

import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from "d3-scale";
import { createContext, type ComponentChildren } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { fixed, significant } from "../base/format.ts";

export interface Axis {
  /** With its unit, as in “error (mean squared ink)”. */
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly scale?: "linear" | "log";
  readonly ticks?: number;
  /** Where the ticks are, if they are not to be chosen. */
  readonly at?: readonly number[];
  readonly format?: (value: number) => string;
}

const MARGIN = 0.05; // of the values' range

/** An axis over values, with a little room around the outermost: a share of their range. */
export function axisOver(
  label: string,
  values: readonly number[],
  scale: "linear" | "log" = "linear",
  margin = MARGIN,
): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (scale === "log") {
    const times = (high / low) ** margin;
    return { label, min: low / times, max: high * times, scale };
  }
  const room = margin * (high - low);
  return { label, min: low - room, max: high + room };
}

/** A share, 0 to 1, of an axis: what an address holds where a reader may choose any place. */
export const fromShare = (axis: Axis, share: number): number => axis.min + share * (axis.max - axis.min);
export const toShare = (axis: Axis, value: number): number => (value - axis.min) / (axis.max - axis.min);

export type Scale = ScaleContinuousNumeric<number, number>;

export interface Coordinates {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: Scale;
  readonly y: Scale;
}

export function makeScale(axis: Axis, from: number, to: number): Scale {
  const scale = axis.scale === "log" ? scaleLog() : scaleLinear();
  return scale.domain([axis.min, axis.max]).range([from, to]);
}

export function makeCoordinates(x: Axis, y: Axis, width: number, height: number): Coordinates {
  const margin = { right: 12, top: 12, bottom: 40 };
  const [top, right, lowest] = [margin.top, width - margin.right, height - margin.bottom];
  const left = leftMargin(y, makeScale(y, lowest, top));
  const across = makeScale(x, left, right);
  const bottom = isBroken(x, across) ? lowest - SECOND_LINE : lowest;
  return { width, height, left, top, right, bottom, x: across, y: makeScale(y, bottom, top) };
}

const [LEFT, TICK_GAP] = [46, 7]; // view-box units; the least margin, and from a tick's text to the plot
const [LABEL_RIGHT, LABEL_LETTER] = [15, 6.2]; // of an axis's name: where it ends, and what a letter takes along the axis

/** Room for the texts of the ticks, and beside those that the axis's name runs along, for that too. */
function leftMargin(axis: Axis, scale: Scale): number {
  const [bottom, top] = scale.range() as [number, number];
  const reach = (axis.label.length * LABEL_LETTER + TICK_SIZE) / 2;
  const wanted = axisTicks(axis, scale).map(({ value, text }) => {
    const beside = Math.abs(scale(value) - (top + bottom) / 2) < reach ? LABEL_RIGHT : 0;
    return Math.ceil(beside + tickWidth(text) + TICK_GAP);
  });
  return Math.max(LEFT, ...wanted);
}

const TICK_SIZE = 12; // of the letters, as plots.css has it

/** About how wide a tick's text is: narrow points and commas, digits, and what is wider. */
function tickWidth(text: string): number {
  const width = (letter: string): number => (/[.,:’ ]/.test(letter) ? 0.27 : /[%MW×]/.test(letter) ? 0.82 : 0.51);
  return TICK_SIZE * [...text].reduce((sum, letter) => sum + width(letter), 0);
}

const CoordinatesContext = createContext<Coordinates | null>(null);

/** The scales of the plot around a mark. */
export function useCoordinates(): Coordinates {
  const coordinates = useContext(CoordinatesContext);
  if (!coordinates) throw new Error("a mark stands outside of any plot");
  return coordinates;
}

/** Places in the page are rounded: a tenth of a unit can't be seen and half the bytes are saved. */
export function place(value: number): number {
  return Math.round(value * 10) / 10;
}

export function tickText(axis: Axis, value: number, step: number): string {
  if (axis.format) return axis.format(value);
  return fixed(value, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
}

const LOG_STEPS = [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]];

/** On a log axis: powers of ten, or 1–2–5, or one digit, or whatever d3 offers, the first of these that gives two ticks. */
function logTicks(scale: Scale): number[] {
  const values = scale.ticks(10);
  const leading = (value: number): number => value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  const sets = LOG_STEPS.map((digits) =>
    values.filter((value) => digits.some((digit) => Math.abs(leading(value) - digit) < 1e-6)),
  );
  return sets.find((ticks) => ticks.length >= 2) ?? values;
}

const LOG_DIGITS = 6; // ticks of a log axis reach over many powers of ten

const TICKS = 5;

interface Tick {
  readonly value: number;
  readonly text: string;
}

/** Where the ticks of an axis are, and what they say. */
export function axisTicks(axis: Axis, scale: Scale, count = axis.ticks ?? TICKS): readonly Tick[] {
  if (axis.at) return axis.at.map((value) => ({ value, text: axis.format?.(value) ?? significant(value, LOG_DIGITS) }));
  if (axis.scale === "log")
    return logTicks(scale).map((value) => ({ value, text: axis.format?.(value) ?? significant(value, LOG_DIGITS) }));
  const values = scale.ticks(count);
  const step = values.length > 1 ? Math.abs((values[1] as number) - (values[0] as number)) : 1;
  return values.map((value) => ({ value, text: tickText(axis, value, step) }));
}

/** The same along the x axis, where texts stand in a row: fewer, if they would run into each other. */
export function ticksInRow(axis: Axis, scale: Scale): readonly Tick[] {
  for (let count = axis.ticks ?? TICKS; ; count--) {
    const ticks = axisTicks(axis, scale, count);
    const chosen = axis.at !== undefined || axis.scale === "log"; // these are not to be had in another number
    if (chosen || count === 1 || standApart(ticks, scale)) return ticks;
  }
}

const TICK_APART = 6; // at the least, between the texts of two ticks

/** Also in letters that are `larger` by so much. */
function standApart(ticks: readonly Tick[], scale: Scale, larger = 1): boolean {
  return ticks.slice(1).every(({ value, text }, i) => {
    const before = ticks[i] as Tick;
    const room = scale(value) - scale(before.value);
    return room >= (larger * (tickWidth(text) + tickWidth(before.text))) / 2 + TICK_APART;
  });
}

const LARGER = 1.25; // letters in a low window, as plots.css has it
const SECOND_LINE = 14; // units more that broken names take under a plot
const LINE = 14; // units from line to line of a broken name

/** Whether names along the x axis that would touch in larger letters are broken behind their commas. */
function isBroken(axis: Axis, scale: Scale): boolean {
  const ticks = ticksInRow(axis, scale);
  return ticks.some(({ text }) => text.includes(", ")) && !standApart(ticks, scale, LARGER);
}

/** The ticks of an axis that lies at `bottom`, with lines up to `top`. */
export function TicksBelow(of: { axis: Axis; scale: Scale; top: number; bottom: number }) {
  const { axis, scale, top, bottom } = of;
  const broken = isBroken(axis, scale);
  const ticks = ticksInRow(axis, scale).map(({ value, text }) => {
    const lines = broken ? text.split(/(?<=,) /) : [text];
    return { value, lines, text: lines.reduce((one, other) => (tickWidth(one) < tickWidth(other) ? other : one)) };
  });
  const name = standApart(ticks, scale, LARGER) ? "tick" : "tick tick-close";
  return (
    <>
      {ticks.map(({ value, lines }) => (
        <g key={value} class={name} transform={`translate(${place(scale(value))} ${bottom})`}>
          <line class="gridline" y2={top - bottom} />
          {lines.map((line, row) => (
            <text key={line} y={(broken ? 13 : 16) + row * LINE} text-anchor="middle">
              {line}
            </text>
          ))}
        </g>
      ))}
    </>
  );
}

function Axes({ x, y, coordinates }: { x: Axis; y: Axis; coordinates: Coordinates }) {
  return (
    <g class="axis" aria-hidden="true">
      <TicksBelow axis={x} scale={coordinates.x} top={coordinates.top} bottom={coordinates.bottom} />
      {axisTicks(y, coordinates.y).map(({ value, text }) => (
        <g key={`y${value}`} class="tick" transform={`translate(${coordinates.left} ${place(coordinates.y(value))})`}>
          <line class="gridline" x2={coordinates.right - coordinates.left} />
          <text x="-7" dy="0.32em" text-anchor="end">
            {text}
          </text>
        </g>
      ))}
      <text
        class="axis-label"
        x={(coordinates.left + coordinates.right) / 2}
        y={coordinates.height - 6}
        text-anchor="middle"
      >
        {x.label}
      </text>
      <text
        class="axis-label axis-label-beside"
        transform={`translate(11 ${(coordinates.top + coordinates.bottom) / 2}) rotate(-90)`}
        text-anchor="middle"
      >
        {y.label}
      </text>
    </g>
  );
}

export interface PlotProps {
  readonly x: Axis;
  readonly y: Axis;
  readonly width?: number;
  readonly height?: number;
  /** What is plotted, for those who don't see it. */
  readonly label: string;
  readonly children?: ComponentChildren;
}

export function Plot({ x, y, width = 360, height = 240, label, children }: PlotProps) {
  const coordinates = makeCoordinates(x, y, width, height);
  return (
    <svg class="plot" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <PlotArea x={x} y={y} coordinates={coordinates}>
        {children}
      </PlotArea>
    </svg>
  );
}

/** Axes and marks, for a component that owns its `<svg>`. */
export function PlotArea({
  x,
  y,
  coordinates,
  children,
}: {
  x: Axis;
  y: Axis;
  coordinates: Coordinates;
  children?: ComponentChildren;
}) {
  return (
    <CoordinatesContext.Provider value={coordinates}>
      <Axes x={x} y={y} coordinates={coordinates} />
      {children}
    </CoordinatesContext.Provider>
  );
}

export type Pair = readonly [number, number];

export interface LineProps {
  /** A point that is no number leaves a gap. */
  readonly points: readonly Pair[];
  readonly name?: string;
  /** Writes the name under the curve's last stretch instead of over it. */
  readonly below?: boolean;
  /** Rows that are left over the curve for the names of others that end close by. */
  readonly row?: number;
  readonly hue?: string;
  readonly dashed?: boolean;
}

const NAME_ROW = 16; // view-box units

export const LETTER = 7.5; // units that a letter of a curve's name takes

/** Where the name of a curve that goes as far as `at` ends: not beyond the plot, and not on the axis. */
export function nameEnd(at: number, name: string, left: number, right: number): number {
  return Math.max(Math.min(place(at), right - 4), left + LETTER * name.length);
}

/** A path in steps from place to place: about half as long in the page as one that names the places. */
export function stepwise(points: readonly Pair[]): string {
  let path = "";
  let [left, top] = [0, 0]; // in tenths, as the page rounds, so that no error adds up
  let broken = true;
  for (const [a, b] of points) {
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      broken = true;
      continue;
    }
    const [across, down] = [Math.round(10 * a), Math.round(10 * b)];
    if (broken) path += `M${across / 10} ${down / 10}`;
    else if (across !== left || down !== top) path += `l${(across - left) / 10} ${(down - top) / 10}`;
    [left, top, broken] = [across, down, false];
  }
  return path;
}

/** A curve with its name written at its end instead of in a legend. */
export function Line({ points, name, below, row = 0, hue = "", dashed }: LineProps) {
  const { x, y, left, right, top, bottom } = useCoordinates();
  const path = stepwise(points.map(([a, b]): Pair => [x(a), y(b)]));
  const drawn = points.filter(([, value]) => Number.isFinite(value));
  const last = drawn.at(-1);
  const length = LETTER * (name?.length ?? 0);
  const end = last ? nameEnd(x(last[0]), name ?? "", left, right) : 0;
  const beside = drawn.filter(([at]) => x(at) >= end - length).map(([, value]) => place(y(value)));
  const over = Math.max(Math.min(...beside) - 6 - row * NAME_ROW, top + 10);
  return (
    <g class={hue}>
      <path class={dashed ? "line line-dashed" : "line"} d={path} />
      {name && last && (
        <text
          class="direct-label"
          x={end}
          y={below ? Math.min(Math.max(...beside) + 16, bottom - 4) : over}
          text-anchor="end"
        >
          {name}
        </text>
      )}
    </g>
  );
}

/** Many points of one kind as a single path: a dot is a line of no length with a round cap. */
export function Dots({ points, hue = "" }: { points: readonly Pair[]; hue?: string }) {
  const { x, y } = useCoordinates();
  const path = useMemo(() => points.map(([a, b]) => `M${place(x(a))} ${place(y(b))}h0`).join(""), [points, x, y]);
  return <path class={`dots ${hue}`} d={path} />;
}

/** One point that matters now. */
export function Dot({ at, hue = "", name }: { at: Pair; hue?: string; name?: string }) {
  const { x, y } = useCoordinates();
  return (
    <g class={hue} transform={`translate(${place(x(at[0]))} ${place(y(at[1]))})`}>
      <circle class="dot-current" r="5" />
      {name && (
        <text class="direct-label" x="9" dy="0.32em">
          {name}
        </text>
      )}
    </g>
  );
}

/** Where a name stands. */
export interface NameSpot {
  readonly end: number;
  readonly baseline: number;
}

/** Where the name of a level ends, in a plot that reaches as far as `right`. */
export const levelEnd = (right: number): number => right - 2;

/** The baseline of the name of a level at `height`. */
export const levelBaseline = (height: number, below: boolean): number => (below ? height + 14 : height - 4);

/** A level worth comparing with, across the whole plot. */
export function Level({
  value,
  name,
  below = false,
  start = false,
  spot,
  hue = "",
}: {
  value: number;
  name: string;
  below?: boolean;
  /** Writes the name where the level begins, as curves come near to it at its end. */
  start?: boolean;
  /** Where the name stands, if neither over nor under the level's end. */
  spot?: NameSpot;
  hue?: string;
}) {
  const { y, left, right } = useCoordinates();
  const height = place(y(value));
  const { end, baseline } = spot ?? { end: levelEnd(right), baseline: levelBaseline(height, below) };
  return (
    <g class={hue}>
      <line class="line line-dashed" x1={left} x2={right} y1={height} y2={height} />
      <text
        class="direct-label"
        x={start ? left + 4 : place(end)}
        y={place(baseline)}
        text-anchor={start ? "start" : "end"}
      >
        {name}
      </text>
    </g>
  );
}

/** Points that carry a character instead of a dot, one text element a kind: `x` and `y` list the places. */
export function Glyphs({ points, glyph, hue = "" }: { points: readonly Pair[]; glyph: string; hue?: string }) {
  const { x, y } = useCoordinates();
  const [xs, ys, text] = useMemo(
    () => [
      points.map(([a]) => place(x(a))).join(" "),
      points.map(([, b]) => place(y(b) + 3.2)).join(" "),
      glyph.repeat(points.length),
    ],
    [points, glyph, x, y],
  );
  return (
    <text class={`glyphs ${hue}`} x={xs} y={ys} text-anchor="middle">
      {text}
    </text>
  );
}
