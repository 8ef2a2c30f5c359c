/** Numbers by hand are those that the language's own formatting gives, with a true minus sign. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fixed, grouped, significant, ungrouped } from "../../../../site_assets/kit/base/format.ts";

const NUMBERS = [
  0, 1, 9.99, 12, 999, 1000, 12_345.678, 2_000_000, 0.5, 0.05, 0.0002, 1e-7, 123.456, -3, -1234.5, -0.04,
];
const minus = (text: string): string => (/[1-9]/.test(text) ? text.replace("-", "\u2212") : text.replace("-", ""));

test("thousands are grouped", () => {
  for (const value of NUMBERS) {
    for (const decimals of [0, 1, 3]) {
      const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
      if (value === 0.5 || value === -1234.5) continue; // halves: toFixed and Intl take different sides
      assert.equal(fixed(value, decimals), minus(value.toLocaleString("en", options)));
    }
  }
  assert.equal(grouped(792_576), "792,576");
  assert.equal(ungrouped(-2015, 0), "\u22122015", "but for what may be a year");
});

test("significant digits are kept, noughts at the end are not", () => {
  for (const value of NUMBERS) {
    for (const digits of [2, 6]) {
      assert.equal(significant(value, digits), minus(value.toLocaleString("en", { maximumSignificantDigits: digits })));
    }
  }
});
