/**
 * Parts of a drawing of which one is picked: by passing over it, by a tap, or with arrow keys from part to part.
 * Stands inside an `<svg>`; each part also links to the symbols that name it (`symbol_links.ts`).
 */

import type { ComponentChildren, TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useRef } from "preact/hooks";
import { ARROW_SHIFT } from "../base/arrows.ts";
import { useFigure, useNewest } from "../base/context.ts";

export interface Part<T extends string> {
  readonly value: T;
  /** The accessible name. */
  readonly name: string;
  /** The names of the symbols that stand for it, separated by spaces: “f” for `\class{link-f}{f}`, “z” for `\z`. */
  readonly links: string;
  readonly marks: ComponentChildren;
}

export interface PartPickerProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly parts: readonly Part<T>[];
  readonly onPick: (value: T) => void;
}

export function PartPicker<T extends string>({ label, value, parts, onPick }: PartPickerProps<T>) {
  const { interactive } = useFigure();
  const group = useRef<SVGGElement>(null);
  const newest = useNewest(value);
  const indexOf = (wanted: T): number =>
    Math.max(
      0,
      parts.findIndex((part) => part.value === wanted),
    );
  const here = indexOf(value);
  const step = (event: TargetedKeyboardEvent<SVGGElement>): void => {
    const shift = ARROW_SHIFT[event.key];
    if (shift === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = (indexOf(newest.get()) + shift + parts.length) % parts.length;
    newest.ask((parts[next] as Part<T>).value, onPick);
    group.current?.querySelectorAll<SVGGElement>("[role=radio]")[next]?.focus();
  };
  const hover = (event: TargetedPointerEvent<SVGGElement>, part: Part<T>): void => {
    if (event.pointerType !== "touch" && part.value !== value) onPick(part.value);
  };
  return (
    <g role="radiogroup" aria-label={label} ref={group}>
      {parts.map((part, index) => (
        <g
          key={part.value}
          class="part"
          role="radio"
          aria-label={part.name}
          aria-checked={part.value === value}
          aria-disabled={interactive ? undefined : "true"}
          tabindex={interactive && index === here ? 0 : -1}
          data-part={part.links}
          onClick={interactive ? () => onPick(part.value) : undefined}
          onKeyDown={interactive ? step : undefined}
          onPointerEnter={interactive ? (event) => hover(event, part) : undefined}
        >
          {part.marks}
        </g>
      ))}
    </g>
  );
}
