/** What a page asks of the book's service worker, and what it is told. */

export type PageRequest =
  | { readonly ask: "status" }
  /** The page at this address is being read: keep all that it needs. Answered once it is kept. */
  | { readonly ask: "keep-page"; readonly address: string }
  /** Keep the whole book. Answered at once; the status tells how far it is. */
  | { readonly ask: "keep-all" }
  /** Become the worker of all open pages, even of those that still show the version before. */
  | { readonly ask: "take-over" }
  | { readonly ask: "forget" };

/** Why something could not be kept: no connection, no room, or the host has another version by now. */
export type Failure = "network" | "room" | "other-version";

/** How much of the book is kept on this device. */
export interface Status {
  readonly bytes: { readonly kept: number; readonly all: number };
  readonly pages: { readonly kept: number; readonly all: number };
  readonly keepingAll: boolean;
  readonly failure: Failure | null;
}
