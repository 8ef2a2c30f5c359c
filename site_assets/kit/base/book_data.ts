/** What the builder tells every page: where the parts are that are loaded later. */

import type { BookData } from "./page_data.ts";

export function bookData(): BookData {
  return JSON.parse(document.getElementById("book-data")?.textContent ?? "null") as BookData;
}
