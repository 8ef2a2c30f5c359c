/** F21: windows of a rare fault that are added to thirty real ones, and what a classifier gains or loses by them. */

import {
  compare,
  Controls,
  defineFigure,
  DotRows,
  dotTable,
  fixed,
  float32,
  floatOutput,
  Line,
  meanOf,
  NextSeed,
  Panel,
  Panels,
  percent,
  significant,
  Plot,
  Readout,
  Select,
  Slider,
  Unfold,
  type Axis,
  type Comparison,
  type DotRow,
  type Model,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/generate.ts";
import { grain, jittered, meanRow, parents, rowOf, smote, spectra, type Rows } from "./maths.ts";

type Way = State["way"];
type Row = Way | "weights" | "nothing" | "real";

interface Frame {
  /** One of the thirty, and the first window made here. */
  readonly real: Float64Array;
  readonly made: Float64Array;
  /** Mean log₁₀ amplitude by frequency, of the thirty and of the windows made here. */
  readonly realSpectrum: readonly Pair[];
  readonly madeSpectrum: readonly Pair[];
  /** Share of real faults caught in each seed, by what was added. */
  readonly caught: Readonly<Record<Row, readonly number[]>>;
  /** Means over the seeds by number added, for what is made. */
  readonly byNumber: Readonly<Record<Way, readonly Pair[]>>;
  readonly severity: number;
}

const ADDED = [0, 30, 60, 120, 240];
const MADE = 60; // windows that are made in the page, for a mean spectrum
const PHASES = 3;
const WINDOW_MS = 20;
const WAYS: readonly Way[] = ["graft", "drawn", "jitter", "smote"];
const OURS: readonly Row[] = ["graft", "drawn"];
const NAMES: Readonly<Record<Row, string>> = {
  graft: "VAE, grafted",
  drawn: "VAE, drawn",
  jitter: "jittered copies",
  smote: "SMOTE",
  weights: "class weights alone",
  nothing: "nothing",
  real: "300 real ones",
};
const FAULTS = [
  { value: "open-switch", label: "open switch" },
  { value: "phase-imbalance", label: "phase imbalance" },
  { value: "sensor-offset", label: "sensor offset" },
  { value: "sensor-gain", label: "sensor gain" },
  { value: "bearing-ripple", label: "bearing ripple" },
] as const;
const SEES = [
  { value: "window", label: "linear, window" },
  { value: "spectrum", label: "linear, spectrum" },
  { value: "nearest", label: "nearest, spectrum" },
] as const;
const HUE = "c-xhat";
const SHARE: Axis = { label: "share of real faults caught, a dot a seed", min: 0, max: 1, ticks: 5, format: percent };
const TIME: Axis = { label: "time (ms)", min: 0, max: WINDOW_MS, ticks: 5 };
const CURRENT: Axis = { label: "current (rated)", min: -1.3, max: 1.3, ticks: 3 };

const option = <T,>(model: Model, name: string): T => model.card.options?.[name] as T;
const faultPlace = (fault: State["fault"]): number => FAULTS.findIndex(({ value }) => value === fault);

/** Part of an array of published windows, in rated amplitudes. */
function windowsOf(model: Model, name: "owned" | "ordinary", part: number): Rows {
  const { data, shape } = model.array(name);
  const [count, size] = shape.slice(-2) as [number, number];
  const start = part * count * size;
  const fine = option<number>(model, "fine");
  return { size, values: Float64Array.from(data.slice(start, start + count * size), (value) => value / fine) };
}

async function decoded(model: Model, z: Float64Array, place: number): Promise<Float32Array> {
  const numbers = option<number>(model, "numbers");
  const width = numbers + 1 + FAULTS.length;
  const count = z.length / numbers;
  const input = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    input.set(z.subarray(row * numbers, (row + 1) * numbers), row * width);
    input[row * width + numbers + place] = 1;
  }
  const outputs = await model.run("decoder", {
    z_and_class: float32([count, width], input),
    member: { dims: [count], data: new Int32Array(count) },
  });
  return floatOutput(outputs, "x_hat");
}

/** Ordinary windows made faulty at codes from their posteriors: decoded as faulty, or grafted. */
async function byNetwork(model: Model, way: Way, fault: number, seed: number): Promise<Rows> {
  const ordinary = windowsOf(model, "ordinary", 0);
  const { data, shape } = model.array("codes");
  const [, count, numbers] = shape as [number, number, number];
  const steps = option<number>(model, "code_steps");
  const chosen = parents(seed, count, MADE);
  const eps = grain(seed, MADE * numbers);
  const z = Float64Array.from({ length: MADE * numbers }, (_, i) => {
    const place = (chosen[Math.floor(i / numbers)] as number) * numbers + (i % numbers);
    const [mu, sigma] = [data[place] as number, data[count * numbers + place] as number];
    return (mu + sigma * (eps[i] as number)) / steps;
  });
  const faulty = Float64Array.from(await decoded(model, z, 1 + fault));
  const { size } = ordinary;
  if (way === "drawn") return { size, values: faulty };
  const whole = await decoded(model, z, 0);
  const values = faulty.map((value, i) => {
    const parent = rowOf(ordinary, chosen[Math.floor(i / size)] as number);
    return (parent[i % size] as number) + value - (whole[i] as number);
  });
  return { size, values };
}

function madeOf(model: Model, way: Way, fault: number, seed: number): Promise<Rows> | Rows {
  const owned = windowsOf(model, "owned", fault);
  if (way === "smote") return smote(owned, MADE, seed);
  if (way === "jitter")
    return jittered(owned, MADE, option<number>(model, "noise"), option<number>(model, "scale"), seed);
  return byNetwork(model, way, fault, seed);
}

/** Shares caught in each seed when so many windows of a way are added. */
function measured(model: Model, { sees, fault }: State, row: Row, added: number): number[] {
  const { data, shape } = model.array("caught");
  const [, faults, columns, seeds] = shape as [number, number, number, number];
  const made = (WAYS as readonly Row[]).includes(row);
  const [way, number] = made && added === 0 ? ["weights", 0] : [row, added];
  const column = option<readonly (readonly [string, number])[]>(model, "columns").findIndex(
    ([name, count]) => name === way && (!made || count === number),
  );
  const place = option<readonly string[]>(model, "sees").indexOf(sees);
  const start = ((place * faults + faultPlace(fault)) * columns + column) * seeds;
  return Array.from(data.slice(start, start + seeds), (count) => count / option<number>(model, "asked"));
}

function spectrumOf(rows: Rows, model: Model): Pair[] {
  const mean = meanRow(spectra(rows, option<number>(model, "floor")));
  const step = option<number>(model, "sampling_rate") / mean.length;
  return Array.from(mean, (value, i): Pair => [(i - mean.length / 2) * step, value]);
}

/** The three phases of a window, one curve each. */
function phases(window: Float64Array): Pair[][] {
  const samples = window.length / PHASES;
  return Array.from({ length: PHASES }, (_, phase) =>
    Array.from({ length: samples }, (_, i): Pair => [
      ((i + 0.5) / samples) * WINDOW_MS,
      window[phase * samples + i] as number,
    ]),
  );
}

function rowsOf({ caught }: Frame, { way, sees }: State): DotRow[] {
  return (Object.keys(NAMES) as Row[])
    .filter((row) => sees !== "nearest" || row !== "weights")
    .map((row) => ({
      name: NAMES[row],
      values: caught[row],
      hue: row === way ? HUE : "",
    }));
}

/** The best of the VAE's ways beside the best without it; the real ones that nobody has stand aside. */
function comparison({ caught }: Frame): Comparison<Row> {
  const all = (Object.keys(NAMES) as Row[]).filter((row) => row !== "real");
  return compare(
    all.map((name) => ({ name, values: caught[name] })),
    OURS,
  );
}

/** What the seeds say of the way that is shown against adding nothing. */
function verdict(frame: Frame, { way, added }: State): string {
  const number = ADDED[added] as number;
  if (number === 0) return `Nothing added: ${percent(meanOf(frame.caught.nothing), 1)}`;
  const [ours, without] = [frame.caught[way], frame.caught.nothing];
  const wins = ours.filter((value, i) => value > (without[i] as number)).length;
  const points = 100 * (meanOf(ours) - meanOf(without));
  const side = points >= 0 ? "more" : "fewer";
  return `${NAMES[way]}, ${number} added: ${fixed(Math.abs(points), 1)} points ${side} than with nothing, better in ${wins} of ${ours.length} seeds`;
}

function whoIsAhead({ ahead, ours, rival }: Comparison<Row>): string {
  const [own, other] = [ours, rival].map(({ name, mean }) => `${NAMES[name]} ${percent(mean, 1)}`) as [string, string];
  if (ahead === "neither") return `level: ${own}, ${other}`;
  return ahead === "ours" ? `ahead: ${own}, before ${other}` : `ahead: ${other}, before ${own}`;
}

export default defineFigure<State, Frame, Role>({
  async compute(state, { model: { rare } }: Models<Role>) {
    const place = faultPlace(state.fault);
    const owned = windowsOf(rare, "owned", place);
    const made = await madeOf(rare, state.way, place, state.draw);
    const number = ADDED[state.added] as number;
    const share = (row: Row): number[] => measured(rare, state, row, number);
    return {
      real: rowOf(owned, state.draw % (owned.values.length / owned.size)),
      made: rowOf(made, 0),
      realSpectrum: spectrumOf(owned, rare),
      madeSpectrum: spectrumOf(made, rare),
      caught: Object.fromEntries(
        (Object.keys(NAMES) as Row[]).map((row) => [row, share(row)]),
      ) as unknown as Frame["caught"],
      byNumber: Object.fromEntries(
        WAYS.map((way) => [way, ADDED.map((count): Pair => [count, meanOf(measured(rare, state, way, count))])]),
      ) as unknown as Frame["byNumber"],
      severity: option<readonly number[]>(rare, "severities")[place] as number,
    };
  },

  view(state, frame, set) {
    const { fault, sees, way, added, draw, more } = state;
    const half = Math.max(...frame.realSpectrum.map(([frequency]) => -frequency));
    const frequency: Axis = { label: "frequency (Hz); below 0: turning backwards", min: -half, max: half, ticks: 5 };
    const amplitude: Axis = {
      label: "amplitude (rated)",
      min: -3,
      max: 0,
      ticks: 4,
      format: (value) => significant(10 ** value, 1),
    };
    return (
      <>
        <Controls label="Fault and classifier">
          <Select label="fault" value={fault} choices={FAULTS} onChange={(value) => set({ fault: value })} />
          <Select label="classifier" value={sees} choices={SEES} onChange={(value) => set({ sees: value })} />
          <Select
            label="shown"
            value={way}
            choices={WAYS.map((value) => ({ value, label: NAMES[value] }))}
            onChange={(value) => set({ way: value })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel title={`Real faults caught. ${verdict(frame, state)}`}>
            <DotRows
              label="Share of real faults caught at one false alarm in a hundred"
              rows={rowsOf(frame, state)}
              format={(value) => percent(value, 1)}
              names={190}
              width={460}
              axis={SHARE}
            />
            <p class="plot-note">
              At one false alarm in a hundred. Best with the VAE and best without: {whoIsAhead(comparison(frame))}.
            </p>
          </Panel>
          <Panel
            title={
              <>
                One of the thirty, <var class="c-x">x</var>, and one{" "}
                {way === "graft" || way === "drawn" ? "made by the " : "of "}
                <span class={HUE}>{NAMES[way]}</span>
              </>
            }
          >
            <Plot x={TIME} y={CURRENT} height={130} label="Currents of the three phases in a real faulty window">
              {phases(frame.real).map((points, phase) => (
                <Line key={phase} points={points} hue="c-x" />
              ))}
            </Plot>
            <Plot x={TIME} y={CURRENT} height={130} label="Currents of the three phases in a window made here">
              {phases(frame.made).map((points, phase) => (
                <Line key={phase} points={points} hue={HUE} />
              ))}
            </Plot>
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "severity", value: percent(frame.severity) },
            { label: "weakest frequency, real", value: weakest(frame.realSpectrum), hue: "c-x" },
            { label: "weakest frequency, made", value: weakest(frame.madeSpectrum), hue: HUE },
            { label: "seed", value: String(draw) },
          ]}
        />
        <Controls label="Chance">
          <NextSeed seed={draw} onChange={(value) => set({ draw: value })}>
            Draw afresh
          </NextSeed>
        </Controls>
        <Unfold what="spectra and every number added" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            <Panel title={`Mean spectrum of the thirty, and of ${MADE} windows made here`}>
              <Plot x={frequency} y={amplitude} label="Mean logarithmic amplitude of the space vector by frequency">
                <Line points={frame.realSpectrum} hue="c-x" />
                <Line points={frame.madeSpectrum} hue={HUE} dashed />
              </Plot>
            </Panel>
            <Panel title={`Mean share caught by number added: ${NAMES[way]}; grey: the other ways`}>
              <Plot
                x={{ label: "windows added", min: 0, max: 240, ticks: 5 }}
                y={{ label: "real faults caught", min: 0, max: 1, ticks: 5, format: percent }}
                label="Mean share of real faults caught by number of windows added"
              >
                {WAYS.map((each) => (
                  <Line key={each} points={frame.byNumber[each]} hue={each === way ? HUE : "muted roc-other"} />
                ))}
              </Plot>
            </Panel>
          </Panels>
        </Unfold>
        <Controls label="Added" docked>
          <Slider
            label="windows added"
            value={added}
            min={0}
            max={ADDED.length - 1}
            step={1}
            format={(index) => String(ADDED[index])}
            onChange={(value) => set({ added: value })}
          />
        </Controls>
      </>
    );
  },

  describe(state, frame) {
    const label = FAULTS.find(({ value }) => value === state.fault)?.label;
    const classifier = SEES.find(({ value }) => value === state.sees)?.label;
    return (
      `${label} at ${percent(frame.severity)} severity, classifier: ${classifier}. ${verdict(frame, state)}. ` +
      `Three hundred real ones: ${percent(meanOf(frame.caught.real), 1)}. ${whoIsAhead(comparison(frame))}.`
    );
  },

  table(state, frame) {
    return dotTable(
      "added",
      (i) => `seed ${i + 1}`,
      rowsOf(frame, state),
      (value) => percent(value, 1),
    );
  },
});

/** The least amplitude of a mean spectrum, where real windows have noise alone. */
function weakest(spectrum: readonly Pair[]): string {
  const least = Math.min(...spectrum.map(([, value]) => value));
  return `${percent(10 ** least, 2)} of rated`;
}
