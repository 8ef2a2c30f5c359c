/** What a cell did, as HTML: written into the page at build, and appended as it happens in the page. */

import type { CellEvent } from "./cell_event.ts";
import { escape, terminalHtml } from "./terminal.ts";

/** Whether the text of an event continues that of the one before. */
export function continues(event: CellEvent, last: CellEvent | undefined): boolean {
  return last?.kind === event.kind && (event.kind === "stdout" || event.kind === "stderr");
}

export function markup(event: CellEvent): string {
  switch (event.kind) {
    case "html":
      return `<div class="cell-html">${event.html ?? ""}</div>`;
    case "notice":
      return `<p class="cell-notice">${escape(event.text)}</p>`;
    case "check":
      return `<p class="cell-check" data-passed="${event.passed === true}">${escape(event.text)}</p>`;
    default:
      return `<pre class="cell-text cell-${event.kind}" tabindex="0">${terminalHtml(event.text)}</pre>`;
  }
}
