/** Words that go with what a figure names. */

/** “a 7”, but “an 8”. */
export function aDigit(digit: number | string): string {
  return `${String(digit) === "8" ? "an" : "a"} ${digit}`;
}
