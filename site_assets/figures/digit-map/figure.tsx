/** F6: all test digits in the code of an autoencoder, a VAE or PCA; any place of the map can be decoded. */

import {
  aDigit,
  axisOver,
  CaptionedRaster,
  Controls,
  defineFigure,
  fixed,
  float32,
  floatOutput,
  fromShare,
  meanSquare,
  Panel,
  Panels,
  percent,
  Readout,
  Scatter,
  Toggle,
  toShare,
  type Axis,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/digit-map.ts";

interface Map {
  readonly points: readonly Pair[];
  readonly labels: ArrayLike<number>;
  readonly x: Axis;
  readonly y: Axis;
}

interface Frame {
  readonly map: Map;
  /** The picked digit's index, or null when a free place is decoded. */
  readonly picked: number | null;
  readonly code: Pair;
  /** Ink of the picked digit and of what the decoder makes of its code, 8×8 each. */
  readonly original: Float32Array | null;
  readonly decoded: Float32Array;
  /** Mean squared difference of the two, in ink². */
  readonly error: number | null;
  readonly accuracy: Readonly<Record<Role, number>>;
}

const SIDE = 8;
const GLYPHS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const NAMES: Readonly<Record<Role, string>> = { ae: "autoencoder", vae: "VAE", pca: "PCA" };
const called = (kind: Role): string => (kind === "pca" ? NAMES.pca : `the ${NAMES[kind]}`);
const ROLES: readonly Role[] = ["ae", "vae", "pca"];

function mapOf(role: Role, { model }: Models<Role>): Map {
  const codes = model[role].array("codes_test").data;
  const labels = model[role].array("labels_test").data;
  const points = Array.from(labels, (_, i): Pair => [codes[2 * i] as number, codes[2 * i + 1] as number]);
  return {
    points,
    labels,
    x: axisOver(
      "z₁",
      points.map((p) => p[0]),
    ),
    y: axisOver(
      "z₂",
      points.map((p) => p[1]),
    ),
  };
}

function inkOf(images: ArrayLike<number>, index: number, full: number): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => (images[index * SIDE * SIDE + i] as number) / full);
}

export default defineFigure<State, Frame, Role>({
  async compute({ kind, point, u, v }, models) {
    const map = await models.memo(`map ${kind}`, () => mapOf(kind, models));
    const picked = point >= 0 && point < map.points.length ? point : null;
    const code: Pair = picked === null ? [fromShare(map.x, u), fromShare(map.y, v)] : (map.points[picked] as Pair);
    const outputs = await models.model[kind].run("decoder", { z: float32([1, 2], code) });
    const decoded = floatOutput(outputs, "x_hat");
    const images = models.model[kind].array("images_test").data;
    const full = await models.memo("full ink", () =>
      Array.from(images).reduce((most, value) => Math.max(most, value), 0),
    );
    const original = picked === null ? null : inkOf(images, picked, full);
    return {
      map,
      picked,
      code,
      original,
      decoded,
      error: original && meanSquare(original, decoded),
      accuracy: {
        ae: models.model.ae.metric("test.knn_accuracy"),
        vae: models.model.vae.metric("test.knn_accuracy"),
        pca: models.model.pca.metric("test.knn_accuracy"),
      },
    };
  },

  view({ kind }, frame, set) {
    const { map, picked, code, original, decoded, error, accuracy } = frame;
    return (
      <>
        <Controls>
          <Toggle
            label="code by"
            value={kind}
            of="kind"
            format={(role) => `${NAMES[role]} · ${percent(accuracy[role])}`}
            onChange={(value) => set({ kind: value })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel title={`${map.points.length} test digits in the code of ${called(kind)}`}>
            <Scatter
              label="Test digits by code"
              x={map.x}
              y={map.y}
              points={map.points}
              classes={map.labels}
              glyphs={GLYPHS}
              picked={picked}
              placed={picked === null ? code : null}
              onPick={(index) => set({ point: index })}
              onPlace={([a, b]) => set({ point: -1, u: toShare(map.x, a), v: toShare(map.y, b) })}
            />
          </Panel>
          <Panel
            title={
              picked === null
                ? "Decoded from the place that you chose"
                : `Test digit ${picked + 1}, ${aDigit(map.labels[picked] as number)}`
            }
          >
            <div class="pair">
              {original && (
                <CaptionedRaster
                  pixels={original}
                  width={SIDE}
                  height={SIDE}
                  pixelated
                  label={`The digit itself, ${aDigit(map.labels[picked ?? 0] as number)}`}
                  hue="c-x"
                  caption={
                    <>
                      original <var class="c-x">x</var>
                    </>
                  }
                />
              )}
              <CaptionedRaster
                pixels={decoded}
                width={SIDE}
                height={SIDE}
                pixelated
                label="What the decoder makes of the code"
                hue="c-xhat"
                caption={
                  <>
                    decoded <var class="c-xhat">x̂</var>
                  </>
                }
              />
            </div>
            <Readout
              items={[
                { label: "z₁", value: fixed(code[0]), hue: "c-z" },
                { label: "z₂", value: fixed(code[1]), hue: "c-z" },
                { label: "mean squared error", value: error === null ? "no original" : fixed(error, 3) },
              ]}
            />
          </Panel>
        </Panels>
      </>
    );
  },

  describe({ kind }, { picked, code, error, map, accuracy }) {
    const place = `z₁ ${fixed(code[0])}, z₂ ${fixed(code[1])}`;
    const what =
      picked === null
        ? `An empty place, ${place}, is decoded.`
        : `Test digit ${picked + 1}, ${aDigit(map.labels[picked] as number)}, lies at ${place}; its reconstruction is off by a mean square of ${fixed(error ?? 0, 3)}.`;
    return `${what} In the code of ${called(kind)} the ten nearest neighbours name ${percent(accuracy[kind], 1)} of the test digits rightly.`;
  },

  table(_, { accuracy }) {
    return {
      columns: ["code", "10-nearest-neighbour accuracy, test"],
      rows: ROLES.map((role) => [NAMES[role], percent(accuracy[role], 1)]),
    };
  },
});
