/** F17: the error of an autoencoder as an alarm, beside detectors without a network. */

import {
  CaptionedRaster,
  Columns,
  Controls,
  compare,
  countAbove,
  defineFigure,
  Dot,
  DotRows,
  fixed,
  float32,
  floatOutput,
  grouped,
  histogram,
  Line,
  meanOf,
  meanSquare,
  Panel,
  Panels,
  percent,
  Plot,
  Readout,
  roc,
  RocPlot,
  Select,
  significant,
  Slider,
  thresholdFor,
  Toggle,
  trueAlarmShare,
  Unfold,
  Upright,
  type Axis,
  type Comparison,
  type DotRow,
  type Histogram,
  type Model,
  type Models,
  type Pair,
  type Roc,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/anomaly.ts";

type Detector = State["detector"];

/** What one detector says of everything that it has not seen. */
interface Judgement {
  readonly detector: Detector;
  /** Logarithms to base 10. */
  readonly test: Float64Array;
  readonly strange: Float64Array;
  readonly threshold: number;
  readonly caught: number;
  readonly falseAlarms: number;
  readonly curve: Roc;
  /** Area under the curve in each training. */
  readonly seeds: readonly number[];
}

interface Frame {
  readonly x: Float32Array;
  readonly xHat: Float32Array;
  /** Mean squared difference of the two, from the network as it ran here. */
  readonly error: number;
  /** All detectors, the shown one's place among them. */
  readonly judgements: readonly Judgement[];
  readonly place: number;
  /** The score of the drawn example, as a logarithm. */
  readonly own: number;
  readonly axis: Axis;
  /** For each detector the mean area at every severity; none where there are no severities. */
  readonly bySeverity: readonly (readonly Pair[])[];
  readonly features: readonly string[];
}

const BINS = 44;
const SIDE = 8;
const PHASES = 3;
const WINDOW_MS = 20;
const NAMES: Readonly<Record<Detector, string>> = {
  autoencoder: "plain error",
  weighed: "weighed error",
  pca: "PCA residual",
  mahalanobis: "Mahalanobis distance",
  forest: "isolation forest",
  sum: "sum of the currents",
};
const OURS: readonly Detector[] = ["autoencoder", "weighed"];
const FAULTS: readonly State["fault"][] = [
  "open-switch",
  "phase-imbalance",
  "sensor-offset",
  "sensor-gain",
  "bearing-ripple",
];
const faultName = (fault: State["fault"]): string => fault.replace("-", " ");
const STRANGE: Readonly<Record<State["data"], string>> = {
  currents: "faulty windows",
  tumours: "malignant tumours",
  digits: "unseen digits",
};
const ORDINARY: Readonly<Record<State["data"], string>> = {
  currents: "windows of whole machines",
  tumours: "benign tumours",
  digits: "digits of the other classes",
};
const HUE = "c-xhat";
const TIME: Axis = { label: "time (ms)", min: 0, max: WINDOW_MS, ticks: 5 };
const CURRENT: Axis = { label: "current (rated)", min: -1.35, max: 1.35, ticks: 5 };
const REST: Axis = { label: "x − x̂", min: -0.35, max: 0.35, ticks: 3 };
const MEASUREMENT: Axis = { label: "measurement, by its number in the table", min: 0.5, max: 30.5, ticks: 6 };

const optionList = (model: Model, name: string): readonly string[] => model.card.options?.[name] as readonly string[];
const option = (model: Model, name: string): number => model.card.options?.[name] as number;

/** The published scores of one list, as logarithms to base 10. */
function logarithms(model: Model, name: string, start: number): Float64Array {
  const { data, shape } = model.array(name);
  const count = shape.at(-1) as number;
  const levels = option(model, "levels");
  return Float64Array.from({ length: count }, (_, i) => (data[start * count + i] as number) / levels);
}

/** Where a kind of strangeness stands among the published ones: severities of a fault follow each other. */
function kindOf({ data, fault, severity }: State, model: Model): number {
  if (data !== "currents" || severity === 0) return 0;
  const steps = option(model, "steps");
  return 1 + FAULTS.indexOf(fault) * steps + severity - 1;
}

/** Areas under the curve in all trainings: `auc` is by training, then shown model, kind, detector. */
function areas(model: Model, shown: number, kind: number, place: number): number[] {
  const { data, shape } = model.array("auc");
  const [, kinds, detectors] = shape as [number, number, number];
  const members = model.array("scores_test").shape[0] as number;
  return Array.from(
    { length: option(model, "seeds") },
    (_, seed) => data[((seed * members + shown) * kinds + kind) * detectors + place] as number,
  );
}

function judge(model: Model, shown: number, kind: number, place: number, allowed: number): Judgement {
  const detectors = optionList(model, "detectors");
  const row = shown * detectors.length + place;
  const kinds = model.array("scores_strange").shape[1] as number;
  const test = logarithms(model, "scores_test", row);
  const strange = logarithms(model, "scores_strange", (shown * kinds + kind) * detectors.length + place);
  const threshold = thresholdFor(logarithms(model, "scores_validation", row), allowed);
  return {
    detector: detectors[place] as Detector,
    test,
    strange,
    threshold,
    caught: countAbove(strange, threshold),
    falseAlarms: countAbove(test, threshold),
    curve: roc(test, strange),
    seeds: areas(model, shown, kind, place),
  };
}

/** Over all that a detector can be asked about here, so that nothing moves but the scores. */
function scoreAxis(model: Model, shown: number, place: number): Axis {
  const detectors = optionList(model, "detectors").length;
  const kinds = model.array("scores_strange").shape[1] as number;
  const lists = [
    logarithms(model, "scores_test", shown * detectors + place),
    ...Array.from({ length: kinds }, (_, kind) =>
      logarithms(model, "scores_strange", (shown * kinds + kind) * detectors + place),
    ),
  ];
  const all = lists.flatMap((list) => [Math.min(...list), Math.max(...list)]);
  return {
    label: "score (logarithmic)",
    min: Math.min(...all) - 0.02,
    max: Math.max(...all) + 0.02,
    ticks: 4,
    format: (value) => significant(10 ** value, 2),
  };
}

/** The strange example that is drawn, as the network takes it. */
function exampleOf({ data, fault, severity, unseen, example }: State, model: Model): Float32Array {
  const place = example - 1;
  if (data === "tumours") {
    const { data: rows, shape } = model.array("tumours");
    const width = shape[1] as number;
    return Float32Array.from(rows.slice(place * width, (place + 1) * width));
  }
  if (data === "digits") {
    const { data: ink, shape } = model.array("digits");
    const [, shown, pixels] = shape as [number, number, number];
    const start = (unseen * shown + place) * pixels;
    return Float32Array.from(ink.slice(start, start + pixels), (level) => level / option(model, "full_ink"));
  }
  const { data: whole, shape } = model.array("windows");
  const { data: effects } = model.array("effects");
  const [shown, width] = shape as [number, number];
  const at = FAULTS.indexOf(fault) * shown + place;
  const share = severity / option(model, "steps");
  const fine = option(model, "fine");
  return Float32Array.from(
    { length: width },
    (_, i) => ((whole[place * width + i] as number) + share * (effects[at * width + i] as number)) / fine,
  );
}

async function reconstruct(model: Model, x: Float32Array, member: number): Promise<Float32Array> {
  const outputs = await model.run("autoencoder", {
    x: float32([1, x.length], x),
    member: { dims: [1], data: Int32Array.of(member) },
  });
  return floatOutput(outputs, "x_hat");
}

/** The mean area of a detector over the severities of the chosen fault. */
function severities(state: State, model: Model, place: number): Pair[] {
  const steps = option(model, "steps");
  return Array.from({ length: steps + 1 }, (_, severity): Pair => [
    severity / steps,
    meanOf(areas(model, 0, kindOf({ ...state, severity }, model), place)),
  ]);
}

/** The three phases of a window, one curve each. */
function phases(window: Float32Array): Pair[][] {
  const samples = window.length / PHASES;
  return Array.from({ length: PHASES }, (_, phase) =>
    Array.from({ length: samples }, (_, i): Pair => [(i / samples) * WINDOW_MS, window[phase * samples + i] as number]),
  );
}

const difference = (x: Float32Array, xHat: Float32Array): Float32Array =>
  x.map((value, i) => value - (xHat[i] as number));

function Windows({ x, xHat }: Pick<Frame, "x" | "xHat">) {
  const rest = difference(x, xHat);
  return (
    <>
      <Plot x={TIME} y={CURRENT} height={196} label="Currents of the three phases, and what the network makes of them">
        {phases(x).map((points, phase) => (
          <Line key={`x${phase}`} points={points} hue="c-x trace-under" />
        ))}
        {phases(xHat).map((points, phase) => (
          <Line key={`h${phase}`} points={points} hue="c-xhat" />
        ))}
      </Plot>
      <Plot x={TIME} y={REST} height={112} label="The residual, by phase">
        {phases(rest).map((points, phase) => (
          <Line key={phase} points={points} hue={phase === 0 ? "" : "muted"} />
        ))}
      </Plot>
    </>
  );
}

function Measurements({ x, xHat, features }: Pick<Frame, "x" | "xHat" | "features">) {
  const rest = difference(x, xHat).map(Math.abs);
  const furthest = rest.indexOf(Math.max(...rest));
  const values = [...x, ...xHat];
  const z: Axis = {
    label: "deviations from benign",
    min: Math.floor(Math.min(-3, ...values)),
    max: Math.ceil(Math.max(6, ...values)),
    ticks: 5,
  };
  const curve = (row: Float32Array): Pair[] => Array.from(row, (value, i): Pair => [i + 1, value]);
  return (
    <>
      <Plot x={MEASUREMENT} y={z} height={280} label="Thirty measurements, and what the network makes of them">
        <Line points={curve(x)} hue="c-x trace-under" />
        <Line points={curve(xHat)} hue="c-xhat" />
      </Plot>
      <p class="plot-note">
        Furthest off: {features[furthest]}, number {furthest + 1}.
      </p>
    </>
  );
}

function Digit({ x, xHat }: Pick<Frame, "x" | "xHat">) {
  const size = { width: SIDE, height: SIDE, pixelated: true };
  return (
    <div class="pair pair-three">
      <CaptionedRaster pixels={x} {...size} label="The digit" hue="c-x" caption="x" />
      <CaptionedRaster pixels={xHat} {...size} label="Its reconstruction" hue="c-xhat" caption="x̂" />
      <CaptionedRaster
        pixels={difference(x, xHat).map(Math.abs)}
        {...size}
        label="The size of the residual"
        caption="|x − x̂|"
      />
    </div>
  );
}

/** A histogram as shares of its list. */
function shares(values: Float64Array, axis: Axis): Histogram {
  const counted = histogram(values, axis.min, axis.max, BINS);
  return { ...counted, counts: counted.counts.map((count) => count / values.length) };
}

function largestShare(...histograms: readonly Histogram[]): number {
  return Math.max(...histograms.flatMap(({ counts }) => counts));
}

const among = (rate: number): string => grouped(Number((10 ** rate).toPrecision(2)));
const oneIn = (rate: number): string => `one in ${among(rate)}`;

/** The share of true alarms in words; where no ordinary example rang, the count cannot tell. */
function alarmsTold({ caught, falseAlarms, strange, test }: Judgement, rate: number): string {
  if (falseAlarms === 0) return caught === 0 ? "no alarm" : "too few to tell";
  const share = trueAlarmShare(caught / strange.length, falseAlarms / test.length, 10 ** -rate) as number;
  return percent(share, share < 0.1 ? 1 : 0);
}

function rows(judgements: readonly Judgement[], place: number): DotRow[] {
  return judgements.map(({ detector, seeds }, index) => ({
    name: NAMES[detector],
    values: seeds,
    current: index === place ? 0 : undefined,
    hue: OURS.includes(detector) ? HUE : "",
  }));
}

function comparison(judgements: readonly Judgement[]): Comparison<Detector> {
  const areas = judgements.map(({ detector, seeds }) => ({ name: detector, values: seeds }));
  return compare(areas, OURS);
}

function whoIsAhead({ ahead, ours, rival }: Comparison<Detector>): string {
  const [own, other] = [ours, rival].map(({ name, mean }) => `${NAMES[name]} ${fixed(mean, 3)}`) as [string, string];
  if (ahead === "neither" || fixed(ours.mean, 3) === fixed(rival.mean, 3)) return `level: ${own}, ${other}`;
  return ahead === "ours" ? `ahead: ${own}, before ${other}` : `ahead: ${other}, before ${own}`;
}

export default defineFigure<State, Frame, Role>({
  async compute(state, { model: models, memo }: Models<Role>) {
    const model = models[state.data];
    const shown = state.data === "digits" ? state.unseen : 0;
    const kind = kindOf(state, model);
    const detectors = optionList(model, "detectors");
    const place = Math.max(0, detectors.indexOf(state.detector));
    const judgements = detectors.map((_, index) => judge(model, shown, kind, index, state.allowed));
    const x = exampleOf(state, model);
    const xHat = await reconstruct(model, x, shown);
    const error = meanSquare(x, xHat);
    const here = judgements[place] as Judgement;
    return {
      x,
      xHat,
      error,
      judgements,
      place,
      own: here.detector === "autoencoder" ? Math.log10(error) : (here.strange[state.example - 1] as number),
      axis: await memo(`${state.data} ${shown} ${place}`, () => scoreAxis(model, shown, place)),
      bySeverity: state.data === "currents" ? detectors.map((_, index) => severities(state, model, index)) : [],
      features: state.data === "tumours" ? optionList(model, "features") : [],
    };
  },

  view(state, frame, set) {
    const { data, fault, severity, unseen, example, allowed, rate, more } = state;
    const { x, xHat, judgements, place, own, axis, bySeverity, features } = frame;
    const here = judgements[place] as Judgement;
    const [ordinary, strange] = [shares(here.test, axis), shares(here.strange, axis)];
    const height: Axis = { label: "share of each", min: 0, max: 1.12 * largestShare(ordinary, strange), ticks: 4 };
    return (
      <>
        <Controls label="What is watched">
          <Toggle label="data" value={data} of="data" onChange={(value) => set({ data: value })} />
          {data === "currents" && (
            <Select
              label="fault"
              value={fault}
              of="fault"
              format={faultName}
              onChange={(value) => set({ fault: value })}
            />
          )}
          {data === "digits" && (
            <Select
              label="never seen"
              value={String(unseen)}
              of="unseen"
              onChange={(value) => set({ unseen: Number(value) })}
            />
          )}
          <Select
            label="score"
            value={here.detector}
            choices={judgements.map(({ detector }) => ({ value: detector, label: NAMES[detector] }))}
            onChange={(value) => set({ detector: value })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                A strange example <var class="c-x">x</var>, what the network makes of it, <var class="c-xhat">x̂</var>,
                and the residual
              </>
            }
          >
            {data === "currents" && <Windows x={x} xHat={xHat} />}
            {data === "tumours" && <Measurements x={x} xHat={xHat} features={features} />}
            {data === "digits" && <Digit x={x} xHat={xHat} />}
          </Panel>
          <Panel
            title={
              <>
                Scores by {NAMES[here.detector]}: {ORDINARY[data]} and <span class={HUE}>{STRANGE[data]}</span>
              </>
            }
          >
            <Plot
              x={axis}
              y={height}
              height={300}
              label={`Scores of ${here.test.length} ${ORDINARY[data]} and ${here.strange.length} ${STRANGE[data]}, and the threshold`}
            >
              <Columns histogram={ordinary} hue="muted" />
              <Columns histogram={strange} hue={`${HUE} columns-over`} />
              <Upright value={here.threshold} name="alarm" />
              <Dot at={[own, 0]} hue={HUE} />
            </Plot>
          </Panel>
        </Panels>
        <Controls label="Example">
          {data === "currents" && (
            <Slider
              of="severity"
              label="severity"
              value={severity}
              format={(tenths) => percent(tenths / 10)}
              onChange={(value) => set({ severity: value })}
            />
          )}
          <Slider of="example" label="example" value={example} onChange={(value) => set({ example: value })} />
        </Controls>
        <Readout
          items={[
            { label: "caught", value: `${here.caught} of ${here.strange.length}`, hue: HUE },
            { label: "missed", value: `${here.strange.length - here.caught}` },
            { label: "false alarms", value: `${grouped(here.falseAlarms)} of ${grouped(here.test.length)}` },
            { label: "area under the curve", value: fixed(here.curve.area, 3) },
            { label: `true alarms, 1 in ${among(rate)}`, value: alarmsTold(here, rate) },
          ]}
        />
        <Panels columns={2}>
          <Panel title="Caught against false alarms, for every threshold; grey: the other scores">
            <RocPlot
              label={`Share caught against false alarms; area ${fixed(here.curve.area, 3)}`}
              curve={here.curve.points}
              others={judgements.filter((_, index) => index !== place).map(({ curve }) => curve.points)}
              at={[here.falseAlarms / here.test.length, here.caught / here.strange.length]}
            />
          </Panel>
          <Panel
            title={`Area under the curve, the best of ours beside the best rival; ${whoIsAhead(comparison(judgements))}`}
          >
            <DotRows
              label="Area under the curve, a dot for each training"
              rows={rows(judgements, place)}
              format={(value) => fixed(value, 3)}
              names={170}
              axis={{ label: "area, a dot a seed", min: 0.4, max: 1, ticks: 4 }}
            />
          </Panel>
        </Panels>
        {data === "currents" && (
          <Unfold what="every severity" open={more} onChange={(open) => set({ more: open })}>
            <Panels columns={2}>
              <Panel title="Area under the curve over the severity, mean of the seeds; grey: the other scores">
                <Plot
                  x={{ label: "severity", min: 0, max: 1, ticks: 5, format: (value) => percent(value) }}
                  y={{ label: "area under the curve", min: 0.4, max: 1.02, ticks: 6 }}
                  height={240}
                  label="Area under the curve against severity"
                >
                  {bySeverity.map((points, index) => (
                    <Line key={index} points={points} hue={index === place ? HUE : "muted roc-other"} />
                  ))}
                  <Dot at={[severity / 10, meanOf(here.seeds)]} hue={HUE} />
                </Plot>
              </Panel>
            </Panels>
          </Unfold>
        )}
        <Controls label="Alarm" docked>
          <Slider
            of="allowed"
            label="false alarms allowed"
            value={allowed}
            format={(share) => percent(share, 1)}
            onChange={(value) => set({ allowed: value })}
          />
          <Slider of="rate" label="base rate" value={rate} format={oneIn} onChange={(value) => set({ rate: value })} />
        </Controls>
      </>
    );
  },

  describe({ data, fault, severity, unseen, rate }, frame) {
    const here = frame.judgements[frame.place] as Judgement;
    const what =
      data === "currents"
        ? `${faultName(fault)} at ${percent(severity / 10)} severity`
        : data === "digits"
          ? `the digit ${unseen}, never shown in training`
          : "malignant tumours, after training on benign ones";
    return (
      `Strange: ${what}. By the score “${NAMES[here.detector]}”, the threshold catches ${here.caught} of ${here.strange.length} ` +
      `and raises ${here.falseAlarms} false alarms in ${grouped(here.test.length)}; the area under the curve is ${fixed(here.curve.area, 3)}. ` +
      `If ${oneIn(rate)} is strange, the share of true alarms is: ${alarmsTold(here, rate)}. By the area, means of the seeds, ${whoIsAhead(comparison(frame.judgements))}.`
    );
  },

  table({ rate }, { judgements }) {
    return {
      columns: ["score", "area, mean of the seeds", "lowest to highest", "caught", "false alarms", "true alarms"],
      rows: judgements.map((each) => [
        NAMES[each.detector],
        fixed(meanOf(each.seeds), 3),
        `${fixed(Math.min(...each.seeds), 3)} to ${fixed(Math.max(...each.seeds), 3)}`,
        percent(each.caught / each.strange.length, 1),
        percent(each.falseAlarms / each.test.length, 1),
        alarmsTold(each, rate),
      ]),
    };
  },
});
