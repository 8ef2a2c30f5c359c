/**
 * A worker that was killed (for memory, by the browser) says nothing, not even an error. This port takes a
 * silence that no call explains for its death, so that whoever waits is told and a new worker can be started.
 */

import type { WorkerPort, Request } from "./protocol.ts";

// ms; a phone compiles the engine's megabytes in a fraction of it, and calls of graphs take milliseconds
const SILENCE: Readonly<Record<Request["op"], number>> = { start: 120_000, load: 120_000, run: 30_000 };

export class WatchedPort implements WorkerPort {
  onmessage: WorkerPort["onmessage"] = null;
  onerror: WorkerPort["onerror"] = null;
  private readonly port: WorkerPort;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: WorkerPort) {
    this.port = port;
    port.onmessage = (event) => {
      clearTimeout(this.timer);
      this.onmessage?.(event);
    };
    port.onerror = (event) => {
      clearTimeout(this.timer);
      this.onerror?.(event);
    };
  }

  /** One request at a time is under way, as the engine sends them. */
  postMessage(message: Request, transfer: Transferable[] = []): void {
    const silence = SILENCE[message.op];
    const event = { message: `no answer for ${silence / 1000} s` } as ErrorEvent;
    this.timer = setTimeout(() => this.onerror?.(event), silence);
    this.port.postMessage(message, transfer);
  }

  terminate(): void {
    clearTimeout(this.timer);
    this.port.terminate();
  }
}
