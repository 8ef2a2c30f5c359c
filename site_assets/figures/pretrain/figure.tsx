/** F20: what a few labels are worth on a code that was learnt without any, beside the raw pixels. */

import {
  Controls,
  crossTable,
  defineFigure,
  DotRows,
  dotTable,
  fixed,
  float32,
  floatOutput,
  HeatMap,
  Line,
  meanOf,
  NextSeed,
  Panel,
  Panels,
  percent,
  Plot,
  RasterGrid,
  Readout,
  rowShares,
  Toggle,
  Unfold,
  type DotRow,
  type Model,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/pretrain.ts";
import { centred, labelledRows, named, trainProbe, type Split } from "./maths.ts";

type Sees = State["sees"];
type Labels = State["labels"];

interface Frame {
  /** Share of the test digits that this draw's probe names rightly. */
  readonly accuracy: number;
  /** By true class (row) and name (column), as shares of the row. */
  readonly confusions: readonly number[];
  readonly iterations: number;
  /** Ink of the labelled digits, class by class. */
  readonly labelled: Float32Array;
  /** Over the measured draws, by way; the probes first. */
  readonly rows: readonly DotRow[];
  readonly means: Readonly<Record<string, readonly Pair[]>>;
  /** Of the measured draws, in how many the code is better than raw pixels. */
  readonly wins: number;
  readonly draws: number;
  readonly gain: number;
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const DIGITS = Array.from({ length: CLASSES }, (_, digit) => String(digit));
const SHOWN = 5; // labelled digits of each class
const NAMES: Readonly<Record<string, string>> = {
  denoising: "denoising code",
  code: "plain code",
  pca: "PCA",
  raw: "raw pixels",
  scratch: "from scratch",
};
const HUES: Readonly<Record<string, string>> = { denoising: "c-z", raw: "c-x" };
const SHARE = { label: "share of test digits named rightly", min: 0.4, max: 1, ticks: 4, format: percent };

const optionList = <T,>(model: Model, name: string): readonly T[] => model.card.options?.[name] as readonly T[];

/** The pictures as the encoders take them. */
function inkOf({ train, test }: Models<Role>["model"]): { readonly train: Float32Array; readonly test: Float32Array } {
  const full = train.card.options?.["full_ink"] as number;
  const ink = (levels: ArrayLike<number>): Float32Array => Float32Array.from(levels, (level) => level / full);
  return { train: ink(train.array("images_train").data), test: ink(test.array("images_test").data) };
}

/** What the probe sees of all training and test digits. */
async function splitOf({ model }: Models<Role>, sees: Sees): Promise<Split> {
  const { codes } = model;
  const ink = inkOf(model);
  if (sees === "raw") return centred(ink.train, ink.test, PIXELS);
  const [known, unseen] = await Promise.all(
    [ink.train, ink.test].map(async (x) =>
      floatOutput(await codes.run(sees, { x: float32([x.length / PIXELS, PIXELS], x) }), "z"),
    ),
  );
  const size = codes.card.options?.["code_size"] as number;
  return centred(known as Float32Array, unseen as Float32Array, size);
}

/** Published accuracies by way: of each measured draw, for each number of labels. */
function measured(model: Model): Readonly<Record<string, readonly (readonly number[])[]>> {
  const { data, shape } = model.array("accuracies");
  const [, counts, draws] = shape as [number, number, number];
  return Object.fromEntries(
    optionList<string>(model, "ways").map((way, w) => [
      way,
      Array.from({ length: counts }, (_, n) =>
        Array.from({ length: draws }, (_, d) => data[(w * counts + n) * draws + d] as number),
      ),
    ]),
  );
}

export default defineFigure<State, Frame, Role>({
  async compute({ labels, sees, draw }, models) {
    const { codes, train, test } = models.model;
    const truth = test.array("labels_test").data;
    const known = train.array("labels_train").data;
    const split = await models.memo(sees, () => splitOf(models, sees));
    const rows = labelledRows(known, CLASSES, Number(labels), draw);
    const count = optionList<number>(codes, "labels").indexOf(Number(labels));
    const strengths = codes.array("strengths");
    const way = optionList<string>(codes, "ways").indexOf(sees);
    const strength = strengths.data[way * (strengths.shape[1] as number) + count] as number;
    const probe = await models.memo(`${sees} ${labels} ${draw}`, () =>
      trainProbe(split.train, known, rows, CLASSES, strength),
    );
    const names = named(probe, split.test);
    const counts = crossTable(CLASSES, CLASSES, truth, names);
    const right = DIGITS.reduce((sum, _, digit) => sum + (counts[digit * CLASSES + digit] as number), 0);
    const images = inkOf(models.model).train;
    const labelled = new Float32Array(CLASSES * Math.min(SHOWN, Number(labels)) * PIXELS);
    const perClass = Math.min(SHOWN, Number(labels));
    for (let row = 0; row < perClass; row++)
      for (let digit = 0; digit < CLASSES; digit++) {
        const source = rows[digit * Number(labels) + row] as number;
        labelled.set(images.subarray(source * PIXELS, (source + 1) * PIXELS), (row * CLASSES + digit) * PIXELS);
      }
    const all = measured(codes);
    const [ours, raw] = [all["denoising"]?.[count] ?? [], all["raw"]?.[count] ?? []];
    return {
      accuracy: right / truth.length,
      confusions: rowShares(counts, CLASSES),
      iterations: probe.iterations,
      labelled,
      rows: Object.entries(all).map(([name, values]) => ({
        name: NAMES[name] as string,
        values: values[count] as readonly number[],
        current: name === sees ? draw : undefined,
        hue: HUES[name] ?? "",
      })),
      means: Object.fromEntries(
        Object.entries(all).map(([name, values]) => [
          name,
          values.map((of, n): Pair => [optionList<number>(codes, "labels")[n] as number, meanOf(of)]),
        ]),
      ),
      wins: ours.filter((value, i) => value > (raw[i] as number)).length,
      draws: ours.length,
      gain: meanOf(ours) - meanOf(raw),
    };
  },

  view({ labels, sees, draw, more }, frame, set) {
    return (
      <>
        <Controls label="Labels">
          <Toggle label="labels a class" value={labels} of="labels" onChange={(value) => set({ labels: value })} />
          <NextSeed seed={draw} onChange={(value) => set({ draw: value })}>
            Label other digits
          </NextSeed>
        </Controls>
        <Panels columns={2}>
          <Panel title={verdict(frame, labels)}>
            <DotRows
              label={`Test digits named rightly with ${counted(labels)}`}
              rows={frame.rows}
              format={(value) => percent(value, 1)}
              names={NAMES_WIDTH}
              width={420}
              axis={SHARE}
            />
            <p class="plot-note">
              A dot for each of {frame.draws} draws of labels, a line for their mean. From scratch: a network of the
              encoder’s size that sees the labelled digits alone.
            </p>
            <RasterGrid
              images={frame.labelled}
              columns={CLASSES}
              rows={frame.labelled.length / PIXELS / CLASSES}
              size={SIDE}
              apart={2}
              pixelated
              label={`The labelled digits of draw ${draw}, a column for each class`}
            />
            <p class="plot-note">
              {Number(labels) > SHOWN
                ? `The first ${SHOWN} digits of each class that have a label.`
                : "The digits that have a label."}
            </p>
          </Panel>
          <Panel
            title={
              <>
                This draw, on the {NAMES[sees]}: {percent(frame.accuracy, 1)} right
              </>
            }
          >
            <Controls label="Probe">
              <Toggle
                label="the probe sees"
                value={sees}
                of="sees"
                format={(value) => NAMES[value]}
                onChange={(value) => set({ sees: value })}
              />
            </Controls>
            <HeatMap
              label={`Names that the probe gives to test digits, ${counted(labels)}, on the ${NAMES[sees]}`}
              columns={DIGITS.map((name) => ({ name }))}
              rows={DIGITS}
              values={frame.confusions}
              format={(value) => String(Math.round(100 * value))}
            />
            <p class="plot-note">A row for each digit, a column for each name; per cent of the row.</p>
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "labelled digits", value: String(CLASSES * Number(labels)) },
            { label: "draw", value: String(draw) },
            { label: "steps of training", value: String(frame.iterations) },
          ]}
        />
        <Unfold what="every number of labels" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            <Panel title="Mean over the draws, from 1 to 50 labels a class">
              <Plot
                label={`Accuracy by labels a class. ${Object.entries(frame.means)
                  .map(
                    ([name, points]) =>
                      `${NAMES[name]}: ${points.map(([n, y]) => `${n}: ${percent(y, 1)}`).join(", ")}`,
                  )
                  .join(". ")}`}
                x={{ label: "labels a class", min: 1, max: 50, scale: "log" }}
                y={{ label: "named rightly", min: 0.6, max: 1.06, ticks: 4, format: percent }}
              >
                {(["denoising", "raw", "scratch"] as const).map((name) => (
                  <Line
                    key={name}
                    points={frame.means[name] ?? []}
                    name={NAMES[name] as string}
                    hue={HUES[name] ?? ""}
                    below={name === "scratch"}
                    row={name === "raw" ? 1 : 0}
                    dashed={name === "raw"}
                  />
                ))}
              </Plot>
            </Panel>
          </Panels>
        </Unfold>
      </>
    );
  },

  describe({ labels, sees, draw }, frame) {
    const means = frame.rows.map(({ name, values }) => `${name} ${percent(meanOf(values), 1)}`);
    return (
      `With ${counted(labels)}, the probe of draw ${draw} on the ${NAMES[sees]} names ${percent(frame.accuracy, 1)} of the test ` +
      `digits rightly. Means over ${frame.draws} draws: ${means.join(", ")}. ${verdict(frame, labels)}.`
    );
  },

  table(_, { rows }) {
    return dotTable(
      "trained on",
      (i) => `draw ${i}`,
      rows,
      (value) => percent(value, 1),
    );
  },
});

const NAMES_WIDTH = 150; // of the longest name and its mean

const counted = (labels: Labels): string => `${labels} ${labels === "1" ? "label" : "labels"} a class`;

/** What the measured draws say of the denoising code and the raw pixels. */
function verdict({ wins, draws, gain }: Frame, labels: Labels): string {
  const points = `${fixed(100 * Math.abs(gain), 1)} points ${gain >= 0 ? "ahead" : "behind"} on average`;
  return `With ${counted(labels)}, the denoising code beats raw pixels in ${wins} of ${draws} draws: ${points}`;
}
