/** F1: the reader's own digit, the few numbers that the network keeps of it, and what it draws from them. */

import {
  aDigit,
  Bars,
  Button,
  CaptionedRaster,
  Controls,
  defineFigure,
  fixed,
  float32,
  floatOutput,
  Hinton,
  Panel,
  Panels,
  Readout,
  Sketch,
  subscript,
  Toggle,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/draw-and-squeeze.ts";
import type { DigitFrame } from "./digit_frame.ts";
import { rasterise } from "./rasterise.ts";

interface Frame {
  /** What the network sees, 8×8, ink 0 to 1. */
  readonly input: Float32Array;
  /** Null while the paper is empty. */
  readonly output: { readonly code: Float32Array; readonly pixels: Float32Array; readonly error: number } | null;
  /** Width of the data's pen, as a share of the paper's side. */
  readonly pen: number;
  readonly codeSize: number;
}

const SIDE = 8;
const FULL_INK = 16; // the data count inked cells of a 4×4 block
const BLANK = new Float32Array(SIDE * SIDE);
const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
const CODE_LIMIT = 3; // the code's unit is the deviation of the training codes

function sampleDigit(digit: number, images: ArrayLike<number>, labels: ArrayLike<number>): Float32Array {
  const index = Array.from(labels).indexOf(digit);
  const pixels = Array.from({ length: SIDE * SIDE }, (_, i) => images[index * SIDE * SIDE + i] as number);
  return Float32Array.from(pixels, (value) => value / FULL_INK);
}

export default defineFigure<State, Frame, Role>({
  async compute({ strokes, sample }, { model }) {
    const { ae } = model;
    const frame = (ae.card.data as unknown as { readonly frame: DigitFrame }).frame;
    const input =
      sample >= 0
        ? sampleDigit(sample, ae.array("images_test").data, ae.array("labels_test").data)
        : rasterise(strokes, frame);
    const codeSize = ae.card.options["code_size"] as number;
    const pen = frame.stroke.median / frame.bitmap_side;
    if (input.every((value) => value === 0)) return { input, output: null, pen, codeSize };
    const encoded = await ae.run("encoder_8", { x: float32([1, SIDE * SIDE], input) });
    const code = floatOutput(encoded, "z");
    const decoded = await ae.run("decoder_8", { z: float32([1, codeSize], code) });
    const pixels = floatOutput(decoded, "x_hat");
    const error = pixels.reduce((sum, value, i) => sum + (value - (input[i] as number)) ** 2, 0) / pixels.length;
    return { input, output: { code, pixels, error }, pen, codeSize };
  },

  view({ strokes, sample }, { input, output, pen, codeSize }, set) {
    const names = Array.from({ length: codeSize }, (_, i) => subscript("z", i + 1));
    return (
      <>
        <Panels columns={2}>
          <Panel title="Draw a digit here">
            <Sketch
              label={sample >= 0 ? "Empty paper to draw on" : "Your drawing"}
              strokes={sample >= 0 ? [] : strokes}
              strokeWidth={pen}
              onChange={(next) => set({ strokes: next, sample: -1 })}
            />
            <Controls>
              <Button onClick={() => set({ strokes: [], sample: -1 })}>Clear the paper</Button>
            </Controls>
          </Panel>
          <Panel
            title={
              <>
                All that the network keeps of it: the code <var class="c-z">z</var>, {codeSize} numbers
              </>
            }
          >
            <Bars
              label={
                output ? `The code: ${Array.from(output.code, (value) => fixed(value, 1)).join(", ")}` : "No code yet"
              }
              names={names}
              values={output?.code ?? []}
              limit={CODE_LIMIT}
              width={400}
              height={200}
            />
            <p class="plot-note">in standard deviations of the training codes</p>
            <div class="pair">
              <CaptionedRaster
                pixels={input}
                width={SIDE}
                height={SIDE}
                pixelated
                label="The digit as 8 by 8 pixels"
                hue="c-x"
                caption={
                  <>
                    what the network sees, <var class="c-x">x</var>
                  </>
                }
              />
              <CaptionedRaster
                pixels={output?.pixels ?? BLANK}
                width={SIDE}
                height={SIDE}
                pixelated
                label="The reconstruction"
                hue="c-xhat"
                caption={
                  <>
                    drawn from the code, <var class="c-xhat">x̂</var>
                  </>
                }
              />
            </div>
          </Panel>
        </Panels>
        <Controls label="Test digits">
          <Toggle
            label="or take a test digit"
            value={String(sample)}
            choices={DIGITS.map((digit) => ({ value: digit as string, label: digit }))}
            onChange={(digit) => set({ sample: Number(digit) })}
          />
        </Controls>
        <Panel title="Where the two differ">
          <div class="difference">
            <Hinton
              label={
                output
                  ? `Difference of the pixels; mean squared error ${fixed(output.error, 3)}`
                  : "Nothing to compare yet"
              }
              values={output ? output.pixels.map((ink, i) => ink - (input[i] as number)) : BLANK}
              columns={SIDE}
              limit={1}
            />
            <div>
              <Readout
                items={[{ label: "mean squared error", value: output ? fixed(output.error, 3) : "nothing drawn yet" }]}
              />
              <p class="plot-note">Filled: too much ink. Hollow: too little. The larger the square, the more.</p>
            </div>
          </div>
        </Panel>
      </>
    );
  },

  describe({ sample }, { output, codeSize }) {
    if (!output) return "The paper is empty. Draw a digit, or choose one of the test digits.";
    const what = sample >= 0 ? `A test digit, ${aDigit(sample)},` : "Your drawing";
    const code = Array.from(output.code, (value) => fixed(value, 1)).join(", ");
    return `${what} becomes ${codeSize} numbers: ${code}. The network redraws it with a mean squared error of ${fixed(output.error, 3)}.`;
  },

  table(_, { output, codeSize }) {
    return {
      columns: ["code number", "value"],
      rows: Array.from({ length: codeSize }, (__, i) => [
        subscript("z", i + 1),
        output ? fixed(output.code[i] ?? 0, 3) : "",
      ]),
    };
  },
});
