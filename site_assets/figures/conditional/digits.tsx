/** F24's digits: one style drawn as all ten, judged, and what is kept of a hand. */

import {
  aDigit,
  CaptionedRaster,
  Checkbox,
  Controls,
  court,
  DotRows,
  dotTable,
  fixed,
  MarkedGrid,
  nearestPoint,
  Panel,
  Panels,
  percent,
  Readout,
  rowOf,
  Toggle,
  Unfold,
  type DotRow,
  type Model,
  type Models,
  type Verdict,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/conditional.ts";
import {
  AcceptedByClass,
  AcceptedPanel,
  commonOf,
  decoded,
  described,
  linear,
  measuredRows,
  NAMES,
  option,
  ReadPanel,
  share,
  StylePad,
  type Common,
} from "./measured.tsx";

export interface DigitsFrame extends Common {
  readonly of: "digits";
  /** All ten digits at the style, ink of 8×8 pixels one after the other, and the judge's word on each. */
  readonly drawings: Float32Array;
  readonly verdicts: readonly Verdict[];
  /** The test digit whose code is nearest to the style. */
  readonly nearest: { readonly pixels: Float32Array; readonly digit: number };
  readonly kept: readonly DotRow[];
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const DIGITS = Array.from({ length: CLASSES }, (_, digit) => String(digit));

/** The ten digits at one style. */
async function drawAll(model: Model, { by, beta, z1, z2 }: State): Promise<Float32Array> {
  const kinds = DIGITS.map((_, kind) => kind);
  if (by === "conditional") {
    const place = option<number[]>(model, "betas").map(String).indexOf(beta);
    return decoded(
      model,
      place,
      kinds.map((kind) => ({ z: [z1, z2], kind })),
      CLASSES,
    );
  }
  const drawings = new Float32Array(CLASSES * PIXELS);
  for (const kind of kinds) drawings.set(linear(model, by, kind, [z1, z2], [0, 1]), kind * PIXELS);
  return drawings;
}

/** Slant, width or ink kept by a digit drawn as another: the conditional VAE of one β, and the rivals. */
function keptOf(model: Model, beta: State["beta"], trait: State["trait"]): DotRow[] {
  const seeds = option<number>(model, "seed_count");
  const traits = option<string[]>(model, "traits");
  const width = traits.length;
  const column = traits.indexOf(trait);
  const place = option<number[]>(model, "betas").map(String).indexOf(beta);
  const ours = Array.from(
    { length: seeds },
    (_, seed) => rowOf(model, "kept", place * seeds + seed, width)[column] as number,
  );
  const names: Readonly<Record<string, string>> = { ...NAMES, nearest: "nearest real digit" };
  return [
    { name: NAMES.conditional, values: ours, current: 0, hue: "c-z" },
    ...option<string[]>(model, "rivals").map((rival, row) => ({
      name: names[rival] as string,
      values: [rowOf(model, "rivals_kept", row, width)[column] as number],
    })),
  ];
}

export async function digitsFrame(state: State, models: Models<Role>): Promise<DigitsFrame> {
  const { vae, judge, test } = models.model;
  const judges = await models.memo("judge", () => court(judge));
  const drawings = await drawAll(vae, state);
  const labels = test.array("labels_test").data;
  const common = await commonOf(models, vae, state.by, state.beta, judges.labels, labels);
  const { index } = nearestPoint(common.codes, [state.z1, state.z2]);
  const full = option<number>(judge, "full_ink");
  const images = test.array("images_test").data;
  const pixels = Float32Array.from(images.subarray(index * PIXELS, (index + 1) * PIXELS), (level) => level / full);
  return {
    ...common,
    of: "digits",
    drawings,
    verdicts: await judges.rule(drawings),
    nearest: { pixels, digit: labels[index] as number },
    kept: keptOf(vae, state.beta, state.trait),
  };
}

export function DigitsView({
  state,
  frame,
  set,
}: {
  state: State;
  frame: DigitsFrame;
  set: (change: Partial<State>) => void;
}) {
  const { digit, beta, classes, trait, more } = state;
  const asked = frame.verdicts[digit] as Verdict;
  const refused = frame.verdicts.map(({ accepted, digit: named }, k) => !accepted || named !== k);
  return (
    <>
      <Panels columns={2}>
        <Panel
          title={
            <>
              The style <var class="c-z">z</var>, and where test digits lie
            </>
          }
        >
          <StylePad frame={frame} state={state} glyphs={DIGITS} set={set} />
        </Panel>
        <Panel title="The same style as all ten digits; struck out: what the judge does not accept as that digit">
          <MarkedGrid
            images={frame.drawings}
            struck={refused}
            picked={digit}
            columns={5}
            rows={2}
            size={SIDE}
            pixelated
            label={`All ten digits in one style; ${refused.filter(Boolean).length} are struck out`}
          />
          <div class="beside">
            <CaptionedRaster
              pixels={frame.drawings.subarray(digit * PIXELS, (digit + 1) * PIXELS)}
              width={SIDE}
              height={SIDE}
              pixelated
              hue="c-xhat"
              label={`The ${digit} in this style`}
              caption={
                <>
                  asked for: {digit}, <var class="c-xhat">x̂</var>
                </>
              }
            />
            <CaptionedRaster
              pixels={frame.nearest.pixels}
              width={SIDE}
              height={SIDE}
              pixelated
              hue="c-x"
              label={`The test digit with the nearest code, ${aDigit(frame.nearest.digit)}`}
              caption="test digit of the nearest style"
            />
            <Readout
              items={[
                { label: "judge", value: asked.accepted ? "accepted" : "refused" },
                { label: "looks like", value: `${asked.digit}, ${percent(asked.probability)} sure` },
              ]}
            />
          </div>
        </Panel>
      </Panels>
      <Controls label="Test digits">
        <Checkbox label="Show their digits" value={classes} onChange={(shown) => set({ classes: shown })} />
      </Controls>
      <Panels columns={2}>
        <ReadPanel frame={frame} beta={beta} of="digits" />
        <AcceptedPanel frame={frame} kind="digit" />
      </Panels>
      <Unfold what="hands and single digits" open={more} onChange={(open) => set({ more: open })}>
        <Panels columns={2}>
          <Panel title="Test digits drawn as others: how much of the hand is kept">
            <Controls label="Hand">
              <Toggle label="of a hand’s" value={trait} of="trait" onChange={(value) => set({ trait: value })} />
            </Controls>
            <DotRows
              label={`Share of the variance of ${trait} that is kept`}
              rows={frame.kept}
              format={share}
              names={170}
              axis={{ label: `variance of ${trait} that is kept`, min: -1, max: 1, ticks: 4, format: percent }}
            />
            <p class="plot-note">
              One if every hand stays as it was, zero if all are drawn alike, less if they differ for other reasons.
            </p>
          </Panel>
          <AcceptedByClass frame={frame} names={DIGITS} kind="digit" />
        </Panels>
      </Unfold>
    </>
  );
}

export function describeDigits({ digit, by, beta, z1, z2 }: State, frame: DigitsFrame): string {
  const { verdicts, nearest } = frame;
  const asked = verdicts[digit] as Verdict;
  const right = verdicts.filter(({ accepted: taken, digit: named }, k) => taken && named === k).length;
  return (
    `${by === "conditional" ? `The conditional VAE with β ${beta} draws` : `Class means with ${NAMES[by]} draw`} ${aDigit(digit)} at style ` +
    `${fixed(z1)}, ${fixed(z2)}; the judge ${asked.accepted ? "accepts" : "refuses"} it and says ${asked.digit}. In this style ${right} of ten ` +
    `digits are accepted as what was asked for. The nearest test code is that of ${aDigit(nearest.digit)}. ` +
    described(frame, beta, "digits")
  );
}

export function digitsTable(frame: DigitsFrame) {
  const kept = frame.kept.map((row) => ({ ...row, name: `hand kept, ${row.name}` }));
  return dotTable("measured", (i) => `${i + 1}`, [...measuredRows(frame), ...kept], share);
}
