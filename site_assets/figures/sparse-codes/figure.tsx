/** F27: sprites as the four loudest of 64 units; what each unit draws, what wakes it, and what it tells of the factors. */

import {
  CaptionedRaster,
  Controls,
  defineFigure,
  DotRows,
  dotTable,
  fixed,
  gaps,
  Line,
  MarkedGrid,
  meanOf,
  Panel,
  Panels,
  percent,
  Plot,
  Raster,
  RasterGrid,
  Readout,
  rowOf,
  Slider,
  Toggle,
  useCoordinates,
  type DotRow,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/sparse-codes.ts";
import { draw, hear, pictures, voices, type Network, type Voice } from "./maths.ts";

/** What wakes one unit: shares of the test drawings. */
interface Waking {
  readonly shapes: readonly number[];
  /** Of size, rotation and position, by tenths of their ranges. */
  readonly curves: readonly (readonly Pair[])[];
}

interface Frame {
  readonly x: Float32Array;
  readonly redrawn: Float32Array;
  readonly error: number;
  readonly speaking: readonly Voice[];
  /** All columns as pictures. */
  readonly columns: Float32Array;
  /** Drawings that wake the unit most, the loudest first. */
  readonly woken: Float32Array;
  readonly wokenCount: number;
  readonly waking: Waking;
  readonly factors: readonly number[];
  readonly told: readonly DotRow[];
  readonly gaps: readonly DotRow[];
  /** Sizes and mean errors of the sparse code and its rivals. */
  readonly errors: readonly { readonly name: string; readonly value: number }[];
}

const SIDE = 16;
const PIXELS = SIDE * SIDE;
const ACROSS = 8; // units along a side of their square
const UNITS = ACROSS * ACROSS;
const DRAWINGS = 200;
const WOKEN = { columns: 5, rows: 2 };
const FACTORS = 4;
const SHAPES = ["ellipse", "bar", "wedge"] as const;
const CURVES = ["size", "rotation", "position"] as const;
const HUES = ["c-x", "c-sigma", "c-z"] as const;
const BINS = 10;
const BETA = 2; // the one with the largest gap, by the claims of factors-beta

const option = (model: Model, name: string): number => model.card.options[name] as number;

function networkOf(model: Model, run: number): Network {
  const step = option(model, "column_step");
  return {
    columns: Float32Array.from(rowOf(model, "columns", run - 1), (level) => (level - 128) * step),
    thresholds: rowOf(model, "thresholds", run - 1),
    rest: rowOf(model, "rest", run - 1),
  };
}

function wakingOf(model: Model, run: number, unit: number): Waking {
  const all = rowOf(model, "waking", run - 1);
  const bins = all.length / UNITS;
  const own = Array.from(all.subarray(unit * bins, (unit + 1) * bins), (level) => level / 255);
  const of = (factor: number): Pair[] =>
    Array.from({ length: BINS }, (_, bin): Pair => [
      (bin + 0.5) / BINS,
      own[SHAPES.length + factor * BINS + bin] as number,
    ]);
  return { shapes: own.slice(0, SHAPES.length), curves: CURVES.map((_, factor) => of(factor)) };
}

/** Shares told of each factor by each number, one table a training. */
function tables(model: Model, array: string, skip = 0, count?: number): Float32Array[] {
  const { shape, data } = model.array(array);
  const size = FACTORS * (shape.at(-1) as number);
  return Array.from({ length: count ?? data.length / size }, (_, i) =>
    (data as Float32Array).slice((skip + i) * size, (skip + i + 1) * size),
  );
}

/** Of each training, what the best number tells of a factor, and by how much it is ahead; means over the factors. */
function ranked(own: readonly Float32Array[]): { told: number[]; gap: number[] } {
  const width = (own[0]?.length ?? 0) / FACTORS;
  const most = (table: Float32Array): number[] =>
    Array.from({ length: FACTORS }, (_, f) => Math.max(...table.subarray(f * width, (f + 1) * width)));
  return { told: own.map((table) => meanOf(most(table))), gap: own.map((table) => meanOf(gaps(table, width))) };
}

function compared(model: Model, sprites: Model, run: number): { told: DotRow[]; gaps: DotRow[] } {
  const betas = Array.from(sprites.array("betas").data);
  const starts = sprites.array("shares").shape[1] as number;
  const place = betas.indexOf(BETA);
  const codes = [
    { name: "four of 64", own: tables(model, "sparse_shares"), sparse: true },
    { name: `dense of ${option(model, "dense_size")}`, own: tables(model, "dense_shares") },
    { name: `PCA of ${option(model, "pca_size")}`, own: tables(model, "pca_shares") },
    { name: `β-VAE at β = ${BETA}`, own: tables(sprites, "shares", place * starts, starts) },
  ].map(({ own, ...code }) => ({ ...code, ...ranked(own) }));
  const row = (name: string, values: number[], sparse = false): DotRow => ({
    name,
    values,
    current: sparse ? run - 1 : undefined,
    hue: sparse ? "c-z" : "",
  });
  return {
    told: codes.map(({ name, told, sparse }) => row(name, told, sparse)),
    gaps: codes.map(({ name, gap, sparse }) => row(name, gap, sparse)),
  };
}

const degrees = (radians: number): string => `${fixed((radians * 180) / Math.PI, 0)}°`;

/** What made a drawing. */
const described = ([shape, size, rotation, position]: readonly number[]): string =>
  `${SHAPES[shape as number]}, ${fixed(size as number, 1)} px from middle to tip, turned ${degrees(rotation as number)}, ${fixed(position as number, 1)} px right of centre`;

const named = (unit: number): string => `unit ${unit + 1}`;

/** Which code has the number that tells most of a factor, and whether that is so in every training. */
function verdict(rows: readonly DotRow[]): string {
  const [first, second] = [...rows].sort((a, b) => meanOf(b.values) - meanOf(a.values)) as [DotRow, DotRow];
  const last = rows.reduce((least, row) => (meanOf(row.values) < meanOf(least.values) ? row : least));
  const always = Math.min(...first.values) > Math.max(...second.values);
  return (
    `Single numbers tell most in ${first.name}, ${percent(meanOf(first.values))} of a factor on average` +
    `${always ? ", whatever the training" : `, though some trainings of ${second.name} are ahead`}; ` +
    `least in ${last.name}, ${percent(meanOf(last.values))}.`
  );
}

/** The end of an axis that holds what wakes a unit. */
const roomFor = ({ curves }: Waking): number => {
  const most = Math.max(...curves.flat().map(([, share]) => share));
  return Math.max(0.2, Math.ceil(10 * most + 0.5) / 10);
};

export default defineFigure<State, Frame, Role>({
  async compute({ drawing, unit, run }, { model: { sparse: model, sprites }, memo }) {
    const images = await memo("images", () =>
      Float32Array.from(model.array("images_test").data, (level) => level / 255),
    );
    const at = (i: number): Float32Array => images.subarray(i * PIXELS, (i + 1) * PIXELS);
    const { network, columns, heard } = await memo(`network ${run}`, () => {
      const network = networkOf(model, run);
      return {
        network,
        columns: pictures(network.columns, PIXELS),
        heard: Array.from({ length: DRAWINGS }, (_, i) => voices(hear(network, at(i)), option(model, "speaking"))),
      };
    });
    const speaking = heard[drawing - 1] as readonly Voice[];
    const x = at(drawing - 1);
    const redrawn = draw(network, speaking);
    const woken = heard
      .flatMap((own, i) => own.filter((voice) => voice.unit === unit - 1).map(({ loudness }) => ({ i, loudness })))
      .sort((a, b) => b.loudness - a.loudness)
      .slice(0, WOKEN.columns * WOKEN.rows);
    const rows = compared(model, sprites, run);
    return {
      x,
      redrawn,
      error: redrawn.reduce((sum, value, i) => sum + (value - (x[i] as number)) ** 2, 0) / PIXELS,
      speaking,
      columns,
      woken: Float32Array.from(woken.flatMap(({ i }) => Array.from(at(i)))),
      wokenCount: woken.length,
      waking: wakingOf(model, run, unit - 1),
      factors: Array.from(model.array("factors_test").data.slice((drawing - 1) * FACTORS, drawing * FACTORS)),
      ...rows,
      errors: (["sparse", "dense", "pca"] as const).map((code, i) => ({
        name: rows.told[i]?.name ?? "",
        value: model.metric(`${code}.test.reconstruction_mse`),
      })),
    };
  },

  view({ drawing, unit, run }, frame, set) {
    const { speaking, columns, waking } = frame;
    return (
      <>
        <Panels columns={2}>
          <Panel title="What each of 64 units draws, grey for nothing; framed: those that speak">
            <MarkedGrid
              images={columns}
              struck={[]}
              picked={unit - 1}
              framed={speaking.map((voice) => voice.unit)}
              columns={ACROSS}
              rows={ACROSS}
              size={SIDE}
              label={`What each of ${UNITS} units draws; training ${run}`}
            />
          </Panel>
          <Panel title={`Drawing ${drawing}, told by the units that are its loudest`}>
            <div class="pair">
              <CaptionedRaster
                pixels={frame.x}
                width={SIDE}
                height={SIDE}
                hue="c-x"
                label={`The drawing: ${described(frame.factors)}`}
                caption={
                  <>
                    drawing <var class="c-x">x</var>
                  </>
                }
              />
              <CaptionedRaster
                pixels={frame.redrawn}
                width={SIDE}
                height={SIDE}
                hue="c-xhat"
                label="Redrawn from the units that speak"
                caption={
                  <>
                    redrawn <var class="c-xhat">x̂</var>
                  </>
                }
              />
            </div>
            <div class="drawings-row">
              {speaking.map(({ unit: own, loudness }) => (
                <CaptionedRaster
                  key={own}
                  pixels={columns.subarray(own * PIXELS, (own + 1) * PIXELS)}
                  width={SIDE}
                  height={SIDE}
                  hue="c-z"
                  label={`Unit ${own + 1}, ${fixed(loudness)} loud`}
                  caption={`unit ${own + 1} × ${fixed(loudness)}`}
                />
              ))}
            </div>
            <Readout items={[{ label: "error of this drawing", value: fixed(frame.error, 4) }]} />
          </Panel>
        </Panels>
        <Controls label="Unit">
          <Slider of="run" label="training seed" value={run} onChange={(value) => set({ run: value })} />
          <Slider of="unit" label="unit" value={unit} onChange={(value) => set({ unit: value })} />
          <Toggle
            label="of those that speak"
            value={String(unit)}
            choices={speaking.map((voice) => ({ value: String(voice.unit + 1), label: String(voice.unit + 1) }))}
            onChange={(value) => set({ unit: Number(value) })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              frame.wokenCount > 0
                ? `Unit ${unit}, and the drawings of ${DRAWINGS} that wake it most`
                : `Unit ${unit}, which none of ${DRAWINGS} drawings wakes`
            }
          >
            <div class="unit-woken">
              <Raster
                pixels={columns.subarray((unit - 1) * PIXELS, unit * PIXELS)}
                width={SIDE}
                height={SIDE}
                hue="c-z"
                label={`What unit ${unit} draws`}
              />
              <RasterGrid
                images={frame.woken}
                {...WOKEN}
                size={SIDE}
                label={`${frame.wokenCount} drawings that wake unit ${unit}, the loudest first`}
              />
            </div>
            <p class="plot-note">
              It is woken by{" "}
              {SHAPES.map((shape, i) => `${percent(waking.shapes[i] as number)} of the ${shape}s`).join(", ")}.
            </p>
          </Panel>
          <Panel title={`Share of the test drawings that wake unit ${unit}`}>
            <Plot
              x={{ label: "place in the factor’s range", min: 0, max: 1, ticks: 5, format: percent }}
              y={{ label: "share that wakes it", min: 0, max: roomFor(waking), ticks: 4, format: percent }}
              height={210}
              label={`Share of the drawings that wake unit ${unit}, over size, rotation and position`}
            >
              {waking.curves.map((points, i) => (
                <Curve key={CURVES[i]} points={points} name={CURVES[i] as string} hue={HUES[i] as string} />
              ))}
            </Plot>
          </Panel>
        </Panels>
        <Panels columns={2}>
          <Panel title="What the best number tells of a factor, mean over four: a dot for each training">
            <DotRows
              label="Share of a factor told by the best number, by code"
              rows={frame.told}
              format={(value) => percent(value)}
              names={124}
              axis={{ label: "share of the factor’s entropy", min: 0, max: 0.6, ticks: 4, format: percent }}
            />
          </Panel>
          <Panel title="Gap between the best number and the next, mean over four factors">
            <DotRows
              label="Mutual information gap by code"
              rows={frame.gaps}
              format={(value) => percent(value)}
              names={124}
              axis={{ label: "mutual information gap", min: 0, max: 0.6, ticks: 4, format: percent }}
            />
          </Panel>
        </Panels>
        <p class="plot-note">{verdict(frame.told)}</p>
        <Readout items={frame.errors.map(({ name, value }) => ({ label: `error, ${name}`, value: fixed(value, 4) }))} />
        <Controls label="Drawing" docked>
          <Slider of="drawing" label="drawing" value={drawing} onChange={(value) => set({ drawing: value })} />
        </Controls>
      </>
    );
  },

  describe({ drawing, unit, run }, { speaking, factors, error, waking, wokenCount, told, gaps: ahead }) {
    const loud = speaking.map(({ unit: own, loudness }) => `${named(own)} with ${fixed(loudness)}`).join(", ");
    const means = told.map(
      ({ name, values }, i) => `${name} ${percent(meanOf(values))}, gap ${percent(meanOf(ahead[i]?.values ?? []))}`,
    );
    return (
      `Drawing ${drawing}: ${described(factors)}. In training ${run} it is told by ${loud}, with an error of ${fixed(error, 4)}. ` +
      `Unit ${unit} is woken by ${SHAPES.map((shape, i) => `${percent(waking.shapes[i] as number)} of the ${shape}s`).join(", ")}, ` +
      `and the figure shows ${wokenCount} drawings that wake it. What the best number tells of a factor: ${means.join("; ")}. ${verdict(told)}`
    );
  },

  table(_, { told, gaps: ahead }) {
    const called = (kind: string, rows: readonly DotRow[]): DotRow[] =>
      rows.map((row) => ({ ...row, name: `${kind}, ${row.name}` }));
    const rows = [...called("told", told), ...called("gap", ahead)];
    return dotTable(
      "measure, code",
      (i) => `training ${i + 1}`,
      rows,
      (value) => percent(value, 1),
    );
  },
});

/** A curve that is named where it is highest: at their ends, all are low. */
function Curve({ points, name, hue }: { points: readonly Pair[]; name: string; hue: string }) {
  const { x, y } = useCoordinates();
  const top = points.reduce((high, point) => (point[1] > high[1] ? point : high));
  return (
    <>
      <Line points={points} hue={hue} />
      <text class={`direct-label ${hue}`} x={Math.round(x(top[0]))} y={Math.round(y(top[1])) - 7} text-anchor="middle">
        {name}
      </text>
    </>
  );
}
