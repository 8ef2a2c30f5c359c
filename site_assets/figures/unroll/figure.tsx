/** F7: a small autoencoder flattens a curled surface while the reader watches; PCA can only project it. */

import {
  Controls,
  defineTrainingFigure,
  Dots,
  fixed,
  float32,
  floatOutput,
  Line,
  trainingCard,
  LossPlots,
  Panel,
  Panels,
  percent,
  Plot,
  progressText,
  Readout,
  Slider,
  Toggle,
  TrainingControls,
  trainingData,
  type Axis,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/unroll.ts";
import { principalCodes, project } from "./maths.ts";

interface Frame {
  /** Points of the validation split as seen from the chosen side, by their place along the sheet. */
  readonly surface: readonly (readonly Pair[])[];
  /** Lines of equal code, decoded: what the network takes the surface to be. */
  readonly mesh: readonly (readonly Pair[])[];
  /** Codes by place along the sheet; for one-number codes, [place, code]. */
  readonly codes: readonly (readonly Pair[])[];
  readonly pcaCodes: readonly (readonly Pair[])[];
  readonly codeSize: number;
  readonly loss: number;
  readonly pcaLoss: number;
  /** Of the build's own run. */
  readonly keptNeighbours: number;
  readonly pcaKeptNeighbours: number;
}

const BANDS = 8; // shades along the sheet
const MESH_LINES = 11;
const MESH_POINTS = 31;
const SURFACES = { "s-curve": "S-curve", "swiss-roll": "Swiss roll", moons: "two moons" };

function extent(values: ArrayLike<number>, size: number, column: number): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = column; i < values.length; i += size) {
    low = Math.min(low, values[i] as number);
    high = Math.max(high, values[i] as number);
  }
  return [low, high];
}

function banded(pairs: readonly Pair[], positions: ArrayLike<number>, size: number): Pair[][] {
  const [low, high] = extent(positions, size, 0);
  const bands: Pair[][] = Array.from({ length: BANDS }, () => []);
  pairs.forEach((pair, i) => {
    const share = ((positions[i * size] as number) - low) / (high - low);
    bands[Math.min(BANDS - 1, Math.floor(share * BANDS))]?.push(pair);
  });
  return bands;
}

function codePairs(codes: Float32Array, size: number, positions: ArrayLike<number>, positionSize: number): Pair[] {
  return Array.from({ length: codes.length / size }, (_, i): Pair =>
    size === 1
      ? [positions[i * positionSize] as number, codes[i] as number]
      : [codes[2 * i] as number, codes[2 * i + 1] as number],
  );
}

/** Codes along lines of a grid over the range of the codes in use: [lines × points, codeSize]. */
function gridCodes(codes: Float32Array, size: number): { z: number[]; lines: number } {
  const ranges = Array.from({ length: size }, (_, column) => extent(codes, size, column));
  const between = ([low, high]: [number, number], share: number): number => low + share * (high - low);
  const along = Array.from({ length: MESH_POINTS }, (_, i) => i / (MESH_POINTS - 1));
  const [first, second] = ranges as [[number, number], [number, number] | undefined];
  if (!second) return { z: along.map((share) => between(first, share)), lines: 1 };
  const across = Array.from({ length: MESH_LINES }, (_, i) => i / (MESH_LINES - 1));
  const rows = across.flatMap((b) => along.flatMap((a) => [between(first, a), between(second, b)]));
  const columns = across.flatMap((a) => along.flatMap((b) => [between(first, a), between(second, b)]));
  return { z: [...rows, ...columns], lines: 2 * MESH_LINES };
}

/** Whether any code in use lies within `reach` of the place `z[row]`: elsewhere the decoder was never asked to be right. */
function isNear(z: readonly number[], row: number, codes: Float32Array, size: number, reach: number): boolean {
  for (let i = 0; i < codes.length; i += size) {
    let square = 0;
    for (let column = 0; column < size; column++) {
      const difference = (z[row * size + column] as number) - (codes[i + column] as number);
      square += difference * difference;
    }
    if (square <= reach * reach) return true;
  }
  return false;
}

async function decodedLines(
  model: Model,
  params: Float32Array,
  codes: Float32Array,
  size: number,
  turn: number,
): Promise<Pair[][]> {
  const { z, lines } = gridCodes(codes, size);
  const outputs = await model.run("decoder", {
    params: float32([params.length], params),
    z: float32([z.length / size, size], z),
  });
  const points = project(floatOutput(outputs, "x_hat"), trainingCard(model).input_size, turn);
  const ranges = Array.from({ length: size }, (_, column) => extent(codes, size, column));
  const reach = (size === 1 ? 4 : 1) * Math.max(...ranges.map(([low, high]) => (high - low) / (MESH_LINES - 1)));
  for (let i = 0; i < points.length; i++) {
    if (!isNear(z, i, codes, size, reach)) points[i] = [Number.NaN, Number.NaN];
  }
  return Array.from({ length: lines }, (_, i) => points.slice(i * MESH_POINTS, (i + 1) * MESH_POINTS));
}

function axisOver(label: string, groups: readonly (readonly Pair[])[], side: 0 | 1): Axis {
  const values = groups.flat().map((pair) => pair[side]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low) + 1e-3;
  return { label, min: low - room, max: high + room, ticks: 4 };
}

/** Equal lengths on both axes, so that a surface is not distorted. */
function squareAxes(groups: readonly (readonly Pair[])[]): [Axis, Axis] {
  const axes = [axisOver("", groups, 0), axisOver("", groups, 1)] as const;
  const half = Math.max(...axes.map(({ min, max }) => (max - min) / 2));
  const widened = axes.map(({ min, max }) => ({
    label: "",
    min: (min + max) / 2 - half,
    max: (min + max) / 2 + half,
    ticks: 4,
  }));
  return widened as [Axis, Axis];
}

export default defineTrainingFigure<State, Frame, Role>({
  train: ({ surface }) => ({ role: surface }),

  async compute({ surface, turn }, { model: models, memo }, { params, curves }) {
    const model = models[surface];
    const size = trainingCard(model).input_size;
    const codeSize = size - 1;
    const { train, validation } = await memo(`splits ${surface}`, () => trainingData(model, trainingCard(model)));
    const pca = await memo(`pca ${surface}`, () => principalCodes(train, validation, size, codeSize));
    const encoded = await model.run("encoder", {
      params: float32([params.length], params),
      x: float32([validation.length / size, size], validation),
    });
    const codes = floatOutput(encoded, "z");
    const { data: positions, shape } = model.array("positions_validation");
    const columns = shape[1] as number;
    const band = (pairs: readonly Pair[]): Pair[][] => banded(pairs, positions, columns);
    return {
      surface: band(project(validation, size, turn)),
      mesh: await decodedLines(model, params, codes, codeSize, turn),
      codes: band(codePairs(codes, codeSize, positions, columns)),
      pcaCodes: band(codePairs(pca, codeSize, positions, columns)),
      codeSize,
      loss: curves.validation[0]?.at(-1)?.[1] ?? Number.NaN,
      pcaLoss: model.metric("pca.validation.loss"),
      keptNeighbours: model.metric("validation.kept_neighbours"),
      pcaKeptNeighbours: model.metric("pca.validation.kept_neighbours"),
    };
  },

  view(state, frame, set, training) {
    const { surface, mesh, codes, pcaCodes, codeSize, loss, pcaLoss } = frame;
    const [x, y] = squareAxes(surface);
    const codeName = (index: 1 | 2): string =>
      codeSize === 1 ? (["place along the moons", "z"][index - 1] as string) : `z${"₁₂".charAt(index - 1)}`;
    return (
      <>
        <Controls label="Surface">
          <Toggle
            label="points on"
            value={state.surface}
            of="surface"
            format={(value) => SURFACES[value]}
            onChange={(next) => set({ surface: next })}
          />
          {codeSize === 2 && (
            <Slider
              of="turn"
              label="seen from"
              value={state.turn}
              format={(value) => `${fixed(value, 0)}°`}
              onChange={(turn) => set({ turn })}
            />
          )}
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                The points <var class="c-x">x</var> and, as lines, what the network takes them for{" "}
                <var class="c-xhat">x̂</var>
              </>
            }
          >
            <Plot
              x={x}
              y={y}
              width={360}
              height={360}
              label="The curled surface with the decoded grid of codes over it"
            >
              {surface.map((points, band) => (
                <Dots key={band} points={points} hue={`ramp${band}`} />
              ))}
              {mesh.map((line, i) => (
                <Line key={i} points={line} hue="c-xhat mesh" />
              ))}
            </Plot>
          </Panel>
          <Panel
            title={
              <>
                The network’s code <var class="c-z">z</var>
              </>
            }
          >
            <CodePlot
              groups={codes}
              x={codeName(1)}
              y={codeName(2)}
              label="Codes by the network, shaded by place along the sheet"
            />
          </Panel>
          <Panel title="PCA’s code, with as many numbers">
            <CodePlot
              groups={pcaCodes}
              x={codeSize === 1 ? codeName(1) : "first component"}
              y={codeSize === 1 ? "first component" : "second component"}
              label="Codes by PCA, shaded by place along the sheet"
            />
          </Panel>
          <Panel title="What each can’t redraw">
            <LossPlots
              training={training}
              width={360}
              height={360}
              level={{ value: pcaLoss, name: "PCA, validation" }}
            />
          </Panel>
        </Panels>
        <p class="ramp-key">
          <span>shade: place along the sheet, from one end</span>
          {Array.from({ length: BANDS }, (_, band) => (
            <span key={band} class={`ramp-swatch ramp${band}`} aria-hidden="true">
              ●
            </span>
          ))}
          <span>to the other; the network never sees it</span>
        </p>
        <Readout
          items={[
            { label: "validation error", value: fixed(loss, 4), hue: "c-xhat" },
            { label: "PCA’s", value: fixed(pcaLoss, 4) },
          ]}
        />
        <TrainingControls training={training} state={state} set={set} />
      </>
    );
  },

  describe(_, { loss, pcaLoss, keptNeighbours, pcaKeptNeighbours }, training) {
    return (
      `${progressText(training)} The validation error is ${fixed(loss, 4)}; PCA’s is ${fixed(pcaLoss, 4)}. ` +
      `In the run made at build the code kept ${percent(keptNeighbours)} of each point’s neighbours on the sheet, PCA’s ${percent(pcaKeptNeighbours)}.`
    );
  },

  table(_, { pcaLoss }, { curves }) {
    return {
      columns: ["optimiser step", "validation error", "PCA’s"],
      rows: (curves.validation[0] ?? []).map(([step, loss]) => [step, fixed(loss, 5), fixed(pcaLoss, 5)]),
    };
  },
});

function CodePlot({
  groups,
  x,
  y,
  label,
}: {
  groups: readonly (readonly Pair[])[];
  x: string;
  y: string;
  label: string;
}) {
  return (
    <Plot x={axisOver(x, groups, 0)} y={axisOver(y, groups, 1)} width={360} height={360} label={label}>
      {groups.map((points, band) => (
        <Dots key={band} points={points} hue={`ramp${band}`} />
      ))}
    </Plot>
  );
}
