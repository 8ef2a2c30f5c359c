/** Random draws that the reader asks for: how many, and others. */

import type { ComponentChildren } from "preact";
import { grouped } from "../base/format.ts";
import { Button, Slider, type SliderProps } from "./controls.tsx";

/** Seeds go from 0 to 9999, as figure.toml declares them. */
const SEEDS = 10_000;

interface NextSeedProps {
  readonly children: ComponentChildren;
  readonly seed: number;
  readonly onChange: (seed: number) => void;
}

/** A button that takes the next seed. */
export function NextSeed({ children, seed, onChange }: NextSeedProps) {
  return <Button onClick={() => onChange((seed + 1) % SEEDS)}>{children}</Button>;
}

type DrawsProps = Pick<SliderProps, "label" | "name"> &
  ({ readonly of: string } | { readonly min: number; readonly max: number }) & {
    /** How many draws there are, as a power of two; `min` and `max` are powers, too. */
    readonly doublings: number;
    readonly onDoublings: (doublings: number) => void;
    readonly seed: number;
    readonly onSeed: (seed: number) => void;
  };

/** A slider over powers of two for how many, and a button for as many others. */
export function Draws({ doublings, onDoublings, seed, onSeed, ...slider }: DrawsProps) {
  return (
    <>
      <Slider step={1} {...slider} value={doublings} format={(power) => grouped(2 ** power)} onChange={onDoublings} />
      <NextSeed seed={seed} onChange={onSeed}>
        Draw afresh
      </NextSeed>
    </>
  );
}
