/** Numbers as the book prints them. */

import { halvesAway } from "./rounding.ts";

export const MINUS = "\u2212";

/** Fixed decimals with a true minus sign; never “−0.00”. For what may be a year: its thousands stand together. */
export function ungrouped(value: number, decimals: number): string {
  const text = halvesAway(value, decimals).toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

/**
 * Fixed decimals as the text writes them: “2,000.00”, with a true minus sign. By hand, as a page's first
 * `toLocaleString` loads language data, which takes a slow processor a tenth of a second.
 */
export function fixed(value: number, decimals = 2): string {
  const [whole, rest] = ungrouped(value, decimals).split(".") as [string, string?];
  return whole.replace(/\B(?=(?:\d{3})+$)/g, ",") + (rest === undefined ? "" : `.${rest}`);
}

/** A count: “2,000”. */
export const grouped = (count: number): string => fixed(count, 0);

/** As many decimals as the number needs, but no more than so many significant digits. */
export function significant(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  const decimals = rounded === 0 ? 0 : digits - 1 - Math.floor(Math.log10(Math.abs(rounded)) + 1e-12);
  const text = fixed(rounded, Math.max(0, decimals));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function percent(share: number, decimals = 0): string {
  return `${fixed(share * 100, decimals)}%`;
}

/** A size as a reader knows it: “3.7 MB”. */
export function bytes(count: number): string {
  return count < 1e6 ? `${Math.max(1, Math.round(count / 1e3))} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** “z₁” for subscript("z", 1). */
export function subscript(symbol: string, index: number): string {
  return symbol + [...String(index)].map((digit) => SUBSCRIPTS[Number(digit)]).join("");
}
