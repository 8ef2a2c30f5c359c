/** What the builder tells every page: where the parts are that are loaded later. */

import type { AssetReference } from "./asset.ts";

export interface BookData {
  readonly kit: string;
  readonly offline: string;
  readonly search: { readonly script: string; readonly index: string };
  /** `slim`: the wasm without what the book's models don't need, if the build made one. */
  readonly engine: { readonly script: string; readonly wasm: AssetReference; readonly slim: AssetReference | null };
}

export function bookData(): BookData {
  return JSON.parse(document.getElementById("book-data")?.textContent ?? "null") as BookData;
}
