/** What a reader chooses for the whole book, its theme for one, may be chosen on another page. */

/** Calls `look` when that may have happened: in another tab, or before the reader came back to this page as it was left. */
export function whenChosenElsewhere(look: () => void): void {
  addEventListener("storage", look);
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) look();
  });
}
