/** Messages between the page and Python's worker, which serves one cell at a time. */

import type { CellEvent } from "./cell_event.ts";
import type { WireTensor } from "./interpreter.ts";

export type Request =
  /** `files`: what Pyodide asks for by name; `arrays`: published arrays by `model/name`. */
  | {
      readonly op: "start";
      readonly files: Readonly<Record<string, Uint8Array>>;
      /** Python's memory after its start, if it is at hand. */
      readonly snapshot: Uint8Array | null;
      readonly lock: string;
      readonly cards: string;
      readonly arrays: Readonly<Record<string, Uint8Array>>;
    }
  | { readonly op: "run"; readonly code: string; readonly name: string; readonly check: string | null }
  /** What a graph gave that Python had asked for. */
  | { readonly op: "answer"; readonly id: number; readonly outputs: readonly WireTensor[] }
  | { readonly op: "refuse"; readonly id: number; readonly error: string };

export type Response =
  | { readonly op: "ready"; readonly version: string }
  | { readonly op: "failed"; readonly error: string }
  | { readonly op: "event"; readonly event: CellEvent }
  | { readonly op: "ended"; readonly ok: boolean }
  | {
      readonly op: "ask";
      readonly id: number;
      readonly model: string;
      readonly graph: string;
      readonly feeds: readonly WireTensor[];
    };
