/** The controls and curves of a training run, the same under every figure that trains. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button, Controls, Slider, Toggle, useRange } from "../controls/controls.tsx";
import { useFigure } from "../base/context.ts";
import { fixed, grouped, significant } from "../base/format.ts";
import { makeScale, type Axis } from "../marks/plot.tsx";
import type { NamedLevel } from "../marks/two_lines.tsx";
import type { KnobFields } from "../../engine/live_fields.ts";
import type { Training, TrainingState } from "../figure/training.ts";
import { RunCurves } from "./run_curves.tsx";

export interface TrainingControlsProps {
  readonly training: Training;
  readonly state: TrainingState;
  readonly set: (change: Partial<TrainingState>) => void;
  /** How a knob is called in this figure, where its name alone would not do. */
  readonly names?: Readonly<Record<string, string>>;
  /** Knobs that the figure's own controls turn. */
  readonly turned?: readonly string[];
  /** What is docked beside the buttons. */
  readonly children?: ComponentChildren;
}

const SLIDER_STEPS = 100;

function KnobSlider({
  knob,
  value,
  name,
  onTurn,
}: {
  knob: KnobFields;
  value: number;
  name: string;
  onTurn: (value: number) => void;
}) {
  const log = knob.scale === "log";
  const axis: Axis = { label: name, min: knob.minimum, max: knob.maximum, scale: log ? "log" : "linear" };
  const scale = makeScale(axis, 0, SLIDER_STEPS);
  const at = (place: number): number => Number(scale.invert(place).toPrecision(3));
  return (
    <Slider
      label={name}
      value={scale(value)}
      min={0}
      max={SLIDER_STEPS}
      step={1} // whole numbers: with a fraction as step, rounding may put the last place out of reach
      format={(place) => (log ? significant(at(place), 2) : fixed(at(place), 2))}
      onChange={(place) => onTurn(at(place))}
    />
  );
}

function playLabel({ phase, recorded, step }: Training): string {
  if (phase === "running") return "Pause";
  if (phase === "paused" && step > 0) return "Go on";
  return recorded || phase === "done" ? "Train it yourself" : "Train";
}

/** One sentence on where the run stands. */
export function progressText(training: Training): string {
  const { phase, recorded, step, total, stepsPerSecond, trouble } = training;
  if (phase === "diverged" || trouble) return trouble;
  if (recorded) return `Trained when this book was built: ${grouped(total)} steps.`;
  if (phase === "untrained") return "Untrained: random weights, no step taken.";
  const pace = phase === "running" && stepsPerSecond > 0 ? `, ${grouped(stepsPerSecond)} steps a second` : "";
  const words = { running: "Training", paused: "Paused", done: "Done" }[phase];
  return `${words}: step ${grouped(step)} of ${grouped(total)}${pace}.`;
}

/** A seed that is typed begins another run; where that would end the reader's own, it is offered. */
function Seed({ seed, training, onSeed }: { seed: number; training: Training; onSeed: (seed: number) => void }) {
  const { interactive, id } = useFigure();
  const { min, max } = useRange({ of: "seed" });
  const [typed, setTyped] = useState(seed);
  const inputId = `${id}-seed`;
  const type = (value: number): void => {
    if (!Number.isInteger(value) || value < min || value > max) return;
    if (training.recorded || training.step === 0) onSeed(value);
    else setTyped(value);
  };
  return (
    <div class="controls">
      <div class="control seed">
        <label for={inputId}>seed</label>
        <input
          id={inputId}
          type="number"
          inputMode="numeric"
          min={min}
          max={max}
          step={1}
          value={typed}
          disabled={!interactive}
          onChange={(event) => type(event.currentTarget.valueAsNumber)}
          onWheel={(event) => event.currentTarget.blur()} // or the wheel would turn the number
        />
      </div>
      {typed !== seed && <Button onClick={() => onSeed(typed)}>{`Begin anew with seed ${typed}`}</Button>}
      <Button onClick={() => onSeed(seed < max ? seed + 1 : min)}>New seed</Button>
    </div>
  );
}

export function TrainingControls({ training, state, set, names = {}, turned = [], children }: TrainingControlsProps) {
  const { phase, actions, card, knobs } = training;
  const running = phase === "running";
  return (
    <>
      <Controls label="Knobs that can be turned during training">
        {card.knobs
          .filter(({ name }) => !turned.includes(name))
          .map((knob) => (
            <KnobSlider
              key={knob.name}
              knob={knob}
              name={names[knob.name] ?? (knob.name === "lr" ? "learning rate" : knob.name)}
              value={knobs[knob.name] ?? knob.default}
              onTurn={(value) => actions.turn(knob.name, value)}
            />
          ))}
        <Toggle
          of="speed"
          label="steps a frame"
          value={state.speed}
          format={(speed) => (speed === "max" ? "as fast as it goes" : speed)}
          onChange={(speed) => set({ speed })}
        />
        <Seed key={state.seed} seed={state.seed} training={training} onSeed={(seed) => set({ seed })} />
      </Controls>
      <Controls label="Training" docked>
        {children}
        <Button primary onClick={() => (running ? actions.pause() : actions.play())} disabled={phase === "diverged"}>
          {playLabel(training)}
        </Button>
        <Button
          onClick={() => actions.step()}
          disabled={running || phase === "diverged" || (phase === "done" && !training.recorded)}
        >
          One step
        </Button>
        <Button onClick={() => actions.restart()} disabled={phase === "untrained"}>
          Untrain
        </Button>
        {phase === "diverged" && (
          <Button primary onClick={() => actions.recover()}>
            Back to the last good weights
          </Button>
        )}
        <p class="training-progress" data-role="training-progress" data-phase={phase}>
          {progressText(training)}
        </p>
      </Controls>
    </>
  );
}

export interface LossPlotsProps {
  readonly training: Training;
  readonly width?: number;
  readonly height?: number;
  /** A loss to compare the first term with, such as a rival's. */
  readonly level?: NamedLevel;
}

/** Loss against optimiser steps, training and validation, a plot for each term. */
export function LossPlots({ training, width = 360, height = 200, level }: LossPlotsProps) {
  return (
    <div class="loss-plots">
      {training.card.terms.map(({ name, unit }, term) => {
        const last = training.curves.validation[term]?.at(-1)?.[1];
        return (
          <RunCurves
            key={name}
            training={training}
            term={term}
            name={`${name} (${unit})`}
            scale="log"
            format={(value) => significant(value, 2)}
            hue="c-xhat"
            level={term === 0 ? level : undefined}
            width={width}
            height={height}
            label={`${name} during training${last === undefined ? "" : `, ${significant(last, 2)} on the validation split now`}`}
          />
        );
      })}
    </div>
  );
}
