/** F15: four ways from one digit to another, in rows beneath each other, and what a judge says of each step. */

import {
  aDigit,
  Controls,
  defineFigure,
  DotRows,
  fixed,
  float32,
  floatOutput,
  grouped,
  judge,
  MarkedGrid,
  meanOf,
  Panel,
  percent,
  Raster,
  rowOf,
  Slider,
  type DotRow,
  type Model,
  type Models,
  type Verdict,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/interpolate.ts";
import { along, arc, length, line } from "./maths.ts";

/** One of the four ways: its drawings from end to end, what is said of each, and the share over many pairs. */
interface Way {
  readonly name: string;
  readonly short: string;
  readonly images: Float32Array;
  readonly verdicts: readonly Verdict[];
  /** Share of the 2,000 pairs whose middle is accepted, by seed. */
  readonly shares: readonly number[];
  /** Distance from the origin half-way, in prior standard deviations; variational codes only. */
  readonly middle: number | null;
}

interface Frame {
  readonly ways: readonly Way[];
  readonly digits: readonly [number, number];
  readonly pairs: number;
  readonly limits: { readonly leastProbability: number; readonly largestDistance: number };
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const FULL_INK = 16;
const STEPS = 8;
const FRAMES = STEPS + 1;

const NAMES = [
  { name: "Cross-fade of the pixels", short: "cross-fade" },
  { name: "Straight line, plain code", short: "line, plain" },
  { name: "Straight line, variational code", short: "line, variational" },
  { name: "Arc, variational code", short: "arc, variational" },
] as const;

async function decode(model: Model, graph: string, codes: Float32Array): Promise<Float32Array> {
  return floatOutput(await model.run(graph, { z: float32([FRAMES, codes.length / FRAMES], codes) }), "x_hat");
}

async function walk({ model: { twins, judge: court }, memo }: Models<Role>, from: number, to: number): Promise<Way[]> {
  const ends = (array: string): [Float32Array, Float32Array] => [
    Float32Array.from(rowOf(twins, array, from)),
    Float32Array.from(rowOf(twins, array, to)),
  ];
  const [a, b] = ends("images");
  const [plain, cloud] = [ends("codes_ae"), ends("codes_vae")];
  const drawn = [
    along(line, a, b, STEPS).map((level) => level / FULL_INK),
    await decode(twins, "decoder_ae", along(line, ...plain, STEPS)),
    await decode(twins, "decoder_vae", along(line, ...cloud, STEPS)),
    await decode(twins, "decoder_vae", along(arc, ...cloud, STEPS)),
  ];
  const known = await memo("known", () =>
    Float32Array.from(court.array("images_train").data, (level) => level / FULL_INK),
  );
  const { data } = twins.array("accepted_shares");
  const middles = [null, null, length(line(...cloud, 0.5)), length(arc(...cloud, 0.5))];
  return Promise.all(
    NAMES.map(async (names, index) => {
      const images = drawn[index] as Float32Array;
      const outputs = await court.run("classifier", { x: float32([FRAMES, PIXELS], images) });
      return {
        ...names,
        images,
        verdicts: judge(images, floatOutput(outputs, "probability"), known, PIXELS, CLASSES, limitsOf(court)),
        shares: Array.from(data).filter((_, i) => i % NAMES.length === index),
        middle: middles[index] ?? null,
      };
    }),
  );
}

function limitsOf(court: Model): Frame["limits"] {
  return { leastProbability: court.metric("least_probability"), largestDistance: court.metric("largest_distance") };
}

const place = (step: number): string =>
  step === 0
    ? "at the start"
    : step === STEPS
      ? "at the end"
      : step === STEPS / 2
        ? "half-way"
        : `${step} eighths along`;

export default defineFigure<State, Frame, Role>({
  async compute({ from, to }, models) {
    const { twins, judge: court } = models.model;
    const labels = twins.array("labels").data;
    return {
      ways: await models.memo(`${from} ${to}`, () => walk(models, from - 1, to - 1)),
      digits: [labels[from - 1] as number, labels[to - 1] as number],
      pairs: twins.card.options["pairs"] as number,
      limits: limitsOf(court),
    };
  },

  view({ from, to, step }, { ways, digits, pairs, limits }, set) {
    const count = grouped(pairs);
    return (
      <>
        <div class="ways">
          {ways.map((way) => (
            <WayRow key={way.name} way={way} step={step} />
          ))}
        </div>
        <p class="plot-note">
          Struck out where the judge refuses: its classifier is less than {percent(limits.leastProbability)} sure, or no
          training digit is within {fixed(limits.largestDistance)} ink. The pair that opens was chosen to show the
          difference; numbers 1 and 2 are the typical pair: of {count}, the one whose middles lie nearest to the median
          in all that is measured.
        </p>
        <Controls>
          <Slider
            of="from"
            label="from"
            value={from}
            format={(value) => `no. ${value}, ${aDigit(digits[0])}`}
            onChange={(value) => set({ from: value })}
          />
          <Slider
            of="to"
            label="to"
            value={to}
            format={(value) => `no. ${value}, ${aDigit(digits[1])}`}
            onChange={(value) => set({ to: value })}
          />
        </Controls>
        <Panel
          title={`Accepted middles of ${count} pairs of unlike test digits: a dot for each training seed, a line for their mean`}
        >
          <DotRows
            label={`Share of ${count} pairs whose middle is accepted`}
            rows={ways.map(rowOfShares)}
            format={(value) => percent(value)}
            axis={{ label: "share of pairs whose middle the judge accepts", min: 0, max: 1, ticks: 5, format: percent }}
          />
        </Panel>
        <Controls label="Judged step" docked>
          <Slider
            of="step"
            label="judged"
            name="judged step"
            value={step}
            format={place}
            onChange={(value) => set({ step: value })}
          />
        </Controls>
      </>
    );
  },

  describe({ from, to, step }, { ways, digits, pairs }) {
    const told = ways.map(({ short, verdicts }) => {
      const { accepted, digit, probability, distance } = verdicts[step] as Verdict;
      return `${short}: ${accepted ? "accepted" : "refused"}, ${aDigit(digit)} with ${percent(probability)}, nearest training digit ${fixed(distance)} away`;
    });
    const shares = ways.map(({ short, shares: values }) => `${short} ${percent(meanOf(values))}`);
    return (
      `From test digit ${from}, ${aDigit(digits[0])}, to test digit ${to}, ${aDigit(digits[1])}; ${place(step)}. ${told.join("; ")}. ` +
      `Over ${grouped(pairs)} pairs the middle is accepted for: ${shares.join(", ")}.`
    );
  },

  table({ step }, { ways }) {
    const seeds = (ways[0] as Way).shares.map((_, i) => `pairs accepted, seed ${i + 1}`);
    return {
      columns: ["way", `${place(step)}: classifier`, "distance", "verdict", "middle’s distance from origin", ...seeds],
      rows: ways.map(({ name, verdicts, shares, middle }) => {
        const { accepted, digit, probability, distance } = verdicts[step] as Verdict;
        return [
          name,
          `${digit}, ${percent(probability)}`,
          fixed(distance),
          accepted ? "accepted" : "refused",
          middle === null ? "–" : fixed(middle),
          ...shares.map((share) => percent(share, 1)),
        ];
      }),
    };
  },
});

function rowOfShares({ short, shares }: Way): DotRow {
  return { name: short, values: shares, current: 0, hue: short.endsWith("variational") ? "c-z" : "" };
}

function WayRow({ way: { name, images, verdicts }, step }: { way: Way; step: number }) {
  const { accepted, digit, probability, distance } = verdicts[step] as Verdict;
  const refused = verdicts.filter((verdict) => !verdict.accepted).length;
  return (
    <div class="way" role="group" aria-label={name}>
      <div class="panel-title">{name}</div>
      <MarkedGrid
        images={images}
        struck={verdicts.map((verdict) => !verdict.accepted)}
        columns={FRAMES}
        rows={1}
        size={SIDE}
        pixelated
        picked={step}
        label={`${name}, ${FRAMES} drawings; ${refused} are struck out`}
      />
      <div class="way-step">
        <Raster
          pixels={images.slice(step * PIXELS, (step + 1) * PIXELS)}
          width={SIDE}
          height={SIDE}
          pixelated
          hue="c-xhat"
          label={`${name}, ${place(step)}`}
        />
        <p class="way-verdict">
          <b>{accepted ? "accepted" : "refused"}</b> {place(step)}
          <br />
          {digit}, {percent(probability)} sure
          <br />
          {fixed(distance)} ink to the nearest
        </p>
      </div>
    </div>
  );
}
