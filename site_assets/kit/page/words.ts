/** Words as the search compares them: without case, accents, plural endings, and with Greek letters by name too. */

const GREEK: Readonly<Record<string, string>> = {
  α: "alpha",
  β: "beta",
  γ: "gamma",
  δ: "delta",
  ε: "epsilon",
  ϵ: "epsilon",
  ζ: "zeta",
  η: "eta",
  θ: "theta",
  "\u03d1": "theta",
  "\u03b9": "iota",
  κ: "kappa",
  λ: "lambda",
  μ: "mu",
  ν: "nu",
  ξ: "xi",
  π: "pi",
  ρ: "rho",
  σ: "sigma",
  "\u03c2": "sigma",
  τ: "tau",
  "\u03c5": "upsilon",
  φ: "phi",
  ϕ: "phi",
  χ: "chi",
  ψ: "psi",
  ω: "omega",
};

const WORD = /[\p{L}\p{N}]+(?:\.\p{N}+)*/gu;
const COMPOUND = /[\p{L}\p{N}]+(?:[-–\u2011][\p{L}\p{N}]+)+/gu;
const SHORTEST_PLURAL = 4;

/** Lower case, without accents and ligatures: “Élan” → “elan”, “𝔼” → “e”, “x̂” → “x”. */
export function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
}

/** The words of a text. Brackets, bars and signs of formulas part them: q(z|x) is q, z and x; 6.2 stays whole. */
export function words(text: string): string[] {
  return plain(text).match(WORD) ?? [];
}

/** `words`, and each word with hyphens written as one, so that “swissroll” finds “Swiss-roll”. */
export function indexedWords(text: string): string[] {
  const compounds = plain(text).match(COMPOUND) ?? [];
  return [...words(text), ...compounds.map((compound) => named(compound.replace(/[-–\u2011]/g, "")))];
}

/** What words are compared by: a Greek letter is its name, and a plural its singular. */
export function stem(word: string): string {
  const name = named(word);
  if (name.length < SHORTEST_PLURAL || !name.endsWith("s") || /(?:ss|us|is)$/.test(name)) return name;
  if (name.endsWith("ies")) return `${name.slice(0, -3)}y`;
  if (/(?:ch|sh|x|z|ss)es$/.test(name)) return name.slice(0, -2);
  return name.slice(0, -1);
}

function named(word: string): string {
  return word.replace(/[α-ω\u03d1ϕϵ]/gu, (letter) => GREEK[letter] ?? letter);
}
