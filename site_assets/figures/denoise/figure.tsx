/** F18: noise taken out by a denoising autoencoder and by filters, at noises that it knows and that it does not. */

import {
  CaptionedRaster,
  compare,
  Controls,
  defineFigure,
  despiked,
  Dot,
  DotRows,
  fixed,
  float32,
  floatOutput,
  gained,
  gainInDecibels,
  Line,
  meanAndRange,
  meanOf,
  NextSeed,
  Panel,
  Panels,
  Plot,
  Readout,
  Select,
  Slider,
  smoothed,
  Toggle,
  transposed,
  wienerGains,
  type Axis,
  type Model,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/denoise.ts";
import { noiseOf } from "./noise.ts";

type Method = State["method"];

interface Frame {
  readonly clean: Float64Array;
  readonly noisy: Float64Array;
  readonly cleaned: Float64Array;
  /** Decibels gained on this example. */
  readonly gain: number;
  /** Of the noise, in the unit of the data. */
  readonly levels: readonly number[];
  readonly trained: number;
  /** Decibels gained on all test examples, by method, then level, then seed. */
  readonly measured: readonly (readonly (readonly number[])[])[];
}

const METHODS: readonly Method[] = ["network", "wiener", "pca", "savgol", "average", "despiked"];
const NAMES: Readonly<Record<Method, string>> = {
  network: "autoencoder",
  wiener: "Wiener",
  pca: "PCA",
  savgol: "Savitzky–Golay",
  average: "moving average",
  despiked: "median, Wiener",
};
const PHASE = 128;
const WINDOW_MS = 20;
const TILE = 64;
const PATCH = 8;
const HUE = "c-xhat";
const TIME: Axis = { label: "time (ms)", min: 0, max: WINDOW_MS, ticks: 5 };
const CURRENT = { label: "current of phase a (rated)", ticks: 5 };
const REACH = { white: 1.9, spikes: 3 }; // how far the axis of currents goes: spikes are four and a half deviations high

interface Knobs {
  /** How many components are kept. */
  readonly pca: number;
  /** A window's side, and multiples of the noise's deviation: what sticks out, and what is left then. */
  readonly despiked: { readonly width: number; readonly limit: number; readonly rest: number };
}

const option = <T,>(model: Model, name: string): T => model.card.options?.[name] as T;

/** A picture's pixels patch by patch, or with `back` the other way. */
function patchwise(picture: Float64Array, back: boolean): Float64Array {
  const result = new Float64Array(picture.length);
  for (let place = 0; place < picture.length; place++) {
    const [row, column] = [Math.floor(place / TILE), place % TILE];
    const patch = Math.floor(row / PATCH) * (TILE / PATCH) + Math.floor(column / PATCH);
    const inside = (row % PATCH) * PATCH + (column % PATCH);
    const other = patch * PATCH * PATCH + inside;
    if (back) result[place] = picture[other] as number;
    else result[other] = picture[place] as number;
  }
  return result;
}

async function byNetwork(model: Model, rows: Float64Array): Promise<Float64Array> {
  const width = model.array("mean").data.length;
  const count = rows.length / width;
  const outputs = await model.run("network", {
    x: float32([count, width], Float32Array.from(rows)),
    member: { dims: [count], data: new Int32Array(count) },
  });
  return Float64Array.from(floatOutput(outputs, "x_hat"));
}

function byWeights(picture: boolean, noisy: Float64Array, weights: ArrayLike<number>): Float64Array {
  if (!picture) return smoothed(noisy, PHASE, weights);
  const along = smoothed(noisy, TILE, weights);
  return transposed(smoothed(transposed(along, TILE), TILE, weights), TILE);
}

function withoutSpikes(picture: boolean, noisy: Float64Array, { despiked: { width, limit } }: Knobs, level: number) {
  return picture
    ? despiked(noisy, TILE, [width, width], limit * level)
    : despiked(noisy, PHASE, [1, width], limit * level);
}

async function clean(model: Model, picture: boolean, method: Method, noisy: Float64Array, level: number) {
  if (method === "average" || method === "savgol")
    return byWeights(picture, noisy, model.array(`${method}_weights`).data);
  const knobs = option<Knobs>(model, "knobs");
  const seen = method === "despiked" ? withoutSpikes(picture, noisy, knobs, level) : noisy;
  const rows = picture ? patchwise(seen, false) : seen;
  const directions = { mean: model.array("mean").data, directions: model.array("directions").data };
  const variances = model.array("variances").data;
  const byWiener = (deviation: number) => gained(rows, directions, wienerGains(variances, deviation));
  const found = {
    network: () => byNetwork(model, rows),
    wiener: () => byWiener(level),
    pca: () => gained(rows, directions, new Float64Array(knobs.pca).fill(1)),
    despiked: () => byWiener(knobs.despiked.rest * level),
  };
  const cleaned = await found[method]();
  return picture ? patchwise(cleaned, true) : cleaned;
}

/** Gains on the test examples: by method, then level, then seed. */
function measuredOf(model: Model, kind: State["kind"]): number[][][] {
  const { data, shape } = model.array("gains");
  const [seeds, kinds, levels, methods] = shape as [number, number, number, number];
  const k = option<readonly string[]>(model, "kinds").indexOf(kind);
  return Array.from({ length: methods }, (_, method) =>
    Array.from({ length: levels }, (_, level) =>
      Array.from(
        { length: seeds },
        (_, seed) => data[((seed * kinds + k) * levels + level) * methods + method] as number,
      ),
    ),
  );
}

function whoIsAhead({ measured }: Frame, level: number): string {
  const { ahead, ours, rival } = compare(
    METHODS.map((name, index) => ({ name, values: measured[index]?.[level] as readonly number[] })),
    ["network"],
  );
  const [own, other] = [ours, rival].map(({ name, mean }) => `${NAMES[name]} ${fixed(mean, 1)} dB`) as [string, string];
  if (ahead === "neither") return `level: ${own}, ${other}`;
  return ahead === "ours" ? `ahead: ${own}, before ${other}` : `ahead: ${other}, before ${own}`;
}

function trace(values: Float64Array): Pair[] {
  return Array.from(values.subarray(0, PHASE), (value, i): Pair => [(i / PHASE) * WINDOW_MS, value]);
}

function Pictures({ clean: original, noisy, cleaned }: Frame) {
  const size = { width: TILE, height: TILE, pixelated: true };
  const ink = (picture: Float64Array): Float64Array => picture.map((grey) => 1 - grey);
  return (
    <div class="pair pair-three">
      <CaptionedRaster pixels={ink(noisy)} {...size} label="Noisy and not cleaned" caption="noisy" />
      <CaptionedRaster pixels={ink(cleaned)} {...size} label="Cleaned" hue={HUE} caption="cleaned" />
      <CaptionedRaster pixels={ink(original)} {...size} label="Clean" hue="c-x" caption="clean" />
    </div>
  );
}

export default defineFigure<State, Frame, Role>({
  async compute({ data, kind, level, method, example, draw }, { model: models }: Models<Role>) {
    const model = models[data];
    const { data: published, shape } = model.array("clean");
    const size = published.length / (shape[0] as number);
    const fine = option<number>(model, "fine");
    const levels = option<readonly number[]>(model, "levels");
    const deviation = levels[level] as number;
    const original = Float64Array.from(published.slice((example - 1) * size, example * size), (value) => value / fine);
    const added = noiseOf(kind, draw, size, deviation, option<number>(model, "spikes"));
    const noisy = original.map((value, i) => value + (added[i] as number));
    const cleaned = await clean(model, data === "photographs", method, noisy, deviation);
    return {
      clean: original,
      noisy,
      cleaned,
      gain: gainInDecibels(original, noisy, cleaned),
      levels,
      trained: option<number>(model, "trained"),
      measured: measuredOf(model, kind),
    };
  },

  view(state, frame, set) {
    const { data, kind, level, method, example, draw } = state;
    const current: Axis = { ...CURRENT, min: -REACH[kind], max: REACH[kind] };
    const { levels, trained, measured } = frame;
    const place = METHODS.indexOf(method);
    const unit = data === "currents" ? "of rated" : "of white";
    const told = (deviation: number): string => `${fixed(100 * deviation, 0)}% ${unit}`;
    const all = measured.flat(2);
    const y: Axis = {
      label: "gain (dB), all test examples",
      min: Math.floor(Math.min(0, ...all)) - 1,
      max: Math.ceil(Math.max(...all)) + 1,
      ticks: 6,
    };
    const x: Axis = {
      label: `noise (deviation, % ${unit})`,
      min: 0,
      max: 1.05 * (levels.at(-1) as number),
      ticks: 5,
      format: (value) => fixed(100 * value, 0),
    };
    return (
      <>
        <Controls label="What is cleaned">
          <Toggle label="data" value={data} of="data" onChange={(value) => set({ data: value })} />
          <Toggle label="kind" value={kind} of="kind" onChange={(value) => set({ kind: value })} />
          <Select
            label="cleaned by"
            value={method}
            of="method"
            format={(value) => NAMES[value]}
            onChange={(value) => set({ method: value })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                Noisy, cleaned <var class="c-xhat">x̂</var> and clean <var class="c-x">x</var>
              </>
            }
          >
            {data === "currents" ? (
              <Plot x={TIME} y={current} height={270} label="Noisy and cleaned current of phase a, and the clean one">
                <Line points={trace(frame.noisy)} hue="muted roc-other" />
                <Line points={trace(frame.clean)} hue="c-x trace-under" />
                <Line points={trace(frame.cleaned)} hue={HUE} />
              </Plot>
            ) : (
              <Pictures {...frame} />
            )}
          </Panel>
          <Panel
            title={`Gain over the noise, mean of the seeds; trained with white noise of ${fixed(100 * trained, 0)}%; grey: the others`}
          >
            <Plot x={x} y={y} height={270} label="Gain in decibels against the strength of the noise, by method">
              <Line
                points={[
                  [0, 0],
                  [x.max, 0],
                ]}
                dashed
                hue="muted"
              />
              {measured.map((byLevel, index) => (
                <Line
                  key={index}
                  points={byLevel.map((seeds, i): Pair => [levels[i] as number, meanOf(seeds)])}
                  hue={index === place ? HUE : "muted roc-other"}
                />
              ))}
              <Dot at={[levels[level] as number, meanOf(measured[place]?.[level] as number[])]} hue={HUE} />
            </Plot>
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "gain on this example", value: `${fixed(frame.gain, 1)} dB`, hue: HUE },
            { label: "on all test examples", value: `${fixed(meanOf(measured[place]?.[level] as number[]), 1)} dB` },
            { label: "seed of the noise", value: String(draw) },
          ]}
        />
        <Controls label="Example">
          <Slider of="example" label="example" value={example} onChange={(value) => set({ example: value })} />
          <NextSeed seed={draw} onChange={(value) => set({ draw: value })}>
            Draw afresh
          </NextSeed>
        </Controls>
        <Panels columns={2}>
          <Panel title={`Gain at this noise, a dot a seed; ${whoIsAhead(frame, level)}`}>
            <DotRows
              label="Gain in decibels, a dot for each training"
              rows={METHODS.map((name, index) => ({
                name: NAMES[name],
                values: measured[index]?.[level] as readonly number[],
                hue: name === "network" ? HUE : "",
              }))}
              format={(value) => `${fixed(value, 1)} dB`}
              names={150}
              axis={{ label: "gain (dB)", min: y.min, max: y.max, ticks: 6 }}
            />
          </Panel>
        </Panels>
        <Controls label="Noise" docked>
          <Slider
            of="level"
            label="noise"
            value={level}
            format={(index) => told(levels[index] as number)}
            onChange={(value) => set({ level: value })}
          />
        </Controls>
      </>
    );
  },

  describe({ data, kind, level, method }, frame) {
    const deviation = `${fixed(100 * (frame.levels[level] as number), 0)}%`;
    const mean = meanOf(frame.measured[METHODS.indexOf(method)]?.[level] as number[]);
    return (
      `${kind === "white" ? "White noise" : "Spikes"} of ${deviation} on ${data}, cleaned by ${NAMES[method]}: ` +
      `${fixed(frame.gain, 1)} dB gained on this example, ${fixed(mean, 1)} dB on all test examples. By these, ${whoIsAhead(frame, level)}.`
    );
  },

  table(_, { levels, measured }) {
    return {
      columns: ["cleaned by", ...levels.map((level) => `gain at ${fixed(100 * level, 0)}% (dB)`)],
      rows: METHODS.map((name, index) => [
        NAMES[name],
        ...(measured[index] ?? []).map((seeds) => meanAndRange(seeds, (value) => fixed(value, 1))),
      ]),
    };
  },
});
