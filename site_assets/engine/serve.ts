/** A worker's whole life: start with the wasm bytes, then load and run graphs as they are asked for. */

import { Held } from "./held.ts";
import { inSequence } from "./lane.ts";
import type { Request, Response } from "./protocol.ts";
import type { Feeds, Outputs } from "./tensor.ts";

const ROWS = 8; // that are kept: each figure that trains goes on from its newest

/** What runs graphs in a worker. */
export interface Runner {
  load(graph: string, bytes: Uint8Array): Promise<void> | void;
  run(graph: string, feeds: Feeds): Promise<Outputs> | Outputs;
}

declare const self: {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Response, transfer?: Transferable[]): void;
};

/** Buffers that hold nothing but one output can move to the page instead of being copied. */
function transferable(outputs: readonly Outputs[]): Transferable[] {
  const buffers = outputs
    .flatMap((each) => Object.values(each))
    .filter(({ data }) => data.byteLength === data.buffer.byteLength)
    .map(({ data }) => data.buffer as ArrayBuffer);
  return [...new Set(buffers)];
}

/**
 * Answers the page, one request after the other: neither lane's wasm can be entered twice. `isFatal` tells of an error
 * whether this worker will never run anything again.
 */
export function serve(
  start: (wasm: Uint8Array) => Promise<Runner> | Runner,
  isFatal: (error: unknown) => boolean,
): void {
  let runner: Runner | null = null;
  const held = new Held();
  const kept = new Map<number, readonly Outputs[]>();

  async function answer(request: Request): Promise<readonly Outputs[]> {
    if (request.op === "start") {
      runner = await start(request.wasm);
      return [];
    }
    if (!runner) throw new Error("the engine has not been started");
    if (request.op === "load") {
      await runner.load(request.graph, request.bytes);
      return [];
    }
    const { run } = runner;
    const outputs = await inSequence(held.calls(request.calls), run.bind(runner), kept);
    if (request.keep !== undefined) keep(request.keep, outputs);
    return outputs;
  }

  function keep(row: number, outputs: readonly Outputs[]): void {
    kept.set(row, outputs);
    for (const oldest of kept.keys()) if (kept.size > ROWS) kept.delete(oldest);
  }

  let last: Promise<void> = Promise.resolve();
  self.onmessage = ({ data: request }) => {
    last = last.then(async () => {
      const begun = performance.now();
      try {
        const outputs = await answer(request);
        const stays = request.op === "run" && request.keep !== undefined; // what moved to the page would be gone here
        const milliseconds = performance.now() - begun;
        self.postMessage({ id: request.id, outputs, milliseconds }, stays ? [] : transferable(outputs));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        self.postMessage({ id: request.id, error: message, fatal: isFatal(error) });
      }
    });
  };
}
