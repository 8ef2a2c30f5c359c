/** F24: one style drawn as all ten digits, what the style still says of the digit, and the plain tool beside it. */

import {
  CaptionedRaster,
  Checkbox,
  compare,
  Controls,
  court,
  defineFigure,
  Dot,
  Dots,
  DotRows,
  dotTable,
  fixed,
  float32,
  floatOutput,
  Glyphs,
  HeatMap,
  Level,
  Line,
  MarkedGrid,
  meanOf,
  nearestPoint,
  neighbourAccuracy,
  Pad,
  Panel,
  Panels,
  percent,
  Plot,
  Readout,
  Select,
  Toggle,
  Unfold,
  Upright,
  type Axis,
  type DotRow,
  type Model,
  type Models,
  type Pair,
  type Verdict,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/conditional.ts";
import { drawn } from "./maths.ts";

type Way = State["by"];
type Trait = State["trait"];

interface Frame {
  /** All ten digits at the style, ink of 8×8 pixels one after the other, and the judge's word on each. */
  readonly drawings: Float32Array;
  readonly verdicts: readonly Verdict[];
  /** Test codes of what draws, and which digit each is. */
  readonly codes: readonly Pair[];
  readonly labels: ArrayLike<number>;
  /** The test digit whose code is nearest to the style. */
  readonly nearest: { readonly pixels: Float32Array; readonly digit: number };
  /** Over β, by kind: accuracies of the probe of neighbours, a list of seeds for each β. */
  readonly probed: Readonly<Record<Kind, readonly (readonly number[])[]>>;
  readonly betas: readonly number[];
  readonly chance: number;
  /** Share of test digits whose class this model's nearest training codes name, counted here. */
  readonly read: number;
  readonly accepted: readonly DotRow[];
  readonly variety: Readonly<Record<Way, number>>;
  /** Of each way that draws on request, shares by digit. */
  readonly byDigit: readonly { readonly name: string; readonly shares: readonly number[] }[];
  readonly kept: readonly DotRow[];
  readonly verdict: string;
}

type Kind = "conditional" | "plain";
const KINDS: readonly Kind[] = ["conditional", "plain"];

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const LIMIT = 3;
const DIGITS = Array.from({ length: CLASSES }, (_, digit) => String(digit));
const BETAS: readonly State["beta"][] = ["0.1", "0.3", "1", "3"];
const TRAITS: readonly Trait[] = ["slant", "width", "ink"];
const WAYS: readonly Way[] = ["conditional", "own", "shared"];
const NAMES: Readonly<Record<Way, string>> = {
  conditional: "conditional VAE",
  own: "own directions",
  shared: "shared directions",
};
const NEIGHBOURS_PROBE = "neighbours";

const share = (value: number): string => percent(value, 1);
const option = <T,>(model: Model, name: string): T => model.card.options?.[name] as T;

/** One row of a published array whose last axis holds `length` numbers. */
function rowOf(model: Model, name: string, row: number, length: number): readonly number[] {
  const { data } = model.array(name);
  return Array.from({ length }, (_, i) => data[row * length + i] as number);
}

function codesOf(model: Model, way: Way, beta: State["beta"]): Pair[] {
  const { data, shape } = model.array(way === "conditional" ? "codes_test" : "linear_codes_test");
  const count = shape.at(-2) as number;
  const place = way === "conditional" ? BETAS.indexOf(beta) : option<string[]>(model, "rivals").indexOf(way);
  const step = option<number>(model, "code_step");
  const at = (i: number, axis: number): number => ((data[2 * (place * count + i) + axis] as number) - 128) * step;
  return Array.from({ length: count }, (_, i): Pair => [at(i, 0), at(i, 1)]);
}

/** Draws of the codes at one β, in the steps that are published: a vote of neighbours asks for no unit. */
function drawsOf(model: Model, name: "draws_train" | "draws_test", beta: State["beta"]): Uint8Array {
  const { data, shape } = model.array(name);
  const length = 2 * (shape[1] as number);
  const place = BETAS.indexOf(beta);
  return (data as Uint8Array).subarray(place * length, (place + 1) * length);
}

/** The ten digits at one style. */
async function drawAll(model: Model, { by, beta, z1, z2 }: State): Promise<Float32Array> {
  if (by === "conditional") {
    const c = new Float32Array(CLASSES * CLASSES);
    for (let digit = 0; digit < CLASSES; digit++) c[digit * (CLASSES + 1)] = 1;
    const outputs = await model.run("decoder", {
      z: float32([CLASSES, 2], Array.from({ length: CLASSES }, () => [z1, z2]).flat()),
      c: float32([CLASSES, CLASSES], c),
      member: { dims: [CLASSES], data: new Int32Array(CLASSES).fill(BETAS.indexOf(beta)) },
    });
    return floatOutput(outputs, "x_hat");
  }
  const drawings = new Float32Array(CLASSES * PIXELS);
  for (let digit = 0; digit < CLASSES; digit++) {
    const directions =
      by === "own"
        ? rowOf(model, "own_directions", digit, 2 * PIXELS)
        : rowOf(model, "shared_directions", 0, 2 * PIXELS);
    drawings.set(drawn(rowOf(model, "class_means", digit, PIXELS), directions, [z1, z2]), digit * PIXELS);
  }
  return drawings;
}

/** Accuracies of the probe of neighbours: by kind, for each β a list of seeds. */
function probedOf(model: Model): Frame["probed"] {
  const seeds = option<number>(model, "seed_count");
  const probes = option<string[]>(model, "probes");
  const { data } = model.array("accuracies");
  const probe = probes.indexOf(NEIGHBOURS_PROBE);
  const of = (kind: number): number[][] =>
    BETAS.map((_, beta) =>
      Array.from(
        { length: seeds },
        (_, seed) => data[((kind * BETAS.length + beta) * seeds + seed) * probes.length + probe] as number,
      ),
    );
  return { conditional: of(0), plain: of(1) };
}

/** Shares of random codes accepted as the digit asked for, by way, seed and digit. */
function acceptedOf(model: Model): number[][][] {
  const { data, shape } = model.array("accepted");
  const [ways, seeds] = shape as [number, number];
  const throws = option<number>(model, "throws");
  return Array.from({ length: ways }, (_, way) =>
    Array.from({ length: seeds }, (_, seed) =>
      DIGITS.map((_, digit) => (data[(way * seeds + seed) * CLASSES + digit] as number) / throws),
    ),
  );
}

/** Slant, width or ink kept by a digit drawn as another: the conditional VAE of one β, and the rivals. */
function keptOf(model: Model, beta: State["beta"], trait: Trait): DotRow[] {
  const seeds = option<number>(model, "seed_count");
  const width = TRAITS.length;
  const column = TRAITS.indexOf(trait);
  const ours = Array.from(
    { length: seeds },
    (_, seed) => rowOf(model, "kept", BETAS.indexOf(beta) * seeds + seed, width)[column] as number,
  );
  const names: Readonly<Record<string, string>> = { ...NAMES, nearest: "nearest real digit" };
  return [
    { name: NAMES.conditional, values: ours, current: 0, hue: "c-z" },
    ...option<string[]>(model, "rivals").map((rival, row) => ({
      name: names[rival] as string,
      values: [rowOf(model, "rivals_kept", row, width)[column] as number],
    })),
  ];
}

function measured(model: Model, { beta, trait }: State) {
  const shares = acceptedOf(model);
  const place = BETAS.indexOf(beta);
  const places: Readonly<Record<Way, number>> = { conditional: place, own: BETAS.length, shared: BETAS.length + 1 };
  const means = (way: number): number[] => (shares[way] as number[][]).map(meanOf);
  const asked = (Object.keys(places) as Way[]).map((name) => ({ name, values: means(places[name]) }));
  const found = compare(asked, ["conditional"]);
  const lead = { ours: "ahead of", rival: "behind", neither: "neither ahead of nor behind" }[found.ahead];
  const variety = (way: number): number => meanOf(rowOf(model, "variety", way, option<number>(model, "seed_count")));
  return {
    accepted: [
      ...asked.map(({ name, values }) => ({
        name: NAMES[name],
        values,
        current: name === "conditional" ? 0 : undefined,
        hue: name === "conditional" ? "c-z" : "",
      })),
      { name: "plain VAE, by luck", values: means(BETAS.length + 2 + place), hue: "" },
    ],
    variety: { conditional: variety(place), own: variety(places.own), shared: variety(places.shared) },
    byDigit: (Object.keys(places) as Way[]).map((name) => ({
      name: name === "conditional" ? "VAE" : name, // a row's name has little room
      shares: DIGITS.map((_, digit) => meanOf((shares[places[name]] as number[][]).map((of) => of[digit] as number))),
    })),
    kept: keptOf(model, beta, trait),
    verdict: `At β = ${beta} the conditional VAE is ${lead} ${NAMES[found.rival.name]}`,
  };
}

export default defineFigure<State, Frame, Role>({
  async compute(state, models: Models<Role>) {
    const { vae, judge, test } = models.model;
    const judges = await models.memo("judge", () => court(judge));
    const drawings = await drawAll(vae, state);
    const codes = codesOf(vae, state.by, state.beta);
    const labels = test.array("labels_test").data;
    const { index } = nearestPoint(codes, [state.z1, state.z2]);
    const full = option<number>(judge, "full_ink");
    const images = test.array("images_test").data;
    const pixels = Float32Array.from(images.subarray(index * PIXELS, (index + 1) * PIXELS), (level) => level / full);
    return {
      drawings,
      verdicts: await judges.rule(drawings),
      codes,
      labels,
      nearest: { pixels, digit: labels[index] as number },
      probed: probedOf(vae),
      betas: option<number[]>(vae, "betas"),
      chance: vae.metric("chance"),
      read: await models.memo(`read ${state.beta}`, () => {
        const [known, unseen] = (["draws_train", "draws_test"] as const).map((name) => drawsOf(vae, name, state.beta));
        return neighbourAccuracy(known as Uint8Array, judges.labels, unseen as Uint8Array, labels);
      }),
      ...measured(vae, state),
    };
  },

  view(state, frame, set) {
    const { digit, by, beta, classes, trait, more } = state;
    const asked = frame.verdicts[digit] as Verdict;
    const refused = frame.verdicts.map(({ accepted, digit: named }, k) => !accepted || named !== k);
    return (
      <>
        <Controls label="What is asked for">
          <Toggle label="digit" value={String(digit)} of="digit" onChange={(value) => set({ digit: Number(value) })} />
          <Select
            label="drawn by"
            value={by}
            of="by"
            format={(value) => (value === "conditional" ? NAMES[value] : `means, ${NAMES[value]}`)}
            onChange={(value) => set({ by: value })}
          />
          {by === "conditional" && (
            <Toggle label="β" value={beta} of="beta" onChange={(value) => set({ beta: value })} />
          )}
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                The style <var class="c-z">z</var>, and where test digits lie
              </>
            }
          >
            <Pad
              label="Style"
              x={axis("z₁")}
              y={axis("z₂")}
              value={[state.z1, state.z2]}
              step={0.1}
              size={320}
              onMove={([z1, z2]) => set({ z1, z2 })}
            >
              {classes ? (
                DIGITS.map((name, k) => <Glyphs key={name} points={within(frame, k)} glyph={name} hue={`k${k}`} />)
              ) : (
                <Dots points={within(frame)} hue="muted" />
              )}
            </Pad>
          </Panel>
          <Panel title="The same style as all ten digits; struck out: what the judge does not accept as that digit">
            <MarkedGrid
              images={frame.drawings}
              struck={refused}
              picked={digit}
              columns={5}
              rows={2}
              size={SIDE}
              pixelated
              label={`All ten digits in one style; ${refused.filter(Boolean).length} are struck out`}
            />
            <div class="beside">
              <CaptionedRaster
                pixels={frame.drawings.subarray(digit * PIXELS, (digit + 1) * PIXELS)}
                width={SIDE}
                height={SIDE}
                pixelated
                hue="c-xhat"
                label={`The ${digit} in this style`}
                caption={
                  <>
                    asked for: {digit}, <var class="c-xhat">x̂</var>
                  </>
                }
              />
              <CaptionedRaster
                pixels={frame.nearest.pixels}
                width={SIDE}
                height={SIDE}
                pixelated
                hue="c-x"
                label={`The test digit with the nearest code, a ${frame.nearest.digit}`}
                caption="test digit of the nearest style"
              />
              <Readout
                items={[
                  { label: "judge", value: asked.accepted ? "accepted" : "refused" },
                  { label: "looks like", value: `${asked.digit}, ${percent(asked.probability)} sure` },
                ]}
              />
            </div>
          </Panel>
        </Panels>
        <Controls label="Test digits">
          <Checkbox label="Show their digits" value={classes} onChange={(shown) => set({ classes: shown })} />
        </Controls>
        <Panels columns={2}>
          <Panel title="How often the class is read from the code: a dot for each training, a line for their mean">
            <Plot
              label={`Share of test digits whose class the nearest codes name, over β. ${KINDS.map((kind) => `${TOLD[kind]}: ${frame.betas.map((value, i) => `${value}: ${share(meanOf(frame.probed[kind][i] ?? []))}`).join(", ")}`).join(". ")}. By chance ${share(frame.chance)}`}
              x={{ label: "β", min: 0.08, max: 4, scale: "log" }}
              y={{ label: "class read from z", min: 0, max: 1, ticks: 5, format: percent }}
            >
              <Level value={frame.chance} name="chance" below />
              {KINDS.map((kind) => (
                <ProbeLine key={kind} frame={frame} kind={kind} />
              ))}
              <Dot at={[Number(beta), frame.read]} hue="c-z" />
              <Upright value={Number(beta)} name={`β = ${beta}`} />
            </Plot>
            <Readout
              items={[
                { label: `class read at β = ${beta}, this model`, value: share(frame.read), hue: "c-z" },
                { label: "by chance", value: share(frame.chance) },
              ]}
            />
          </Panel>
          <Panel title={`Random codes accepted as the digit asked for. ${frame.verdict}`}>
            <DotRows
              label="Share of random codes that the judge accepts as the digit asked for"
              rows={frame.accepted}
              format={share}
              names={170}
              axis={{ label: "accepted, a dot a training or draw", min: 0, max: 1, ticks: 4, format: percent }}
            />
            <p class="plot-note">
              Variance of the drawings of a digit, beside that of real ones:{" "}
              {WAYS.map((value) => `${NAMES[value]} ${percent(frame.variety[value])}`).join(", ")}.
            </p>
          </Panel>
        </Panels>
        <Unfold what="hands and single digits" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            <Panel title="Test digits drawn as others: how much of the hand is kept">
              <Controls label="Hand">
                <Toggle label="of a hand’s" value={trait} of="trait" onChange={(value) => set({ trait: value })} />
              </Controls>
              <DotRows
                label={`Share of the variance of ${trait} that is kept`}
                rows={frame.kept}
                format={share}
                names={170}
                axis={{ label: `variance of ${trait} that is kept`, min: -1, max: 1, ticks: 4, format: percent }}
              />
              <p class="plot-note">
                One if every hand stays as it was, zero if all are drawn alike, less if they differ for other reasons.
              </p>
            </Panel>
            <Panel title="Accepted, of random codes asked for each digit; per cent">
              <HeatMap
                label="Share of random codes that are accepted, by digit"
                columns={DIGITS.map((name) => ({ name }))}
                rows={frame.byDigit.map(({ name }) => name)}
                values={frame.byDigit.flatMap(({ shares }) => shares)}
                format={(value) => String(Math.round(100 * value))}
              />
            </Panel>
          </Panels>
        </Unfold>
      </>
    );
  },

  describe({ digit, by, beta, z1, z2 }, { verdicts, nearest, accepted, probed, chance, verdict }) {
    const asked = verdicts[digit] as Verdict;
    const right = verdicts.filter(({ accepted: taken, digit: named }, k) => taken && named === k).length;
    const place = BETAS.indexOf(beta);
    return (
      `${by === "conditional" ? `The conditional VAE with β ${beta}` : `Class means with ${NAMES[by]}`} draws a ${digit} at style ` +
      `${fixed(z1)}, ${fixed(z2)}; the judge ${asked.accepted ? "accepts" : "refuses"} it and says ${asked.digit}. In this style ${right} of ten ` +
      `digits are accepted as what was asked for. The nearest test code is that of a ${nearest.digit}. ` +
      `From the code, the class is read for ${share(meanOf(probed.conditional[place] ?? []))} of the test digits, ` +
      `for ${share(meanOf(probed.plain[place] ?? []))} without the condition, and ${share(chance)} by chance. ` +
      `Random codes accepted: ${accepted.map(({ name, values }) => `${name} ${share(meanOf(values))}`).join(", ")}. ${verdict}.`
    );
  },

  table(_, { accepted, probed, betas, kept }) {
    const read = KINDS.flatMap((kind) =>
      betas.map((beta, i) => ({ name: `class read, ${TOLD[kind]}, β = ${beta}`, values: probed[kind][i] ?? [] })),
    );
    const rows = [
      ...accepted.map((row) => ({ ...row, name: `accepted, ${row.name}` })),
      ...read,
      ...kept.map((row) => ({ ...row, name: `hand kept, ${row.name}` })),
    ];
    return dotTable("measured", (i) => `${i + 1}`, rows, share);
  },
});

const TOLD: Readonly<Record<Kind, string>> = { conditional: "told the class", plain: "not told" };

const axis = (label: string): Axis => ({ label, min: -LIMIT, max: LIMIT, ticks: 6 });

/** Test codes inside of the pad, of one digit or of all. */
function within({ codes, labels }: Frame, digit?: number): Pair[] {
  return codes.filter(
    (code, i) => (digit === undefined || labels[i] === digit) && Math.max(...code.map(Math.abs)) <= LIMIT,
  );
}

function ProbeLine({ frame, kind }: { frame: Frame; kind: Kind }) {
  // from right to left: a line bears its name at its end, and these two part on the left
  const points = frame.probed[kind].map((values, i): Pair => [frame.betas[i] as number, meanOf(values)]).reverse();
  const dots = frame.probed[kind].flatMap((values, i) =>
    values.map((value): Pair => [frame.betas[i] as number, value]),
  );
  const hue = kind === "conditional" ? "c-z" : "";
  return (
    <>
      <Dots points={dots} hue={hue} />
      <Line points={points} name={TOLD[kind]} hue={hue} dashed={kind === "plain"} />
    </>
  );
}
