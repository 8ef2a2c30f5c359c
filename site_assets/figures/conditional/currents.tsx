/** F24's currents: one style drawn as a whole machine and as a faulty one, and made faults beside true ones. */

import {
  Checkbox,
  compare,
  Controls,
  DotRows,
  dotTable,
  fixed,
  Line,
  meanOf,
  meanSquare,
  nearestPoint,
  Panel,
  Panels,
  percent,
  Plot,
  Readout,
  rowOf,
  Unfold,
  type Axis,
  type DotRow,
  type Model,
  type Models,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/conditional.ts";
import {
  AcceptedByClass,
  AcceptedPanel,
  commonOf,
  decoded,
  described,
  isOnPad,
  lead,
  linear,
  measuredRows,
  NAMES,
  option,
  ReadPanel,
  share,
  StylePad,
  type Common,
} from "./measured.tsx";

/** A window whole and with the fault that is asked for. */
interface Couple {
  readonly whole: ArrayLike<number>;
  readonly faulty: ArrayLike<number>;
}

export interface CurrentsFrame extends Common {
  readonly of: "currents";
  /** Drawn at the style. */
  readonly drawn: Couple;
  /** The machine of the nearest style, as it was recorded; none where directions draw. */
  readonly recorded: Couple | undefined;
  /** Where the recorded machines lie that the pad shows. */
  readonly machines: readonly Pair[];
  /** From the recording of the fault, in rated amplitudes: the drawing, a graft on the whole window, and that window. */
  readonly off: { readonly drawn: number; readonly grafted: number; readonly whole: number } | undefined;
  /** By fault, root mean squares over all machines, by way. */
  readonly errors: readonly (readonly DotRow[])[];
  readonly verdictOfErrors: string;
}

type Fault = State["fault"];

const FAULTS: readonly Fault[] = ["open-switch", "phase-imbalance", "sensor-offset", "sensor-gain", "bearing-ripple"];
const GLYPHS = ["w", "s", "i", "o", "g", "b"];
const SIZE = 96;
const PHASES = 3;
const WINDOW_MS = 20;
const LIMITS = [-2, 2] as const;
const OURS: readonly string[] = ["conditional VAE, grafted", "conditional VAE, redrawn"];
const RIVALS: readonly string[] = [
  "window left as it is",
  "difference of class means",
  "own directions",
  "nearest recordings",
];
const TIME: Axis = { label: "time (ms)", min: 0, max: WINDOW_MS, ticks: 5 };
const CURRENT: Axis = { label: "current (rated)", min: -1.3, max: 1.3, ticks: 3 };

export const named = (fault: Fault): string => fault.replace("-", " ");
const rootMeanSquare = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.sqrt(meanSquare(a, b));

/** The codes of the machines of which the page has recordings. */
function machinesOf(model: Model, place: number): Pair[] {
  const recorded = model.array("machines").shape[1] as number;
  const [, count] = model.array("machine_codes").shape as [number, number];
  const steps = option<number>(model, "machine_steps");
  return Array.from({ length: recorded }, (_, i): Pair => {
    const [z1, z2] = Array.from(rowOf(model, "machine_codes", place * count + i, 2)) as [number, number];
    return [z1 / steps, z2 / steps];
  });
}

function recording(model: Model, kind: number, machine: number): Float64Array {
  const machines = model.array("machines").shape[1] as number;
  const fine = option<number>(model, "fine");
  return Float64Array.from(rowOf(model, "machines", kind * machines + machine, SIZE), (value) => value / fine);
}

/** What is missed of each fault, with ours first. */
function errorsOf(model: Model, place: number): DotRow[][] {
  const seeds = option<number>(model, "seed_count");
  const betas = option<number[]>(model, "betas").length;
  return FAULTS.map((_, fault) => [
    ...OURS.map((name, way) => ({
      name,
      values: Array.from(
        { length: seeds },
        (_, seed) => rowOf(model, "errors", (way * betas + place) * seeds + seed, FAULTS.length)[fault] as number,
      ),
      current: 0,
      hue: "c-z",
    })),
    ...RIVALS.map((name, rival) => ({
      name,
      values: [rowOf(model, "rival_errors", rival, FAULTS.length)[fault] as number],
    })),
  ]);
}

/** Who misses less of a fault; a rival that is not trained counts alike for every training. */
function verdictOf(rows: readonly DotRow[]): string {
  const seeds = Math.max(...rows.map(({ values }) => values.length));
  const found = compare(
    rows.map(({ name, values }) => ({
      name,
      values: Array.from({ length: seeds }, (_, seed) => -(values[seed % values.length] as number)),
    })),
    OURS,
  );
  return `The ${found.ours.name} is ${lead(found)} ${found.rival.name}`;
}

export async function currentsFrame(state: State, models: Models<Role>): Promise<CurrentsFrame> {
  const { currents } = models.model;
  const { fault, by, pressure, z1, z2 } = state;
  const kind = 1 + FAULTS.indexOf(fault);
  const place = option<number[]>(currents, "betas").map(String).indexOf(pressure);
  const labels = [currents.array("labels_train").data, currents.array("labels_test").data] as const;
  const errors = errorsOf(currents, place);
  const common = {
    ...(await commonOf(models, currents, by, pressure, ...labels)),
    of: "currents" as const,
    errors,
    verdictOfErrors: verdictOf(errors[kind - 1] as DotRow[]),
  };
  if (by !== "conditional") {
    const [whole, faulty] = [0, kind].map((each) => linear(currents, by, each, [z1, z2], LIMITS));
    return { ...common, drawn: { whole, faulty } as Couple, recorded: undefined, machines: [], off: undefined };
  }
  const codes = machinesOf(currents, place);
  const { index } = nearestPoint(codes, [z1, z2]);
  const own = codes[index] as Pair;
  const asked = ([[z1, z2], own] as const).flatMap((z) => [0, kind].map((each) => ({ z, kind: each })));
  const all = await decoded(currents, place, asked, FAULTS.length + 1);
  const [whole, faulty, ownWhole, ownFaulty] = asked.map((_, row) => all.subarray(row * SIZE, (row + 1) * SIZE)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const recorded = { whole: recording(currents, 0, index), faulty: recording(currents, kind, index) };
  const graft = recorded.whole.map((value, i) => value + (ownFaulty[i] as number) - (ownWhole[i] as number));
  return {
    ...common,
    drawn: { whole, faulty },
    recorded,
    machines: codes.filter(isOnPad),
    off: {
      drawn: rootMeanSquare(faulty, recorded.faulty),
      grafted: rootMeanSquare(graft, recorded.faulty),
      whole: rootMeanSquare(recorded.whole, recorded.faulty),
    },
  };
}

/** The three phases of a window, one curve each. */
function phases(window: ArrayLike<number>): Pair[][] {
  const samples = SIZE / PHASES;
  return Array.from({ length: PHASES }, (_, phase) =>
    Array.from({ length: samples }, (_, i): Pair => [
      ((i + 0.5) / samples) * WINDOW_MS,
      window[phase * samples + i] as number,
    ]),
  );
}

function Window({ frame, of, name }: { frame: CurrentsFrame; of: keyof Couple; name: string }) {
  const { drawn, recorded } = frame;
  return (
    <Plot x={TIME} y={CURRENT} height={150} label={`Currents of the three phases, ${name}`}>
      {recorded &&
        phases(recorded[of]).map((points, phase) => <Line key={phase} points={points} hue="c-x trace-under" />)}
      {phases(drawn[of]).map((points, phase) => (
        <Line key={phase} points={points} hue="c-xhat" />
      ))}
    </Plot>
  );
}

export function CurrentsView({
  state,
  frame,
  set,
}: {
  state: State;
  frame: CurrentsFrame;
  set: (change: Partial<State>) => void;
}) {
  const { fault, pressure, classes, more } = state;
  const { off, recorded } = frame;
  const rows = frame.errors[FAULTS.indexOf(fault)] as readonly DotRow[];
  return (
    <>
      <Panels columns={2}>
        <Panel
          title={
            <>
              The style <var class="c-z">z</var>, and where test windows lie: w whole, s switch, i imbalance, o offset,
              g gain, b bearing{recorded && "; dots: recorded machines"}
            </>
          }
        >
          <StylePad frame={frame} state={state} glyphs={GLYPHS} marked={frame.machines} set={set} />
        </Panel>
        <Panel
          title={
            <>
              The same style whole, above, and with {named(fault)}, <var class="c-xhat">x̂</var>
              {recorded && (
                <>
                  ; broad: the machine of the nearest style, as recorded, <var class="c-x">x</var>
                </>
              )}
            </>
          }
        >
          <Window frame={frame} of="whole" name="whole" />
          <Window frame={frame} of="faulty" name={`with ${named(fault)}`} />
          {off && (
            <Readout
              items={[
                { label: "drawing misses the fault by", value: share(off.drawn), hue: "c-xhat" },
                { label: "graft on that machine, by", value: share(off.grafted), hue: "c-z" },
                { label: "its window as it is, by", value: share(off.whole) },
              ]}
            />
          )}
        </Panel>
      </Panels>
      <Controls label="Test windows">
        <Checkbox label="Show their faults" value={classes} onChange={(shown) => set({ classes: shown })} />
      </Controls>
      <Panels columns={2}>
        <Panel title={`Whole windows made faulty: ${named(fault)}. ${frame.verdictOfErrors}`}>
          <DotRows
            label={`Root mean square by which the true ${named(fault)} is missed`}
            rows={rows}
            format={share}
            names={215}
            width={460}
            axis={{
              label: "missed, of rated, a dot a training; less is better",
              min: 0.01,
              max: 1,
              scale: "log",
              at: [0.01, 0.03, 0.1, 0.3, 1],
              format: percent,
            }}
          />
          <p class="plot-note">
            Test machines that the simulator recorded whole and with the fault, noise and all. A graft adds to the
            window what the decoder changes between the classes.
          </p>
        </Panel>
        <ReadPanel frame={frame} beta={pressure} of="windows" />
      </Panels>
      <Unfold what="random codes and the judge" open={more} onChange={(open) => set({ more: open })}>
        <Panels columns={2}>
          <AcceptedPanel frame={frame} kind="class" />
          <AcceptedByClass frame={frame} names={GLYPHS} kind="class" />
        </Panels>
      </Unfold>
    </>
  );
}

export function describeCurrents({ fault, by, pressure, z1, z2 }: State, frame: CurrentsFrame): string {
  const { off, errors } = frame;
  const rows = errors[FAULTS.indexOf(fault)] as readonly DotRow[];
  const near =
    off &&
    ` From the true window of the machine of the nearest style the drawing is off by ${share(off.drawn)} of the rated amplitude, ` +
      `a graft by ${share(off.grafted)}, the whole window by ${share(off.whole)}.`;
  return (
    `${by === "conditional" ? `The conditional VAE with β ${pressure} draws` : `Class means with ${NAMES[by]} draw`} currents with ${named(fault)} at style ` +
    `${fixed(z1)}, ${fixed(z2)}.${near ?? ""} Missed over all machines: ` +
    `${rows.map(({ name, values }) => `${name} ${share(meanOf(values))}`).join(", ")}. ${frame.verdictOfErrors}. ` +
    described(frame, pressure, "windows")
  );
}

export function currentsTable(frame: CurrentsFrame) {
  const missed = FAULTS.flatMap((fault, i) =>
    (frame.errors[i] as readonly DotRow[]).map((row) => ({ ...row, name: `missed, ${named(fault)}, ${row.name}` })),
  );
  return dotTable("measured", (i) => `${i + 1}`, [...measuredRows(frame), ...missed], share);
}
