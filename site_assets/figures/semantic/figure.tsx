/** F23: groups that k-means finds in windows of a car's speed, beside the situations that they came from. */

import {
  Button,
  compare,
  Controls,
  crossTable,
  defineFigure,
  Dot,
  DotRows,
  dotTable,
  fixed,
  float32,
  floatOutput,
  HeatMap,
  Line,
  meanOf,
  Panel,
  Panels,
  percent,
  Plot,
  Readout,
  rowShares,
  Select,
  Slider,
  stepwise,
  Unfold,
  type Axis,
  type DotRow,
  type Model,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/semantic.ts";
import { adjustedRand, distance, grouped, nearestGroups, renumbered, rowOf, type Groups, type Rows } from "./maths.ts";

type Sees = State["sees"];

/** A window that is drawn: its readings, km/h, and the place of its true situation. */
interface Shown {
  readonly speeds: readonly number[];
  readonly situation: number;
}

interface Frame {
  readonly windows: number;
  /** How many windows each group has, the slowest group first. */
  readonly sizes: readonly number[];
  /** A few windows of each group, from its middle outwards. */
  readonly shown: readonly (readonly Shown[])[];
  readonly situations: readonly string[];
  /** Of group (row) and true situation (column). */
  readonly counts: readonly number[];
  readonly likeness: number;
  /** How many windows keep their group when they begin the chosen seconds later. */
  readonly kept: number;
  /** Published, by way: likeness in each seed, and the share that keeps its group by seconds and seed. */
  readonly ways: readonly Way[];
}

interface Way {
  readonly way: Sees;
  readonly likeness: readonly number[];
  readonly kept: readonly (readonly number[])[];
}

const WAYS: readonly Sees[] = ["code", "decoded", "pca", "raw", "hand"];
const NAMES: Readonly<Record<Sees, string>> = {
  code: "code",
  decoded: "decoded code",
  pca: "PCA",
  raw: "raw readings",
  hand: "mean and spread",
};
const HUES: Readonly<Partial<Record<Sees, string>>> = { code: "c-z", decoded: "c-xhat", raw: "c-x" };
const DRAWN = 3; // windows of each group
const FASTEST = 140; // km/h, the height of a drawn window
const NUMBER_WORDS = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight"];

const option = <T,>(model: Model, name: string): T => model.card.options?.[name] as T;

/** All test windows that begin so many seconds into their logs, km/h, one after the other. */
function readings(model: Model, seconds: number): Rows {
  const { data, shape } = model.array("readings");
  const [count, logged] = shape as [number, number];
  const size = logged - option<readonly number[]>(model, "shifts").length;
  const values = new Float32Array(count * size);
  for (let row = 0; row < count; row++)
    values.set(data.subarray(row * logged + seconds, row * logged + seconds + size), row * size);
  return { size, values };
}

/** Mean and standard deviation of each row. */
function byHand(rows: Rows): Rows {
  const told = Array.from({ length: rows.values.length / rows.size }, (_, row) => {
    const speeds = rowOf(rows, row);
    const mean = meanOf(speeds);
    return [mean, Math.sqrt(meanOf(speeds.map((speed) => (speed - mean) ** 2)))];
  });
  return { size: 2, values: Float32Array.from(told.flat()) };
}

/** What k-means sees of the windows. */
async function seen(model: Model, sees: Sees, seconds: number): Promise<Rows> {
  const { size, values } = readings(model, seconds);
  const unit = option<number>(model, "unit_speed");
  const x = Float32Array.from(values, (speed) => speed / unit);
  if (sees === "raw") return { size, values: x };
  if (sees === "hand") return byHand({ size, values: x });
  const count = x.length / size;
  const windows = float32([count, size], x);
  const output = sees === "decoded" ? "x_hat" : "z";
  const found =
    sees === "pca"
      ? await model.run("pca", { x: windows })
      : await model.run("autoencoder", { x: windows, member: { dims: [count], data: new Int32Array(count) } });
  const rows = floatOutput(found, output);
  return { size: rows.length / count, values: rows };
}

const rowsIn = (group: number, { labels }: Groups): number[] =>
  [...labels.keys()].filter((row) => labels[row] === group);

/** Groups by the mean speed of their windows, the slowest first. */
function slowestFirst(groups: Groups, speeds: Rows, count: number): Groups {
  const means = Array.from({ length: count }, (_, group) =>
    meanOf(rowsIn(group, groups).map((row) => meanOf(rowOf(speeds, row)))),
  );
  const order = [...means.keys()].sort((a, b) => (means[a] as number) - (means[b] as number));
  return renumbered(groups, order);
}

/** Windows of a group to draw: the nearest to its mean, the one half-way out, the furthest. */
function fewOf(group: number, groups: Groups, rows: Rows): number[] {
  const outwards = rowsIn(group, groups)
    .map((row): Pair => [distance(rows, row, groups.centres, group), row])
    .sort((a, b) => a[0] - b[0]);
  const last = outwards.length - 1;
  const places = new Set(Array.from({ length: DRAWN }, (_, i) => Math.round((i * last) / (DRAWN - 1))));
  return [...places].map((place) => (outwards[place] as Pair)[1]);
}

/** The published measurements for one number of groups. */
function measured(model: Model, count: number): Way[] {
  const [likeness, kept] = [model.array("likeness"), model.array("kept")];
  const [seeds, ways, counts, shifts] = kept.shape as [number, number, number, number];
  const windows = model.array("situations").shape[0] as number;
  const c = option<readonly number[]>(model, "counts").indexOf(count);
  const every = Array.from({ length: seeds }, (_, seed) => seed);
  return WAYS.map((way, w) => ({
    way,
    likeness: every.map((seed) => likeness.data[(seed * ways + w) * counts + c] as number),
    kept: Array.from({ length: shifts }, (_, shift) =>
      every.map((seed) => (kept.data[((seed * ways + w) * counts + c) * shifts + shift] as number) / windows),
    ),
  }));
}

/** The reader's name for a group: its place among the situations, from 1 on; 0 without one. */
const nameOf = (names: number, group: number, choices: number): number =>
  Math.floor(names / choices ** group) % choices;

function renamed(names: number, group: number, name: number, choices: number): number {
  return names + (name - nameOf(names, group, choices)) * choices ** group;
}

/** How many windows bear the right name, and how many would with the best one for each group. */
function rightlyNamed(names: number, { sizes, situations, counts }: Frame): { readonly now: number; best: number } {
  const wide = situations.length;
  const rows = sizes.map((_, group) => counts.slice(group * wide, (group + 1) * wide));
  const given = rows.map((row, group) => row[nameOf(names, group, wide + 1) - 1] ?? 0);
  const best = rows.map((row) => Math.max(...row));
  const total = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0);
  return { now: total(given), best: total(best) };
}

const rivals = ({ ways }: Frame): readonly Way[] => ways.filter(({ way }) => way !== "decoded");

/** Who is ahead by likeness with the true situations, over the seeds. */
function verdict(frame: Frame): string {
  const all = rivals(frame).map(({ way, likeness }) => ({ name: way, values: likeness }));
  const { ahead, ours, rival } = compare(all, ["code"]);
  const [own, other] = [fixed(ours.mean, 2), fixed(rival.mean, 2)];
  const by = NAMES[rival.name];
  const count = NUMBER_WORDS[frame.sizes.length - 2] as string;
  if (ahead === "neither") return `${count} groups: by code ${own}, by ${by} ${other}, neither ahead in every seed`;
  return ahead === "ours"
    ? `${count} groups: by code ${own}, ahead of ${by}, ${other}, in every seed`
    : `${count} groups: by ${by} ${other}, ahead of the code, ${own}, in every seed`;
}

function rowsOf(ways: readonly Way[], sees: Sees, values: (way: Way) => readonly number[]): DotRow[] {
  return ways.map((way) => ({
    name: NAMES[way.way],
    values: values(way),
    current: way.way === sees ? 0 : undefined,
    hue: HUES[way.way] ?? "",
  }));
}

const [LABEL, CELL, GAP, ROW, HEIGHT] = [84, 126, 8, 46, 38]; // view-box units; two of a window's are a second
const TRUTH_ABOVE = 60; // km/h: the truth is written above slower windows and below faster ones

function Windows({ frame, revealed }: { readonly frame: Frame; readonly revealed: boolean }) {
  const { shown, sizes, situations, windows } = frame;
  const told = shown.map((few, group) => {
    const truth = revealed ? `, ${few.map(({ situation }) => situations[situation]).join(", ")}` : "";
    return `group ${group + 1}, ${sizes[group]} windows${truth}`;
  });
  return (
    <svg
      class="plot"
      viewBox={`0 0 ${LABEL + DRAWN * (CELL + GAP) - GAP} ${shown.length * ROW}`}
      role="img"
      aria-label={`Windows of each group: ${told.join("; ")}`}
    >
      {shown.map((few, group) => (
        <g key={group} transform={`translate(0 ${group * ROW})`} aria-hidden="true">
          <text class="bar-name" y="16">{`group ${group + 1}`}</text>
          <text class="bar-value" y="32">
            {`${sizes[group]} of ${windows}`}
          </text>
          {few.map(({ speeds, situation }, place) => (
            <g key={place} transform={`translate(${LABEL + place * (CELL + GAP)} 2)`}>
              <rect class="gridline" width={CELL} height={HEIGHT} />
              <path
                class="line c-x"
                d={stepwise(
                  speeds.map((speed, second): Pair => [2 * second, Math.round(HEIGHT * (1 - speed / FASTEST))]),
                )}
              />
              {revealed && (
                <text class="direct-label" x="4" y={meanOf(speeds) < TRUTH_ABOVE ? 14 : HEIGHT - 5}>
                  {situations[situation]}
                </text>
              )}
            </g>
          ))}
        </g>
      ))}
    </svg>
  );
}

const LATER: Axis = { label: "seconds later", min: 0, max: 8, ticks: 8 };

export default defineFigure<State, Frame, Role>({
  async compute({ groups: count, sees, seconds }, { model: { drives }, memo }: Models<Role>) {
    const truth = drives.array("situations").data;
    const speeds = await memo("readings", () => readings(drives, 0));
    const rows = await memo(`${sees} 0`, () => seen(drives, sees, 0));
    const groups = await memo(`${sees} ${count} groups`, () =>
      slowestFirst(grouped(rows, count, option<number>(drives, "starts")), speeds, count),
    );
    const later = await memo(`${sees} ${seconds}`, () => seen(drives, sees, seconds));
    const moved = nearestGroups(later, groups.centres);
    const situations = option<readonly string[]>(drives, "situations");
    const counts = crossTable(count, situations.length, groups.labels, truth);
    return {
      windows: truth.length,
      sizes: crossTable(1, count, new Uint8Array(truth.length), groups.labels),
      shown: Array.from({ length: count }, (_, group) =>
        fewOf(group, groups, rows).map((row) => ({
          speeds: rowOf(speeds, row),
          situation: truth[row] as number,
        })),
      ),
      situations,
      counts,
      likeness: adjustedRand(groups.labels, truth),
      kept: moved.filter((group, row) => group === groups.labels[row]).length,
      ways: await memo(`${count} measured`, () => measured(drives, count)),
    };
  },

  view({ groups: count, sees, naming, names, revealed, seconds, more }, frame, set) {
    const { windows, sizes, situations, counts, likeness, kept, ways } = frame;
    const choices = ["no name", ...situations].map((label, value) => ({ value: String(value), label }));
    const { now, best } = rightlyNamed(names, frame);
    return (
      <>
        <Controls label="What is grouped">
          <Select
            label="k-means sees"
            value={sees}
            choices={WAYS.map((value) => ({ value, label: NAMES[value] }))}
            onChange={(value) => set({ sees: value, names: 0 })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={`Windows of a minute in ${count} groups, the slowest first; three of each, from its middle out`}
          >
            <Windows frame={frame} revealed={revealed} />
            <p class="plot-note">Each box is 64 seconds wide and {FASTEST} km/h high.</p>
          </Panel>
          <Panel title={verdict(frame)}>
            <DotRows
              label={`Likeness of ${count} groups and the true situations`}
              rows={rowsOf(ways, sees, ({ likeness: values }) => values)}
              format={(value) => fixed(value, 2)}
              names={160}
              width={420}
              axis={{ label: "adjusted Rand index, a dot a seed", min: 0, max: 1, ticks: 5 }}
            />
          </Panel>
        </Panels>
        <Controls label="Names and truth">
          <Button expanded={naming} onClick={() => set({ naming: !naming })}>
            Name the groups
          </Button>
          <Button primary expanded={revealed} onClick={() => set({ revealed: !revealed })}>
            {revealed ? "Hide the truth" : "Reveal the truth"}
          </Button>
        </Controls>
        {naming && (
          <Controls label="Your names">
            {sizes.map((_, group) => (
              <Select
                key={group}
                label={`group ${group + 1}`}
                value={String(nameOf(names, group, choices.length))}
                choices={choices}
                onChange={(value) => set({ names: renamed(names, group, Number(value), choices.length) })}
              />
            ))}
          </Controls>
        )}
        <Readout
          items={[
            { label: "adjusted Rand index here", value: revealed ? fixed(likeness, 2) : "hidden" },
            { label: "named rightly", value: revealed ? `${now} of ${windows}` : "hidden" },
            { label: "at best", value: revealed ? `${best} of ${windows}` : "hidden" },
            { label: `keep their group ${seconds} s later`, value: `${kept} of ${windows}` },
          ]}
        />
        {revealed && (
          <Panels columns={2}>
            <Panel title="What they were: a row for each group, a column for each situation; per cent of the group">
              <HeatMap
                label="True situations of each group"
                columns={situations.map((name) => ({ name }))}
                rows={sizes.map((_, group) => `group ${group + 1}`)}
                values={rowShares(counts, situations.length)}
                format={(value) => String(Math.round(100 * value))}
                width={440}
              />
            </Panel>
          </Panels>
        )}
        <Unfold what="windows that begin later" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            <Panel title="Windows that keep their group when they begin later, mean of the seeds; grey: the others">
              <Plot
                x={LATER}
                y={{ label: "keep their group", min: 0.6, max: 1, ticks: 4, format: percent }}
                label="Share of windows that keep their group, against the seconds by which they begin later"
              >
                {ways.map(({ way, kept: shares }) => (
                  <Line
                    key={way}
                    points={[[0, 1], ...shares.map((values, i): Pair => [i + 1, meanOf(values)])]}
                    hue={way === sees ? (HUES[way] ?? "") : "muted roc-other"}
                  />
                ))}
                <Dot
                  at={[seconds, meanOf(ways.find(({ way }) => way === sees)?.kept[seconds - 1] ?? [])]}
                  hue={HUES[sees] ?? ""}
                />
              </Plot>
            </Panel>
            <Panel title={`The same after ${seconds} s, a dot a seed`}>
              <DotRows
                label={`Share of windows that keep their group ${seconds} seconds later`}
                rows={rowsOf(ways, sees, ({ kept: shares }) => shares[seconds - 1] as readonly number[])}
                format={(value) => percent(value, 1)}
                names={170}
                width={420}
                axis={{ label: "windows that keep their group", min: 0.6, max: 1, ticks: 4, format: percent }}
              />
            </Panel>
          </Panels>
          <Controls label="Later">
            <Slider of="seconds" label="seconds later" value={seconds} onChange={(value) => set({ seconds: value })} />
          </Controls>
        </Unfold>
        <Controls label="Groups" docked>
          <Slider of="groups" label="groups" value={count} onChange={(value) => set({ groups: value, names: 0 })} />
        </Controls>
      </>
    );
  },

  describe({ groups: count, sees, names, revealed, seconds }, frame) {
    const { windows, sizes, likeness, kept } = frame;
    const { now, best } = rightlyNamed(names, frame);
    const truth = revealed
      ? ` Beside the true situations the adjusted Rand index is ${fixed(likeness, 2)}; your names are right for ${now} of ${windows} windows, the best ones would be for ${best}.`
      : "";
    return (
      `${windows} windows in ${count} groups by ${NAMES[sees]}, the slowest first: ${sizes.join(", ")} windows.${truth} ` +
      `${kept} keep their group when they begin ${seconds} s later. ${verdict(frame)}.`
    );
  },

  table({ sees }, { ways }) {
    return dotTable(
      "grouped by",
      (i) => `seed ${i + 1}`,
      rowsOf(ways, sees, ({ likeness }) => likeness),
      (value) => fixed(value, 3),
    );
  },
});
