/** The worker's whole life: start with the wasm bytes, then load and run graphs as they are asked for. */

import * as ort from "onnxruntime-web/wasm";
import type { Request, Response } from "./protocol.ts";
import { isFatal, Sessions, type Runtime } from "./sessions.ts";
import type { Outputs } from "./tensor.ts";

declare const self: {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Response, transfer?: Transferable[]): void;
};

let sessions: Sessions | null = null;

async function answer(request: Request): Promise<Outputs | null> {
  if (request.op === "start") {
    sessions = new Sessions(ort as unknown as Runtime, request.wasm);
    return null;
  }
  if (!sessions) throw new Error("the engine has not been started");
  if (request.op === "load") {
    await sessions.load(request.graph, request.bytes);
    return null;
  }
  return sessions.run(request.graph, request.feeds);
}

/** Buffers that hold nothing but one output can move to the page instead of being copied. */
function transferable(outputs: Outputs | null): Transferable[] {
  return Object.values(outputs ?? {})
    .map(({ data }) => data)
    .filter((data) => data.byteLength === data.buffer.byteLength)
    .map((data) => data.buffer as ArrayBuffer);
}

// One request at a time: ONNX Runtime's wasm build is not re-entrant.
let last: Promise<void> = Promise.resolve();
self.onmessage = ({ data: request }) => {
  last = last.then(async () => {
    const start = performance.now();
    try {
      const outputs = await answer(request);
      self.postMessage({ id: request.id, outputs, milliseconds: performance.now() - start }, transferable(outputs));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      self.postMessage({ id: request.id, error: message, fatal: isFatal(error) });
    }
  });
};
