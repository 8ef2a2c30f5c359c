/** Drag a point of the code plane, and the decoder of the author's own data answers. */

import {
  ClassKey,
  CodeWalk,
  columnName,
  defineFigure,
  fixed,
  float32,
  floatOutput,
  Glyphs,
  inUnit,
  nearestPoint,
  OwnExample,
  ownData,
  remarks,
  shown,
  TestRemarks,
  type OwnData,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/data-walk.ts";

interface Frame {
  readonly data: OwnData;
  /** In the model's unit. */
  readonly decoded: Float32Array;
  /** Codes of the test examples by class. */
  readonly groups: readonly (readonly Pair[])[];
  /** The nearest of them, and how far it is, in the code's standard deviations. */
  readonly nearest: { readonly index: number; readonly distance: number };
}

const LIMIT = 3;
const inside = ([a, b]: Pair): boolean => Math.abs(a) <= LIMIT && Math.abs(b) <= LIMIT;

function nearestName({ data, nearest }: Frame): string {
  const name = data.classes[data.labels[nearest.index] ?? 0] ?? `number ${nearest.index + 1}`;
  return `${name}, ${fixed(nearest.distance)} away`;
}

export default defineFigure<State, Frame, Role>({
  async compute({ z1, z2 }, { model, memo }) {
    const data = await memo("data", () => ownData(model.own));
    const groups = await memo("groups", () =>
      data.glyphs.map((_, kind) => data.points.filter((point, i) => data.labels[i] === kind && inside(point))),
    );
    const outputs = await model.own.run("decoder", { z: float32([1, 2], [z1, z2]) });
    return { data, groups, decoded: floatOutput(outputs, "x_hat"), nearest: nearestPoint(data.points, [z1, z2]) };
  },

  view({ z1, z2, codes }, frame, set) {
    const { data, groups, decoded } = frame;
    return (
      <CodeWalk
        code={[z1, z2]}
        limit={LIMIT}
        onMove={set}
        marks={
          codes &&
          groups.map((group, kind) => (
            <Glyphs key={kind} points={group} glyph={data.glyphs[kind] as string} hue={`k${kind}`} />
          ))
        }
        legend={
          <>
            {codes && <ClassKey data={data} />}
            <TestRemarks data={data} />
          </>
        }
        decoded={<OwnExample data={data} original={null} decoded={decoded} />}
        example="test example"
        nearest={nearestName(frame)}
        examplesShown={codes}
        onShowExamples={(shown) => set({ codes: shown })}
      />
    );
  },

  describe({ z1, z2 }, frame) {
    const { data, decoded } = frame;
    const ink = decoded.reduce((sum, value) => sum + value, 0) / decoded.length;
    const what = data.size
      ? `a picture with ink on ${Math.round(ink * 100)}% of the paper`
      : data.columns
          .map((column, i) => `${columnName(column)} ${shown(column, inUnit(column, decoded[i] as number))}`)
          .join(", ");
    return `At z₁ ${fixed(z1)}, z₂ ${fixed(z2)} the decoder gives ${what}. The nearest test example: ${nearestName(frame)}. ${remarks(data).join(" ")}`.trimEnd();
  },

  table(_, { data, decoded }) {
    if (data.size)
      return {
        columns: ["picture", "ink, mean of all pixels"],
        rows: [["decoded", fixed(decoded.reduce((sum, value) => sum + value, 0) / decoded.length, 3)]],
      };
    return {
      columns: ["column", "decoded", "smallest in training", "largest in training"],
      rows: data.columns.map((column, i) => [
        columnName(column),
        ...[inUnit(column, decoded[i] as number), column.min, column.max].map((value) => shown(column, value)),
      ]),
    };
  },
});
