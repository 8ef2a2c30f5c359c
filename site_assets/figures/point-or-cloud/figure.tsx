/** F9: one digit as a point in a plain code and as a Gaussian in a variational one, sampled and decoded. */

import type { ComponentChildren } from "preact";
import {
  aDigit,
  Button,
  CaptionedRaster,
  Controls,
  defineFigure,
  Dots,
  fixed,
  float32,
  floatOutput,
  Glyphs,
  NextSeed,
  Panel,
  Panels,
  percent,
  Plot,
  RasterGrid,
  Readout,
  Slider,
  useCoordinates,
  type Axis,
  type Model,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/point-or-cloud.ts";
import {
  closeUp,
  fromCentreToRim,
  moments,
  MOST,
  noise,
  radius,
  sample,
  SHARE_INSIDE,
  type Cloud,
  type Moments,
  type Pair,
} from "./maths.ts";

interface Codes {
  /** Of the test digits, by class. */
  readonly byDigit: readonly (readonly Pair[])[];
  readonly x: Axis;
  readonly y: Axis;
}

interface Frame {
  readonly digit: number;
  readonly image: Float32Array;
  /** The plain code and its drawing. */
  readonly point: Pair;
  readonly fromPoint: Float32Array;
  readonly cloud: Cloud;
  readonly samples: readonly Pair[];
  readonly found: Moments;
  readonly fromMean: Float32Array;
  /** The newest sample's drawing, once there is one. */
  readonly fromNewest: Float32Array | null;
  /** Some samples from the centre to the rim: their drawings and their distances in deviations. */
  readonly strip: Float32Array;
  readonly stripRadii: readonly number[];
  readonly planes: Readonly<Record<Role, Codes>>;
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const STRIP = 12;
const SIZE = 270; // of the plots, in view-box units: three stand side by side
const MARGIN = 0.06; // of the codes' range, around the outermost codes

function pairAt(values: ArrayLike<number>, index: number): Pair {
  return [values[2 * index] as number, values[2 * index + 1] as number];
}

/** Both axes have the same unit length, so that a circle looks like one. */
function codesOf(model: Model): Codes {
  const labels = model.array("labels_test").data;
  const points = Array.from(labels, (_, i) => pairAt(model.array("codes_test").data, i));
  const ranges = ([0, 1] as const).map((axis) => {
    const values = points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)] as const;
  });
  const half = (0.5 + MARGIN) * Math.max(...ranges.map(([low, high]) => high - low));
  const [x, y] = ranges.map(([low, high], axis): Axis => {
    const middle = (low + high) / 2;
    return { label: axis === 0 ? "z₁" : "z₂", min: middle - half, max: middle + half };
  }) as [Axis, Axis];
  const byDigit = Array.from({ length: CLASSES }, (_, digit) => points.filter((_, i) => labels[i] === digit));
  return { byDigit, x, y };
}

async function decode(model: Model, codes: readonly Pair[]): Promise<Float32Array> {
  if (codes.length === 0) return new Float32Array(0);
  return floatOutput(await model.run("decoder", { z: float32([codes.length, 2], codes.flat()) }), "x_hat");
}

export default defineFigure<State, Frame, Role>({
  async compute({ input, count, seed }, { model: { ae, vae }, memo }) {
    const { data: images, shape } = ae.array("images_test");
    const index = Math.min(input, shape[0] as number) - 1;
    const full = await memo("full ink", () => Array.from(images).reduce((most, level) => Math.max(most, level), 0));
    const image = Float32Array.from(images.subarray(index * PIXELS, (index + 1) * PIXELS), (level) => level / full);
    const x = float32([1, PIXELS], image);
    const point = pairAt(floatOutput(await ae.run("encoder", { x }), "z"), 0);
    const posterior = await vae.run("encoder", { x });
    const logVar = pairAt(floatOutput(posterior, "log_var"), 0);
    const cloud: Cloud = {
      mu: pairAt(floatOutput(posterior, "mu"), 0),
      sigma: [Math.exp(0.5 * logVar[0]), Math.exp(0.5 * logVar[1])],
    };
    const samples = sample(cloud, (await memo(`noise ${seed}`, () => noise(seed, MOST))).slice(0, count));
    const chosen = fromCentreToRim(cloud, samples, STRIP).map((i) => samples[i] as Pair);
    const drawn = await decode(vae, [cloud.mu, ...chosen, ...samples.slice(-1)]);
    const strip = new Float32Array(STRIP * PIXELS); // paper where nothing has been drawn yet
    strip.set(drawn.subarray(PIXELS, (1 + chosen.length) * PIXELS));
    return {
      digit: ae.array("labels_test").data[index] as number,
      image,
      point,
      fromPoint: await decode(ae, [point]),
      cloud,
      samples,
      found: moments(cloud, samples),
      fromMean: drawn.subarray(0, PIXELS),
      fromNewest: samples.length > 0 ? drawn.subarray(-PIXELS) : null,
      strip,
      stripRadii: chosen.map((z) => radius(cloud, z)),
      planes: { ae: await memo("plain", () => codesOf(ae)), vae: await memo("variational", () => codesOf(vae)) },
    };
  },

  view({ input, count, seed }, frame, set) {
    const { digit, point, cloud, samples, found, planes, stripRadii } = frame;
    const half = closeUp(cloud);
    const near = (axis: 0 | 1): Axis => ({
      ticks: 4,
      label: axis === 0 ? "z₁ (prior standard deviations)" : "z₂",
      min: cloud.mu[axis] - half,
      max: cloud.mu[axis] + half,
    });
    const newest = samples.at(-1);
    return (
      <>
        <Controls label="Input">
          <Slider
            of="input"
            label={
              <>
                input <var class="c-x">x</var>
              </>
            }
            name="input, a test digit"
            value={input}
            format={(value) => `test digit ${value}, ${aDigit(digit)}`}
            onChange={(value) => set({ input: value })}
          />
          <Button disabled={count === 0} onClick={() => set({ count: 0 })}>
            Clear
          </Button>
          <NextSeed seed={seed} onChange={(value) => set({ seed: value })}>
            Fresh noise
          </NextSeed>
        </Controls>
        <Panels columns={3}>
          <Panel
            title={
              <>
                Plain: a point <var class="c-z">z</var>
              </>
            }
          >
            <CodePlot
              codes={planes.ae}
              unit="standard deviations of the codes"
              label={`The plain code of ${aDigit(digit)} at ${fixed(point[0])}, ${fixed(point[1])}`}
            >
              <Marker at={point} hue="c-z" name="z" />
            </CodePlot>
          </Panel>
          <Panel
            title={
              <>
                Variational: a cloud, <var class="c-sigma">σ</var> around <var class="c-mu">μ</var>
              </>
            }
          >
            <CodePlot
              codes={planes.vae}
              unit="prior standard deviations"
              label={`The cloud of ${aDigit(digit)} around ${fixed(cloud.mu[0])}, ${fixed(cloud.mu[1])}`}
            >
              <Ellipse cloud={cloud} />
              <Window cloud={cloud} half={half} />
            </CodePlot>
          </Panel>
          <Panel
            title={
              <>
                The cloud close up, with {count} samples <var class="c-z">z</var>
              </>
            }
          >
            <Plot
              x={near(0)}
              y={near(1)}
              width={SIZE}
              height={SIZE}
              label={`Samples around an ellipse of one standard deviation, ${count} of them`}
            >
              <Dots
                points={samples.filter(
                  (z) => Math.max(...([0, 1] as const).map((axis) => Math.abs(z[axis] - cloud.mu[axis]))) <= half,
                )}
                hue={count > 150 ? "c-z dots-many" : "c-z"}
              />
              <Ellipse cloud={cloud} named />
              {newest && <Marker at={newest} hue="c-z" name="newest" />}
            </Plot>
          </Panel>
        </Panels>
        <div class="drawings-row">
          <CaptionedRaster
            width={SIDE}
            height={SIDE}
            pixelated
            pixels={frame.image}
            hue="c-x"
            label={`The input, ${aDigit(digit)}`}
            caption={
              <>
                input <var class="c-x">x</var>
              </>
            }
          />
          <CaptionedRaster
            width={SIDE}
            height={SIDE}
            pixelated
            pixels={frame.fromPoint}
            hue="c-xhat"
            label="Decoded from the plain code"
            caption="from the point"
          />
          <CaptionedRaster
            width={SIDE}
            height={SIDE}
            pixelated
            pixels={frame.fromMean}
            hue="c-xhat"
            label="Decoded from the mean"
            caption={
              <>
                from the mean <var class="c-mu">μ</var>
              </>
            }
          />
          <CaptionedRaster
            width={SIDE}
            height={SIDE}
            pixelated
            pixels={frame.fromNewest ?? new Float32Array(PIXELS)}
            hue="c-xhat"
            label={frame.fromNewest ? "Decoded from the newest sample" : "No sample yet"}
            caption="from the newest sample"
          />
        </div>
        <Panel title={`${stripRadii.length} of the samples decoded, from the cloud’s centre (left) to its rim`}>
          <RasterGrid
            images={frame.strip}
            columns={STRIP}
            rows={1}
            size={SIDE}
            pixelated
            label={
              stripRadii.length > 0
                ? `Samples decoded, ${fixed(stripRadii[0] as number, 1)} to ${fixed(stripRadii.at(-1) as number, 1)} deviations from the mean`
                : "No sample yet"
            }
          />
        </Panel>
        <Readout
          items={[
            { label: "μ", value: `${fixed(cloud.mu[0])}, ${fixed(cloud.mu[1])}`, hue: "c-mu" },
            { label: "σ", value: `${fixed(cloud.sigma[0], 3)}, ${fixed(cloud.sigma[1], 3)}`, hue: "c-sigma" },
            {
              label: "inside the ellipse",
              value: count > 0 ? `${found.inside} of ${count}, ${percent(found.inside / count, 1)}` : "no sample yet",
            },
            { label: "expected", value: percent(SHARE_INSIDE, 1) },
            { label: "seed", value: String(seed) },
          ]}
        />
        <Controls label="Samples" docked>
          <Button primary disabled={count >= MOST} onClick={() => set({ count: count + 1 })}>
            Draw sample
          </Button>
          <Button disabled={count >= MOST} onClick={() => set({ count: Math.min(MOST, count + 100) })}>
            Draw 100
          </Button>
        </Controls>
      </>
    );
  },

  describe({ input, count }, { digit, point, cloud, found }) {
    const drawn =
      count === 0
        ? "No sample has been drawn."
        : `Of ${count} samples ${found.inside} lie within the ellipse, ${percent(found.inside / count, 1)}; ${percent(SHARE_INSIDE, 1)} are expected.`;
    return (
      `Test digit ${input}, ${aDigit(digit)}. The plain code is the point ${fixed(point[0])}, ${fixed(point[1])}; the variational one is a cloud around ` +
      `${fixed(cloud.mu[0])}, ${fixed(cloud.mu[1])} with standard deviations ${fixed(cloud.sigma[0], 3)} and ${fixed(cloud.sigma[1], 3)}. ${drawn}`
    );
  },

  table({ count }, { cloud, found }) {
    const shown = (value: number): string => (Number.isFinite(value) ? fixed(value, 3) : "–");
    return {
      columns: ["code number", "mean μ", "mean of samples", "deviation σ", "deviation of samples", "samples"],
      rows: ([0, 1] as const).map((axis) => [
        axis === 0 ? "z₁" : "z₂",
        fixed(cloud.mu[axis], 3),
        shown(found.mean[axis]),
        fixed(cloud.sigma[axis], 3),
        shown(found.deviation[axis]),
        count,
      ]),
    };
  },
});

function CodePlot({
  codes,
  unit,
  label,
  children,
}: {
  codes: Codes;
  unit: string;
  label: string;
  children: ComponentChildren;
}) {
  return (
    <Plot x={{ ...codes.x, label: `z₁ (${unit})` }} y={codes.y} width={SIZE} height={SIZE} label={label}>
      <g class="faint-glyphs">
        {codes.byDigit.map((points, digit) => (
          <Glyphs key={digit} points={points} glyph={String(digit)} hue={`k${digit}`} />
        ))}
      </g>
      {children}
    </Plot>
  );
}

/** One standard deviation in every direction, to the scale of both axes. */
function Ellipse({ cloud: { mu, sigma }, named }: { cloud: Cloud; named?: boolean }) {
  const { x, y } = useCoordinates();
  const [left, top] = [x(mu[0]), y(mu[1])];
  const [wide, high] = [x(mu[0] + sigma[0]) - left, top - y(mu[1] + sigma[1])];
  return (
    <>
      <ellipse
        class="cloud-shown c-sigma"
        cx={left.toFixed(1)}
        cy={top.toFixed(1)}
        rx={wide.toFixed(2)}
        ry={high.toFixed(2)}
      />
      <g class="c-mu" transform={`translate(${left.toFixed(1)} ${top.toFixed(1)})`}>
        <circle class="dot" r="2.5" />
        {named && (
          <text class="direct-label" x="7" y="-6">
            μ
          </text>
        )}
      </g>
      {named && (
        <text class="direct-label c-sigma" x={left.toFixed(1)} y={(top - high - 6).toFixed(1)} text-anchor="middle">
          1 σ
        </text>
      )}
    </>
  );
}

/** What the close-up shows. */
function Window({ cloud: { mu }, half }: { cloud: Cloud; half: number }) {
  const { x, y, left, right, top, bottom } = useCoordinates();
  const [x1, x2] = [Math.max(left, x(mu[0] - half)), Math.min(right, x(mu[0] + half))];
  const [y1, y2] = [Math.max(top, y(mu[1] + half)), Math.min(bottom, y(mu[1] - half))];
  return <rect class="guide" x={x1} y={y1} width={x2 - x1} height={y2 - y1} />;
}

function Marker({ at, hue, name }: { at: Pair; hue: string; name: string }) {
  const { x, y, right } = useCoordinates();
  const late = x(at[0]) > right - 60;
  return (
    <g class={hue} transform={`translate(${x(at[0]).toFixed(1)} ${y(at[1]).toFixed(1)})`}>
      <circle class="dot-current" r="5.5" />
      <text class="direct-label" x={late ? -9 : 9} dy="0.32em" text-anchor={late ? "end" : "start"}>
        {name}
      </text>
    </g>
  );
}
