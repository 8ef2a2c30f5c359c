/** F26: one decoder, three priors to draw its codes from, and what a fixed judge accepts of the drawings. */

import {
  acceptedShare,
  Controls,
  court,
  defineFigure,
  diffuse,
  DotRows,
  dotTable,
  fixed,
  float32,
  floatOutput,
  Glyphs,
  grouped,
  Line,
  MarkedGrid,
  meanOf,
  NextSeed,
  Panel,
  Panels,
  percent,
  Plot,
  Readout,
  rowOf,
  Slider,
  stepwise,
  Toggle,
  Upright,
  useCoordinates,
  type Axis,
  type Court,
  type DotRow,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/fitted-prior.ts";
import { mixtureCodes, normalCodes, placesOf, SIZE, THROWS, type Mixture } from "./maths.ts";

type Prior = State["prior"];
type Kind = State["kind"];

interface Frame {
  /** The first codes as far as they have come, decoded. */
  readonly drawn: Float32Array;
  readonly struck: readonly boolean[];
  /** Where these codes lie, step by step; without a diffusion there is one step. */
  readonly path: readonly (readonly Pair[])[];
  /** Places of training codes, by digit. */
  readonly training: readonly (readonly Pair[])[];
  /** Of all codes, once they are finished. */
  readonly share: number;
  /** The median over all codes, finished, in ink. */
  readonly distance: number;
  readonly rows: readonly DotRow[];
  /** Accepted shares over the steps of the diffusion, one curve a training seed. */
  readonly curves: readonly (readonly Pair[])[];
  /** Parts of the mixture. */
  readonly parts: number;
  /** Of the throws behind `rows` and `curves`. */
  readonly measuredSeed: number;
}

const SIDE = 8;
const CLASSES = 10;
const SHOWN = { columns: 6, rows: 4 };
const FIRST = SHOWN.columns * SHOWN.rows;
const LIMIT = 3; // of the plane, in standard deviations
const STEPS = 24; // as in figure.toml
const [LEAST, MOST] = [0.6, 1]; // of the axes of shares
const PRIORS: readonly Prior[] = ["normal", "mixture", "diffusion"];
const KINDS: readonly Kind[] = ["ae", "vae"];
const PRIOR_NAMES: Readonly<Record<Prior, string>> = {
  normal: "N(0, I)",
  mixture: "a mixture",
  diffusion: "a diffusion model",
};
const SHORT_NAMES: Readonly<Record<Prior, string>> = { normal: "N(0, I)", mixture: "mixture", diffusion: "diffusion" };
const NAMES: Readonly<Record<Kind, string>> = { ae: "plain", vae: "variational" };

const optionList = (model: Model, name: string): readonly number[] => model.card.options[name] as number[];
const seedsOf = (model: Model): number => model.card.options["seed_count"] as number;

function mixtureOf(model: Model, member: number): Mixture {
  return {
    weights: rowOf(model, "mixture_weights", member),
    means: rowOf(model, "mixture_means", member),
    factors: rowOf(model, "mixture_factors", member),
  };
}

/** All codes of a prior, step by step. */
async function codesFrom(model: Model, prior: Prior, member: number, seed: number): Promise<readonly Float32Array[]> {
  if (prior === "mixture") return [mixtureCodes(seed, mixtureOf(model, member))];
  const noise = normalCodes(seed);
  return prior === "normal" ? [noise] : diffuse(model, member, noise, SIZE);
}

async function decode(model: Model, member: number, codes: Float32Array): Promise<Float32Array> {
  const count = codes.length / SIZE;
  const members = { dims: [count], data: new Int32Array(count).fill(member) };
  const outputs = await model.run("decoder", { z: float32([count, SIZE], codes), member: members });
  return floatOutput(outputs, "x_hat");
}

interface Finished {
  readonly share: number;
  readonly distance: number;
}

/** What the judge says of all codes. */
async function finish(model: Model, member: number, codes: Float32Array, { rule }: Court): Promise<Finished> {
  const verdicts = await rule(await decode(model, member, codes));
  const distances = verdicts.map(({ distance }) => distance).sort((a, b) => a - b);
  const middle = distances.length / 2;
  return {
    share: acceptedShare(verdicts),
    distance: ((distances[middle - 1] as number) + (distances[middle] as number)) / 2,
  };
}

function trainingPlaces(model: Model, member: number, labels: ArrayLike<number>): Pair[][] {
  const data = rowOf(model, "places_train", member);
  const step = model.card.options["place_step"] as number;
  const byDigit: Pair[][] = Array.from({ length: CLASSES }, () => []);
  for (let i = 0; i < data.length / 2; i++) {
    const place: Pair = [((data[2 * i] as number) - 128) * step, ((data[2 * i + 1] as number) - 128) * step];
    if (Math.max(...place.map(Math.abs)) <= LIMIT) byDigit[labels[i] as number]?.push(place);
  }
  return byDigit;
}

function rowsOf(model: Model, { prior, kind, run }: State): DotRow[] {
  const seeds = seedsOf(model);
  return KINDS.flatMap((each, k) =>
    PRIORS.map((from, p) => {
      const start = k * seeds;
      const here = each === kind && from === prior;
      return {
        name: `${NAMES[each]}, ${SHORT_NAMES[from]}`,
        values: Array.from(rowOf(model, "accepted_shares", p)).slice(start, start + seeds),
        current: here ? run - 1 : undefined,
        hue: here ? "c-z" : "",
      };
    }),
  );
}

function curvesOf(model: Model, kind: Kind): Pair[][] {
  const steps = optionList(model, "judged_steps");
  const data = rowOf(model, "path_shares", KINDS.indexOf(kind));
  return Array.from({ length: seedsOf(model) }, (_, seed) =>
    steps.map((step, i): Pair => [step, data[seed * steps.length + i] as number]),
  );
}

/** The rows of one decoder, the best first. */
const ranked = (rows: readonly DotRow[], kind: Kind): readonly DotRow[] =>
  rows.filter(({ name }) => name.startsWith(NAMES[kind])).sort((a, b) => meanOf(b.values) - meanOf(a.values));

/** Which prior serves a decoder best, and whether that is so whatever the training. */
function verdict(rows: readonly DotRow[], kind: Kind): string {
  const [first, second] = ranked(rows, kind) as [DotRow, DotRow];
  const prior = ({ name }: DotRow): string => name.slice(name.indexOf(", ") + 2); // after the decoder's
  const always = Math.min(...first.values) > Math.max(...second.values);
  return (
    `Best for the ${NAMES[kind]} decoders: ${prior(first)}, ${percent(meanOf(first.values), 1)} accepted on average; ` +
    `next is ${prior(second)}, ${percent(meanOf(second.values), 1)}, ` +
    `${always ? "lower in every training" : "and the trainings overlap"}.`
  );
}

export default defineFigure<State, Frame, Role>({
  async compute(state, { model: { priors: model, judge }, memo }) {
    const { prior, kind, run, throw_seed, step } = state;
    const judges = await memo("judge", () => court(judge));
    const member = KINDS.indexOf(kind) * seedsOf(model) + run - 1;
    const key = `${member} ${prior} ${throw_seed}`;
    const path = await memo(`codes ${key}`, () => codesFrom(model, prior, member, throw_seed));
    const { share, distance } = await memo(`finished ${key}`, () =>
      finish(model, member, path.at(-1) as Float32Array, judges),
    );
    const here = path.slice(0, step + 1);
    const drawn = await decode(model, member, (here.at(-1) as Float32Array).subarray(0, FIRST * SIZE));
    const plane = rowOf(model, "planes", member);
    return {
      drawn,
      struck: (await judges.rule(drawn)).map(({ accepted }) => !accepted),
      path: here.map((codes) => placesOf(codes, plane, FIRST)),
      training: trainingPlaces(model, member, judges.labels),
      share,
      distance,
      rows: rowsOf(model, state),
      curves: curvesOf(model, kind),
      parts: optionList(model, "components")[member] as number,
      measuredSeed: model.card.options["throw_seed"] as number,
    };
  },

  view(state, frame, set) {
    const { prior, kind, run, throw_seed, step } = state;
    const { share, struck, rows, measuredSeed } = frame;
    const way = prior === "diffusion" && step < STEPS ? `, after ${step} of ${STEPS} steps` : "";
    return (
      <>
        <Controls label="Decoder">
          <Toggle
            label="decoder"
            value={kind}
            of="kind"
            format={(value) => NAMES[value]}
            onChange={(value) => set({ kind: value })}
          />
          <Slider of="run" label="training seed" value={run} onChange={(value) => set({ run: value })} />
        </Controls>
        <Panels columns={2}>
          <Panel title={`The first ${FIRST} codes decoded${way}; refusals struck out`}>
            <MarkedGrid
              images={frame.drawn}
              struck={struck}
              size={SIDE}
              pixelated
              {...SHOWN}
              label={`Drawings of codes from ${PRIOR_NAMES[prior]}${way}; ${struck.filter(Boolean).length} of ${FIRST} are struck out`}
            />
          </Panel>
          <Panel title="The same codes (circle: accepted, cross: refused) among those of training digits">
            <Plane prior={prior} frame={frame} />
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: `accepted of ${grouped(THROWS)}`, value: percent(share, 1) },
            { label: "median distance", value: `${fixed(frame.distance)} ink` },
            { label: "parts of the mixture", value: String(frame.parts) },
            { label: "seed of the codes", value: String(throw_seed) },
          ]}
        />
        <Controls label="Codes">
          <NextSeed seed={throw_seed} onChange={(value) => set({ throw_seed: value })}>
            Draw afresh
          </NextSeed>
          {prior === "diffusion" && (
            <Slider
              of="step"
              label="steps gone"
              name="steps gone, from noise to a code"
              value={step}
              onChange={(value) => set({ step: value })}
            />
          )}
        </Controls>
        <Panels columns={2}>
          <Panel title={`Accepted of ${grouped(THROWS)} codes of seed ${measuredSeed}: a dot for each training`}>
            <DotRows
              label="Accepted share by decoder and prior"
              rows={rows}
              format={(value) => percent(value, 1)}
              names={150}
              axis={{
                label: "share that the judge accepts",
                min: LEAST,
                max: MOST,
                ticks: 4,
                format: percent,
              }}
            />
            <p class="plot-note">{verdict(rows, kind)}</p>
          </Panel>
          <Panel title={`The same share along the diffusion’s way: a curve for each ${NAMES[kind]} training`}>
            <Plot
              x={{ label: "steps gone", min: 0, max: STEPS, ticks: 6 }}
              y={{ label: "share accepted", min: LEAST, max: MOST, ticks: 4, format: percent }}
              label={`Accepted share over the steps of the diffusion, ${NAMES[kind]} decoders`}
            >
              {frame.curves.map((points, seed) => (
                <Line key={seed} points={points} hue={seed === run - 1 ? "c-z" : "quiet"} />
              ))}
              {prior === "diffusion" && <Upright value={step} />}
            </Plot>
          </Panel>
        </Panels>
        <Controls label="Prior" docked>
          <Toggle
            label="codes come from"
            value={prior}
            of="prior"
            format={(value) => PRIOR_NAMES[value]}
            onChange={(value) => set({ prior: value })}
          />
        </Controls>
      </>
    );
  },

  describe({ prior, kind, run, step }, { share, struck, distance, rows }) {
    const seen = struck.filter((out) => !out).length;
    return (
      `Of ${grouped(THROWS)} codes from ${PRIOR_NAMES[prior]}, the judge accepts ${percent(share, 1)} as drawn by the ` +
      `${NAMES[kind]} decoder of training seed ${run}; half of the drawings are within ${fixed(distance)} of a training digit. ` +
      `${prior === "diffusion" ? `After ${step} of ${STEPS} steps` : "Here"}, ${seen} of the first ${FIRST} are accepted. ` +
      KINDS.map((each) => verdict(rows, each)).join(" ")
    );
  },

  table(_, { rows }) {
    return dotTable(
      "decoder, prior",
      (i) => `seed ${i + 1}`,
      rows,
      (value) => percent(value, 1),
    );
  },
});

const AXIS: Axis = { label: "across (standard deviations)", min: -LIMIT, max: LIMIT, ticks: 6 };

function Plane({ prior, frame }: { prior: Prior; frame: Frame }) {
  return (
    <Plot
      x={AXIS}
      y={{ ...AXIS, label: "up" }}
      height={300}
      label={`Codes from ${PRIOR_NAMES[prior]} in the plane in which training digits lie furthest apart`}
    >
      <g class="faint-glyphs">
        {frame.training.map((points, digit) => (
          <Glyphs key={digit} points={points} glyph={String(digit)} hue={`k${digit}`} />
        ))}
      </g>
      <Codes frame={frame} />
    </Plot>
  );
}

function Codes({ frame: { path, struck } }: { frame: Frame }) {
  const { x, y } = useCoordinates();
  const inside = (at: number): number => Math.min(LIMIT, Math.max(-LIMIT, at));
  const spot = ([a, b]: Pair): Pair => [x(inside(a)), y(inside(b))];
  const here = (path.at(-1) as readonly Pair[]).map(spot);
  const ways = path.length > 1 ? here.map((_, code) => stepwise(path.map((codes) => spot(codes[code] as Pair)))) : [];
  const marks = (out: boolean): string =>
    here
      .flatMap(([a, b], code) => {
        if (struck[code] !== out) return [];
        const [left, top] = [Math.round(a), Math.round(b)];
        return out ? `M${left - 4} ${top - 4}l8 8m0-8l-8 8` : `M${left - 5} ${top}a5 5 0 1 0 10 0a5 5 0 1 0-10 0`;
      })
      .join("");
  return (
    <>
      {ways.length > 0 && <path class="thread" d={ways.join("")} />}
      <path class="dot-picked" d={marks(false)} />
      <path class="code-refused" d={marks(true)} />
    </>
  );
}
