/** F16: twelve β-VAEs of a sprite with known factors; what each number of a code tells, and what turning it does. */

import {
  Controls,
  defineFigure,
  DotRows,
  fixed,
  float32,
  floatOutput,
  gaps,
  HeatMap,
  meanAndRange,
  meanOf,
  Panel,
  Panels,
  percent,
  Raster,
  RasterGrid,
  Readout,
  Slider,
  subscript,
  Toggle,
  type DotRow,
  type Model,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/traversals.ts";
import { traverse } from "./maths.ts";

/** What was measured of one network on the test drawings. */
interface Measured {
  /** Share of each factor's entropy that each number tells, factor by factor. */
  readonly shares: Float32Array;
  /** Of each factor, and their mean, the MIG. */
  readonly gaps: readonly number[];
  readonly mig: number;
  /** Mean KL of each number. */
  readonly nats: Float32Array;
}

interface Frame {
  /** By β, then start. */
  readonly measured: readonly (readonly Measured[])[];
  /** Strips of all numbers, one after the other. */
  readonly strips: Float32Array;
  readonly drawing: Float32Array;
}

const SIDE = 16;
const PIXELS = SIDE * SIDE;
const CODE_SIZE = 6;
const LIMIT = 2.5;
const STEPS = 9;
const BETAS: readonly State["beta"][] = ["0.1", "0.5", "2", "4"];
const FACTORS = ["shape", "size", "rotation", "position"] as const;
const AXES = ["z1", "z2", "z3", "z4", "z5", "z6"] as const;
const NAMES = AXES.map((_, index) => subscript("z", index + 1));
const USED = 0.1; // nats: a number that costs less carries nothing that a reader could see

function measure(model: Model): Measured[][] {
  const [shares, nats] = [model.array("shares").data as Float32Array, model.array("nats").data as Float32Array];
  const starts = model.array("shares").shape[1] as number;
  return BETAS.map((_, b) =>
    Array.from({ length: starts }, (_, start) => {
      const index = b * starts + start;
      const own = shares.slice(index * FACTORS.length * CODE_SIZE, (index + 1) * FACTORS.length * CODE_SIZE);
      const perFactor = gaps(own, CODE_SIZE);
      return {
        shares: own,
        gaps: perFactor,
        mig: meanOf(perFactor),
        nats: nats.slice(index * CODE_SIZE, (index + 1) * CODE_SIZE),
      };
    }),
  );
}

const chosen = ({ beta, start }: State, { measured }: Frame): Measured =>
  measured[BETAS.indexOf(beta)]?.[start - 1] as Measured;

export default defineFigure<State, Frame, Role>({
  async compute(state, { model: { sprites }, memo }) {
    const measured = await memo("measured", () => measure(sprites));
    const code = AXES.map((axis) => state[axis]);
    const codes = [...code, ...AXES.flatMap((_, axis) => traverse(code, axis, LIMIT, STEPS))];
    const count = codes.length / CODE_SIZE;
    const starts = measured[0]?.length ?? 0;
    const member = new Int32Array(count).fill(BETAS.indexOf(state.beta) * starts + state.start - 1);
    const outputs = await sprites.run("decoders", {
      z: float32([count, CODE_SIZE], codes),
      member: { dims: [count], data: member },
    });
    const images = floatOutput(outputs, "x_hat");
    return { measured, drawing: images.slice(0, PIXELS), strips: images.slice(PIXELS) };
  },

  view(state, frame, set) {
    const { beta, start } = state;
    const { shares, gaps: perFactor, mig, nats } = chosen(state, frame);
    return (
      <>
        <Panels columns={2}>
          <Panel title="What each number of the code tells of each factor">
            <HeatMap
              label={`Share of each factor’s entropy told by each number, β ${beta}, start ${start}`}
              columns={NAMES.map((name, index) => ({ name, note: fixed(nats[index] as number, 1) }))}
              notes="nats"
              rows={FACTORS}
              values={shares}
              format={percent}
              aside={{ name: "gap", note: `mean ${percent(mig)}`, values: perFactor }}
            />
            <p class="plot-note">
              Mutual information, as a share of the factor’s entropy. Gap: the largest less the second largest.
            </p>
          </Panel>
          <Panel title="Mean gap: a dot for each start, a line for their mean">
            <DotRows
              label="Mutual information gap by β"
              rows={frame.measured.map((starts, b) => rowOf(starts, b, state))}
              format={(value) => percent(value)}
              names={104}
              axis={{
                label: "mutual information gap, mean over four factors",
                min: 0,
                max: 0.4,
                ticks: 5,
                format: percent,
              }}
            />
            <p class="plot-note">Starts are numbered from the largest gap at β = 2 to the smallest.</p>
          </Panel>
        </Panels>
        <Controls label="Model">
          <Toggle label="start" value={String(start)} of="start" onChange={(value) => set({ start: Number(value) })} />
        </Controls>
        <Panel
          title={`Each strip turns one number from ${fixed(-LIMIT, 1)} to ${fixed(LIMIT, 1)}, with the others as they are set`}
        >
          <div class="strips">
            {AXES.map((axis, index) => (
              <div key={axis} class="strip">
                <Slider
                  of={axis}
                  label={<var class="c-z">{NAMES[index]}</var>}
                  name={NAMES[index] as string}
                  value={state[axis]}
                  format={(value) => fixed(value)}
                  onChange={(value) => set({ [axis]: value })}
                />
                <RasterGrid
                  images={frame.strips.subarray(index * STEPS * PIXELS, (index + 1) * STEPS * PIXELS)}
                  columns={STEPS}
                  rows={1}
                  size={SIDE}
                  label={`Drawings as ${NAMES[index]} goes from ${fixed(-LIMIT, 1)} to ${fixed(LIMIT, 1)}`}
                />
              </div>
            ))}
          </div>
          <div class="strip-drawing">
            <Raster
              pixels={frame.drawing}
              width={SIDE}
              height={SIDE}
              hue="c-xhat"
              label="Drawing at the code as it is set"
            />
            <Readout
              items={[
                { label: "numbers in use", value: `${inUse(nats)} of ${CODE_SIZE}` },
                { label: "mean gap", value: percent(mig, 1) },
              ]}
            />
          </div>
        </Panel>
        <Controls label="β" docked>
          <Toggle label="β" value={beta} of="beta" onChange={(value) => set({ beta: value })} />
        </Controls>
      </>
    );
  },

  describe(state, frame) {
    const { shares, nats, mig } = chosen(state, frame);
    const best = FACTORS.map((factor, row) => {
      const own = Array.from(shares.slice(row * CODE_SIZE, (row + 1) * CODE_SIZE));
      const most = Math.max(...own);
      return `${factor} by ${NAMES[own.indexOf(most)]}, ${percent(most)}`;
    });
    const means = frame.measured.map((starts, b) => {
      const values = starts.map((one) => one.mig);
      return `β ${BETAS[b]} ${meanAndRange(values, (value) => percent(value, 1))}`;
    });
    return (
      `At β ${state.beta}, start ${state.start}, ${inUse(nats)} of ${CODE_SIZE} numbers are in use. Each factor is told best: ${best.join("; ")}. ` +
      `The mean gap is ${percent(mig, 1)}. Over all starts: ${means.join("; ")}.`
    );
  },

  table(_, frame) {
    return {
      columns: [
        "β",
        "start",
        ...FACTORS.map((factor) => `gap of ${factor}`),
        "mean gap",
        ...NAMES.map((name) => `${name}, nats`),
      ],
      rows: frame.measured.flatMap((starts, b) =>
        starts.map(({ gaps: perFactor, mig, nats }, start) => [
          BETAS[b] ?? "",
          start + 1,
          ...perFactor.map((gap) => percent(gap, 1)),
          percent(mig, 1),
          ...Array.from(nats, (value) => fixed(value)),
        ]),
      ),
    };
  },
});

const inUse = (nats: Float32Array): number => nats.filter((value) => value >= USED).length;

function rowOf(starts: readonly Measured[], b: number, { beta, start }: State): DotRow {
  const here = BETAS[b] === beta;
  return {
    name: `β = ${BETAS[b]}`,
    values: starts.map((one) => one.mig),
    current: here ? start - 1 : undefined,
    hue: here ? "c-z" : "",
  };
}
