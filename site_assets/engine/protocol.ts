/** Messages between the page and the engine's worker; one response to each request, in order. */

import type { SentCall } from "./held.ts";
import type { Outputs } from "./tensor.ts";

export type Request =
  | { readonly id: number; readonly op: "start"; readonly wasm: Uint8Array }
  | { readonly id: number; readonly op: "load"; readonly graph: string; readonly bytes: Uint8Array }
  | {
      readonly id: number;
      readonly op: "run";
      readonly calls: readonly SentCall[];
      readonly keep?: number | undefined;
    };

export type Response =
  /** `outputs`: of each call that was asked for. `milliseconds`: how long the worker was busy with it. */
  | { readonly id: number; readonly outputs: readonly Outputs[]; readonly milliseconds: number }
  /** `fatal`: this worker will never run anything. */
  | { readonly id: number; readonly error: string; readonly fatal: boolean };

/** What the page needs of a Worker: small enough for a test to stand in. */
export interface WorkerPort {
  postMessage(message: Request, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Response>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}
