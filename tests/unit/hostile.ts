/** Hostile text for fuzz tests: reproducible, and fond of what parsers trip over. */

const PIECES = [
  "#",
  "?",
  "&",
  "=",
  "%",
  "%00",
  "%zz",
  "%F0%9F",
  "fig",
  "fig.",
  "fig.n=",
  "fig.i=",
  "fig.c=",
  "fig.b=",
  "fig.s=",
  "fig.t=",
  "true",
  "false",
  "NaN",
  "Infinity",
  "-Infinity",
  "1e309",
  "-1e-400",
  "0x10",
  "9".repeat(400),
  "-0",
  "1,5",
  "AAAA",
  "____",
  "////",
  ".",
  "..",
  "-_-_",
  "\u0000",
  "\uD800",
  "🦆",
  "‮",
  "<script>alert(1)</script>",
  "__proto__",
  "constructor",
  "fig.__proto__=",
  "javascript:",
  " ",
  "\n",
  "'",
  '"',
  "+",
  "a".repeat(3000),
];

/** An endless row of numbers in 0 ≤ x < 1 (Lehmer's generator with Park & Miller's constants). */
export function* lehmer(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state * 48271) % 2147483647;
    yield state / 2147483647;
  }
}

/** `count` strings of up to a dozen pieces. */
export function* hostileStrings(count: number, seed: number): Generator<string> {
  const random = lehmer(seed);
  const below = (n: number): number => Math.floor(random.next().value * n);
  for (let i = 0; i < count; i++) {
    let text = below(4) === 0 ? "" : "#fig?";
    for (let length = below(12); length > 0; length--) {
      text += below(5) === 0 ? String.fromCharCode(below(0x10000)) : PIECES[below(PIECES.length)];
    }
    yield text;
  }
}
