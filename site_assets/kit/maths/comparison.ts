/** Who is ahead, by measurements repeated over the same seeds. */

import { meanOf } from "./mean.ts";

export interface Measured<Name extends string> {
  readonly name: Name;
  /** One number a seed, the larger the better. */
  readonly values: readonly number[];
}

export interface Comparison<Name extends string> {
  /** Ahead is who has the larger number in every seed. */
  readonly ahead: "ours" | "rival" | "neither";
  /** The best of ours and the best of the others, by their means. */
  readonly ours: { readonly name: Name; readonly mean: number };
  readonly rival: { readonly name: Name; readonly mean: number };
}

function best<Name extends string>(of: readonly Measured<Name>[]): Measured<Name> {
  return of.reduce((first, next) => (meanOf(next.values) > meanOf(first.values) ? next : first));
}

/** Compares the best of `ours` with the best of all others. Both have one or more. */
export function compare<Name extends string>(all: readonly Measured<Name>[], ours: readonly Name[]): Comparison<Name> {
  const own = best(all.filter(({ name }) => ours.includes(name)));
  const rival = best(all.filter(({ name }) => !ours.includes(name)));
  const leads = own.values.map((value, seed) => value - (rival.values[seed] as number));
  return {
    ahead: leads.every((lead) => lead > 0) ? "ours" : leads.every((lead) => lead < 0) ? "rival" : "neither",
    ours: { name: own.name, mean: meanOf(own.values) },
    rival: { name: rival.name, mean: meanOf(rival.values) },
  };
}
