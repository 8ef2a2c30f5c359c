/** A code of one number, decoded to a point; all its values together are the curve that was learned. */

import {
  Controls,
  defineFigure,
  Dot,
  Dots,
  fixed,
  float32,
  floatOutput,
  Line,
  Panel,
  Panels,
  Plot,
  Readout,
  Slider,
  type Axis,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/@NAME@.ts";

interface Frame {
  readonly points: readonly Pair[];
  /** What the decoder makes of codes from end to end. */
  readonly curve: readonly Pair[];
  readonly decoded: Pair;
  /** Mean squared errors on the test points. */
  readonly error: number;
  readonly pcaError: number;
}

const END = 2;
const CURVE_POINTS = 61;
const CODES = Array.from({ length: CURVE_POINTS }, (_, i) => -END + (2 * END * i) / (CURVE_POINTS - 1));
const axis = (label: string): Axis => ({ label, min: 0, max: 1 });

function pairs(flat: ArrayLike<number>): Pair[] {
  return Array.from({ length: flat.length / 2 }, (_, i): Pair => [flat[2 * i] as number, flat[2 * i + 1] as number]);
}

export default defineFigure<State, Frame, Role>({
  async compute({ z }, { model, memo }) {
    const decode = async (codes: readonly number[]): Promise<Pair[]> =>
      pairs(floatOutput(await model.net.run("decoder", { z: float32([codes.length, 1], codes) }), "x_hat"));
    return {
      points: await memo("points", () => pairs(model.net.array("points_test").data)),
      curve: await memo("curve", () => decode(CODES)),
      decoded: (await decode([z]))[0] as Pair,
      error: model.net.metric("test.reconstruction_mse"),
      pcaError: model.net.metric("test.pca_reconstruction_mse"),
    };
  },

  view({ z }, { points, curve, decoded }, set) {
    return (
      <>
        <Panels columns={1}>
          <Panel title={`${points.length} test points and the decoder's curve`}>
            <Plot x={axis("x₁")} y={axis("x₂")} label="Test points, the decoder's curve, and the decoded point on it">
              <Dots points={points} hue="c-x" />
              <Line points={curve} hue="c-xhat" />
              <Dot at={decoded} hue="c-z" name="z" />
            </Plot>
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "z", value: fixed(z), hue: "c-z" },
            { label: "x̂₁", value: fixed(decoded[0]), hue: "c-xhat" },
            { label: "x̂₂", value: fixed(decoded[1]), hue: "c-xhat" },
          ]}
        />
        <Controls docked>
          <Slider
            of="z"
            label="Code z"
            value={z}
            onChange={(value) => set({ z: value })}
            format={(value) => fixed(value)}
          />
        </Controls>
      </>
    );
  },

  describe({ z }, { decoded, error, pcaError }) {
    return (
      `The code ${fixed(z)} is decoded to x₁ ${fixed(decoded[0])}, x₂ ${fixed(decoded[1])}. ` +
      `Test points are rebuilt with a mean squared error of ${fixed(error, 4)}, by PCA with as many numbers ${fixed(pcaError, 4)}.`
    );
  },

  table(_, { error, pcaError }) {
    return {
      columns: ["rebuilt by", "mean squared error, test"],
      rows: [
        ["autoencoder", fixed(error, 4)],
        ["PCA", fixed(pcaError, 4)],
      ],
    };
  },
});
