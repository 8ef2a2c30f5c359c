/** What both families of F24 have in common: codes, what of the class is read from them, and what a judge accepts. */

import {
  compare,
  Dot,
  Dots,
  DotRows,
  float32,
  floatOutput,
  Glyphs,
  HeatMap,
  Level,
  Line,
  meanOf,
  neighbourAccuracy,
  Pad,
  Panel,
  percent,
  Plot,
  Readout,
  rowOf,
  Upright,
  type Axis,
  type Comparison,
  type DotRow,
  type Model,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/conditional.ts";
import { drawn } from "./maths.ts";

export type Way = State["by"];
type Kind = "conditional" | "plain";

export interface Common {
  /** Test codes of what draws, and the class of each. */
  readonly codes: readonly Pair[];
  readonly labels: ArrayLike<number>;
  /** Over β, by kind: accuracies of the probe of neighbours, a list of seeds for each β. */
  readonly probed: Readonly<Record<Kind, readonly (readonly number[])[]>>;
  readonly betas: readonly number[];
  readonly chance: number;
  /** Share of test examples whose class this model's nearest training codes name, counted here. */
  readonly read: number;
  readonly accepted: readonly DotRow[];
  readonly variety: Readonly<Record<Way, number>>;
  /** Of each way that draws on request, shares by class. */
  readonly byClass: readonly { readonly name: string; readonly shares: readonly number[] }[];
  readonly verdict: string;
}

const LIMIT = 3;
const KINDS: readonly Kind[] = ["conditional", "plain"];
const TOLD: Readonly<Record<Kind, string>> = { conditional: "told the class", plain: "not told" };
export const WAYS: readonly Way[] = ["conditional", "own", "shared"];
const LINEAR: readonly Way[] = ["own", "shared"];
export const NAMES: Readonly<Record<Way, string>> = {
  conditional: "conditional VAE",
  own: "own directions",
  shared: "shared directions",
};
const NEIGHBOURS_PROBE = "neighbours";
const CLOSE = 0.4; // shares that would all lie at the foot of a plot up to one

export const share = (value: number): string => percent(value, 1);
export const option = <T,>(model: Model, name: string): T => model.card.options?.[name] as T;

function codesOf(model: Model, way: Way, place: number): Pair[] {
  const { data, shape } = model.array(way === "conditional" ? "codes_test" : "linear_codes_test");
  const count = shape.at(-2) as number;
  const first = way === "conditional" ? place : LINEAR.indexOf(way);
  const step = option<number>(model, "code_step");
  const at = (i: number, axis: number): number => ((data[2 * (first * count + i) + axis] as number) - 128) * step;
  return Array.from({ length: count }, (_, i): Pair => [at(i, 0), at(i, 1)]);
}

/** Draws of the codes at one β, in the steps that are published: a vote of neighbours asks for no unit. */
function drawsOf(model: Model, name: "draws_train" | "draws_test", place: number): Uint8Array {
  const { data, shape } = model.array(name);
  const length = 2 * (shape[1] as number);
  return (data as Uint8Array).subarray(place * length, (place + 1) * length);
}

/** Codes of the decoder at one β, each drawn as a class, one after the other. */
export async function decoded(
  model: Model,
  place: number,
  asked: readonly { readonly z: Pair; readonly kind: number }[],
  classes: number,
): Promise<Float32Array> {
  const c = new Float32Array(asked.length * classes);
  for (const [row, { kind }] of asked.entries()) c[row * classes + kind] = 1;
  const outputs = await model.run("decoder", {
    z: float32(
      [asked.length, 2],
      asked.flatMap(({ z }) => z),
    ),
    c: float32([asked.length, classes], c),
    member: { dims: [asked.length], data: new Int32Array(asked.length).fill(place) },
  });
  return floatOutput(outputs, "x_hat");
}

/** A class drawn by its mean and two directions, its own or those that all share. */
export function linear(
  model: Model,
  way: Exclude<Way, "conditional">,
  kind: number,
  z: Pair,
  limits: readonly [number, number],
): Float32Array {
  const directions = way === "own" ? rowOf(model, "own_directions", kind) : model.array("shared_directions").data;
  return drawn(rowOf(model, "class_means", kind), directions, z, limits);
}

/** Accuracies of the probe of neighbours: by kind, for each β a list of seeds. */
function probedOf(model: Model, betas: number): Common["probed"] {
  const seeds = option<number>(model, "seed_count");
  const probes = option<string[]>(model, "probes");
  const { data } = model.array("accuracies");
  const probe = probes.indexOf(NEIGHBOURS_PROBE);
  const of = (kind: number): number[][] =>
    Array.from({ length: betas }, (_, beta) =>
      Array.from(
        { length: seeds },
        (_, seed) => data[((kind * betas + beta) * seeds + seed) * probes.length + probe] as number,
      ),
    );
  return { conditional: of(0), plain: of(1) };
}

/** Shares of random codes accepted as the class asked for, by way, seed and class. */
function acceptedOf(model: Model): number[][][] {
  const { data, shape } = model.array("accepted");
  const [ways, seeds, classes] = shape as [number, number, number];
  const throws = option<number>(model, "throws");
  return Array.from({ length: ways }, (_, way) =>
    Array.from({ length: seeds }, (_, seed) =>
      Array.from({ length: classes }, (_, kind) => (data[(way * seeds + seed) * classes + kind] as number) / throws),
    ),
  );
}

/** “ahead of”, “behind” or neither, of ours. */
export const lead = ({ ahead }: Comparison<string>): string =>
  ({ ours: "ahead of", rival: "behind", neither: "neither ahead of nor behind" })[ahead];

/** Classes are those of `known` and `labels`: of training and test codes. */
export async function commonOf(
  models: Models<Role>,
  model: Model,
  by: Way,
  beta: string,
  known: ArrayLike<number>,
  labels: ArrayLike<number>,
): Promise<Common> {
  const betas = option<number[]>(model, "betas");
  const place = betas.map(String).indexOf(beta);
  const shares = acceptedOf(model);
  const classes = (shares[0]?.[0] as number[]).length;
  const places: Readonly<Record<Way, number>> = { conditional: place, own: betas.length, shared: betas.length + 1 };
  const means = (way: number): number[] => (shares[way] as number[][]).map(meanOf);
  const asked = WAYS.map((name) => ({ name, values: means(places[name]) }));
  const found = compare(asked, ["conditional"]);
  const variety = (way: number): number => meanOf(Array.from(rowOf(model, "variety", way)));
  return {
    codes: codesOf(model, by, place),
    labels,
    probed: probedOf(model, betas.length),
    betas,
    chance: model.metric("chance"),
    read: await models.memo(`read ${classes} ${beta}`, () =>
      neighbourAccuracy(drawsOf(model, "draws_train", place), known, drawsOf(model, "draws_test", place), labels),
    ),
    accepted: [
      ...asked.map(({ name, values }) => ({
        name: NAMES[name],
        values,
        current: name === "conditional" ? 0 : undefined,
        hue: name === "conditional" ? "c-z" : "",
      })),
      { name: "plain VAE, by luck", values: means(betas.length + 2 + place), hue: "" },
    ],
    variety: { conditional: variety(place), own: variety(places.own), shared: variety(places.shared) },
    byClass: WAYS.map((name) => ({
      name: name === "conditional" ? "VAE" : name, // a row's name has little room
      shares: Array.from({ length: classes }, (_, kind) =>
        meanOf((shares[places[name]] as number[][]).map((of) => of[kind] as number)),
      ),
    })),
    verdict: `At β = ${beta} the conditional VAE is ${lead(found)} ${NAMES[found.rival.name]}`,
  };
}

/** The style, and where test codes lie; with `glyphs` each bears the sign and the colour of its class. */
export function StylePad({
  frame,
  state,
  glyphs,
  marked = [],
  set,
}: {
  frame: Common;
  state: State;
  glyphs: readonly string[];
  /** Codes that a hand may look for. */
  marked?: readonly Pair[];
  set: (change: Partial<State>) => void;
}) {
  return (
    <Pad
      label="Style"
      x={axis("z₁")}
      y={axis("z₂")}
      value={[state.z1, state.z2]}
      step={0.1}
      size={320}
      onMove={([z1, z2]) => set({ z1, z2 })}
    >
      {state.classes ? (
        glyphs.map((glyph, k) => <Glyphs key={glyph} points={within(frame, k)} glyph={glyph} hue={`k${k}`} />)
      ) : (
        <Dots points={within(frame)} hue="muted" />
      )}
      {marked.map((at, i) => (
        <Dot key={i} at={at} hue="c-x" />
      ))}
    </Pad>
  );
}

const axis = (label: string): Axis => ({ label, min: -LIMIT, max: LIMIT, ticks: 6 });

/** Test codes inside of the pad, of one class or of all. */
function within({ codes, labels }: Common, kind?: number): Pair[] {
  return codes.filter((code, i) => (kind === undefined || labels[i] === kind) && isOnPad(code));
}

export const isOnPad = (code: Pair): boolean => Math.max(...code.map(Math.abs)) <= LIMIT;

/** How often the class is read from the code, over β. */
export function ReadPanel({ frame, beta, of }: { frame: Common; beta: string; of: string }) {
  const { probed, betas, chance, read } = frame;
  const close = Math.max(...KINDS.flatMap((kind) => probed[kind].flat())) < CLOSE;
  return (
    <Panel title="How often the class is read from the code: a dot for each training, a line for their mean">
      <Plot
        label={`Share of test ${of} whose class the nearest codes name, over β. ${KINDS.map((kind) => `${TOLD[kind]}: ${betas.map((value, i) => `${value}: ${share(meanOf(probed[kind][i] ?? []))}`).join(", ")}`).join(". ")}. By chance ${share(chance)}`}
        x={{ label: "β", min: 0.8 * Math.min(...betas), max: 1.34 * Math.max(...betas), scale: "log" }}
        y={{ label: "class read from z", min: 0, max: close ? CLOSE : 1, ticks: 5, format: percent }}
      >
        <Level value={chance} name="chance" below />
        {KINDS.map((kind) => (
          <ProbeLine key={kind} frame={frame} kind={kind} below={close && kind === "conditional"} />
        ))}
        <Dot at={[Number(beta), read]} hue="c-z" />
        <Upright value={Number(beta)} name={`β = ${beta}`} />
      </Plot>
      <Readout
        items={[
          { label: `class read at β = ${beta}, this model`, value: share(read), hue: "c-z" },
          { label: "by chance", value: share(chance) },
        ]}
      />
    </Panel>
  );
}

function ProbeLine({ frame, kind, below }: { frame: Common; kind: Kind; below: boolean }) {
  // from right to left: a line bears its name at its end, and these two part on the left
  const points = frame.probed[kind].map((values, i): Pair => [frame.betas[i] as number, meanOf(values)]).reverse();
  const dots = frame.probed[kind].flatMap((values, i) =>
    values.map((value): Pair => [frame.betas[i] as number, value]),
  );
  const hue = kind === "conditional" ? "c-z" : "";
  return (
    <>
      <Dots points={dots} hue={hue} />
      <Line points={points} name={TOLD[kind]} below={below} hue={hue} dashed={kind === "plain"} />
    </>
  );
}

/** How many random codes are accepted as the class that was asked for. */
export function AcceptedPanel({ frame, kind }: { frame: Common; kind: string }) {
  return (
    <Panel title={`Random codes accepted as the ${kind} asked for. ${frame.verdict}`}>
      <DotRows
        label={`Share of random codes that the judge accepts as the ${kind} asked for`}
        rows={frame.accepted}
        format={share}
        names={170}
        axis={{ label: "accepted, a dot a training or draw", min: 0, max: 1, ticks: 4, format: percent }}
      />
      <p class="plot-note">
        Variance of the drawings of a {kind}, beside that of real ones:{" "}
        {WAYS.map((value) => `${NAMES[value]} ${percent(frame.variety[value])}`).join(", ")}.
      </p>
    </Panel>
  );
}

/** The same for each class, called by `names`. */
export function AcceptedByClass({ frame, names, kind }: { frame: Common; names: readonly string[]; kind: string }) {
  return (
    <Panel title={`Accepted, of random codes asked for each ${kind}; per cent`}>
      <HeatMap
        label={`Share of random codes that are accepted, by ${kind}`}
        columns={names.map((name) => ({ name }))}
        rows={frame.byClass.map(({ name }) => name)}
        values={frame.byClass.flatMap(({ shares }) => shares)}
        format={(value) => String(Math.round(100 * value))}
      />
    </Panel>
  );
}

/** What both families measure, for the table of numbers. */
export function measuredRows({ accepted, probed, betas }: Common): DotRow[] {
  const read = KINDS.flatMap((kind) =>
    betas.map((beta, i) => ({ name: `class read, ${TOLD[kind]}, β = ${beta}`, values: probed[kind][i] ?? [] })),
  );
  return [...accepted.map((row) => ({ ...row, name: `accepted, ${row.name}` })), ...read];
}

/** What of the class is read and what is accepted, in words. */
export function described({ probed, betas, chance, accepted, verdict }: Common, beta: string, of: string): string {
  const place = betas.map(String).indexOf(beta);
  return (
    `From the code, the class is read for ${share(meanOf(probed.conditional[place] ?? []))} of the test ${of}, ` +
    `for ${share(meanOf(probed.plain[place] ?? []))} without the condition, and ${share(chance)} by chance. ` +
    `Random codes accepted: ${accepted.map(({ name, values }) => `${name} ${share(meanOf(values))}`).join(", ")}. ${verdict}.`
  );
}
