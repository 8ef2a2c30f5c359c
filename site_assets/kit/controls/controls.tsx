/** The controls beneath what they alter: slider, toggle, select, checkbox, button, read-out, and what unfolds. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { useFigure } from "../base/context.ts";
import { MINUS } from "../base/format.ts";

function slug(label: string): string {
  return label.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
}

export interface ControlsProps {
  readonly children: ComponentChildren;
  readonly label?: string;
  /** The last part of a figure: a bar at the window's bottom as long as the figure goes on below it. */
  readonly docked?: boolean;
}

export function Controls({ children, label, docked }: ControlsProps) {
  return (
    <div class={docked ? "controls dock" : "controls"} role="group" aria-label={label ?? "Controls"}>
      {children}
    </div>
  );
}

export function Panels({ columns, children }: { columns: 1 | 2 | 3; children: ComponentChildren }) {
  return <div class={`panels panels-${columns}`}>{children}</div>;
}

export function Panel({ title, children }: { title?: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="panel">
      {title !== undefined && <div class="panel-title">{title}</div>}
      {children}
    </div>
  );
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** How far a control goes: as far as figure.toml lets the piece of state of this name, or as the figure computes. */
type Reach<Own> = { readonly of: string } | Own;

interface SliderParts {
  readonly label: ComponentChildren;
  /** The accessible name, where `label` is not plain text. */
  readonly name?: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
  /** The value as the reader reads it, with its unit. */
  readonly format?: (value: number) => string;
}

export type SliderProps = SliderParts & Reach<Range>;

/** As numbers. Throws where figure.toml gives none. */
export function useRange(reach: Reach<Range>): Range {
  const { declared } = useFigure();
  if (!("of" in reach)) return reach;
  const spec = declared[reach.of];
  if (spec?.type === "integer") return { step: 1, ...spec };
  if (spec?.type === "number" && spec.step) return { ...spec, step: spec.step };
  throw new Error(`figure.toml gives “${reach.of}” no range with steps`);
}

const MOST_STEPS = 500; // of a range that is looked through for its longest text
const LONGEST = 4; // texts: of two that are equally long one may be wider

/** The longest of a range's texts, a line each: whatever the slider is set to, its track keeps its length. */
function longest(min: number, max: number, step: number, format: (value: number) => string): string {
  const stride = Math.max(step, (max - min) / MOST_STEPS);
  const texts = new Set([format(max)]);
  for (let i = 0; min + i * stride <= max; i++) texts.add(format(min + i * stride));
  return [...texts]
    .sort((one, other) => other.length - one.length)
    .slice(0, LONGEST)
    .join("\n");
}

export function Slider({ label, name, value, onChange, format = String, ...reach }: SliderProps) {
  const { id, interactive } = useFigure();
  const { min, max, step } = useRange(reach);
  const inputId = `${id}-${slug(name ?? String(label))}`;
  const widest = useMemo(() => longest(min, max, step, format), [min, max, step]);
  return (
    <div class="control slider">
      <label for={inputId}>{label}</label>
      <input
        id={inputId}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        disabled={!interactive}
        aria-label={name}
        aria-valuetext={format(value)}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
      {/* not live: whoever turns the slider hears its text already */}
      <output for={inputId} data-widest={widest} aria-live="off">
        {format(value)}
      </output>
    </div>
  );
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: ComponentChildren;
}

interface Choices<T extends string> {
  readonly choices: readonly Choice<T>[];
}

type ChoiceProps<T extends string> = Reach<Choices<T>> & {
  readonly label: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
  /** What a choice of figure.toml is called, if not by itself. */
  readonly format?: (value: T) => ComponentChildren;
};

function useChoices<T extends string>(
  reach: Reach<Choices<T>>,
  format: (value: T) => ComponentChildren,
): readonly Choice<T>[] {
  const { declared } = useFigure();
  if (!("of" in reach)) return reach.choices;
  const spec = declared[reach.of];
  const label = (value: string): Choice<T> => ({ value: value as T, label: format(value as T) });
  if (spec?.type === "choice") return spec.choices.map(label);
  if (spec?.type !== "integer") throw new Error(`figure.toml gives “${reach.of}” no choices`);
  return Array.from({ length: spec.max - spec.min + 1 }, (_, index) => label(String(spec.min + index)));
}

/** A few choices side by side: a radio group, one tab stop, arrow keys inside. */
export function Toggle<T extends string>({ label, value, onChange, format = String, ...reach }: ChoiceProps<T>) {
  const { id, interactive } = useFigure();
  const choices = useChoices(reach, format);
  const labelId = `${id}-${slug(label)}`;
  return (
    <div class="control toggle">
      <span class="control-label" id={labelId}>
        {label}
      </span>
      <div class="toggle-choices" role="radiogroup" aria-labelledby={labelId}>
        {choices.map((choice) => (
          <label key={choice.value} class="toggle-choice">
            <input
              type="radio"
              name={`${labelId}-choice`}
              checked={choice.value === value}
              disabled={!interactive}
              onChange={() => onChange(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </div>
  );
}

export function Select<T extends string>({ label, value, onChange, format = String, ...reach }: ChoiceProps<T>) {
  const { id, interactive } = useFigure();
  const choices = useChoices(reach, format);
  const inputId = `${id}-${slug(label)}`;
  return (
    <div class="control select">
      <label for={inputId}>{label}</label>
      <select
        id={inputId}
        value={value}
        disabled={!interactive}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Checkbox({
  label,
  value,
  onChange,
}: {
  label: string;
  value: boolean;
  onChange: (value: boolean) => void;
}) {
  const { interactive } = useFigure();
  return (
    <label class="control checkbox">
      <input
        type="checkbox"
        checked={value}
        disabled={!interactive}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly primary?: boolean;
  /** Of no use now. It keeps the focus: whoever has pressed it is still there. */
  readonly disabled?: boolean;
  /** For a button that stays down: recording, playing. */
  readonly pressed?: boolean;
  /** For a button that unfolds what stands beneath. */
  readonly expanded?: boolean;
  /** The accessible name, where the face is a symbol. */
  readonly name?: string;
}

export function Button({ children, onClick, primary, disabled, pressed, expanded, name }: ButtonProps) {
  const { interactive } = useFigure();
  return (
    <button
      type="button"
      class={primary ? "button button-primary" : "button"}
      disabled={!interactive}
      aria-disabled={interactive && disabled ? "true" : undefined}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-label={name}
      onClick={disabled ? undefined : onClick}
    >
      {children}
    </button>
  );
}

export interface UnfoldProps {
  /** What unfolds, after “Show” and “Hide”. */
  readonly what: string;
  readonly open: boolean;
  readonly onChange: (open: boolean) => void;
  readonly children: ComponentChildren;
}

/** What a reader may want once the claim has been seen; figure.toml has a boolean for it. */
export function Unfold({ what, open, onChange, children }: UnfoldProps) {
  return (
    <>
      <Controls label="More">
        <Button onClick={() => onChange(!open)} expanded={open}>{`${open ? "Hide" : "Show"} ${what}`}</Button>
      </Controls>
      {open && children}
    </>
  );
}

const MINUS_FIRST = /^\u2212/;

/** A few named numbers in tabular figures. A minus hangs before its digits, which stay where they are without it. Each has a place of its own, so that nothing moves when one changes. */
export function Readout({
  items,
}: {
  items: readonly { readonly label: ComponentChildren; readonly value: string; readonly hue?: string }[];
}) {
  return (
    <dl class="readout">
      {items.map((item, index) => (
        <div key={index}>
          <dt class={item.hue}>{item.label}</dt>
          <dd>
            {item.value.startsWith(MINUS) && <span class="hanging">{MINUS}</span>}
            {item.value.replace(MINUS_FIRST, "")}
          </dd>
        </div>
      ))}
    </dl>
  );
}
