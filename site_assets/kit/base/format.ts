/** Numbers as the book prints them. */

const MINUS = "\u2212";

/** Fixed decimals with a true minus sign; never “−0.00”. */
export function fixed(value: number, decimals = 2): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

/** A count, or a number on an axis, as the text writes it: “2,000”, with a true minus sign. */
export function grouped(value: number, decimals = 0): string {
  const text = value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return Number(text.replaceAll(",", "")) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
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
