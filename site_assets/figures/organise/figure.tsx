/** F5: an autoencoder trains in front of the reader, and classes that it never sees part in its code. */

import {
  byClass,
  Controls,
  defineTrainingFigure,
  fixed,
  float32,
  floatOutput,
  Glyphs,
  trainingCard,
  LossPlots,
  Meter,
  neighbourAccuracy,
  Panel,
  Panels,
  percent,
  Plot,
  progressText,
  Toggle,
  TrainingControls,
  trainingData,
  type Axis,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/organise.ts";

interface Frame {
  /** Codes of the validation samples, by class. */
  readonly groups: readonly (readonly Pair[])[];
  readonly classes: readonly string[];
  readonly x: Axis;
  readonly y: Axis;
  /** Share of validation codes whose class their ten nearest training codes name. */
  readonly accuracy: number;
  readonly untrained: number;
  readonly pca: number;
  readonly validationLoss: number;
  readonly pcaLoss: number;
}

const DATA = { clusters: "points in ten dimensions", digits: "images of three digits" };

function axisOver(label: string, codes: Float32Array, offset: 0 | 1): Axis {
  const values = codes.filter((_, i) => i % 2 === offset);
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const room = 0.05 * (high - low) + 1e-3;
  return { label, min: low - room, max: high + room };
}

async function encode(model: Model, params: Float32Array, samples: Float32Array): Promise<Float32Array> {
  const { state_size, input_size } = trainingCard(model);
  const outputs = await model.run("encoder", {
    params: float32([state_size], params),
    x: float32([samples.length / input_size, input_size], samples),
  });
  return floatOutput(outputs, "z");
}

export default defineTrainingFigure<State, Frame, Role>({
  train: ({ data }) => ({ role: data }),

  async compute({ data }, { model, memo }, { params, curves }) {
    const live = model[data];
    const splits = await memo(`splits ${data}`, () => trainingData(live, trainingCard(live)));
    const [train, validation] = [
      await encode(live, params, splits.train),
      await encode(live, params, splits.validation),
    ];
    const classes = live.card.data.classes;
    const labels = live.array("labels_validation").data;
    return {
      groups: byClass(validation, labels, classes.length),
      classes,
      x: axisOver("z₁", validation, 0),
      y: axisOver("z₂", validation, 1),
      accuracy: neighbourAccuracy(train, live.array("labels_train").data, validation, labels),
      untrained: live.metric("validation.neighbour_accuracy.untrained"),
      pca: live.metric("pca.validation.neighbour_accuracy"),
      validationLoss: curves.validation[0]?.at(-1)?.[1] ?? Number.NaN,
      pcaLoss: live.metric("pca.validation.loss"),
    };
  },

  view(state, frame, set, training) {
    return (
      <>
        <Controls label="Data">
          <Toggle
            label="shown to the network"
            value={state.data}
            of="data"
            format={(value) => DATA[value]}
            onChange={(data) => set({ data })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                Codes <var class="c-z">z</var> of samples kept from training
              </>
            }
          >
            <Plot
              x={frame.x}
              y={frame.y}
              width={360}
              height={340}
              label={`Codes of ${frame.groups.flat().length} validation samples of the classes ${frame.classes.join(", ")}`}
            >
              {frame.groups.map((group, kind) => (
                <Glyphs key={kind} points={group} glyph={frame.classes[kind]?.at(-1) ?? "·"} hue={`k${kind}`} />
              ))}
            </Plot>
          </Panel>
          <Panel title="Loss: what it minimises, and what it can’t yet redraw">
            <LossPlots training={training} height={230} />
            <Meter
              label="Neighbours of the same class"
              axis={{ label: "validation codes whose ten nearest name their class (%)", min: 0, max: 100 }}
              name="now"
              value={100 * frame.accuracy}
              marks={[{ name: "PCA", value: 100 * frame.pca }]}
              format={(value) => `${fixed(value, 0)}%`}
            />
          </Panel>
        </Panels>
        <TrainingControls training={training} state={state} set={set} />
      </>
    );
  },

  describe(_, frame, training) {
    return (
      `${progressText(training)} The ten nearest codes name the class of ${percent(frame.accuracy)} of the validation samples ` +
      `(untrained ${percent(frame.untrained)}, PCA ${percent(frame.pca)}). ` +
      `The validation loss is ${fixed(frame.validationLoss, 4)}; PCA’s is ${fixed(frame.pcaLoss, 4)}.`
    );
  },

  table(_, __, { curves, card }) {
    return {
      columns: ["optimiser step", ...card.terms.map((term) => `${term.name}, validation (${term.unit})`)],
      rows: (curves.validation[0] ?? []).map(([step], row) => [
        step,
        ...card.terms.map((___, term) => fixed(curves.validation[term]?.[row]?.[1] ?? Number.NaN, 5)),
      ]),
    };
  },
});
