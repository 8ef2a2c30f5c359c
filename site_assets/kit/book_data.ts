/** What the builder tells every page: where the parts are that are loaded later. */

import type { AssetReference } from "./asset.ts";

export interface BookData {
  readonly kit: string;
  readonly search: { readonly script: string; readonly index: string };
  readonly engine: { readonly script: string; readonly wasm: AssetReference };
}

export function bookData(): BookData {
  return JSON.parse(document.getElementById("book-data")?.textContent ?? "null") as BookData;
}
