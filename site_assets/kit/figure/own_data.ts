/** The author's own data as `training/recipes/families/own_recipe.py` publishes them: rows of a table, or pictures. */

import type { DataSetFields } from "../base/card_fields.ts";
import { fixed, MINUS, ungrouped } from "../base/format.ts";
import type { Model } from "./models.ts";
import { axisOver, type Axis, type Pair } from "../marks/plot.tsx";

/**
 * A column of a table; mean, deviation and range are those of its training rows, in its own unit. Its axis goes from
 * `low` to `high`, which is the range, or most of it where a few rows lie far out, and its bars begin at `middle`.
 */
export interface Column {
  readonly name: string;
  readonly unit: string;
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
  readonly low: number;
  readonly high: number;
  readonly middle: number;
}

/** The column by which rows are kept together, and how many of its values each split has. */
export interface Groups {
  readonly column: string;
  readonly splits: { readonly train: number; readonly validation: number; readonly test: number };
}

export interface OwnData {
  readonly name: string;
  /** Of a table; empty for pictures. */
  readonly columns: readonly Column[];
  /** Null where each row is dealt to the splits by itself, as pictures are. */
  readonly groups: Groups | null;
  /** Pixels along a picture's side; 0 for a table. */
  readonly size: number;
  /** Codes of the test examples. */
  readonly points: readonly Pair[];
  readonly labels: ArrayLike<number>;
  /** Empty where the data have no classes. */
  readonly classes: readonly string[];
  /** A character for each class, one for all where there are none. */
  readonly glyphs: readonly string[];
  /** Mean squared error on all test examples: of the model, and of PCA with as many numbers. */
  readonly errors: { readonly model: number; readonly pca: number };
  /** A test example in the model's unit: standard deviations of its columns, or ink from 0 to 1. */
  example(index: number): Float32Array;
}

const FULL_INK = 255; // as in training/own_data/pictures.py

/** Initials where they differ, else letters in order. */
export function glyphsFor(classes: readonly string[]): string[] {
  if (classes.length === 0) return ["•"];
  const initials = classes.map((name) => ([...name][0] ?? "").toUpperCase());
  const distinct = new Set(initials).size === classes.length;
  return distinct ? initials : classes.map((_, kind) => String.fromCharCode(65 + kind));
}

export function ownData(model: Model): OwnData {
  const data: DataSetFields & { columns?: readonly Column[]; groups?: Groups; pictures?: { size: number } } =
    model.card.data;
  const examples = model.array("examples_test");
  const codes = model.array("codes_test").data;
  const count = examples.shape[0] as number;
  const numbers = examples.data.length / count;
  const scale = data.pictures ? FULL_INK : 1;
  const { classes } = data;
  return {
    name: data.name,
    columns: data.columns ?? [],
    groups: data.groups ?? null,
    size: data.pictures?.size ?? 0,
    points: Array.from({ length: count }, (_, i): Pair => [codes[2 * i] as number, codes[2 * i + 1] as number]),
    labels: model.array("labels_test").data,
    classes,
    glyphs: glyphsFor(classes),
    errors: {
      model: model.metric("test.reconstruction_mse"),
      pca: model.metric("test.pca_reconstruction_mse"),
    },
    example: (index) =>
      Float32Array.from(examples.data.subarray(index * numbers, (index + 1) * numbers), (value) => value / scale),
  };
}

const FAR = 6; // deviations of the training codes, or of the prior, from which on a code leaves the others no room

/** A map of codes, each where it is drawn. */
export interface CodeMap {
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly Pair[];
  /** How many lie beyond its edges, and are drawn there. */
  readonly beyond: number;
}

export function codeMap(codes: readonly Pair[]): CodeMap {
  const near = codes.filter((code) => Math.max(...code.map(Math.abs)) <= FAR);
  const [x, y] = ["z₁", "z₂"].map((label, k) =>
    axisOver(
      label,
      (near.length ? near : codes).map((code) => code[k] as number),
    ),
  ) as [Axis, Axis];
  const within = ({ min, max }: Axis, value: number): number => Math.min(max, Math.max(min, value));
  const points = codes.map(([a, b]): Pair => [within(x, a), within(y, b)]);
  return { x, y, points, beyond: near.length ? codes.length - near.length : 0 };
}

/** A standardised number in its column's own unit. */
export function inUnit(column: Column, value: number): number {
  return column.mean + column.deviation * value;
}

/**
 * A number of a column with digits that show a hundredth of its spread, near enough; the tiny and the huge as 7.1e-11.
 * Where a few rows lie far out, the spread is that of the others, as far as their axis goes.
 */
export function shown(column: Column, value: number): string {
  const spread = Math.min(column.deviation, column.high - column.low);
  const decimals = 1 - Math.floor(Math.log10(spread));
  const huge = Math.max(Math.abs(column.min), Math.abs(column.max)) >= 1e7;
  if (decimals <= 6 && !huge) return ungrouped(value, Math.max(0, decimals));
  const digits = Math.floor(Math.log10(Math.abs(value) || spread)) + decimals;
  return value
    .toExponential(Math.min(6, Math.max(0, digits)))
    .replace(/^-/, MINUS)
    .replace("e+", "e");
}

/** “alcohol (% by volume)” */
export function columnName({ name, unit }: Column): string {
  return unit ? `${name} (${unit})` : name;
}

/** That PCA does better than the model, where it does: empty otherwise. */
export function pcaIsBetter({ errors }: OwnData): string {
  if (errors.pca >= errors.model) return "";
  return `On the test examples PCA with two numbers does better: a mean squared error of ${fixed(errors.pca, 3)}, this model’s is ${fixed(errors.model, 3)}.`;
}

/** Which rows the split has kept together, where it has: empty otherwise. */
export function keptTogether({ groups }: OwnData): string {
  if (!groups) return "";
  const { train, validation, test } = groups.splits;
  return `No “${groups.column}” is in two splits: ${train} train, ${validation} validate, ${test} test.`;
}

/** What a reader must know to trust what the test examples say, a sentence each. */
export function remarks(data: OwnData): string[] {
  return [keptTogether(data), pcaIsBetter(data)].filter(Boolean);
}
