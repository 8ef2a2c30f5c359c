/** Note 10's second figure: a denoiser takes noise to data, one step after the other. */

import {
  axisOver,
  Controls,
  defineFigure,
  diffuse,
  Dot,
  Dots,
  fixed,
  grouped,
  Level,
  Line,
  NextSeed,
  Panel,
  Panels,
  Plot,
  Readout,
  Slider,
  Upright,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/diffusion-steps.ts";

import { energyDistance, noisePoints } from "./maths.ts";

interface Frame {
  readonly points: readonly Pair[];
  /** How the first points came here. */
  readonly tails: readonly (readonly Pair[])[];
  readonly test: readonly Pair[];
  /** Of this throw, from noise on. */
  readonly distances: readonly number[];
  /** Of the build's thousand points, a curve a training seed. */
  readonly built: readonly (readonly Pair[])[];
  readonly vae: number;
  readonly plain: number;
  readonly pca: number;
  /** To draw a point: of one pass of the denoiser, and of the VAE. */
  readonly pass: number;
  readonly vaePass: number;
}

const COUNT = 300;
const TAILS = 24;
const LIMIT = 3; // of the plane, in the unit of the data

const pairs = (values: ArrayLike<number>): Pair[] =>
  Array.from({ length: values.length / 2 }, (_, i): Pair => [values[2 * i] as number, values[2 * i + 1] as number]);

/** The points in the unit of the data, from noise to the last step. */
async function walk(model: Model, seed: number): Promise<readonly Float32Array[]> {
  const noise = noisePoints(seed, COUNT);
  const [mean, deviation] = [model.card.options["mean"] as number[], model.card.options["deviation"] as number];
  const path = await diffuse(model, 0, noise, 2);
  return path.map((z) => z.map((value, i) => value * deviation + (mean[i % 2] as number)));
}

export default defineFigure<State, Frame, Role>({
  async compute({ step, throw_seed: seed }, { model: { tools: model }, memo }) {
    const { data: test } = model.array("points_test");
    const path = await memo(`path ${seed}`, () => walk(model, seed));
    const distances = await memo(`distances ${seed}`, () => path.map((points) => energyDistance(points, test)));
    const { data: built, shape } = model.array("distances");
    const length = shape[1] as number;
    const trail = path.slice(0, step + 1).map(pairs);
    return {
      points: pairs(path[step] as Float32Array),
      tails: Array.from({ length: TAILS }, (_, i) => trail.map((points) => points[i] as Pair)),
      test: pairs(test),
      distances,
      built: Array.from({ length: shape[0] as number }, (_, seed_) =>
        Array.from({ length }, (__, i): Pair => [i, built[seed_ * length + i] as number]),
      ),
      vae: model.metric("points.energy.tool.vae"),
      plain: model.metric("points.energy.tool.ae"),
      pca: model.metric("points.energy.tool.pca"),
      pass: model.metric("points.multiplications.tool.diffusion") / (length - 1),
      vaePass: model.metric("points.multiplications.tool.vae"),
    };
  },

  view({ step, throw_seed: seed }, frame, set) {
    const { points, tails, test, distances, built, vae, plain, pca } = frame;
    const plane = { label: "", min: -LIMIT, max: LIMIT };
    const steps = distances.length - 1;
    const label = "distance from test points";
    const y = axisOver(label, [0, ...distances, ...built.flat().map(([, value]) => value), vae, pca]);
    return (
      <>
        <Panels columns={2}>
          <Panel title={`${COUNT} points after ${step} ${step === 1 ? "step" : "steps"}, over test points`}>
            <Plot x={plane} y={plane} height={360} label={`Points after ${step} steps, over the test points`}>
              <Dots points={test} hue="quiet" />
              {tails.map((tail, i) => (
                <Line key={i} points={tail} hue="c-z mesh" />
              ))}
              <Dots points={points} hue="c-z" />
            </Plot>
          </Panel>
          <Panel title="How far they are from data never seen; pale, other trainings">
            <Plot
              x={{ label: "steps", min: 0, max: steps }}
              y={y}
              height={360}
              label="Energy distance from the test points against the number of steps"
            >
              <Upright value={step} hue="muted" />
              {built.map((curve, i) => (
                <Line key={i} points={curve} hue="c-z mesh" />
              ))}
              <Level value={pca} name="PCA and a Gaussian" />
              <Level value={vae} name="VAE, one pass" below />
              <Level value={plain} name="plain autoencoder" start />
              <Line points={distances.map((value, i): Pair => [i, value])} hue="c-z" />
              <Dot at={[step, distances[step] as number]} hue="c-z" />
            </Plot>
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "distance now", value: fixed(distances[step] as number, 4), hue: "c-z" },
            { label: "VAE’s", value: fixed(vae, 4) },
            { label: "plain autoencoder’s", value: fixed(plain, 4) },
            { label: "multiplications so far", value: grouped(step * frame.pass), hue: "c-z" },
            { label: "VAE’s", value: grouped(frame.vaePass) },
          ]}
        />
        <Controls label="Steps" docked>
          <Slider of="step" label="steps" value={step} onChange={(next) => set({ step: next })} />
          <NextSeed seed={seed} onChange={(next) => set({ throw_seed: next })}>
            Other noise
          </NextSeed>
        </Controls>
      </>
    );
  },

  describe({ step }, { distances, vae, plain, pca, pass, vaePass }) {
    return (
      `After ${step} of ${distances.length - 1} steps the points are ${fixed(distances[step] as number, 4)} from the test points, ` +
      `the VAE’s ${fixed(vae, 4)}, a plain autoencoder’s ${fixed(plain, 4)}, PCA’s ${fixed(pca, 4)}. It took ${grouped(step * pass)} multiplications a point, the VAE’s ${grouped(vaePass)}.`
    );
  },

  table(_, { distances, built }) {
    return {
      columns: ["steps", "this throw", ...built.map((__, i) => `training ${i + 1}`)],
      rows: distances.map((value, step) => [
        step,
        fixed(value, 4),
        ...built.map((curve) => fixed(curve[step]?.[1] ?? 0, 4)),
      ]),
    };
  },
});
