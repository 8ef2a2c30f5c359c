/** What the builder tells every page: where the parts are that are loaded later. */

import type { AssetReference } from "./asset.ts";

export interface LaneFiles {
  readonly script: string;
  readonly wasm: AssetReference;
}

export interface BookData {
  readonly kit: string;
  readonly offline: string;
  /** Makes the files that a reader takes along. */
  readonly take: string;
  readonly search: { readonly script: string; readonly index: string };
  /** Each lane's worker and wasm; no kernels in a book whose graphs they cannot run. */
  readonly engine: { readonly ort: LaneFiles; readonly kernels: LaneFiles | null };
}

export function bookData(): BookData {
  return JSON.parse(document.getElementById("book-data")?.textContent ?? "null") as BookData;
}
