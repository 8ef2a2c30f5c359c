/** F10: reconstruction pulls the clouds apart and sharp, the KL term pulls them onto the prior; β is the price. */

import {
  Controls,
  defineTrainingFigure,
  fixed,
  float32,
  floatOutput,
  Glyphs,
  Line,
  trainingCard,
  LossPlots,
  Panel,
  Panels,
  placeAmong,
  Plot,
  progressText,
  RasterGrid,
  Readout,
  Slider,
  Toggle,
  TrainingControls,
  trainingData,
  useCoordinates,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/tug-of-war.ts";

/** A posterior q(z|x): mean and standard deviation along both code axes. */
interface Cloud {
  readonly mean: Pair;
  readonly spread: Pair;
  readonly digit: number;
}

interface Point {
  readonly beta: number;
  readonly kl: number;
  readonly reconstruction: number;
}

interface Frame {
  readonly clouds: readonly Cloud[];
  /** Ten digits and, beneath each, what the decoder makes of its mean code; 8×8 each. */
  readonly images: Float32Array;
  /** The models trained at build, β rising. */
  readonly frontier: readonly Point[];
  readonly now: Point;
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const CLOUDS = 100; // enough to fill the plane, few enough to be told apart
const LIMIT = 4; // of the plane shown, in prior standard deviations
const SOURCES = { trained: "trained models", live: "train here" };

const betaText = (beta = 0): string => String(Number(beta.toPrecision(2)));

function rowOf(
  array: { readonly data: ArrayLike<number>; readonly shape: readonly number[] },
  row: number,
): Float32Array {
  const width = array.shape[1] as number;
  return Float32Array.from({ length: width }, (_, i) => array.data[row * width + i] as number);
}

async function cloudsOf(
  model: Model,
  params: Float32Array,
  x: Float32Array,
  labels: ArrayLike<number>,
): Promise<Cloud[]> {
  const outputs = await model.run("encoder", {
    params: float32([params.length], params),
    x: float32([CLOUDS, PIXELS], x.subarray(0, CLOUDS * PIXELS)),
  });
  const [mu, logVar] = [floatOutput(outputs, "mu"), floatOutput(outputs, "log_var")];
  const at = (values: Float32Array, i: number): Pair => [values[2 * i] as number, values[2 * i + 1] as number];
  return Array.from({ length: CLOUDS }, (_, i) => {
    const [a, b] = at(logVar, i);
    return { mean: at(mu, i), spread: [Math.exp(a / 2), Math.exp(b / 2)], digit: labels[i] as number };
  });
}

/** The first sample of each digit, then its reconstruction from the mean code, as two rows of ten. */
async function redraw(
  model: Model,
  params: Float32Array,
  x: Float32Array,
  clouds: readonly Cloud[],
): Promise<Float32Array> {
  const chosen = Array.from({ length: 10 }, (_, digit) => clouds.findIndex((cloud) => cloud.digit === digit));
  const codes = chosen.flatMap((i) => clouds[i]?.mean ?? [0, 0]);
  const outputs = await model.run("decoder", { params: float32([params.length], params), z: float32([10, 2], codes) });
  const images = new Float32Array(20 * PIXELS);
  chosen.forEach((i, place) => images.set(x.subarray(i * PIXELS, (i + 1) * PIXELS), place * PIXELS));
  images.set(floatOutput(outputs, "x_hat"), 10 * PIXELS);
  return images;
}

function trainedPoint(sweep: Model, beta: number): Point {
  const metric = (name: string): number => sweep.metric(`beta-${Number(beta.toPrecision(4))}.validation.${name}`);
  return { beta, kl: metric("kl"), reconstruction: metric("reconstruction") };
}

export default defineTrainingFigure<State, Frame, Role>({
  train: () => ({ role: "live" }),

  async compute({ source, beta }, { model: { sweep, live }, memo }, { params, curves, knobs }) {
    const betas = sweep.array("betas").data;
    const frontier = Array.from(betas, (trained) => trainedPoint(sweep, trained));
    if (source === "trained") {
      const index = placeAmong(betas, Number(beta));
      const weights = rowOf(sweep.array("params"), index);
      const scale = sweep.card.options["scale"] as number;
      const x = await memo("test digits", () =>
        Float32Array.from(sweep.array("x_test").data, (level) => level * scale),
      );
      const labels = sweep.array("labels_test").data;
      const clouds = await cloudsOf(sweep, weights, x, labels);
      return { clouds, frontier, now: frontier[index] as Point, images: await redraw(sweep, weights, x, clouds) };
    }
    const { validation } = await memo("splits", () => trainingData(live, trainingCard(live)));
    const labels = live.array("labels_validation").data;
    const clouds = await cloudsOf(live, params, validation, labels);
    const term = (name: string): number => {
      const index = trainingCard(live).terms.findIndex((candidate) => candidate.name === name);
      return curves.validation[index]?.at(-1)?.[1] ?? Number.NaN;
    };
    return {
      clouds,
      frontier,
      now: { beta: knobs["beta"] ?? 1, kl: term("kl"), reconstruction: term("reconstruction") },
      images: await redraw(live, params, validation, clouds),
    };
  },

  view(state, frame, set, training) {
    const { clouds, images, frontier, now } = frame;
    const trained = state.source === "trained";
    const betas = frontier.map((point) => point.beta);
    const worst = Math.max(...frontier.map((point) => point.reconstruction));
    const best = Math.min(...frontier.map((point) => point.reconstruction));
    return (
      <>
        <Controls label="Models">
          <Toggle
            label="β over"
            value={state.source}
            of="source"
            format={(value) => SOURCES[value]}
            onChange={(source) => set({ source })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                Clouds <var>q</var>(<var class="c-z">z</var>|<var class="c-x">x</var>) of {CLOUDS} digits kept from
                training, one deviation
              </>
            }
          >
            <Plot
              x={{ label: "z₁ (prior standard deviations)", min: -LIMIT, max: LIMIT, ticks: 8 }}
              y={{ label: "z₂", min: -LIMIT, max: LIMIT, ticks: 8 }}
              width={360}
              height={360}
              label={`Posteriors of ${CLOUDS} digits around the prior’s unit circle`}
            >
              <Clouds clouds={clouds} />
            </Plot>
            <p class="plot-note">
              Dashed: one deviation of the prior <var>p</var>(<var class="c-z">z</var>).
            </p>
          </Panel>
          <Panel title="The two losses against each other, on the validation split">
            <Plot
              x={{ label: "KL to the prior (nats)", min: 0, max: Math.max(10, ...frontier.map((p) => p.kl)) }}
              y={{ label: "reconstruction loss (nats)", min: best - 1, max: worst + 2 }}
              width={360}
              height={360}
              label={`Reconstruction ${fixed(now.reconstruction, 1)} nats at a KL of ${fixed(now.kl, 1)} nats`}
            >
              <Line points={frontier.map((p): Pair => [p.kl, p.reconstruction])} hue="c-muted" />
              <Frontier points={frontier} />
              <Now point={now} top={worst + 2} />
            </Plot>
          </Panel>
        </Panels>
        <Panel
          title={
            <>
              Ten digits <var class="c-x">x</var> and, beneath, what comes back <var class="c-xhat">x̂</var>
            </>
          }
        >
          <RasterGrid
            images={images}
            columns={10}
            rows={2}
            apart={2}
            size={SIDE}
            pixelated
            label="Ten digits above their reconstructions"
          />
        </Panel>
        <Readout
          items={[
            { label: "β", value: betaText(now.beta) },
            { label: "reconstruction", value: `${fixed(now.reconstruction, 2)} nats`, hue: "c-xhat" },
            { label: "KL", value: `${fixed(now.kl, 2)} nats`, hue: "c-z" },
            { label: "both over", value: "validation digits" },
          ]}
        />
        {!trained && <LossPlots training={training} width={300} height={200} />}
        {!trained && <TrainingControls training={training} state={state} set={set} names={{ beta: "β" }} />}
        {trained && (
          <Controls label="β" docked>
            <Slider
              label="β"
              name="β, the weight of the KL term"
              min={0}
              max={frontier.length - 1}
              step={1}
              value={placeAmong(betas, Number(state.beta))}
              format={(place) => betaText(betas[place])}
              onChange={(place) => set({ beta: betaText(betas[place]) as State["beta"] })}
            />
          </Controls>
        )}
      </>
    );
  },

  describe({ source }, { now, clouds }, training) {
    const spread = clouds.reduce((sum, cloud) => sum + (cloud.spread[0] + cloud.spread[1]) / 2, 0) / clouds.length;
    const what = source === "trained" ? "A model trained at build." : progressText(training);
    return (
      `${what} With β ${betaText(now.beta)} the reconstruction loss of validation digits is ${fixed(now.reconstruction, 2)} nats ` +
      `and their KL ${fixed(now.kl, 2)} nats; the clouds are ${fixed(spread, 2)} prior deviations wide on average.`
    );
  },

  table(_, { frontier }) {
    return {
      columns: ["β", "KL (nats, validation)", "reconstruction loss (nats, validation)"],
      rows: frontier.map((point) => [betaText(point.beta), fixed(point.kl, 3), fixed(point.reconstruction, 3)]),
    };
  },
});

/** Ellipses of one standard deviation, to the scale of both axes, and the prior's circle, which clouds may cover. */
function Clouds({ clouds }: { clouds: readonly Cloud[] }) {
  const { x, y } = useCoordinates();
  const wide = (length: number): number => Math.round((x(length) - x(0)) * 10) / 10;
  const high = (length: number): number => Math.round((y(0) - y(length)) * 10) / 10;
  const inside = clouds.filter(({ mean }) => Math.abs(mean[0]) <= LIMIT && Math.abs(mean[1]) <= LIMIT);
  return (
    <>
      <ellipse class="guide" cx={x(0)} cy={y(0)} rx={wide(1)} ry={high(1)} />
      {inside.map(({ mean, spread, digit }, i) => (
        <ellipse
          key={i}
          class={`cloud s${digit}`}
          cx={x(mean[0]).toFixed(1)}
          cy={y(mean[1]).toFixed(1)}
          rx={wide(spread[0])}
          ry={high(spread[1])}
        />
      ))}
      {Array.from({ length: 10 }, (_, digit) => (
        <Glyphs
          key={digit}
          points={inside.filter((cloud) => cloud.digit === digit).map(({ mean }) => mean)}
          glyph={String(digit)}
          hue={`k${digit}`}
        />
      ))}
    </>
  );
}

function Frontier({ points }: { points: readonly Point[] }) {
  const { x, y } = useCoordinates();
  return (
    <g class="c-muted">
      {points.map(({ beta, kl, reconstruction }, i) => (
        <g key={beta} transform={`translate(${x(kl).toFixed(1)} ${y(reconstruction).toFixed(1)})`}>
          <circle class="dot" r="3" />
          {i % 2 === 1 && kl > 0.05 && <text class="direct-label" x="6" y="-6">{`β ${betaText(beta)}`}</text>}
        </g>
      ))}
    </g>
  );
}

function Now({ point, top }: { point: Point; top: number }) {
  const { x, y } = useCoordinates();
  if (!Number.isFinite(point.kl) || !Number.isFinite(point.reconstruction)) return null;
  return (
    <g
      class="c-xhat"
      transform={`translate(${x(point.kl).toFixed(1)} ${y(Math.min(top, point.reconstruction)).toFixed(1)})`}
    >
      <circle class="dot-current" r="6" />
    </g>
  );
}
