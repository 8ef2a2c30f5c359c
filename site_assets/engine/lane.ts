/** What runs graphs, and how it is asked. */

import type { Feeds, Outputs } from "./tensor.ts";

export type Priority = "interactive" | "background";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly priority?: Priority | undefined;
  /** Told how long the call itself took, which is less than the page had to wait. */
  readonly spent?: ((milliseconds: number) => void) | undefined;
}

export interface Lane {
  /** Makes `graph` ready to run; `bytes` is asked for only when the lane doesn't hold the graph yet. */
  load(graph: string, bytes: () => Promise<Uint8Array>): Promise<void>;
  /** Rejects with the signal's reason when cancelled; a call that still waits is then never made. */
  run(graph: string, feeds: Feeds, options?: CallOptions): Promise<Outputs>;
}

/** The engine or one of its graphs could not be used; the message is fit for a reader. */
export class EngineError extends Error {
  override name = "EngineError";
}

/** The worker is gone, through no fault of the graph that was asked for. */
export class EngineStopped extends EngineError {
  override name = "EngineStopped";
}
