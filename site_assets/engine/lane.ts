/** What runs graphs, and how it is asked. */

import type { Feeds, Outputs, Tensor } from "./tensor.ts";

export type Priority = "interactive" | "background";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly priority?: Priority | undefined;
  /** Told how long the call itself took, which is less than the page had to wait. */
  readonly spent?: ((milliseconds: number) => void) | undefined;
  /** The number under which the row's outputs stay with the lane, for a row that goes on from there. */
  readonly keep?: number | undefined;
}

/** One of several calls that are made one after the other. */
export interface Call {
  readonly graph: string;
  readonly feeds: Feeds;
  /** Inputs that an earlier call gives: its place in the row, and its output. */
  readonly carry?: Readonly<Record<string, readonly [place: number, output: string]>>;
  /** The kept row that `carry` speaks of; its own, if it names none. */
  readonly of?: number | undefined;
}

/** Outputs of rows that were kept, by their numbers. */
export type KeptRows = ReadonlyMap<number, readonly Outputs[]>;

export interface Lane {
  /** Makes `graph` ready to run; `bytes` is asked for only when the lane doesn't hold the graph yet. */
  load(graph: string, bytes: () => Promise<Uint8Array>): Promise<void>;
  /** Rejects with the signal's reason when cancelled; a call that still waits is then never made. */
  run(graph: string, feeds: Feeds, options?: CallOptions): Promise<Outputs>;
  /** Calls in a row without a way back to the page between them. */
  runAll(calls: readonly Call[], options?: CallOptions): Promise<readonly Outputs[]>;
}

/** Makes calls one after the other; `run` makes one of them. */
export async function inSequence(
  calls: readonly Call[],
  run: (graph: string, feeds: Feeds) => Promise<Outputs> | Outputs,
  kept: KeptRows = new Map(),
): Promise<Outputs[]> {
  const done: Outputs[] = [];
  for (const { graph, feeds, carry = {}, of } of calls) {
    const row = of === undefined ? done : kept.get(of);
    if (!row) throw new Error(`row ${of} was not kept`);
    const carried: Record<string, Tensor> = {};
    for (const [input, [place, output]] of Object.entries(carry)) {
      const tensor = row[place]?.[output];
      if (!tensor) throw new Error(`call ${place} gives no “${output}” for “${input}”`);
      carried[input] = tensor;
    }
    done.push(await run(graph, { ...feeds, ...carried }));
  }
  return done;
}

/** The engine or one of its graphs could not be used; the message is fit for a reader. */
export class EngineError extends Error {
  override name = "EngineError";
}

/** The worker is gone, through no fault of the graph that was asked for. */
export class EngineStopped extends EngineError {
  override name = "EngineStopped";
}
