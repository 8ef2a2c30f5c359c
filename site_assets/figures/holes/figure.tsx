/** F8: what a plain and a variational decoder of the same size make of random codes, by the word of a fixed judge. */

import {
  aDigit,
  acceptedShare,
  Backdrop,
  CaptionedRaster,
  Checkbox,
  Controls,
  court,
  defineFigure,
  DotRows,
  dotTable,
  fixed,
  float32,
  floatOutput,
  grouped,
  Glyphs,
  MarkedGrid,
  meanAndRange,
  NextSeed,
  Pad,
  Panel,
  Panels,
  percent,
  Readout,
  Slider,
  Toggle,
  Unfold,
  useCoordinates,
  type Axis,
  type Court,
  type DotRow,
  type Model,
  type Models,
  type Pair,
  type Verdict,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/holes.ts";
import {
  codeAt,
  gridPlaces,
  medianLength,
  placeOf,
  planeOf,
  throwCodes,
  THROWS,
  type Place,
  type Plane,
} from "./maths.ts";

const KINDS = ["ae", "vae"] as const;
type Kind = (typeof KINDS)[number];

/** One model over its plane and over the throws. */
interface Survey {
  readonly grid: Float32Array;
  readonly gridStruck: readonly boolean[];
  /** The first throws, decoded. */
  readonly thrown: Float32Array;
  readonly thrownStruck: readonly boolean[];
  /** Of all throws. */
  readonly share: number;
}

interface Shown extends Survey {
  readonly at: Place;
  readonly decoded: Float32Array;
  readonly verdict: Verdict;
  /** Ink of the training digit nearest to it. */
  readonly nearest: Float32Array;
  readonly nearestDigit: number;
  /** Training codes by digit; only codes of two numbers have them. */
  readonly codes: readonly (readonly Pair[])[];
}

interface Frame {
  readonly models: Readonly<Record<Kind, Shown>>;
  readonly rows: readonly DotRow[];
  /** Of the throws behind `rows`. */
  readonly measuredSeed: number;
  readonly limit: number;
  /** Where the first two throws lie in the plane. */
  readonly marks: readonly Place[];
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const GRID = 9;
const SHOWN_THROWS = { columns: 12, rows: 2 };
const FIRST = SHOWN_THROWS.columns * SHOWN_THROWS.rows;
const LIMITS: Readonly<Record<State["size"], number>> = { 2: 3, 4: 3.5, 16: 5 }; // of the planes, in standard deviations
const NAMES: Readonly<Record<Kind, string>> = { ae: "plain", vae: "variational" };
const SIZES: readonly State["size"][] = ["2", "4", "16"];

const optionList = (model: Model, name: string): readonly (string | number)[] =>
  model.card.options[name] as (string | number)[];

/** How many trainings were measured, and how many of them, the first, can be looked into. */
const seedsOf = (model: Model, which: "seed_count" | "shown_seeds"): number => model.card.options[which] as number;

/** Where a member stands among those of `seeds` trainings: by kind, then seed, then size. */
function memberIndex(model: Model, seeds: number, kind: Kind, run: number, size: string): number {
  const sizes = optionList(model, "sizes");
  return (KINDS.indexOf(kind) * seeds + run - 1) * sizes.length + sizes.indexOf(Number(size));
}

async function decode(model: Model, member: number, codes: readonly ArrayLike<number>[]): Promise<Float32Array> {
  const width = Math.max(...(optionList(model, "sizes") as number[]));
  const z = new Float32Array(codes.length * width);
  codes.forEach((code, row) => z.set(Array.from(code), row * width));
  const members = { dims: [codes.length], data: new Int32Array(codes.length).fill(member) };
  return floatOutput(await model.run("decoder", { z: float32([codes.length, width], z), member: members }), "x_hat");
}

async function survey(
  model: Model,
  member: number,
  plane: Plane,
  throws: readonly Float32Array[],
  limit: number,
  { rule }: Court,
): Promise<Survey> {
  const grid = await decode(
    model,
    member,
    gridPlaces(limit, GRID).map((place) => codeAt(plane, place)),
  );
  const thrown = await decode(model, member, throws);
  const [overGrid, overThrows] = [await rule(grid), await rule(thrown)];
  const struck = (verdicts: readonly Verdict[]): boolean[] => verdicts.map(({ accepted }) => !accepted);
  return {
    grid,
    gridStruck: struck(overGrid),
    thrown: thrown.slice(0, FIRST * PIXELS),
    thrownStruck: struck(overThrows.slice(0, FIRST)),
    share: acceptedShare(overThrows),
  };
}

/** Training codes of a model with two numbers, by digit. */
function flatCodes(model: Model, kind: Kind, run: number, labels: ArrayLike<number>): Pair[][] {
  const { shape, data } = model.array("codes_train");
  const [step, count] = [model.card.options["code_step"] as number, shape[1] as number];
  const start = (KINDS.indexOf(kind) * seedsOf(model, "shown_seeds") + run - 1) * count;
  const at = (i: number, axis: number): number => ((data[2 * (start + i) + axis] as number) - 128) * step;
  const byDigit: Pair[][] = Array.from({ length: CLASSES }, () => []);
  for (let i = 0; i < count; i++) {
    const code: Pair = [at(i, 0), at(i, 1)];
    if (Math.max(...code.map(Math.abs)) <= LIMITS[2]) byDigit[labels[i] as number]?.push(code);
  }
  return byDigit;
}

function rowsOf(model: Model, size: State["size"], run: number): DotRow[] {
  const { data } = model.array("accepted_shares");
  const seeds = seedsOf(model, "seed_count");
  return SIZES.flatMap((each) =>
    KINDS.map((kind) => ({
      name: `${NAMES[kind]}, ${each} numbers`,
      values: Array.from(
        { length: seeds },
        (_, seed) => data[memberIndex(model, seeds, kind, seed + 1, each)] as number,
      ),
      current: each === size ? run - 1 : undefined,
      hue: kind === "vae" ? "c-z" : "",
    })),
  );
}

async function show(
  kind: Kind,
  state: State,
  { model: { twins }, memo }: Models<Role>,
  judges: Court,
  plane: Plane,
  throws: readonly Float32Array[],
): Promise<Shown> {
  const { size, run, throw_seed } = state;
  const limit = LIMITS[size];
  const member = memberIndex(twins, seedsOf(twins, "shown_seeds"), kind, run, size);
  const surveyed = await memo(`${member} ${throw_seed}`, () => survey(twins, member, plane, throws, limit, judges));
  const within = (value: number): number => Math.min(limit, Math.max(-limit, value));
  const at: Place = [within(state[`${kind}_u`]), within(state[`${kind}_v`])];
  const decoded = await decode(twins, member, [codeAt(plane, at)]);
  const verdict = (await judges.rule(decoded))[0] as Verdict;
  return {
    ...surveyed,
    at,
    decoded,
    verdict,
    nearest: judges.known.subarray(verdict.index * PIXELS, (verdict.index + 1) * PIXELS),
    nearestDigit: judges.labels[verdict.index] as number,
    codes: size === "2" ? flatCodes(twins, kind, run, judges.labels) : [],
  };
}

export default defineFigure<State, Frame, Role>({
  async compute(state, models) {
    const { size, run, throw_seed } = state;
    const { twins } = models.model;
    const judges = await models.memo("judge", () => court(models.model.judge));
    const width = Number(size);
    const codes = throwCodes(throw_seed, width);
    const plane = planeOf(codes, width);
    const throws = Array.from({ length: THROWS }, (_, i) => codes.subarray(i * width, (i + 1) * width));
    return {
      models: {
        ae: await show("ae", state, models, judges, plane, throws),
        vae: await show("vae", state, models, judges, plane, throws),
      },
      rows: rowsOf(twins, size, run),
      measuredSeed: twins.card.options["throw_seed"] as number,
      limit: LIMITS[size],
      marks: throws.slice(0, 2).map((code) => placeOf(plane, code)),
    };
  },

  view(state, frame, set) {
    const { size, run, throw_seed, more } = state;
    return (
      <>
        <Controls label="Models">
          <Toggle
            label="the code holds"
            value={size}
            of="size"
            format={(value) => `${value} numbers`}
            onChange={(value) => set({ size: value })}
          />
          <Slider of="run" label="training seed" value={run} onChange={(value) => set({ run: value })} />
          {size === "2" && <Checkbox label="Training codes" value={state.codes} onChange={(codes) => set({ codes })} />}
        </Controls>
        <Panels columns={2}>
          {KINDS.map((kind) => (
            <Panel
              key={kind}
              title={`${kind === "ae" ? "Plain" : "Variational"}: ${percent(frame.models[kind].share, 1)} of ${grouped(THROWS)} random codes accepted; here ${size === "2" ? "the whole plane" : "a plane of them"}, refusals struck out`}
            >
              <CodePlane
                kind={kind}
                state={state}
                frame={frame}
                onMove={([u, v]) => set(kind === "ae" ? { ae_u: u, ae_v: v } : { vae_u: u, vae_v: v })}
              />
              <Drawing kind={kind} shown={frame.models[kind]} />
            </Panel>
          ))}
        </Panels>
        <Controls label="Throws">
          <NextSeed seed={throw_seed} onChange={(value) => set({ throw_seed: value })}>
            Throw again
          </NextSeed>
        </Controls>
        <Unfold what="the throws and every training seed" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            {KINDS.map((kind) => (
              <Panel key={kind} title={`The first ${FIRST} throws into the ${NAMES[kind]} code`}>
                <MarkedGrid
                  images={frame.models[kind].thrown}
                  struck={frame.models[kind].thrownStruck}
                  size={SIDE}
                  pixelated
                  {...SHOWN_THROWS}
                  label={`The first ${FIRST} throws decoded by the ${NAMES[kind]} model; ${frame.models[kind].thrownStruck.filter(Boolean).length} are struck out`}
                />
              </Panel>
            ))}
          </Panels>
          <Panel
            title={`Accepted share of the ${grouped(THROWS)} throws of seed ${frame.measuredSeed}: a dot for each training seed, a line for their mean`}
          >
            <DotRows
              label="Accepted share by model and code size"
              rows={frame.rows}
              format={(value) => percent(value, 1)}
              axis={{
                label: "share of random codes that the judge accepts",
                min: 0,
                max: 1,
                ticks: 5,
                format: percent,
              }}
            />
          </Panel>
        </Unfold>
        <Readout items={[{ label: "seed of the throws", value: String(throw_seed) }]} />
      </>
    );
  },

  describe({ size, run }, { models: { ae, vae }, rows }) {
    const place = ({ at, verdict }: Shown): string =>
      `at ${fixed(at[0])}, ${fixed(at[1])} it draws something that is ${verdict.accepted ? "accepted" : "refused"} ` +
      `(${verdict.digit} with ${percent(verdict.probability)}, nearest training digit ${fixed(verdict.distance)} away)`;
    const means = rows.map(({ name, values }) => `${name} ${meanAndRange(values, (value) => percent(value, 1))}`);
    return (
      `With ${size} code numbers and training seed ${run}, the judge accepts ${percent(ae.share, 1)} of the plain model’s throws and ` +
      `${percent(vae.share, 1)} of the variational one’s. Over all seeds: ${means.join("; ")}. ` +
      `Plain: ${place(ae)}. Variational: ${place(vae)}.`
    );
  },

  table(_, { rows }) {
    return dotTable(
      "model",
      (i) => `seed ${i + 1}`,
      rows,
      (value) => percent(value, 1),
    );
  },
});

interface CodePlaneProps {
  readonly kind: Kind;
  readonly state: State;
  readonly frame: Frame;
  readonly onMove: (place: Place) => void;
}

function CodePlane({ kind, state: { size, codes }, frame: { models, limit, marks }, onMove }: CodePlaneProps) {
  const { grid, gridStruck, at, codes: byDigit } = models[kind];
  const names = size === "2" ? ["z₁", "z₂"] : ["towards throw 1", "towards throw 2"];
  const axis = (name: string): Axis => ({
    label: `${name} (standard deviations of the throws)`,
    min: -limit,
    max: limit,
    ticks: 6,
  });
  const flat = size === "2";
  const dots = flat && codes;
  return (
    <Backdrop
      picture={
        !dots && (
          <MarkedGrid
            images={grid}
            struck={gridStruck}
            columns={GRID}
            rows={GRID}
            size={SIDE}
            pixelated
            label={`What the ${NAMES[kind]} model draws over its plane; ${gridStruck.filter(Boolean).length} of ${gridStruck.length} drawings are struck out`}
          />
        )
      }
    >
      <Pad
        label={`Place in the ${NAMES[kind]} plane`}
        x={axis(names[0] as string)}
        y={{ ...axis(names[1] as string), label: names[1] as string }}
        value={at}
        step={0.1}
        onMove={onMove}
      >
        {dots &&
          byDigit.map((points, digit) => (
            <Glyphs key={digit} points={points} glyph={String(digit)} hue={`k${digit}`} />
          ))}
        <Ring radius={medianLength(Number(size))} />
        {!flat && marks.map((place, i) => <ThrowMark key={i} at={place} name={String(i + 1)} />)}
      </Pad>
    </Backdrop>
  );
}

/** Half of all throws are at most this far from the centre. */
function Ring({ radius }: { radius: number }) {
  const { x, y } = useCoordinates();
  return (
    <g class="ring">
      <ellipse class="guide" cx={x(0)} cy={y(0)} rx={x(radius) - x(0)} ry={y(0) - y(radius)} />
      <text class="direct-label" x={x(0)} y={y(-radius) - 7} text-anchor="middle">
        half of all throws lie nearer
      </text>
    </g>
  );
}

function ThrowMark({ at, name }: { at: Place; name: string }) {
  const { x, y } = useCoordinates();
  return (
    <g class="throw-mark" transform={`translate(${x(at[0]).toFixed(1)} ${y(at[1]).toFixed(1)})`}>
      <circle class="dot-goal" r="9" />
      <text class="throw-name" dy="0.36em" text-anchor="middle">
        {name}
      </text>
    </g>
  );
}

function Drawing({ kind, shown: { decoded, verdict, nearest, nearestDigit } }: { kind: Kind; shown: Shown }) {
  return (
    <div class="beside">
      <CaptionedRaster
        pixels={decoded}
        width={SIDE}
        height={SIDE}
        pixelated
        hue="c-xhat"
        label={`Decoded by the ${NAMES[kind]} model`}
        caption={
          <>
            decoded <var class="c-xhat">x̂</var>
          </>
        }
      />
      <CaptionedRaster
        pixels={nearest}
        width={SIDE}
        height={SIDE}
        pixelated
        hue="c-x"
        label={`The training digit nearest to it, ${aDigit(nearestDigit)}`}
        caption="nearest training digit"
      />
      <Readout
        items={[
          { label: "judge", value: verdict.accepted ? "accepted" : "refused" },
          { label: "looks like", value: `${verdict.digit}, ${percent(verdict.probability)} sure` },
          { label: "distance", value: `${fixed(verdict.distance)} ink` },
        ]}
      />
    </div>
  );
}
