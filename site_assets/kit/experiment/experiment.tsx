/** A rule of thumb put to the test, drawn from what a recipe measured: no figure code of its own. */

import type { ComponentChildren } from "preact";
import { fixed, percent } from "../base/format.ts";
import { Controls, Panel, Panels, Readout, Select, Slider, Toggle } from "../controls/index.ts";
import {
  defineTryingFigure,
  formatSchedule,
  parseSchedule,
  type Setter,
  type Table,
  type Training,
  type TrainingState,
} from "../figure/index.ts";
import {
  axisOver,
  Dot,
  DotRows,
  Dots,
  Glyphs,
  Line,
  meanAndRange,
  Plot,
  Upright,
  type Axis,
  type Pair,
} from "../marks/index.ts";
import { meanOf } from "../maths/mean.ts";
import { progressText, RunCurves, TrainingControls } from "../run/index.ts";
import type { FindingFields, LiveConditionFields, MeasureFields } from "./experiment_fields.ts";
import { liveCondition, measurements, placeOf, type Chosen, type Measurements } from "./measurements.ts";
import { counted, newest, ownSpread, useOwnRuns } from "./own_runs.ts";

/** Choices of figure.toml, named as the recipe names them, and of one that trains what is the run's. */
type State = Chosen & Partial<TrainingState>;

interface Frame extends Measurements {
  /** What trains in the page under the condition shown. */
  readonly trained: LiveConditionFields | null;
  /** The same under another condition. */
  readonly liveAt: (condition: string) => LiveConditionFields | null;
}

const HUES = ["c-xhat", "c-z", "c-mu", "c-sigma"]; // of what is ours; a rival is grey
const FEW = 4; // choices that stand side by side
const HALF = 0.5; // of the room between two names on an axis
const DASH = 0.3; // of that room, to each side of a name
const ROW_TICKS = 3; // beside the names of the rows there is no room for more
const OWN = "×"; // a run of the reader's

export const experiment = defineTryingFigure<State, Frame, "experiment">({
  train(state, { experiment: model }) {
    const live = liveCondition(model, state);
    return live && { role: "experiment", knobs: live.knobs, recorded: live.entry };
  },

  compute: (state, { model }) => ({
    ...measurements(model.experiment),
    trained: liveCondition(model.experiment, state),
    liveAt: (condition) => liveCondition(model.experiment, { ...state, condition }),
  }),

  view: (state, frame, set, training) => <Shown state={state} frame={frame} set={set} training={training} />,

  describe(state, frame, training) {
    const { series, measures, settings, conditions, axis, rule, verdict } = frame;
    const [setting, measure, condition] = placesOf(state, frame);
    const measured = measures[measure] as MeasureFields;
    const said = series.flatMap(({ label }, index) => {
      const values = frame.values[setting]?.[measure]?.[index]?.[condition] ?? [];
      return values.length ? [`${label} ${spread(values, measured)}`] : [];
    });
    const where = settings.length > 1 ? `, ${settings[setting]?.label}` : "";
    const held = frame.findings.filter(({ holds }) => holds).length;
    const own = training && !training.recorded ? newest(training, measured.name) : null;
    return (
      `${sentence(measured.label)} at ${axis.label} ${conditions[condition]?.label}${where}: ${said.join(", ")}. ` +
      (own === null
        ? ""
        : `Your run${training?.phase === "done" ? "" : " so far"}: ${fixed(own, measured.decimals)}. `) +
      `The rule: ${rule}. ${sentence(verdict)}: ${held} of ${frame.findings.length} comparisons hold in every seed.` +
      (training ? ` ${progressText(training)}` : "")
    );
  },

  table: (state, frame) => numbers(state, frame),
});

interface ShownProps {
  readonly state: State;
  readonly frame: Frame;
  readonly set: Setter<State>;
  readonly training: Training | null;
}

function Shown({ state, frame, set, training }: ShownProps) {
  const { series, measures, conditions, axis, trained } = frame;
  const [setting, measure, condition] = placesOf(state, frame);
  const here = frame.values[setting]?.[measure] ?? [];
  const measured = measures[measure] as MeasureFields;
  const hues = series.map(({ rival }, index) => (rival ? "quiet" : (HUES[index % HUES.length] as string)));
  const own = useOwnRuns(frame, training, Boolean(state.run)).filter(
    (run) => run.setting === setting && run.measure === measure,
  );
  const label = measured.unit ? `${measured.label} (${measured.unit})` : measured.label;
  const y = axisOver(label, [...here.flat(2), ...own.map(({ value }) => value)], measured.scale);
  const x = axisOf(frame);
  const inOrder = [...series].sort((one, other) => Number(other.rival) - Number(one.rival)); // ours are drawn over them
  const at = (index: number): number => conditions[index]?.value ?? index;
  const name = conditions[condition]?.label ?? "";
  const ownOf = (index: number) => own.filter((run) => run.series === index);
  const ownHere = (index: number) => ownOf(index).filter((run) => run.condition === condition);
  const rows = series
    .flatMap(({ label: called }, index) => {
      const { values, done } = counted(ownHere(index));
      const hue = hues[index] as string;
      return [
        { name: called, values: here[index]?.[condition] ?? [], hue },
        { name: done ? "your runs" : "yours so far", of: called, values, hue },
      ];
    })
    .filter(({ values }) => values.length > 0);
  const place = trained ? placeOf(series, trained.series) : -1;
  const severalTrain = new Set(frame.live.map((one) => one.series)).size > 1;
  return (
    <>
      <Choices state={state} frame={frame} set={set} />
      <Panels columns={2}>
        <Panel
          title={`${sentence(measured.label)}; a dot is a seed, the line their mean${own.length ? `, ${OWN} a run of yours` : ""}`}
        >
          <Plot x={x} y={y} height={270} label={`${sentence(measured.label)} against ${axis.label}`}>
            <Upright value={at(condition)} hue="muted" />
            {inOrder.map(({ name: key, rival }) => {
              const index = placeOf(series, key);
              return (
                <g key={key}>
                  <Dots
                    points={(here[index] ?? []).flatMap((seeds, i) => seeds.map((value): Pair => [at(i), value]))}
                    hue={hues[index] as string}
                  />
                  <Line
                    points={(here[index] ?? []).flatMap((seeds, i): Pair[] =>
                      seeds.length ? meanAt(axis.scale, at(i), meanOf(seeds)) : [],
                    )}
                    hue={hues[index] as string}
                    dashed={rival}
                  />
                  {here[index]?.[condition]?.length ? (
                    <Dot at={[at(condition), meanOf(here[index][condition])]} hue={hues[index] as string} />
                  ) : null}
                </g>
              );
            })}
            {series.map(({ name: key }, index) =>
              ownOf(index).length ? (
                <Glyphs
                  key={key}
                  points={ownOf(index).map((run): Pair => [at(run.condition), run.value])}
                  glyph={OWN}
                  hue={`own-run ${hues[index]}`}
                />
              ) : null,
            )}
          </Plot>
          {training && <Findings frame={frame} />}
        </Panel>
        <Panel title={`${sentence(axis.label)}: ${name}`}>
          <DotRows
            label={`${sentence(measured.label)} at ${name}`}
            rows={rows}
            format={(value) => fixed(value, measured.decimals)}
            names={150}
            axis={{
              ...axisOver(
                label,
                rows.flatMap(({ values }) => values),
              ),
              ticks: ROW_TICKS,
            }}
          />
          {training ? (
            <RunPlot training={training} measured={measured} hue={hues[place] ?? ""} mixed={Boolean(state.run)} />
          ) : (
            <Findings frame={frame} />
          )}
        </Panel>
      </Panels>
      <Readout
        items={[
          ...series.flatMap(({ label: called, rival }, index) =>
            here[index]?.some((seeds) => seeds.length) // else it has no place under this setting and measure
              ? [
                  {
                    label: called,
                    value: spread(here[index][condition] ?? [], measured),
                    hue: rival ? "" : (hues[index] as string),
                  },
                ]
              : [],
          ),
          ...(training
            ? series.flatMap(({ label: called }, index) =>
                index === place || ownHere(index).length
                  ? [
                      {
                        label: severalTrain ? `yours, ${called}` : "your runs here",
                        value: ownSpread(ownHere(index), measured),
                        hue: hues[index] as string,
                      },
                    ]
                  : [],
              )
            : []),
        ]}
      />
      <Docked state={state} frame={frame} set={set} training={training}>
        <Condition state={state} frame={frame} set={set} training={training} />
      </Docked>
    </>
  );
}

interface RunPlotProps {
  readonly training: Training;
  readonly measured: MeasureFields;
  readonly hue: string;
  /** Something was turned, so that the run is of no single condition. */
  readonly mixed: boolean;
}

/** How what is measured comes down, or up, over a run; the loss, where it is not measured on the way. */
function RunPlot({ training, measured, hue, mixed }: RunPlotProps) {
  const { terms } = training.card;
  const named = terms.findIndex(({ name }) => name === measured.name);
  const { label, unit, scale } =
    named < 0 ? { label: terms[0]?.name ?? "", unit: "", scale: "linear" as const } : measured;
  const heading = `${sentence(label)}${unit && ` (${unit})`} while it trains`;
  return (
    <>
      <div class="panel-title">{heading}</div>
      <RunCurves
        training={training}
        term={Math.max(named, 0)}
        name="" // the heading says it, in more letters than there is room for
        scale={scale}
        hue={hue}
        height={190}
        label={heading}
      />
      {mixed && <p class="run-note">Turned on the way, so it is not put among the runs of one condition.</p>}
    </>
  );
}

interface DockedProps extends ShownProps {
  readonly children: ComponentChildren;
}

/** The condition, and where it trains here, the run's controls. */
function Docked({ state, frame, set, training, children }: DockedProps) {
  if (!training) {
    return (
      <Controls label="Condition" docked>
        {children}
      </Controls>
    );
  }
  return (
    <TrainingControls
      training={training}
      state={state as State & TrainingState}
      set={set as Setter<TrainingState>}
      turned={Object.keys(frame.trained?.knobs ?? {})}
    >
      {children}
    </TrainingControls>
  );
}

function placesOf(state: State, { settings, measures, conditions }: Measurements): readonly [number, number, number] {
  return [placeOf(settings, state.setting), placeOf(measures, state.measure), placeOf(conditions, state.condition)];
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Mean and range of the seeds. */
function spread(values: readonly number[], { decimals }: MeasureFields): string {
  return values.length === 0 ? "not measured" : meanAndRange(values, (value) => fixed(value, decimals));
}

/** A mean's part of the line of means: between names there is nothing, so each has a dash of its own. */
function meanAt(scale: Measurements["axis"]["scale"], at: number, mean: number): Pair[] {
  if (scale !== "names") return [[at, mean]];
  return [
    [at - DASH, mean],
    [at + DASH, mean],
    [Number.NaN, Number.NaN],
  ];
}

/** Room at both ends, and for a scale of names one tick for each. */
function axisOf({ axis: { label, scale }, conditions }: Measurements): Axis {
  if (scale === "names") {
    const format = (value: number): string => conditions[value]?.label ?? "";
    return { label, min: -HALF, max: conditions.length - HALF, at: [...conditions.keys()], format };
  }
  const values = conditions.map(({ value }) => value as number);
  const format = (value: number): string => conditions[values.indexOf(value)]?.label ?? "";
  return { ...axisOver(label, values, scale), at: values, format };
}

function Choices({ state, frame, set }: Omit<ShownProps, "training">) {
  const { settings, measures, series, live, trained } = frame;
  const [place] = placesOf(state, frame);
  const here = live.filter(({ setting }) => setting === settings[place]?.name);
  const trainable = series.filter(({ name }) => here.some((one) => one.series === name));
  const several = state.series !== undefined && trainable.length > 1;
  if (settings.length < 2 && measures.length < 2 && !several) return null;
  const anew = state.run === undefined ? {} : { run: "" }; // what was turned belongs to the run that is left
  const choices = (fields: readonly { readonly name: string; readonly label: string }[]) =>
    fields.map(({ name, label }) => ({ value: name, label }));
  return (
    <Controls label="What is shown">
      {settings.length > 1 && (
        <Toggle
          label="data"
          value={state.setting ?? ""}
          choices={choices(settings)}
          onChange={(setting) => set({ setting, ...anew })}
        />
      )}
      {measures.length > 1 && (
        <Select
          label="measured"
          value={state.measure ?? ""}
          choices={choices(measures)}
          onChange={(measure) => set({ measure })}
        />
      )}
      {several && (
        <Toggle
          label="trained here"
          value={trained?.series ?? ""}
          choices={choices(trainable)}
          onChange={(name) => set({ series: name, ...anew })}
        />
      )}
    </Controls>
  );
}

/**
 * Another condition: of a run that is under way the next steps are made under it; else the next run is, with what else
 * the reader has turned.
 */
function chooser({ state, frame, set, training }: ShownProps): (condition: string) => void {
  return (condition) => {
    const next = frame.liveAt(condition);
    if (!training || !next) return set({ condition });
    if (!training.recorded && training.phase !== "done" && training.step > 0) {
      for (const [knob, value] of Object.entries(next.knobs)) {
        if (training.knobs[knob] !== value) training.actions.turn(knob, value);
      }
      return set({ condition });
    }
    const turned = parseSchedule(state.run ?? "", training.card.knobs).filter(({ knob }) => !(knob in next.knobs));
    set({ condition, run: formatSchedule(turned) });
  };
}

function Condition(shown: ShownProps) {
  const {
    state,
    frame: { axis, conditions },
  } = shown;
  const choose = chooser(shown);
  const names = conditions.map(({ name }) => name);
  if (axis.scale === "names" && conditions.length <= FEW) {
    return (
      <Toggle
        label={axis.label}
        value={state.condition}
        choices={conditions.map(({ name, label }) => ({ value: name, label }))}
        onChange={choose}
      />
    );
  }
  return (
    <Slider
      label={axis.label}
      value={names.indexOf(state.condition)}
      min={0}
      max={names.length - 1}
      step={1}
      format={(index) => conditions[index]?.label ?? ""}
      onChange={(index) => choose(names[index] as string)}
    />
  );
}

function effect({ effect: mean, lowest, highest, relative }: FindingFields, { decimals, unit }: MeasureFields): string {
  const [text, low, high] = [mean, lowest, highest].map((value) =>
    relative ? percent(value) : fixed(value, decimals),
  );
  if (relative) return `${text} (${low} to ${high})`;
  return `${text}${unit ? ` ${unit}` : ""} (${low} to ${high})`;
}

/** What the rule says, part by part, and what came of it. */
function Findings({ frame: { findings, measures, rule, verdict } }: { frame: Measurements }) {
  return (
    <div class="findings">
      <p>
        {sentence(rule)}. <b>{sentence(verdict)}.</b>
      </p>
      <ul>
        {findings.map((finding) => (
          <li key={finding.text} class={finding.holds ? "finding-held" : "finding-not"}>
            <b>{finding.holds ? "Yes" : "No"}</b> {finding.text}:{" "}
            {effect(finding, measures[placeOf(measures, finding.measure)] as MeasureFields)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function numbers(state: State, frame: Measurements): Table {
  const { series, measures, conditions, axis } = frame;
  const [setting, measure] = placesOf(state, frame);
  const measured = measures[measure] as MeasureFields;
  return {
    columns: [
      axis.label,
      ...series.map(({ label }) => `${label}: ${measured.label}${measured.unit && ` (${measured.unit})`}`),
    ],
    rows: conditions.map(({ label }, index) => [
      label,
      ...series.map((_, i) => spread(frame.values[setting]?.[measure]?.[i]?.[index] ?? [], measured)),
    ]),
  };
}
