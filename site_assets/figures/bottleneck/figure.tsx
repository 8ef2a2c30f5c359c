/** F3: a held-out waveform rebuilt from k numbers, by principal components or by a trained autoencoder. */

import {
  Controls,
  defineFigure,
  Dot,
  Dots,
  fixed,
  float32,
  floatOutput,
  Line,
  meanSquare,
  Panel,
  Panels,
  percent,
  Plot,
  Readout,
  Select,
  Slider,
  Toggle,
  useCoordinates,
  type Axis,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/bottleneck.ts";
import { countFor, project, spectrum } from "./signal.ts";

interface Frame {
  /** How many numbers are kept: the networks were trained with fewer than PCA can offer. */
  readonly k: number;
  readonly original: Float32Array;
  readonly rebuilt: Float32Array;
  /** Mean squared difference of the two. */
  readonly error: number;
  readonly harmonics: { readonly original: Float32Array; readonly rebuilt: Float32Array };
  /** Test error by count of numbers. */
  readonly linear: readonly Pair[];
  readonly curved: readonly Pair[];
  readonly knee: number;
}

const HARMONICS = 8;
const NETWORKS_UP_TO = 6;
const SURVIVES = 0.5; // of its amplitude
const TIME: Axis = { label: "time (periods of the first harmonic)", min: 0, max: 1 };
const AMPLITUDE: Axis = { label: "amplitude", min: -3.7, max: 3.7, ticks: 7, format: (value) => fixed(value, 0) };
const HARMONIC: Axis = {
  label: "harmonic (cycles a period)",
  min: 0.4,
  max: HARMONICS + 0.6,
  ticks: 8,
  format: (value) => fixed(value, 0),
};
const STRENGTH: Axis = { label: "amplitude", min: 0, max: 1.15, ticks: 5 };
const ERROR: Axis = { label: "test error (squared amplitude)", min: 0.0015, max: 2, scale: "log", format: String };
const HUES = {
  linear: { linear: "c-xhat", curved: "muted" },
  "non-linear": { linear: "muted", curved: "c-xhat" },
} as const;
const LISTED = new Intl.ListFormat("en-GB");
const NAMES = { linear: "PCA", "non-linear": "the autoencoder" } as const;

function networksOf(complexity: number): Exclude<Role, "pca"> {
  return complexity <= 2 ? "few" : complexity <= 4 ? "some" : "many";
}

function row(data: ArrayLike<number>, index: number, width: number): Float32Array {
  return Float32Array.from({ length: width }, (_, i) => data[index * width + i] as number);
}

/** Curves of both kinds for one complexity. */
function curves(complexity: number, { model }: Models<Role>): Pick<Frame, "linear" | "curved" | "knee"> {
  const { data, shape } = model.pca.array("errors_test");
  const errors = row(data, complexity - 1, shape[1] as number);
  const networks = model[networksOf(complexity)];
  return {
    linear: Array.from(errors, (error, k): Pair => [k, error]),
    curved: Array.from({ length: NETWORKS_UP_TO }, (_, i): Pair => [
      i + 1,
      networks.metric(`complexity-${complexity}.code-${i + 1}.test.reconstruction_mse`),
    ]),
    knee: model.pca.metric(`complexity-${complexity}.knee`),
  };
}

function byComponents(x: Float32Array, complexity: number, k: number, { model }: Models<Role>): Float32Array {
  const { data, shape } = model.pca.array("components");
  const mean = row(model.pca.array("mean").data, complexity - 1, x.length);
  return project(x, { mean, rows: row(data, complexity - 1, (shape[1] as number) * x.length) }, k);
}

async function byNetwork(
  x: Float32Array,
  complexity: number,
  k: number,
  { model }: Models<Role>,
): Promise<Float32Array> {
  const networks = model[networksOf(complexity)];
  const place = ((complexity - 1) % 2) * NETWORKS_UP_TO + k - 1; // two complexities a model, six sizes each
  const outputs = await networks.run("networks", {
    x: float32([1, x.length], x),
    member: { dims: [1], data: Int32Array.of(place) },
  });
  return floatOutput(outputs, "x_hat");
}

/** At each harmonic, how strong it is in the original and in what was rebuilt. */
function Strengths({ original, rebuilt }: Frame["harmonics"]) {
  const { x, y } = useCoordinates();
  const bar = (harmonic: number, strength: number, shift: number): string =>
    `M${(x(harmonic) + shift).toFixed(1)} ${y(0).toFixed(1)}V${y(Math.min(STRENGTH.max, strength)).toFixed(1)}`;
  const bars = (strengths: Float32Array, shift: number): string =>
    Array.from(strengths, (strength, index) => bar(index + 1, strength, shift)).join("");
  return (
    <>
      <path class="strength c-x" d={bars(original, -6)} />
      <path class="strength c-xhat" d={bars(rebuilt, 6)} />
      <text class="direct-label c-x" x={(x(1) - 11).toFixed(1)} y={(y(original[0] as number) - 6).toFixed(1)}>
        x
      </text>
      <text class="direct-label c-xhat" x={(x(1) + 3).toFixed(1)} y={(y(rebuilt[0] as number) - 6).toFixed(1)}>
        x̂
      </text>
    </>
  );
}

/** The chord of the curve and, where the curve lies furthest below it, the knee. */
function Knee({ at, curve }: { at: number; curve: readonly Pair[] }) {
  const { x, y } = useCoordinates();
  const [from, to, knee] = [curve[0], curve.at(-1), curve.find(([k]) => k === at)] as [Pair, Pair, Pair];
  const share = (at - from[0]) / (to[0] - from[0]);
  const chord = y(from[1]) + share * (y(to[1]) - y(from[1])); // straight on the page, where the axis is logarithmic
  const [left, low] = [x(at), y(knee[1])];
  return (
    <g class="muted">
      <Line points={[from, to]} dashed />
      <line
        class="line line-dashed"
        x1={left.toFixed(1)}
        x2={left.toFixed(1)}
        y1={low.toFixed(1)}
        y2={chord.toFixed(1)}
      />
      <text class="direct-label" x={(left + 6).toFixed(1)} y={((2 * low + chord) / 3).toFixed(1)}>
        knee at {at}
      </text>
    </g>
  );
}

/** Each curve's name where the other is not: PCA's above its floor, the autoencoders' left of where they fall. */
function CurveNames({
  linear,
  curved,
  hues,
}: {
  linear: readonly Pair[];
  curved: readonly Pair[];
  hues: { linear: string; curved: string };
}) {
  const { x, y } = useCoordinates();
  const [pca, before, network] = [linear[9], curved[3], curved[4]];
  const falls = before && network && y(network[1]) - y(before[1]) > 12;
  return (
    <>
      {pca && (
        <text class={`direct-label ${hues.linear}`} x={x(pca[0]).toFixed(1)} y={(y(pca[1]) - 8).toFixed(1)}>
          PCA
        </text>
      )}
      {network && (
        <text
          class={`direct-label ${hues.curved}`}
          x={(x(network[0]) - 8).toFixed(1)}
          y={(y(network[1]) + (falls ? 6 : -9)).toFixed(1)}
          text-anchor="end"
        >
          autoencoders
        </text>
      )}
    </>
  );
}

function trace(values: Float32Array): Pair[] {
  return Array.from(values, (value, i): Pair => [i / values.length, value]);
}

function surviving({ original, rebuilt }: Frame["harmonics"], complexity: number): number[] {
  return Array.from({ length: complexity }, (_, i) => i + 1).filter(
    (harmonic) => (rebuilt[harmonic - 1] as number) >= SURVIVES * (original[harmonic - 1] as number),
  );
}

function errorAt(curve: readonly Pair[], k: number): number | null {
  return curve.find(([size]) => size === k)?.[1] ?? null;
}

function needed(curve: readonly Pair[], error: number): string {
  return String(countFor(curve, error) ?? `more than ${(curve.at(-1) as Pair)[0]}`);
}

function shown(value: number | null): string {
  return value === null ? "none trained" : fixed(value, 4);
}

export default defineFigure<State, Frame, Role>({
  async compute({ kind, complexity, k: wanted, wave }, models) {
    const k = kind === "linear" ? wanted : Math.min(wanted, NETWORKS_UP_TO);
    const { data, shape } = models.model.pca.array("shown_test");
    const [, count, samples] = shape as [number, number, number];
    const original = row(data, (complexity - 1) * count + wave, samples);
    const rebuild = kind === "linear" ? byComponents : byNetwork;
    const rebuilt = await rebuild(original, complexity, k, models);
    return {
      k,
      original,
      rebuilt,
      error: meanSquare(original, rebuilt),
      harmonics: { original: spectrum(original, HARMONICS), rebuilt: spectrum(rebuilt, HARMONICS) },
      ...(await models.memo(`curves ${complexity}`, () => curves(complexity, models))),
    };
  },

  view({ kind, complexity, wave }, { k, original, rebuilt, error, harmonics, linear, curved, knee }, set) {
    const most = kind === "linear" ? (linear.at(-1) as Pair)[0] : NETWORKS_UP_TO;
    const curve = kind === "linear" ? linear : curved;
    const alive = surviving(harmonics, complexity);
    const network = errorAt(curved, k);
    const count: Axis = {
      label: "numbers kept, k",
      min: 0,
      max: (linear.at(-1) as Pair)[0] + 0.4,
      ticks: 8,
      format: (value) => fixed(value, 0),
    };
    return (
      <>
        <Panels columns={2}>
          <Panel
            title={
              <>
                A held-out waveform <var class="c-x">x</var>, rebuilt from {k} {k === 1 ? "number" : "numbers"} by{" "}
                {NAMES[kind]}, <var class="c-xhat">x̂</var>
              </>
            }
          >
            <Plot
              x={TIME}
              y={AMPLITUDE}
              height={250}
              label={`Waveform and reconstruction over one period; mean squared error ${fixed(error, 3)}`}
            >
              <Line points={trace(original)} hue="c-x trace-under" />
              <Line points={trace(rebuilt)} hue="c-xhat" />
            </Plot>
          </Panel>
          <Panel
            title={
              alive.length === 0
                ? "No harmonic survives"
                : `Harmonics that survive: ${alive.join(", ")} of ${complexity}`
            }
          >
            <Plot
              x={HARMONIC}
              y={STRENGTH}
              height={250}
              label="Amplitude of each harmonic in the waveform and in the reconstruction"
            >
              <Strengths {...harmonics} />
            </Plot>
          </Panel>
        </Panels>
        <Controls>
          <Toggle
            label="rebuilt by"
            value={kind}
            of="kind"
            format={(value) => ({ linear: "PCA (linear)", "non-linear": "autoencoder (non-linear)" })[value]}
            onChange={(value) => set({ kind: value })}
          />
          <Slider
            of="complexity"
            label="complexity"
            value={complexity}
            format={(value) => `${value} ${value === 1 ? "harmonic" : "harmonics"}`}
            onChange={(value) => set({ complexity: value })}
          />
          <Select
            label="waveform"
            value={String(wave)}
            of="wave"
            format={(value) => `test ${Number(value) + 1}`}
            onChange={(value) => set({ wave: Number(value) })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel title="All test waveforms: error against the numbers kept">
            <Plot
              x={count}
              y={ERROR}
              height={270}
              label="Test error against the count of numbers kept, for PCA and for the autoencoders"
            >
              <Knee at={knee} curve={linear} />
              <Line points={linear} hue={HUES[kind].linear} />
              <Line points={curved} hue={HUES[kind].curved} />
              <Dots points={curved} hue={HUES[kind].curved} />
              <CurveNames linear={linear} curved={curved} hues={HUES[kind]} />
              <Dot at={[k, errorAt(curve, k) ?? 0]} hue="c-xhat" />
            </Plot>
          </Panel>
          <Panel title="Read from the curves">
            <div class="readings">
              <Readout
                items={[
                  { label: "this waveform’s error", value: fixed(error, 4), hue: "c-xhat" },
                  { label: `PCA’s test error with ${k}`, value: shown(errorAt(linear, k)) },
                  { label: `autoencoder’s test error with ${k}`, value: shown(network) },
                  ...(network === null
                    ? []
                    : [{ label: "numbers that PCA needs for as little", value: needed(linear, network) }]),
                  { label: "knee of PCA’s curve", value: String(knee) },
                ]}
              />
            </div>
            <p class="plot-note">
              There is one autoencoder for each count from 1 to {NETWORKS_UP_TO}. The knee is where PCA’s curve, on this
              axis, lies furthest below the straight line between its ends. A harmonic survives if it keeps half of its
              amplitude or more.
            </p>
          </Panel>
        </Panels>
        <Controls label="Numbers kept" docked>
          <Slider
            label="numbers kept, k"
            value={k}
            min={1}
            max={most}
            step={1}
            onChange={(value) => set({ k: value })}
          />
        </Controls>
      </>
    );
  },

  describe({ kind, complexity }, { k, error, harmonics, linear, curved, knee }) {
    const alive = surviving(harmonics, complexity);
    const [pca, network] = [errorAt(linear, k) as number, errorAt(curved, k)];
    const rival =
      network === null
        ? "No autoencoder was trained with as many numbers."
        : `The autoencoder’s is ${fixed(network, 4)}, ${percent(Math.abs(1 - network / pca))} ${network < pca ? "less" : "more"}.`;
    return (
      `A waveform of ${complexity} ${complexity === 1 ? "harmonic" : "harmonics"} rebuilt by ${NAMES[kind]} from ${k} ${k === 1 ? "number" : "numbers"}, with a mean squared error of ${fixed(error, 4)}. ` +
      `${alive.length === 0 ? "No harmonic" : `Of the harmonics, ${LISTED.format(alive.map(String))}`} kept at least half of ${alive.length > 1 ? "their" : "its"} amplitude. ` +
      `On all test waveforms PCA’s error is ${fixed(pca, 4)}. ${rival} The knee of PCA’s curve is at ${knee}.`
    );
  },

  table(_, { linear, curved }) {
    return {
      columns: ["numbers kept, k", "PCA’s test error", "autoencoder’s test error"],
      rows: linear.map(([k, error]) => [k, fixed(error, 4), shown(errorAt(curved, k))]),
    };
  },
});
