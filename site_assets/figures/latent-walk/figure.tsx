/** F14: drag a point of the code plane, and the decoder draws it. */

import {
  byClass,
  CodeWalk,
  defineFigure,
  Dots,
  fixed,
  float32,
  floatOutput,
  nearestPoint,
  PathRecorder,
  Raster,
  useCoordinates,
  type Pair,
  type Stroke,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/latent-walk.ts";

interface Frame {
  /** Ink of the decoded drawing, 32×32. */
  readonly pixels: Float32Array;
  readonly classes: readonly string[];
  /** Codes of the test drawings, by class. */
  readonly codes: readonly (readonly Pair[])[];
  /** The class of the nearest test code and its distance, in prior standard deviations. */
  readonly nearest: { readonly name: string; readonly distance: number };
}

const SIZE = 32;
const LIMIT = 3;
const MAX_POINTS = 240; // as in figure.toml
const NAME_WIDTH = 30; // of “path”, px

const toUnit = (z: number): number => (z + LIMIT) / (2 * LIMIT);
const toCode = (u: number): number => u * 2 * LIMIT - LIMIT;

function nearestClass(groups: Frame["codes"], names: readonly string[], at: Pair): Frame["nearest"] {
  const distances = groups.map((group) => nearestPoint(group, at).distance);
  const distance = Math.min(...distances);
  return { name: names[distances.indexOf(distance)] ?? "", distance };
}

function PathLine({ path }: { path: Stroke }) {
  const { x, y, right } = useCoordinates();
  const points = path.map(([u, v]) => [x(toCode(u)), y(toCode(v))] as const);
  if (points.length < 2) return null;
  const [outermost, height] = points.reduce((far, point) => (point[0] > far[0] ? point : far));
  return (
    <g class="muted">
      <path
        class="line line-dashed path"
        d={`M${points.map(([a, b]) => `${a.toFixed(1)} ${b.toFixed(1)}`).join("L")}`}
      />
      <text class="direct-label" x={Math.min(outermost + 6, right - NAME_WIDTH).toFixed(1)} y={height.toFixed(1)}>
        path
      </text>
    </g>
  );
}

export default defineFigure<State, Frame, Role>({
  async compute({ z1, z2 }, { model, memo }) {
    const classes = model.vae.card.data.classes;
    const codes = await memo("codes", () =>
      byClass(model.vae.array("codes_test").data, model.vae.array("labels_test").data, classes.length),
    );
    const outputs = await model.vae.run("decoder", { z: float32([1, 2], [z1, z2]) });
    return { pixels: floatOutput(outputs, "x_hat"), classes, codes, nearest: nearestClass(codes, classes, [z1, z2]) };
  },

  view({ z1, z2, codes, path, glance }, frame, set) {
    const stroke = path[0] ?? [];
    return (
      <CodeWalk
        code={[z1, z2]}
        limit={LIMIT}
        glance={glance}
        onMove={set}
        marks={
          <>
            {codes && frame.codes.map((group, kind) => <Dots key={kind} points={group} hue={`s${kind}`} />)}
            {!glance && <PathLine path={stroke} />}
            {frame.codes.map((group, kind) => (
              <ClassName key={kind} points={group} name={frame.classes[kind] ?? ""} hue={`k${kind}`} />
            ))}
          </>
        }
        decoded={
          <div class="pad-square">
            <Raster
              pixels={frame.pixels}
              width={SIZE}
              height={SIZE}
              label={`Decoded drawing, near the test drawings of a ${frame.nearest.name}`}
              hue="c-xhat"
            />
          </div>
        }
        example="test drawing"
        nearest={`${frame.nearest.name}, ${fixed(frame.nearest.distance)} away`}
        examplesShown={codes}
        onShowExamples={(shown) => set({ codes: shown })}
      >
        <PathRecorder
          point={[toUnit(z1), toUnit(z2)]}
          path={stroke}
          maxPoints={MAX_POINTS}
          onPath={(next) => set({ path: [next] })}
          onPoint={([u, v]) => set({ z1: toCode(u), z2: toCode(v) })}
        />
      </CodeWalk>
    );
  },

  describe({ z1, z2 }, { nearest, pixels }) {
    const ink = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    return (
      `At z₁ ${fixed(z1)}, z₂ ${fixed(z2)} the decoder draws with ink on ${Math.round(ink * 100)}% of the paper. ` +
      `The nearest test drawing is a ${nearest.name}, ${fixed(nearest.distance)} standard deviations away.`
    );
  },

  table(_, { codes, classes }) {
    return {
      columns: ["shape", "test drawings", "mean z₁", "mean z₂"],
      rows: codes.map((group, kind) => [
        classes[kind] ?? "",
        group.length,
        fixed(mean(group.map(([a]) => a))),
        fixed(mean(group.map(([, b]) => b))),
      ]),
    };
  },
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** The class's name at the middle of its codes, so that no legend is needed. */
function ClassName({ points, name, hue }: { points: readonly Pair[]; name: string; hue: string }) {
  const { x, y } = useCoordinates();
  const [a, b] = [mean(points.map((p) => p[0])), mean(points.map((p) => p[1]))];
  return (
    <text class={`direct-label ${hue}`} x={x(a).toFixed(1)} y={y(b).toFixed(1)} text-anchor="middle">
      {name}
    </text>
  );
}
