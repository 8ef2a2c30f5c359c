import assert from "node:assert/strict";
import { test } from "node:test";
import { indexedWords, stem, words } from "../../../../site_assets/kit/page/words.ts";

/** Whether a query's words are all among those of a text. */
function finds(query: string, text: string): boolean {
  const known = new Set(indexedWords(text).map(stem));
  return words(query)
    .map(stem)
    .every((word) => known.has(word));
}

test("formulas are parted at their signs, numbers are not", () => {
  assert.deepEqual(words("q(z|x) = 𝒩(μ, σ²)"), ["q", "z", "x", "n", "μ", "σ2"]);
  assert.deepEqual(words("Exercise 6.2, at 0.25."), ["exercise", "6.2", "at", "0.25"]);
});

test("a Greek letter is found by its name, and the other way round", () => {
  for (const [query, text] of [
    ["beta-VAE", "the β-VAE"],
    ["β", "beta"],
    ["sigma", "a spread σ"],
    ["σ", "sigma"],
    ["ϕ", "phi"],
  ] as const) {
    assert.ok(finds(query, text), `${query} in ${text}`);
  }
});

test("hyphens, accents, case and plurals do not matter", () => {
  for (const [query, text] of [
    ["swissroll", "the Swiss-roll"],
    ["swiss roll", "the Swiss-roll"],
    ["elan", "Élan"],
    ["kullback-leibler", "Kullback–Leibler"],
    ["losses", "a loss"],
    ["code", "codes"],
    ["entropies", "entropy"],
    ["latent space", "Latent Spaces"],
    ["x", "x̂"],
  ] as const) {
    assert.ok(finds(query, text), `${query} in ${text}`);
  }
});

test("words that only look like plurals stay", () => {
  for (const word of ["loss", "bias", "analysis", "radius", "gas"])
    assert.ok([word, word.slice(0, -1)].includes(stem(word)));
  assert.equal(stem("loss"), "loss");
  assert.equal(stem("analysis"), "analysis");
  assert.ok(!finds("elbow", "ELBO"));
});
