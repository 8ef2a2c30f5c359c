/** The author's own test examples in the code of the model that trained on them; any place can be decoded. */

import {
  ClassKey,
  codeMap,
  columnName,
  defineFigure,
  fixed,
  float32,
  floatOutput,
  fromShare,
  inUnit,
  meanSquare,
  OwnExample,
  ownData,
  Panel,
  Panels,
  percent,
  Readout,
  remarks,
  Scatter,
  shown,
  TestRemarks,
  toShare,
  type CodeMap,
  type OwnData,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/data-map.ts";

interface Frame {
  readonly data: OwnData;
  readonly map: CodeMap;
  /** The picked example's index, or null when a free place is decoded. */
  readonly picked: number | null;
  readonly code: Pair;
  /** In the model's unit, as `decoded`. */
  readonly original: Float32Array | null;
  readonly decoded: Float32Array;
  /** Mean squared difference of the two, in squares of that unit. */
  readonly error: number | null;
  /** On all test examples: what neighbours in the code know of the class. */
  readonly accuracy: number | null;
}

const noun = (data: OwnData): string => (data.size ? "picture" : "row");
const kindOf = (data: OwnData, index: number): string => {
  const name = data.classes[data.labels[index] ?? 0];
  return name ? `, ${name}` : "";
};

export default defineFigure<State, Frame, Role>({
  async compute({ point, u, v }, { model, memo }) {
    const data = await memo("data", () => ownData(model.own));
    const map = await memo("map", () => codeMap(data.points));
    const picked = point >= 0 && point < data.points.length ? point : null;
    const code: Pair = picked === null ? [fromShare(map.x, u), fromShare(map.y, v)] : (data.points[picked] as Pair);
    const decoded = floatOutput(await model.own.run("decoder", { z: float32([1, 2], code) }), "x_hat");
    const original = picked === null ? null : data.example(picked);
    const accuracy = data.classes.length ? model.own.metric("test.knn_accuracy") : null;
    return { data, map, picked, code, original, decoded, error: original && meanSquare(original, decoded), accuracy };
  },

  view(_, frame, set) {
    const { data, map, picked, code, original, decoded, error } = frame;
    return (
      <>
        <Panels columns={2}>
          <Panel title={`${data.points.length} test ${noun(data)}s by code`}>
            <Scatter
              label="Test examples by code"
              x={map.x}
              y={map.y}
              points={map.points}
              classes={data.labels}
              glyphs={data.glyphs}
              picked={picked}
              placed={picked === null ? code : null}
              onPick={(index) => set({ point: index })}
              onPlace={([a, b]) => set({ point: -1, u: toShare(map.x, a), v: toShare(map.y, b) })}
            />
            <ClassKey data={data} />
            {map.beyond > 0 && (
              <p class="figure-remark">
                {`Beyond the map, and drawn at its edge: ${map.beyond} of ${data.points.length}.`}
              </p>
            )}
          </Panel>
          <Panel
            title={
              picked === null
                ? "Decoded from the place that you chose"
                : `Test ${noun(data)} ${picked + 1}${kindOf(data, picked)}`
            }
          >
            <OwnExample data={data} original={original} decoded={decoded} />
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "z₁", value: fixed(code[0]), hue: "c-z" },
            { label: "z₂", value: fixed(code[1]), hue: "c-z" },
            { label: "mean squared error", value: error === null ? "no original" : fixed(error, 3) },
          ]}
        />
        <TestRemarks data={data} />
      </>
    );
  },

  describe(_, { data, picked, code, error }) {
    const place = `z₁ ${fixed(code[0])}, z₂ ${fixed(code[1])}`;
    const what =
      picked === null
        ? `An empty place, ${place}, is decoded.`
        : `Test ${noun(data)} ${picked + 1}${kindOf(data, picked)}, lies at ${place}; its reconstruction is off by a mean square of ${fixed(error ?? 0, 3)}.`;
    return `${what} Over all test examples of ${data.name} the mean squared error is ${fixed(data.errors.model, 3)}. ${remarks(data).join(" ")}`.trimEnd();
  },

  table(_, { data, original, decoded, accuracy: known }) {
    if (data.size === 0) {
      return {
        columns: ["column", "original", "decoded"],
        rows: data.columns.map((column, i) => [
          columnName(column),
          original ? shown(column, inUnit(column, original[i] as number)) : "–",
          shown(column, inUnit(column, decoded[i] as number)),
        ]),
      };
    }
    const accuracy = known === null ? [] : [["10-nearest-neighbour accuracy", percent(known, 1)]];
    return {
      columns: ["measured on the test split", "value"],
      rows: [
        ["mean squared error", fixed(data.errors.model, 4)],
        ["the same by PCA with two numbers", fixed(data.errors.pca, 4)],
        ...accuracy,
      ],
    };
  },
});
