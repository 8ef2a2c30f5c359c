/** F4: a linear autoencoder trains beside PCA; their planes meet, their axes need not. */

import {
  aDigit,
  CaptionedRaster,
  defineTrainingFigure,
  fixed,
  float32,
  floatOutput,
  Level,
  Line,
  trainingCard,
  LossPlots,
  Panel,
  Panels,
  Plot,
  progressText,
  Readout,
  Slider,
  Controls,
  TrainingControls,
  trainingData,
  useCoordinates,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/linear-is-pca.ts";

interface Frame {
  /** Principal angles between the two planes, degrees, the larger first. */
  readonly angles: readonly [number, number];
  /** The decoder's two directions, of length 1, seen in PCA's plane. */
  readonly axes: readonly [Pair, Pair];
  /** [optimiser step, larger angle in degrees] up to now. */
  readonly trace: readonly Pair[];
  readonly images: { readonly original: Float32Array; readonly pca: Float32Array; readonly linear: Float32Array };
  readonly label: number;
  readonly pcaLoss: number;
  readonly loss: number;
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const SIZE = 270; // of the plots, in view-box units: three stand side by side

/** A centred image [64] as two principal components give it back: BᵀB x. */
function throughBasis(basis: ArrayLike<number>, image: Float32Array): Float32Array {
  const result = new Float32Array(PIXELS);
  for (let component = 0; component < 2; component++) {
    let score = 0;
    for (let i = 0; i < PIXELS; i++) score += (basis[component * PIXELS + i] as number) * (image[i] as number);
    for (let i = 0; i < PIXELS; i++)
      result[i] = (result[i] as number) + score * (basis[component * PIXELS + i] as number);
  }
  return result;
}

async function redraw(model: Model, params: Float32Array, image: Float32Array): Promise<Float32Array> {
  const weights = float32([params.length], params);
  const { z } = await model.run("encoder", { params: weights, x: float32([1, PIXELS], image) });
  if (!z) throw new Error("the encoder gave no code");
  return floatOutput(await model.run("decoder", { params: weights, z }), "x_hat");
}

/** The angle at every step that was looked at: the build's samples, or what this page has drawn so far. */
function extend(trace: Map<number, number>, step: number, angle: number): Pair[] {
  for (const known of trace.keys()) if (known > step) trace.delete(known);
  trace.set(step, angle);
  return [...trace].sort(([a], [b]) => a - b);
}

export default defineTrainingFigure<State, Frame, Role>({
  train: () => ({ role: "linear" }),

  async compute({ sample, seed }, { model: { linear: model }, memo }, { params, recorded, step, curves }) {
    const basis = model.array("basis").data as Float32Array;
    const mean = model.array("offset").data;
    const { validation } = await memo("splits", () => trainingData(model, trainingCard(model)));
    const planes = await model.run("planes", {
      params: float32([params.length], params),
      basis: float32([2, PIXELS], basis),
    });
    const angles = floatOutput(planes, "angles");
    const axes = floatOutput(planes, "axes");
    const largest = angles[0] as number;
    const index = sample % (validation.length / PIXELS);
    const image = validation.slice(index * PIXELS, (index + 1) * PIXELS);
    const ink = (centred: Float32Array): Float32Array => centred.map((value, i) => value + (mean[i] as number));
    const recordedAngles = model.array("history_angles").data;
    const trace = recorded
      ? Array.from(model.array("history_steps").data, (at, i): Pair => [at, recordedAngles[2 * i] as number])
      : extend(await memo(`angles ${seed}`, () => new Map<number, number>()), step, largest);
    return {
      angles: [largest, angles[1] as number],
      axes: [
        [axes[0] as number, axes[1] as number],
        [axes[2] as number, axes[3] as number],
      ],
      trace,
      images: {
        original: ink(image),
        pca: ink(throughBasis(basis, image)),
        linear: ink(await redraw(model, params, image)),
      },
      label: model.array("labels_validation").data[index] as number,
      pcaLoss: model.metric("pca.validation.loss"),
      loss: curves.validation[0]?.at(-1)?.[1] ?? Number.NaN,
    };
  },

  view(state, frame, set, training) {
    const { angles, axes, trace, images, label, pcaLoss, loss } = frame;
    return (
      <>
        <Panels columns={3}>
          <Panel title="Decoder directions in PCA’s plane">
            <Plot
              x={{ label: "along the first component", min: -1.25, max: 1.25, ticks: 5 }}
              y={{ label: "along the second component", min: -1.25, max: 1.25, ticks: 5 }}
              width={SIZE}
              height={SIZE}
              label={`Directions at ${axes.map(([a, b]) => `${fixed((Math.atan2(b, a) * 180) / Math.PI, 0)}°`).join(" and ")}, of length ${axes.map((axis) => fixed(Math.hypot(...axis))).join(" and ")} in the plane`}
            >
              <Directions axes={axes} />
            </Plot>
          </Panel>
          <Panel title="The larger angle between the two planes">
            <Plot
              x={{ label: "optimiser steps", min: 0, max: training.total, ticks: 4 }}
              y={{ label: "degrees", min: 0, max: 90, ticks: 6 }}
              width={SIZE}
              height={SIZE}
              label={`Principal angle, now ${fixed(angles[0], 2)} degrees`}
            >
              <Line points={trace} hue="c-z" />
              <Level value={0} name="the same plane" />
            </Plot>
          </Panel>
          <Panel title="What each can’t redraw">
            <LossPlots
              training={training}
              width={SIZE}
              height={SIZE}
              level={{ value: pcaLoss, name: "PCA, validation" }}
            />
          </Panel>
        </Panels>
        <div class="triple">
          <CaptionedRaster
            pixels={images.original}
            width={SIDE}
            height={SIDE}
            pixelated
            label={`The original, ${aDigit(label)}`}
            hue="c-x"
            caption={
              <>
                original <var class="c-x">x</var>
              </>
            }
          />
          <CaptionedRaster
            pixels={images.pca}
            width={SIDE}
            height={SIDE}
            pixelated
            label="As PCA redraws it"
            caption="by PCA"
          />
          <CaptionedRaster
            pixels={images.linear}
            width={SIDE}
            height={SIDE}
            pixelated
            label="As the autoencoder redraws it"
            hue="c-xhat"
            caption={
              <>
                by the network <var class="c-xhat">x̂</var>
              </>
            }
          />
        </div>
        <Readout
          items={[
            { label: "principal angles", value: `${fixed(angles[0], 2)}° and ${fixed(angles[1], 2)}°`, hue: "c-z" },
            { label: "validation error", value: fixed(loss, 5) },
            { label: "PCA’s", value: fixed(pcaLoss, 5) },
          ]}
        />
        <Controls label="Digit">
          <Slider of="sample" label="validation digit" value={state.sample} onChange={(sample) => set({ sample })} />
        </Controls>
        <TrainingControls training={training} state={state} set={set} />
      </>
    );
  },

  describe(_, { angles, loss, pcaLoss }, training) {
    return (
      `${progressText(training)} The planes of the network and of PCA enclose angles of ${fixed(angles[0], 2)} and ` +
      `${fixed(angles[1], 2)} degrees; the validation error is ${fixed(loss, 5)}, PCA’s is ${fixed(pcaLoss, 5)}.`
    );
  },

  table(_, { trace }) {
    return {
      columns: ["optimiser step", "larger principal angle (degrees)"],
      rows: trace.map(([step, angle]) => [step, fixed(angle, 3)]),
    };
  },
});

/** Two arrows inside the unit circle: they reach it when the decoder's plane is PCA's. */
function Directions({ axes }: { axes: readonly Pair[] }) {
  const { x, y } = useCoordinates();
  const radius = x(1) - x(0);
  return (
    <>
      <circle class="guide" cx={x(0)} cy={y(0)} r={radius} />
      <line class="guide" x1={x(-1.25)} x2={x(1.25)} y1={y(0)} y2={y(0)} />
      <line class="guide" x1={x(0)} x2={x(0)} y1={y(-1.25)} y2={y(1.25)} />
      {axes.map(([a, b], i) => (
        <g key={i} class="c-z">
          <line class="line" x1={x(0)} y1={y(0)} x2={x(a)} y2={y(b)} />
          <circle class="dot-current" cx={x(a)} cy={y(b)} r="4.5" />
          <text
            class="direct-label"
            x={x(a * 1.2)}
            y={y(b * 1.2)}
            dy="0.32em"
            text-anchor="middle"
          >{`z${"₁₂".charAt(i)}`}</text>
        </g>
      ))}
    </>
  );
}
