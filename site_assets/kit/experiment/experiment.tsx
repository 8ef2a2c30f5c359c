/** A rule of thumb put to the test, drawn from what a recipe measured: no figure code of its own. */

import { fixed, percent } from "../base/format.ts";
import { Controls, Panel, Panels, Readout, Select, Slider, Toggle } from "../controls/index.ts";
import { defineFigure, type Setter, type Table } from "../figure/index.ts";
import {
  axisOver,
  Dot,
  DotRows,
  Dots,
  Line,
  meanAndRange,
  Plot,
  Upright,
  type Axis,
  type Pair,
} from "../marks/index.ts";
import { meanOf } from "../maths/mean.ts";
import type { FindingFields, MeasureFields } from "./experiment_fields.ts";
import { measurements, placeOf, type Measurements } from "./measurements.ts";

/** Choices of figure.toml, named as the recipe names them; without one of the last two there is nothing to choose. */
interface State {
  readonly condition: string;
  readonly measure?: string;
  readonly setting?: string;
}

const HUES = ["c-xhat", "c-z", "c-mu", "c-sigma"]; // of what is ours; a rival is grey
const FEW = 4; // choices that stand side by side
const HALF = 0.5; // of the room between two names on an axis

export const experiment = defineFigure<State, Measurements, "experiment">({
  compute: (_, { model }) => measurements(model.experiment),

  view(state, frame, set) {
    const { series, measures, conditions, axis } = frame;
    const [setting, measure, condition] = placesOf(state, frame);
    const here = frame.values[setting]?.[measure] ?? [];
    const measured = measures[measure] as MeasureFields;
    const hues = series.map(({ rival }, index) => (rival ? "quiet" : (HUES[index % HUES.length] as string)));
    const label = measured.unit ? `${measured.label} (${measured.unit})` : measured.label;
    const y = axisOver(label, here.flat(2), measured.scale);
    const x = axisOf(frame);
    const at = (index: number): number => conditions[index]?.value ?? index;
    const name = conditions[condition]?.label ?? "";
    return (
      <>
        <Choices state={state} frame={frame} set={set} />
        <Panels columns={2}>
          <Panel title={`${sentence(measured.label)}; a dot is a seed, the line their mean`}>
            <Plot x={x} y={y} height={270} label={`${sentence(measured.label)} against ${axis.label}`}>
              <Upright value={at(condition)} hue="muted" />
              {series.map(({ name: key, rival }, index) => (
                <g key={key}>
                  <Dots
                    points={(here[index] ?? []).flatMap((seeds, i) => seeds.map((value): Pair => [at(i), value]))}
                    hue={hues[index] as string}
                  />
                  <Line
                    points={(here[index] ?? []).map((seeds, i): Pair => [at(i), meanOf(seeds)])}
                    hue={hues[index] as string}
                    dashed={rival}
                  />
                  <Dot at={[at(condition), meanOf(here[index]?.[condition] ?? [])]} hue={hues[index] as string} />
                </g>
              ))}
            </Plot>
          </Panel>
          <Panel title={`${sentence(axis.label)}: ${name}`}>
            <DotRows
              label={`${sentence(measured.label)} at ${name}`}
              rows={series.flatMap(({ label: called }, index) => {
                const values = here[index]?.[condition] ?? [];
                return values.length ? [{ name: called, values, hue: hues[index] as string }] : [];
              })}
              format={(value) => fixed(value, measured.decimals)}
              names={150}
              axis={axisOver(
                label,
                here.flatMap((byCondition) => byCondition[condition] ?? []),
              )}
            />
            <Findings frame={frame} />
          </Panel>
        </Panels>
        <Readout
          items={series.map(({ label: called, rival }, index) => ({
            label: called,
            value: spread(here[index]?.[condition] ?? [], measured),
            hue: rival ? "" : (hues[index] as string),
          }))}
        />
        <Controls label="Condition" docked>
          <Condition state={state} frame={frame} set={set} />
        </Controls>
      </>
    );
  },

  describe(state, frame) {
    const { series, measures, settings, conditions, axis, rule, verdict } = frame;
    const [setting, measure, condition] = placesOf(state, frame);
    const measured = measures[measure] as MeasureFields;
    const said = series.flatMap(({ label }, index) => {
      const values = frame.values[setting]?.[measure]?.[index]?.[condition] ?? [];
      return values.length ? [`${label} ${spread(values, measured)}`] : [];
    });
    const where = settings.length > 1 ? `, ${settings[setting]?.label}` : "";
    const held = frame.findings.filter(({ holds }) => holds).length;
    return (
      `${sentence(measured.label)} at ${axis.label} ${conditions[condition]?.label}${where}: ${said.join(", ")}. ` +
      `The rule: ${rule}. ${sentence(verdict)}: ${held} of ${frame.findings.length} comparisons hold in every seed.`
    );
  },

  table: (state, frame) => numbers(state, frame),
});

function placesOf(state: State, { settings, measures, conditions }: Measurements): readonly [number, number, number] {
  return [placeOf(settings, state.setting), placeOf(measures, state.measure), placeOf(conditions, state.condition)];
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Mean and range of the seeds. */
function spread(values: readonly number[], { decimals }: MeasureFields): string {
  return values.length === 0 ? "not measured" : meanAndRange(values, (value) => fixed(value, decimals));
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

interface Part {
  readonly state: State;
  readonly frame: Measurements;
  readonly set: Setter<State>;
}

function Choices({ state, frame, set }: Part) {
  const { settings, measures } = frame;
  if (settings.length < 2 && measures.length < 2) return null;
  const choices = (fields: readonly { readonly name: string; readonly label: string }[]) =>
    fields.map(({ name, label }) => ({ value: name, label }));
  return (
    <Controls label="What is shown">
      {settings.length > 1 && (
        <Toggle
          label="data"
          value={state.setting ?? ""}
          choices={choices(settings)}
          onChange={(setting) => set({ setting })}
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
    </Controls>
  );
}

function Condition({ state, frame: { axis, conditions }, set }: Part) {
  const names = conditions.map(({ name }) => name);
  if (axis.scale === "names" && conditions.length <= FEW) {
    return (
      <Toggle
        label={axis.label}
        value={state.condition}
        choices={conditions.map(({ name, label }) => ({ value: name, label }))}
        onChange={(condition) => set({ condition })}
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
      onChange={(index) => set({ condition: names[index] as string })}
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
