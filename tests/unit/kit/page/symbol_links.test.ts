/** A class gives a symbol its name; only classes of the vocabulary and links do. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf } from "../../../../site_assets/kit/page/symbol_links.ts";

test("names come from the vocabulary and from links", () => {
  assert.equal(nameOf(["c-xhat"]), "xhat");
  assert.equal(nameOf(["math-italic", "link-f"]), "f");
  assert.equal(nameOf(["figure", "ac-z", "c-"]), null);
  assert.equal(nameOf([]), null);
});
