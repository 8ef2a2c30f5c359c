/** The files that the pictures for links are drawn with, beside code: paths relative to site_assets. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./places.mjs";

export const STYLES = ["styles/tokens.css", "styles/plots.css"];

/** Every face that the book has, in a fixed order. */
export async function fontFiles() {
  const names = await readdir(join(ROOT, "fonts"));
  return names
    .filter((name) => name.endsWith(".woff2"))
    .sort()
    .map((name) => `fonts/${name}`);
}
