/** Files that are about to be loaded one after the other are asked for all at once. */

import { ortWanted } from "../base/address.ts";
import { knowsRelaxedSimd } from "../base/instructions.ts";
import type { FigureFiles } from "../base/page_data.ts";

export function preload(href: string, as: "script" | "font"): void {
  const link = document.createElement("link");
  link.rel = "preload";
  link.as = as;
  if (as === "font") link.crossOrigin = "anonymous"; // as style sheets ask for fonts
  link.href = href;
  document.head.append(link);
}

/** What a figure loads. Nothing for an id that is no figure's, or where other files are needed than by default; a file that was asked for is not asked for again. */
export function hintFiles(id: string): void {
  if (ortWanted()) return;
  const files = JSON.parse(document.getElementById("figure-files")?.textContent ?? "{}") as FigureFiles;
  const hinted = new Set(
    [...document.head.querySelectorAll("link[rel=preload]")].map((link) => link.getAttribute("href")),
  );
  for (const file of (Object.hasOwn(files, id) && files[id]) || []) {
    const href = typeof file === "string" ? file : file[knowsRelaxedSimd() ? 1 : 0];
    if (!hinted.has(href)) preload(href, "script");
  }
}
