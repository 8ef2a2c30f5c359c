/** F3: a held-out waveform rebuilt from k numbers, by principal components or by a trained autoencoder. */

import {
  Controls, defineFigure, Dot, fixed, float32, floatOutput, Line, Panel, Panels, percent, Plot, Readout, Select, Slider,
  Toggle, useFrame, type Axis, type Models, type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/bottleneck.ts";
import { meanSquare, project, spectrum } from "./signal.ts";

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
const AMPLITUDE: Axis = { label: "amplitude", min: -3.4, max: 3.4, ticks: 7, format: (value) => fixed(value, 0) };
const HARMONIC: Axis = { label: "harmonic (cycles a period)", min: 0.4, max: HARMONICS + 0.6, ticks: 8, format: (value) => fixed(value, 0) };
const STRENGTH: Axis = { label: "amplitude", min: 0, max: 1.15, ticks: 5 };
const ERROR: Axis = { label: "test error (squared amplitude)", min: 0.0015, max: 2, scale: "log", format: (value) => String(value) };
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
      i + 1, networks.metric(`complexity-${complexity}.code-${i + 1}.test.reconstruction_mse`),
    ]),
    knee: model.pca.metric(`complexity-${complexity}.knee`),
  };
}

function byComponents(x: Float32Array, complexity: number, k: number, { model }: Models<Role>): Float32Array {
  const { data, shape } = model.pca.array("components");
  const mean = row(model.pca.array("mean").data, complexity - 1, x.length);
  return project(x, { mean, rows: row(data, complexity - 1, (shape[1] as number) * x.length) }, k);
}

async function byNetwork(x: Float32Array, complexity: number, k: number, { model }: Models<Role>): Promise<Float32Array> {
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
  const { x, y } = useFrame();
  const bar = (harmonic: number, strength: number, shift: number): string =>
    `M${(x(harmonic) + shift).toFixed(1)} ${y(0).toFixed(1)}V${y(Math.min(STRENGTH.max, strength)).toFixed(1)}`;
  const bars = (strengths: Float32Array, shift: number): string =>
    Array.from(strengths, (strength, index) => bar(index + 1, strength, shift)).join("");
  return (
    <>
      <path class="strength c-x" d={bars(original, -6)} />
      <path class="strength c-xhat" d={bars(rebuilt, 6)} />
    </>
  );
}

function Knee({ at, error, from, to }: { at: number; error: number; from: Pair; to: Pair }) {
  const { x, y, bottom } = useFrame();
  const left = x(at);
  return (
    <g class="muted">
      <Line points={[from, to]} dashed />
      <line class="line line-dashed" x1={left} x2={left} y1={y(error)} y2={bottom} />
      <text class="direct-label" x={left + 6} y={bottom - 6}>knee: {at}</text>
    </g>
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
    const count: Axis = { label: "numbers kept, k", min: 0, max: (linear.at(-1) as Pair)[0] + 0.4, ticks: 8, format: (value) => fixed(value, 0) };
    return (
      <>
        <Panel title={<>A held-out waveform <var class="c-x">x</var> and what {NAMES[kind]} rebuilds from {k} {k === 1 ? "number" : "numbers"}, <var class="c-xhat">x̂</var></>}>
          <Plot x={TIME} y={AMPLITUDE} width={760} height={230} label={`Waveform and reconstruction over one period; mean squared error ${fixed(error, 3)}`}>
            <Line points={trace(original)} hue="c-x trace-under" />
            <Line points={trace(rebuilt)} hue="c-xhat" />
          </Plot>
        </Panel>
        <Controls>
          <Toggle
            label="rebuilt by"
            value={kind}
            choices={[{ value: "linear", label: "PCA (linear)" }, { value: "non-linear", label: "autoencoder (non-linear)" }]}
            onChange={(value) => set({ kind: value })}
          />
          <Slider label="numbers kept, k" value={k} min={1} max={most} step={1} onChange={(value) => set({ k: value })} />
          <Slider label="complexity" value={complexity} min={1} max={6} step={1} format={(value) => `${value} ${value === 1 ? "harmonic" : "harmonics"}`} onChange={(value) => set({ complexity: value })} />
          <Select
            label="waveform"
            value={String(wave)}
            choices={Array.from({ length: 10 }, (_, i) => ({ value: String(i), label: `test ${i + 1}` }))}
            onChange={(value) => set({ wave: Number(value) })}
          />
        </Controls>
        <Readout
          items={[
            { label: "this waveform’s error", value: fixed(error, 4), hue: "c-xhat" },
            { label: `PCA’s test error, k = ${k}`, value: shown(errorAt(linear, k)) },
            { label: "the autoencoder’s", value: shown(errorAt(curved, k)) },
          ]}
        />
        <Panels columns={2}>
          <Panel title="All test waveforms: error against k">
            <Plot x={count} y={ERROR} height={270} label="Test error against the count of numbers kept, for PCA and for the autoencoders">
              <Knee at={knee} error={errorAt(linear, knee) ?? 0} from={linear[0] as Pair} to={linear.at(-1) as Pair} />
              <Line points={linear} hue={kind === "linear" ? "c-xhat" : "muted"} />
              <Line points={curved} hue={kind === "linear" ? "muted" : "c-xhat"} dashed />
              <Dot at={[k, errorAt(curve, k) ?? 0]} hue="c-xhat" />
            </Plot>
            <p class="plot-note">Solid: PCA. Dashed: autoencoders. The knee is where PCA’s curve, so drawn, lies furthest below the straight line between its ends.</p>
          </Panel>
          <Panel title="Which harmonics survive">
            <Plot x={HARMONIC} y={STRENGTH} height={270} label="Amplitude of each harmonic in the waveform and in the reconstruction">
              <Strengths {...harmonics} />
            </Plot>
            <p class="plot-note"><span class="c-x">Left strokes: waveform x.</span> <span class="c-xhat">Right strokes: reconstruction x̂.</span></p>
          </Panel>
        </Panels>
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
      `${alive.length === 0 ? "No harmonic" : `Of the harmonics, ${alive.join(", ")}`} kept at least half of its amplitude. ` +
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
