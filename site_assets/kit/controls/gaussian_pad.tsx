/** The plane of all one-dimensional Gaussians: the mean to the right, the spread upwards, one handle. */

import type { ComponentChildren } from "preact";
import { Pad } from "./pad.tsx";
import type { Axis, Pair } from "../marks/plot.tsx";

export interface GaussianPadProps {
  readonly mu: number;
  readonly sigma: number;
  /** |μ| and σ reach up to these. */
  readonly muLimit: number;
  readonly sigmaLimit: number;
  readonly onMove: (change: { readonly mu: number; readonly sigma: number }) => void;
  readonly children?: ComponentChildren;
}

export function GaussianPad({ mu, sigma, muLimit, sigmaLimit, onMove, children }: GaussianPadProps) {
  const x: Axis = { label: "mean μ", min: -muLimit, max: muLimit, ticks: 7 };
  const y: Axis = { label: "spread σ", min: 0, max: sigmaLimit, ticks: 7 };
  const value: Pair = [mu, sigma];
  return (
    <Pad
      label="Mean and spread of q"
      x={x}
      y={y}
      value={value}
      step={0.05}
      onMove={([a, b]) => onMove({ mu: a, sigma: b })}
    >
      {children}
    </Pad>
  );
}
