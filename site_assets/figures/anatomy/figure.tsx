/** F2: the hour-glass of an autoencoder to scale, at ten trained sizes of its code, with a digit flowing through. */

import type { ComponentChildren } from "preact";
import {
  Bars,
  Controls,
  defineFigure,
  Dot,
  fixed,
  float32,
  floatOutput,
  grouped,
  Hinton,
  Line,
  meanSquare,
  Panel,
  Panels,
  PartPicker,
  percent,
  Plot,
  Raster,
  Readout,
  Slider,
  subscript,
  Toggle,
  useCoordinates,
  type Axis,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/anatomy.ts";
import { bars, between, cells, columns, HALF, HEIGHT, largest, WIDTH, type Column } from "./hourglass.ts";

type Layer = State["layer"];

/** What a network of one size makes of the digit. */
interface Flow {
  readonly size: number;
  /** Activations by layer; the code without its padding. */
  readonly activations: Readonly<Record<Layer, Float32Array>>;
  readonly error: number;
}

/** What was measured on all test digits at one size, in squared ink a pixel. */
interface Measured {
  readonly size: number;
  readonly parameters: number;
  readonly error: number;
  readonly lowest: number;
  readonly highest: number;
  readonly pca: number;
}

interface Frame {
  readonly flows: readonly Flow[];
  readonly measured: readonly Measured[];
  readonly pca: readonly Pair[];
  readonly seeds: number;
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const FULL_INK = 16;
const CODE_LIMIT = 3; // the code's unit is the deviation of the training codes
const BARS_UP_TO = 12; // a longer code is shown as a Hinton diagram
const LAYERS: readonly Layer[] = ["x", "f", "z", "g", "xhat"];
const NAMES: Readonly<Record<Layer, string>> = {
  x: "input",
  f: "encoder’s hidden layer",
  z: "code",
  g: "decoder’s hidden layer",
  xhat: "reconstruction",
};
const SYMBOLS: Readonly<Record<Layer, string>> = { x: "x", f: "f", z: "z", g: "g", xhat: "x̂" };
const HUES: Readonly<Record<Layer, string>> = { x: "c-x", f: "", z: "c-z", g: "", xhat: "c-xhat" };
const SIZE_AXIS: Axis = { label: "numbers in the code", min: 0, max: 33, ticks: 6 };
const ERROR_AXIS: Axis = {
  label: "test error (squared ink a pixel, × 1000)",
  min: 0.002,
  max: 0.08,
  scale: "log",
  format: (value) => fixed(1000 * value, 0),
};

function digitPixels(digit: number, { model }: Models<Role>): Float32Array {
  const first = Array.from(model.ae.array("labels_test").data).indexOf(digit) * PIXELS;
  return Float32Array.from(
    model.ae.array("images_test").data.slice(first, first + PIXELS),
    (value) => value / FULL_INK,
  );
}

function measure({ model }: Models<Role>): Measured[] {
  const { data: sizes } = model.ae.array("sizes");
  const { data: errors } = model.ae.array("errors_test");
  const seeds = errors.length / sizes.length;
  return Array.from(sizes, (size, place) => {
    const bySeed = Array.from({ length: seeds }, (_, seed) => errors[seed * sizes.length + place] as number);
    return {
      size,
      parameters: model.ae.array("parameters").data[place] as number,
      error: bySeed[0] as number,
      lowest: Math.min(...bySeed),
      highest: Math.max(...bySeed),
      pca: model.ae.array("pca_errors_test").data[size - 1] as number,
    };
  });
}

/** The digit through the networks of all sizes, in one call: a row of the batch for each. */
async function flow(digit: number, models: Models<Role>): Promise<Flow[]> {
  const sizes = Array.from(models.model.ae.array("sizes").data);
  const x = digitPixels(digit, models);
  const rows = float32(
    [sizes.length, PIXELS],
    sizes.flatMap(() => Array.from(x)),
  );
  const member = { dims: [sizes.length], data: Int32Array.from(sizes, (_, index) => index) };
  const outputs = await models.model.ae.run("layers", { x: rows, member });
  return sizes.map((size, index) => {
    const layer = (name: string, kept?: number): Float32Array => {
      const all = floatOutput(outputs, name);
      const width = all.length / sizes.length;
      return all.slice(index * width, index * width + (kept ?? width));
    };
    const xhat = layer("x_hat");
    return {
      size,
      activations: { x, f: layer("hidden_f"), z: layer("z", size), g: layer("hidden_g"), xhat },
      error: meanSquare(x, xhat),
    };
  });
}

function Picture({ pixels, x, y, hue }: { pixels: ArrayLike<number>; x: number; y: number; hue: string }) {
  return (
    <g class={hue} transform={`translate(${x} ${y})`}>
      <rect class="sketch-paper" width="64" height="64" />
      {cells(pixels, SIDE, 8, FULL_INK).map(({ level, path }) => (
        <path key={level} class="dot" d={path} fill-opacity={level / FULL_INK} />
      ))}
    </g>
  );
}

function ColumnMarks({
  layer,
  column,
  values,
  picked,
}: {
  layer: Layer;
  column: Column;
  values: Float32Array;
  picked: boolean;
}) {
  const { x, top, bottom } = column;
  const ink = layer === "x" || layer === "xhat";
  const limit = ink ? 1 : layer === "z" ? CODE_LIMIT : largest(values);
  return (
    <g class={HUES[layer]}>
      <rect class="part-reach" x={x - 27} y="0" width="54" height={HEIGHT} />
      <text class="part-symbol" x={x} y="18" text-anchor="middle">
        {SYMBOLS[layer]}
      </text>
      <rect
        class={picked ? "part-outline part-picked" : "part-outline"}
        x={x - HALF}
        y={top}
        width={2 * HALF}
        height={bottom - top}
      />
      <path class="unit-bars" d={bars(column, values, limit, ink)} />
      <text class="part-count" x={x} y={HEIGHT - 4} text-anchor="middle">
        {column.units}
      </text>
    </g>
  );
}

function HourGlass({ flow, layer, onPick }: { flow: Flow; layer: Layer; onPick: (layer: Layer) => void }) {
  const { activations } = flow;
  const places = columns(LAYERS.map((name) => activations[name].length));
  const [input, f, z, g, output] = places as [Column, Column, Column, Column, Column];
  const joints: Readonly<Record<Layer, ComponentChildren>> = {
    x: <Picture pixels={activations.x} x={0} y={140} hue="c-x" />,
    f: [between(input, f), between(f, z)].map((points) => <polygon key={points} class="joint" points={points} />),
    z: null,
    g: [between(z, g), between(g, output)].map((points) => <polygon key={points} class="joint" points={points} />),
    xhat: <Picture pixels={activations.xhat} x={WIDTH - 64} y={140} hue="c-xhat" />,
  };
  const parts = LAYERS.map((name, index) => ({
    value: name,
    name: `${NAMES[name]} ${SYMBOLS[name]}, ${activations[name].length} numbers`,
    links: name,
    marks: (
      <>
        {joints[name]}
        <ColumnMarks layer={name} column={places[index] as Column} values={activations[name]} picked={name === layer} />
      </>
    ),
  }));
  return (
    <svg class="plot hourglass" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label="The layers, drawn to scale">
      <PartPicker label="Layer to look into" value={layer} parts={parts} onPick={onPick} />
    </svg>
  );
}

/** The activations of one layer, large. */
function Activations({ layer, values }: { layer: Layer; values: Float32Array }) {
  const name = NAMES[layer];
  if (layer === "x" || layer === "xhat") {
    return (
      <Raster
        pixels={values}
        width={SIDE}
        height={SIDE}
        pixelated
        label={`The ${name}, 8 by 8 pixels`}
        hue={HUES[layer]}
      />
    );
  }
  if (layer === "z" && values.length <= BARS_UP_TO) {
    const names = Array.from(values, (_, i) => subscript("z", i + 1));
    const told = Array.from(values, (value) => fixed(value, 1)).join(", ");
    return (
      <Bars label={`The code: ${told}`} names={names} values={values} limit={CODE_LIMIT} width={400} height={210} />
    );
  }
  const limit = layer === "z" ? CODE_LIMIT : largest(values);
  return (
    <Hinton
      label={`${values.length} activations, at most ${fixed(largest(values), 1)}`}
      values={values}
      columns={8}
      limit={limit}
      hue={HUES[layer]}
    />
  );
}

function meaning(layer: Layer, size: number): string {
  if (layer === "x" || layer === "xhat") return "ink of each pixel, from 0 (paper) to 1 (full)";
  if (layer === "z")
    return size <= BARS_UP_TO
      ? "in standard deviations of the training codes"
      : "squares by size, hollow below zero; a full cell is 3 deviations";
  return "squares by size of the activation, hollow below zero";
}

/** The spread over the seeds, as a line at each size. */
function Spread({ measured }: { measured: readonly Measured[] }) {
  const { x, y } = useCoordinates();
  const path = measured.map(
    ({ size, lowest, highest }) => `M${x(size).toFixed(1)} ${y(lowest).toFixed(1)}V${y(highest).toFixed(1)}`,
  );
  return <path class="spread c-xhat" d={path.join("")} />;
}

export default defineFigure<State, Frame, Role>({
  async compute({ digit }, models) {
    const measured = await models.memo("measured", () => measure(models));
    const rivals = models.model.ae.array("pca_errors_test").data;
    return {
      flows: await models.memo(`flow ${digit}`, () => flow(digit, models)),
      measured,
      pca: Array.from(rivals, (error, index): Pair => [index + 1, error]),
      seeds: models.model.ae.array("errors_test").shape[0] as number,
    };
  },

  view({ size, digit, layer }, { flows, measured, pca, seeds }, set) {
    const place = flows.findIndex((candidate) => String(candidate.size) === size);
    const [flow, here] = [flows[place] as Flow, measured[place] as Measured];
    const values = flow.activations[layer];
    return (
      <>
        <Panels columns={2}>
          <Panel
            title={
              <>
                A test digit through <var class="link-f">f</var>, the code <var class="c-z">z</var> and{" "}
                <var class="link-g">g</var>
              </>
            }
          >
            <HourGlass flow={flow} layer={layer} onPick={(next) => set({ layer: next })} />
          </Panel>
          <Panel
            title={
              <>
                In the {NAMES[layer]} <var class={HUES[layer] || `link-${layer}`}>{SYMBOLS[layer]}</var>:{" "}
                {values.length} {values.length === 1 ? "number" : "numbers"}
              </>
            }
          >
            <div class="activations">
              <Activations layer={layer} values={values} />
              <p class="plot-note">{meaning(layer, flow.size)}</p>
            </div>
          </Panel>
        </Panels>
        <Controls>
          <Toggle
            label="test digit"
            value={String(digit)}
            of="digit"
            onChange={(next) => set({ digit: Number(next) })}
          />
        </Controls>
        <Readout
          items={[
            { label: "parameters", value: grouped(here.parameters) },
            { label: "compression", value: `${PIXELS} : ${here.size}` },
            { label: "test error", value: fixed(here.error, 4), hue: "c-xhat" },
            { label: "PCA’s with as many", value: fixed(here.pca, 4) },
          ]}
        />
        <Panels columns={2}>
          <Panel title="All test digits: error against the size of the code">
            <Plot
              x={SIZE_AXIS}
              y={ERROR_AXIS}
              height={270}
              label="Test error of the autoencoders and of PCA against code size"
            >
              <Line points={pca} dashed hue="muted" />
              <text class="direct-label muted" x="156" y="88">
                PCA
              </text>
              <Line points={measured.map(({ size: at, error }): Pair => [at, error])} hue="c-xhat" />
              <Spread measured={measured} />
              <Dot at={[here.size, here.error]} hue="c-xhat" name={size} />
              <text class="direct-label c-xhat" x="92" y="176">
                autoencoder
              </text>
            </Plot>
            <p class="plot-note">The upright strokes span {seeds} seeds.</p>
          </Panel>
          <Panel title="This digit, copied through each waist">
            <ol class="waists">
              {flows.map((other) => (
                <li key={other.size} class={other.size === flow.size ? "waist waist-present" : "waist"}>
                  <Raster
                    pixels={other.activations.xhat}
                    width={SIDE}
                    height={SIDE}
                    pixelated
                    label={`Copy through ${other.size}`}
                    hue="c-xhat"
                  />
                  <span class="pair-caption">{other.size}</span>
                </li>
              ))}
            </ol>
          </Panel>
        </Panels>
        <Controls label="Code" docked>
          <Slider
            label="numbers in the code"
            value={place}
            min={0}
            max={flows.length - 1}
            step={1}
            format={(index) => String(flows[index]?.size ?? "")}
            onChange={(index) => set({ size: String(flows[index]?.size) as State["size"] })}
          />
        </Controls>
      </>
    );
  },

  describe({ size, digit, layer }, { flows, measured }) {
    const place = flows.findIndex((candidate) => String(candidate.size) === size);
    const [flow, here] = [flows[place] as Flow, measured[place] as Measured];
    const better = here.error < here.pca ? "less" : "more";
    const { length } = flow.activations[layer];
    return (
      `A ${digit} of 64 pixels passes through ${size} ${size === "1" ? "number" : "numbers"} in a network of ${here.parameters} parameters. ` +
      `Over all test digits the mean squared error is ${fixed(here.error, 4)}, ${percent(Math.abs(here.error / here.pca - 1))} ${better} than PCA’s with as many; ` +
      `on this digit it is ${fixed(flow.error, 4)}. The ${NAMES[layer]} is shown, ${length} ${length === 1 ? "number" : "numbers"}.`
    );
  },

  table(_, { measured, flows }) {
    return {
      columns: [
        "code size",
        "parameters",
        "test error",
        "lowest to highest of the seeds",
        "PCA’s test error",
        "error on this digit",
      ],
      rows: measured.map((row, index) => [
        row.size,
        row.parameters,
        fixed(row.error, 4),
        `${fixed(row.lowest, 4)} to ${fixed(row.highest, 4)}`,
        fixed(row.pca, 4),
        fixed((flows[index] as Flow).error, 4),
      ]),
    };
  },
});
