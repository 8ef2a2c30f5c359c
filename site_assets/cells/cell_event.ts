/** Of cells. Generated from builder/node/methods.py by a test; do not edit. */

/** What a cell did, as `site_assets/python/book` tells it; `html` is of what it shows. An error has the exception's name, its message and its line in the cell (0: none). A check has whether it is passed, and whether an assertion of it helps with words of its own. Either may have a name that was nowhere defined, or an empty one if that is not what went wrong. */
export interface CellEvent {
  readonly kind: "stdout" | "stderr" | "value" | "html" | "notice" | "error" | "check";
  readonly text: string;
  readonly html?: string;
  readonly name?: string;
  readonly message?: string;
  readonly line?: number;
  readonly passed?: boolean;
  readonly helpful?: boolean;
  readonly needs?: string;
}
