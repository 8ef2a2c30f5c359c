/** F19: flux maps said with a few knobs, which the page fits to points that the reader marks as measured. */

import {
  Backdrop,
  Button,
  Checkbox,
  compare,
  Controls,
  defineFigure,
  DotRows,
  Dots,
  fixed,
  float32,
  floatOutput,
  Isolines,
  Line,
  MarkPad,
  meanOf,
  Panel,
  Panels,
  Plot,
  Raster,
  Readout,
  Slider,
  subscript,
  Unfold,
  useCoordinates,
  type Axis,
  type DotRow,
  type Model,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/reduce.ts";
import {
  fitAsked,
  fitLinear,
  linearly,
  mapOf,
  measuredAt,
  readingsOf,
  restError,
  type Ground,
  type Measured,
  type Sloped,
} from "./maths.ts";

const METHODS = ["autoencoder", "pca", "full_pca"] as const;
type Method = (typeof METHODS)[number];

interface Frame {
  readonly z: readonly number[];
  /** The autoencoder's map and the error of it, mVs, the d axis first. */
  readonly map: Float64Array;
  readonly error: Float64Array;
  readonly points: readonly number[];
  readonly strength: number;
  /** On the points of this machine that were not measured, mVs. */
  readonly rest: Readonly<Record<Method, number>>;
  /** The same over all test machines, a number for each draw, at the number of points nearest to this one. */
  readonly measured: number;
  readonly all: Readonly<Record<Method, readonly number[]>>;
  /** Left by a whole map's own code, by knobs: of each training, and of PCA. */
  readonly errors: readonly (readonly number[])[];
  readonly flat: readonly number[];
  readonly directions: number;
}

const SIDE = 13;
const GRID = Array.from({ length: SIDE }, (_, i) => 2.5 * i);
const IQ = GRID;
const ID = GRID.map((current) => current - 30);
const LETTERS = "abcdefghijklm";
const WIDEST = 6;
const SHADE = 20; // mVs that are shaded fully
const STEP = 50; // mVs between lines
const LEVELS = Array.from({ length: 25 }, (_, i) => STEP * (i - 8));
const X: Axis = { label: "d-axis current (A)", min: -31.25, max: 1.25, ticks: 4 };
const Y: Axis = { label: "q-axis current (A)", min: -1.25, max: 31.25, ticks: 4 };
const HUE = "c-xhat";
const KNOBS = ["z1", "z2", "z3", "z4", "z5", "z6"] as const;

const option = <T,>(model: Model, name: string): T => model.card.options?.[name] as T;

/** Places of the grid out of their letters; what is none is passed over, and so is one named twice. */
function pointsOf(text: string): number[] {
  const found = (text.match(/[a-m]{2}/g) ?? []).map(
    (pair) => LETTERS.indexOf(pair[0] as string) * SIDE + LETTERS.indexOf(pair[1] as string),
  );
  return [...new Set(found)];
}

const textOf = (points: readonly number[]): string =>
  points.map((point) => `${LETTERS[Math.floor(point / SIDE)]}${LETTERS[point % SIDE]}`).join("");

const MOST = 32; // points that the address holds

function toggled(points: readonly number[], point: number): string {
  const others = points.filter((each) => each !== point);
  return textOf(others.length < points.length ? others : [...points, point].slice(-MOST));
}

/** Of some ascending numbers, the place of the one with the nearest ratio. */
function nearestRatio(numbers: readonly number[], wanted: number): number {
  const off = numbers.map((each) => Math.abs(Math.log(each / Math.max(1, wanted))));
  return off.indexOf(Math.min(...off));
}

async function decode(model: Model, knobs: number, z: ArrayLike<number>): Promise<Sloped> {
  const padded = new Float32Array(WIDEST);
  padded.set(Array.from(z).slice(0, knobs));
  const outputs = await model.run("decoder", {
    z: float32([1, WIDEST], padded),
    member: { dims: [1], data: Int32Array.of(knobs - 1) },
  });
  return { scores: floatOutput(outputs, "scores"), slopes: floatOutput(outputs, "slopes") };
}

interface Task {
  readonly truth: Float64Array;
  readonly measured: Measured;
  readonly strengths: Readonly<Record<Method, number>>;
}

function taskOf(model: Model, { knobs, machine, held }: State, points: readonly number[], nearest: number): Task {
  const { data } = model.array("maps");
  const size = 2 * SIDE * SIDE;
  const fine = option<number>(model, "fine");
  const truth = Float64Array.from(data.slice((machine - 1) * size, machine * size), (value) => value / fine);
  const { data: strengths, shape } = model.array("strengths");
  const [, counts, codes] = shape as [number, number, number];
  const strength = (method: number): number =>
    held ? (strengths[(method * counts + nearest) * codes + knobs - 1] as number) : 0;
  return {
    truth,
    measured: measuredAt(points, readingsOf(truth, machine - 1, option<number>(model, "noise"))),
    strengths: { autoencoder: strength(0), pca: strength(1), full_pca: strength(2) },
  };
}

/** Errors of all test machines at a number of points and of knobs, by method. */
function measuredOf(model: Model, nearest: number, knobs: number): Record<Method, readonly number[]> {
  const { data, shape } = model.array("rest");
  const [, counts, codes, draws] = shape as [number, number, number, number];
  const at = (method: number): number[] => {
    const start = ((method * counts + nearest) * codes + knobs - 1) * draws;
    return Array.from(data.slice(start, start + draws));
  };
  return { autoencoder: at(0), pca: at(1), full_pca: at(2) };
}

const namesOf = (knobs: number, directions: number): Readonly<Record<Method, string>> => ({
  autoencoder: "autoencoder",
  pca: `PCA with ${knobs}`,
  full_pca: `PCA with ${directions}`,
});

const mVs = (value: number): string => `${fixed(value, 1)} mVs`;
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

function rowsOf(frame: Frame, knobs: number): DotRow[] {
  const names = namesOf(knobs, frame.directions);
  return METHODS.map((method) => ({
    name: names[method],
    values: frame.all[method],
    hue: method === "autoencoder" ? HUE : "",
  }));
}

/** Who has the smaller error in every draw, the rival being the better of the two. */
function verdict(frame: Frame, knobs: number): string {
  const names = namesOf(knobs, frame.directions);
  const measured = METHODS.map((name) => ({ name, values: frame.all[name].map((value) => -value) }));
  const { ahead, ours, rival } = compare(measured, ["autoencoder"]);
  const [own, other] = [ours, rival].map(({ name, mean }) => `${names[name]}, ${mVs(-mean)}`) as [string, string];
  if (ahead === "neither") return `level: ${own}; ${other}`;
  return ahead === "ours" ? `ahead: ${own}; behind: ${other}` : `ahead: ${other}; behind: ${own}`;
}

/** Between the points of the grid, along straight lines. */
function between(values: ArrayLike<number>): (x: number, y: number) => number {
  return (x, y) => {
    const [u, v] = [(x - (ID[0] as number)) / 2.5, y / 2.5].map((at) => Math.min(SIDE - 1, Math.max(0, at))) as [
      number,
      number,
    ];
    const [i, j] = [Math.min(SIDE - 2, Math.floor(u)), Math.min(SIDE - 2, Math.floor(v))];
    const at = (a: number, b: number): number => values[(i + a) * SIDE + j + b] as number;
    const low = at(0, 0) + (v - j) * (at(0, 1) - at(0, 0));
    const high = at(1, 0) + (v - j) * (at(1, 1) - at(1, 0));
    return low + (u - i) * (high - low);
  };
}

/** What each line stands for, written where it crosses the middle of the map: from left to right, or from below. */
function LevelNames({ f, across }: { f: (x: number, y: number) => number; across: boolean }) {
  const { x, y } = useCoordinates();
  const names = [];
  for (let at = 0.5; at < 30; at += 0.5) {
    const [before, here] = across ? [f(at - 30.5, 15), f(at - 30, 15)] : [f(-15, at - 0.5), f(-15, at)];
    const level = STEP * Math.floor(here / STEP);
    if (before < level && level % (2 * STEP) === 0)
      names.push(
        <text
          key={level}
          class="level-name"
          x={Math.round(x(across ? at - 30.25 : -15))}
          y={Math.round(y(across ? 15 : at - 0.25))}
          dy="0.35em"
          text-anchor="middle"
        >
          {fixed(level, 0)}
        </text>,
      );
  }
  return <g aria-hidden="true">{names}</g>;
}

interface MapProps {
  readonly axis: "d" | "q";
  readonly frame: Frame;
  readonly onToggle: (point: number) => void;
}

function FluxMap({ axis, frame, onToggle }: MapProps) {
  const start = axis === "d" ? 0 : SIDE * SIDE;
  const values = frame.map.subarray(start, start + SIDE * SIDE);
  const error = frame.error.subarray(start, start + SIDE * SIDE);
  const shades = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < SIDE; i++)
    for (let j = 0; j < SIDE; j++)
      shades[(SIDE - 1 - j) * SIDE + i] = Math.min(1, Math.abs(error[i * SIDE + j] as number) / SHADE);
  const f = between(values);
  const worst = Math.max(...error.map(Math.abs));
  return (
    <Backdrop
      picture={
        <Raster
          pixels={shades}
          width={SIDE}
          height={SIDE}
          hue={HUE}
          pixelated
          label={`Error of the ${axis} axis, ${mVs(worst)} at most`}
        />
      }
    >
      <MarkPad
        label={`Measured points, on the map of the ${axis} axis`}
        x={X}
        y={Y}
        xs={ID}
        ys={IQ}
        marked={frame.points}
        onToggle={onToggle}
        mark="measured"
      >
        <Isolines f={f} of={Array.from(values, (value) => value.toFixed(1)).join()} levels={LEVELS} />
        <LevelNames f={f} across={axis === "d"} />
      </MarkPad>
    </Backdrop>
  );
}

/** All knobs in a hand, one of them turned. */
function turned(z: readonly number[], index: number, value: number): Partial<State> {
  const all = KNOBS.map((name, i) => [name, i === index ? value : (z[i] ?? 0)] as const);
  return { by: "hand", ...Object.fromEntries(all) };
}

export default defineFigure<State, Frame, Role>({
  async compute(state, models: Models<Role>) {
    const model = models.model.maps;
    const { knobs, by } = state;
    const points = pointsOf(state.points);
    const nearest = nearestRatio(option<readonly number[]>(model, "measured"), points.length);
    const { truth, measured, strengths } = taskOf(model, state, points, nearest);
    const ground: Ground = {
      mean: model.array("mean").data,
      directions: model.array("directions").data,
      unit: option<number>(model, "unit"),
    };
    const scales = model.array("scales").data;
    const z =
      by === "hand"
        ? Float64Array.from(KNOBS.slice(0, knobs), (name) => state[name])
        : await fitAsked((code) => decode(model, knobs, code), ground, measured, strengths.autoencoder, knobs);
    const map = mapOf(ground, (await decode(model, knobs, z)).scores);
    const flatly = (method: Method, numbers: number): number => {
      const own = fitLinear(scales, ground, measured, strengths[method], numbers);
      return restError(mapOf(ground, linearly(own, scales).scores), truth, measured);
    };
    const errors = model.array("errors");
    const seeds = errors.shape[1] as number;
    return {
      z: Array.from(z),
      map,
      error: map.map((value, i) => value - (truth[i] as number)),
      points,
      strength: strengths.autoencoder,
      rest: {
        autoencoder: restError(map, truth, measured),
        pca: flatly("pca", knobs),
        full_pca: flatly("full_pca", scales.length),
      },
      measured: option<readonly number[]>(model, "measured")[nearest] as number,
      all: measuredOf(model, nearest, knobs),
      errors: Array.from({ length: errors.shape[0] as number }, (_, k) =>
        Array.from(errors.data.slice(k * seeds, (k + 1) * seeds)),
      ),
      flat: Array.from(model.array("pca_errors").data),
      directions: scales.length,
    };
  },

  view(state, frame, set) {
    const { knobs, machine, held, by, more } = state;
    const names = namesOf(knobs, frame.directions);
    const rows = rowsOf(frame, knobs);
    const mark = (point: number): void => set({ points: toggled(frame.points, point) });
    const top = Math.ceil(1.1 * Math.max(...rows.flatMap(({ values }) => values)));
    return (
      <>
        <Controls label="Measurement">
          <Slider of="machine" label="machine" value={machine} onChange={(value) => set({ machine: value })} />
          <Checkbox label="hold the knobs near zero (λ)" value={held} onChange={(value) => set({ held: value })} />
          <Button onClick={() => set({ points: "" })} disabled={frame.points.length === 0}>
            Measure nothing
          </Button>
        </Controls>
        <Panels columns={3}>
          {(["d", "q"] as const).map((axis) => (
            <Panel
              key={axis}
              title={
                <>
                  ψ<sub>{axis}</sub> of <var class={HUE}>x̂</var> in mVs; rings: measured
                </>
              }
            >
              <FluxMap axis={axis} frame={frame} onToggle={mark} />
            </Panel>
          ))}
          <Panel title={`All test machines, ${counted(frame.measured, "point")}; ${verdict(frame, knobs)}`}>
            <DotRows
              label="Error on points that were not measured, a dot for each training and draw of points"
              rows={rows}
              format={mVs}
              names={160}
              axis={{ label: "error where not measured (mVs)", min: 0, max: top, ticks: 4 }}
            />
            <p class="plot-note">
              PCA with {frame.directions} has all that the networks are built on, and λ alone to hold it. Shaded in the
              maps: the autoencoder’s error, fully from {SHADE} mVs on.
            </p>
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "points measured", value: String(frame.points.length) },
            { label: "error elsewhere, autoencoder", value: mVs(frame.rest.autoencoder), hue: HUE },
            { label: names.pca, value: mVs(frame.rest.pca) },
            { label: names.full_pca, value: mVs(frame.rest.full_pca) },
            { label: "λ of the autoencoder’s fit", value: `${fixed(frame.strength, 0)} (mVs)²` },
          ]}
        />
        <Controls label="The knobs themselves">
          {KNOBS.slice(0, knobs).map((name, i) => (
            <Slider
              key={name}
              label={
                <var class="c-z">
                  z<sub>{i + 1}</sub>
                </var>
              }
              name={subscript("z", i + 1)}
              value={frame.z[i] as number}
              min={-4}
              max={4}
              step={0.01}
              format={(value) => fixed(value)}
              onChange={(value) => set(turned(frame.z, i, value))}
            />
          ))}
        </Controls>
        <Unfold what="every number of knobs" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            <Panel title="What a map’s own code leaves, all points known; a dot for each training">
              <Plot
                label={`Error by knobs. Autoencoder: ${frame.errors.map((of, k) => `${k + 1}: ${mVs(meanOf(of))}`).join(", ")}. PCA: ${frame.flat.map((value, k) => `${k + 1}: ${mVs(value)}`).join(", ")}`}
                x={{ label: "knobs", min: 0.7, max: 6.3, ticks: 6 }}
                y={{ label: "error (mVs)", min: 0.5, max: 40, scale: "log" }}
              >
                <Line points={frame.flat.map((value, k): Pair => [k + 1, value])} name="PCA" dashed />
                <Line
                  points={frame.errors.map((of, k): Pair => [k + 1, meanOf(of)])}
                  name="autoencoder"
                  hue={HUE}
                  below
                />
                <Dots points={frame.errors.flatMap((of, k) => of.map((value): Pair => [k + 1, value]))} hue={HUE} />
              </Plot>
            </Panel>
          </Panels>
        </Unfold>
        <Controls label="Knobs" docked>
          <Slider of="knobs" label="knobs" value={knobs} onChange={(value) => set({ knobs: value, by: "fit" })} />
          <Button onClick={() => set({ by: "fit" })} primary disabled={by === "fit"}>
            Fit
          </Button>
        </Controls>
      </>
    );
  },

  describe({ knobs, machine, by }, frame) {
    const names = namesOf(knobs, frame.directions);
    const others = (["pca", "full_pca"] as const).map((method) => `${names[method]} knobs: ${mVs(frame.rest[method])}`);
    return (
      `Machine ${machine}, ${counted(frame.points.length, "point")} measured, ${counted(knobs, "knob")} set by ` +
      `${by === "fit" ? "the fit" : "hand"}: the autoencoder’s error elsewhere is ${mVs(frame.rest.autoencoder)}, ` +
      `${others.join(", ")}. Over all test machines with ${counted(frame.measured, "point")}, ${verdict(frame, knobs)}.`
    );
  },

  table({ knobs }, frame) {
    return {
      columns: [
        `${counted(knobs, "knob")}, ${counted(frame.measured, "point")}`,
        ...frame.all.autoencoder.map((_, draw) => `draw ${draw + 1}`),
        "mean",
      ],
      rows: rowsOf(frame, knobs).map(({ name, values }) => [name, ...values.map(mVs), mVs(meanOf(values))]),
    };
  },
});
