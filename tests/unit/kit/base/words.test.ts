/** A digit is named as one says it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { aDigit } from "../../../../site_assets/kit/base/words.ts";

test("eight alone begins with a vowel", () => {
  assert.equal(aDigit(8), "an 8");
  for (const digit of [0, 1, 2, 3, 4, 5, 6, 7, 9]) assert.equal(aDigit(digit), `a ${digit}`);
});
