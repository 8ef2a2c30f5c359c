/** F22: a wish, two searches for it in the plane of a code, a judge of what they end at, and an archive beside them. */

import {
  Backdrop,
  byClass,
  CaptionedRaster,
  compare,
  Controls,
  defineFigure,
  Dot,
  DotRows,
  dotTable,
  fixed,
  float32,
  floatOutput,
  grouped,
  judge,
  Line,
  meanOf,
  Pad,
  Panel,
  Panels,
  percent,
  Raster,
  Readout,
  Slider,
  Toggle,
  useCoordinates,
  type Axis,
  type DotRow,
  type Model,
  type Models,
  type Pair,
  type Verdict,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/design.ts";
import { costs, search, weightsOf, type Look, type Rules, type Way } from "./maths.ts";

/** What a search or the archive offers. */
interface Offer {
  readonly pixels: Float32Array;
  readonly measures: readonly number[];
  /** Root of the cost, in deviations of the archive. */
  readonly misfit: number;
}

interface Found extends Offer {
  readonly verdict: Verdict;
  readonly way: Way;
  readonly at: Pair;
}

interface Frame {
  readonly classes: readonly string[];
  /** The middle of each shape's test codes. */
  readonly middles: readonly Pair[];
  readonly free: Found;
  readonly held: Found;
  readonly best: Offer;
  /** 0 where the judge refuses what is drawn, else the more, the better it fits the wish; from the top down. */
  readonly lands: Float32Array;
  readonly misfits: readonly DotRow[];
  readonly accepted: readonly DotRow[];
  readonly options: Options;
}

/** What the recipe says of the search. */
interface Options extends Rules {
  readonly kinds: readonly string[];
  readonly ways: readonly Method[];
  readonly wishes: number;
  readonly networks: number;
  readonly looks: number;
  readonly archive: number;
  readonly known: number;
  readonly levels: number;
  readonly plane: { readonly side: number; readonly extent: number; readonly fine: number };
  readonly largest: readonly number[];
  readonly deviations: readonly number[];
}

type Method = "free" | "held" | "random" | "archive";

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const EDGE = 4.625; // of the plane: half a cell beyond its outermost places
const MEASURES = ["ink", "roundness", "points"] as const;
const HUES: Readonly<Partial<Record<Method, string>>> = { free: "c-xhat", held: "c-z" };
const KINDS: Readonly<Record<State["kind"], string>> = { drawn: "of one drawing", mixed: "of three drawings" };
const NAMES_WIDTH = 190; // of the longest name and its mean

const optionsOf = (model: Model): Options => model.card.options["search"] as Options;

/** The graph's answer for codes of two numbers each, with one λ for each. */
async function lookAt(
  model: Model,
  codes: Float32Array,
  wish: readonly number[],
  leashes: readonly number[],
): Promise<Look> {
  const rows = codes.length / 2;
  const { deviations, largest } = optionsOf(model);
  const each = (values: readonly number[]): Float32Array =>
    Float32Array.from({ length: rows * values.length }, (_, i) => values[i % values.length] as number);
  const outputs = await model.run("search", {
    z: float32([rows, 2], codes),
    target: float32([rows, 3], each(wish)),
    weights: float32([rows, 3], each(weightsOf(deviations, largest))),
    leash: float32([rows, 1], Float32Array.from(leashes)),
  });
  return {
    drawings: floatOutput(outputs, "x_hat"),
    measures: floatOutput(outputs, "measures"),
    slopes: floatOutput(outputs, "slope"),
  };
}

/** The best of the known drawings. */
function bestOf(model: Model, known: Float32Array, wish: readonly number[]): Offer {
  const { data } = model.array("known_measures");
  const prices = costs(data, wish, optionsOf(model).deviations);
  const best = prices.indexOf(Math.min(...prices));
  return {
    pixels: known.subarray(best * PIXELS, (best + 1) * PIXELS),
    measures: Array.from(data.slice(3 * best, 3 * best + 3)),
    misfit: Math.sqrt(prices[best] as number),
  };
}

/** How the plane is shaded for a wish. */
function landsOf(model: Model, wish: readonly number[]): Float32Array {
  const { plane, deviations } = optionsOf(model);
  const measures = Float64Array.from(
    model.array("plane_measures").data,
    (value, i) => (value / plane.fine) * (deviations[i % 3] as number),
  );
  const accepted = model.array("plane_accepted").data;
  return Float32Array.from(costs(measures, wish, deviations), (cost, i) =>
    accepted[i] ? 0.1 + 0.5 * Math.exp(-2 * Math.sqrt(cost)) : 0,
  );
}

function middlesOf(model: Model): readonly Pair[] {
  const groups = byClass(
    model.array("codes_test").data,
    model.array("labels_test").data,
    model.card.data.classes.length,
  );
  return groups.map((group): Pair => [meanOf(group.map(([a]) => a)), meanOf(group.map(([, b]) => b))]);
}

const namesOf = (options: Options, leash: number): Readonly<Record<Method, string>> => ({
  free: "search, λ = 0",
  held: `search, λ = ${leash}`,
  random: `${options.looks} codes at random`,
  archive: `best of ${grouped(options.archive)}`,
});

/** A number for each network by way, for one kind of wish. */
function rowsOf(model: Model, array: "misfits" | "accepted", kind: State["kind"]): readonly DotRow[] {
  const options = optionsOf(model);
  const { data } = model.array(array);
  const { ways, networks } = options;
  const from = options.kinds.indexOf(kind) * ways.length;
  const names = namesOf(options, model.metric("search.leash"));
  return ways.map((way, w) => ({
    name: names[way],
    values: Array.from(
      data.slice((from + w) * networks, (from + w + (way === "archive" ? 1 / networks : 1)) * networks),
    ),
    hue: HUES[way] ?? "",
  }));
}

export default defineFigure<State, Frame, Role>({
  async compute(state, { model: { vae }, memo }: Models<Role>) {
    const wish = MEASURES.map((name) => state[name]);
    const options = optionsOf(vae);
    const look = async (code: Pair, leash: number) => {
      const { measures, slopes } = await lookAt(vae, Float32Array.from(code), wish, [leash]);
      const [cost] = costs(measures, wish, options.deviations);
      return { cost: cost as number, slope: [slopes[0] as number, slopes[1] as number] as Pair };
    };
    const leashes = [0, Number(state.leash)];
    const ways = await Promise.all(
      leashes.map((leash) => search((code) => look(code, leash), [state.z1, state.z2], leash, options)),
    );
    const ends = ways.map(({ places }) => places[places.length - 1] as Pair);
    const end = await lookAt(vae, Float32Array.from(ends.flat()), wish, leashes);
    const known = await memo("known", () =>
      Promise.resolve(Float32Array.from(vae.array("known").data, (level) => level / options.levels)),
    );
    const shares = await vae.run("judge", { x: float32([2, PIXELS], end.drawings) });
    const { classes } = vae.card.data;
    const verdicts = judge(end.drawings, floatOutput(shares, "probability"), known, PIXELS, classes.length, {
      leastProbability: vae.metric("judge.least_probability"),
      largestDistance: vae.metric("judge.largest_distance"),
    });
    const misfits = costs(end.measures, wish, options.deviations).map(Math.sqrt);
    const found = (row: number): Found => ({
      pixels: end.drawings.subarray(row * PIXELS, (row + 1) * PIXELS),
      measures: Array.from(end.measures.subarray(3 * row, 3 * row + 3)),
      misfit: misfits[row] as number,
      verdict: verdicts[row] as Verdict,
      way: ways[row] as Way,
      at: ends[row] as Pair,
    });
    return {
      classes,
      middles: middlesOf(vae),
      free: found(0),
      held: found(1),
      best: bestOf(vae, known, wish),
      lands: landsOf(vae, wish),
      misfits: rowsOf(vae, "misfits", state.kind),
      accepted: rowsOf(vae, "accepted", state.kind),
      options,
    };
  },

  view(state, frame, set) {
    const { free, held, best, classes, options } = frame;
    return (
      <>
        <Panels columns={2}>
          <Panel
            title={
              <>
                The code <var class="c-z">z</var>: both searches start at the handle
              </>
            }
          >
            <Backdrop
              picture={
                <Raster
                  pixels={frame.lands}
                  width={options.plane.side}
                  height={options.plane.side}
                  pixelated
                  label="What the judge accepts, shaded the more, the nearer it is to the wish; unshaded: holes"
                />
              }
            >
              <Pad
                label="Start of the searches"
                x={AXIS("z₁")}
                y={AXIS("z₂")}
                value={[state.z1, state.z2]}
                step={0.1}
                onMove={([z1, z2]) => set({ z1, z2 })}
              >
                {frame.middles.map((middle, kind) => (
                  <Name
                    key={kind}
                    at={middle}
                    name={classes[kind] ?? ""}
                    hue={`k${kind}`}
                    marks={[[state.z1, state.z2], free.at, held.at]}
                  />
                ))}
                <Line points={free.way.places} dashed hue="c-xhat" />
                <Line points={held.way.places} hue="c-z" />
                <Dot at={free.at} hue="c-xhat" name="λ = 0" />
                <Dot at={held.at} hue="c-z" name={`λ = ${state.leash}`} />
              </Pad>
            </Backdrop>
            <p class="plot-note">
              Shaded: what the judge accepts, the more, the nearer to the wish. Unshaded: holes. Kept near the origin by{" "}
              <var>λ</var>: the solid line.
            </p>
          </Panel>
          <Panel title={`λ = 0: ${word(free)}; λ = ${state.leash}: ${word(held)}`}>
            <div class="pair">
              <CaptionedRaster
                {...picture(free, "Search without λ")}
                hue="c-xhat"
                caption={<Caption name="λ = 0" offer={free} said={said(free, classes)} />}
              />
              <CaptionedRaster
                {...picture(held, "Search with λ")}
                hue="c-z"
                caption={<Caption name={`λ = ${state.leash}`} offer={held} said={said(held, classes)} />}
              />
              <CaptionedRaster
                {...picture(best, "Best of the past drawings")}
                caption={<Caption name="archive" offer={best} said={`best of ${options.known}`} />}
              />
            </div>
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "λ = 0 ends at z", value: placeOf(free).join(", "), hue: "c-xhat" },
            { label: "misfit, λ = 0", value: fixed(free.misfit), hue: "c-xhat" },
            { label: `λ = ${state.leash} ends at z`, value: placeOf(held).join(", "), hue: "c-z" },
            { label: `misfit, λ = ${state.leash}`, value: fixed(held.misfit), hue: "c-z" },
            { label: "misfit, archive", value: fixed(best.misfit) },
          ]}
        />
        <Controls label="Search and measurements">
          <Toggle label="λ" value={state.leash} of="leash" onChange={(leash) => set({ leash })} />
          <Toggle
            label="wishes measured"
            value={state.kind}
            of="kind"
            format={labelOf}
            onChange={(kind) => set({ kind })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel title={`${options.wishes} other wishes, each ${labelOf(state.kind)}; ${verdict(frame)}`}>
            <DotRows
              label="Mean misfit of the wishes, a dot for each training"
              rows={frame.misfits}
              axis={{ label: "misfit (deviations)", min: 0, max: 0.6, ticks: 3 }}
              format={(value) => fixed(value, 2)}
              names={NAMES_WIDTH}
            />
          </Panel>
          <Panel title="How much of what is found the judge accepts">
            <DotRows
              label="Share of what is found that the judge accepts, a dot for each training"
              rows={frame.accepted}
              axis={{ label: "accepted by the judge", min: 0, max: 1, ticks: 3, format: percent }}
              format={(value) => percent(value)}
              names={NAMES_WIDTH}
            />
          </Panel>
        </Panels>
        <Controls label="Wish" docked>
          {MEASURES.map((name) => (
            <Slider
              key={name}
              label={name}
              value={state[name]}
              of={name}
              format={(value) => fixed(value, name === "points" ? 1 : 2)}
              onChange={(value) => set({ [name]: value })}
            />
          ))}
        </Controls>
      </>
    );
  },

  describe(state, frame) {
    const { free, held, best, classes } = frame;
    const told = (name: string, offer: Found): string =>
      `${name} ends at z₁ ${placeOf(offer).join(", z₂ ")} with a misfit of ${fixed(offer.misfit)}: ${said(offer, classes)}.`;
    return (
      `Wished: ink ${fixed(state.ink)}, roundness ${fixed(state.roundness)}, points ${fixed(state.points, 1)}. ` +
      `${told("The search without λ", free)} ${told(`The search with λ ${state.leash}`, held)} ` +
      `The best past drawing has a misfit of ${fixed(best.misfit)}. Wishes ${labelOf(state.kind)}: ${verdict(frame)}.`
    );
  },

  table(_, { misfits, accepted, options }) {
    const training = (i: number): string => `training ${i + 1}`;
    const missed = dotTable("misfit", training, misfits, (value) => fixed(value, 3));
    const shares = dotTable("accepted", training, accepted, (value) => percent(value, 1));
    const named = (what: string, rows: typeof missed.rows) =>
      rows.map(([name, ...rest]) => [`${what}, ${name}`, ...rest]);
    return {
      columns: [`over ${options.wishes} wishes`, ...missed.columns.slice(1)],
      rows: [...named("misfit", missed.rows), ...named("accepted", shares.rows)],
    };
  },
});

/** How near a mark may come to the middle of a name, px; its own name is on its right. */
const COVERED = { left: 45, right: 95, down: 18 };

const AXIS = (label: string): Axis => ({ label, min: -EDGE, max: EDGE, ticks: 5 });

/** In tenths: where the cost is flat, rounding decides the next digit. */
const placeOf = ({ at }: Found): readonly string[] => at.map((z) => fixed(z, 1));
/** In twentieths, unless all but certain: along the valley where a search ends, rounding decides the next digit. */
const sure = (probability: number): string =>
  probability > 0.975 ? percent(probability) : `about ${percent(Math.round(20 * probability) / 20)}`;
const word = ({ verdict: { accepted } }: Found): string => (accepted ? "accepted" : "refused");
const labelOf = (kind: State["kind"]): string => KINDS[kind];

/** What the judge says of a drawing. */
function said(found: Found, classes: readonly string[]): string {
  const { digit, probability, distance } = found.verdict;
  return `${word(found)}; ${sure(probability)} ${classes[digit]}, ${fixed(distance, 1)} away`;
}

/** Who has the smaller misfit in every training. */
function verdict({ misfits }: Frame): string {
  const most = Math.max(...misfits.map(({ values }) => values.length));
  const measured = misfits.map(({ name, values }) => ({
    name,
    values: Array.from({ length: most }, (_, i) => -(values[i % values.length] as number)),
  }));
  const { ahead, ours, rival } = compare(
    measured,
    misfits.slice(0, 2).map(({ name }) => name),
  );
  const [own, other] = [ours, rival].map(({ name, mean }) => `${name}, ${fixed(-mean, 2)}`) as [string, string];
  if (ahead === "neither") return `level: ${own}; ${other}`;
  return ahead === "ours" ? `ahead: ${own}; behind: ${other}` : `ahead: ${other}; behind: ${own}`;
}

const picture = (offer: Offer, name: string) => ({
  pixels: offer.pixels,
  width: SIDE,
  height: SIDE,
  label: `${name}: ${MEASURES.map((measure, k) => `${measure} ${fixed(offer.measures[k] as number)}`).join(", ")}`,
});

function Caption({ name, offer, said: words }: { name: string; offer: Offer; said: string }) {
  return (
    <>
      <b>{name}</b>: {words}
      <br />
      {MEASURES.map((measure, k) => `${measure} ${fixed(offer.measures[k] as number, k === 2 ? 1 : 2)}`).join(", ")}
    </>
  );
}

interface NameProps {
  readonly at: Pair;
  readonly name: string;
  readonly hue: string;
  readonly marks: readonly Pair[];
}

/** A shape's name where its codes are; above those of the marks that would cover it. */
function Name({ at, name, hue, marks }: NameProps) {
  const { x, y } = useCoordinates();
  const [left, top] = [x(at[0]), y(at[1])];
  const covering = marks
    .map(([z1, z2]) => [x(z1), y(z2)] as const)
    .filter(([markX, markY]) => {
      const after = left - markX;
      return -COVERED.left < after && after < COVERED.right && Math.abs(markY - top) < COVERED.down;
    });
  const clear = Math.min(top, ...covering.map(([, markY]) => markY - COVERED.down));
  return (
    <text class={`direct-label ${hue}`} x={Math.round(left)} y={Math.round(clear)} text-anchor="middle">
      {name}
    </text>
  );
}
