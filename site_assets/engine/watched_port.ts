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
  private readonly underWay: Request["op"][] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: WorkerPort) {
    this.port = port;
    port.onmessage = (event) => {
      this.underWay.shift();
      this.watch();
      this.onmessage?.(event);
    };
    port.onerror = (event) => {
      clearTimeout(this.timer);
      this.onerror?.(event);
    };
  }

  postMessage(message: Request, transfer: Transferable[] = []): void {
    this.underWay.push(message.op);
    if (this.underWay.length === 1) this.watch();
    this.port.postMessage(message, transfer);
  }

  /** Waits for the answer to the oldest request, from now on: only now does the worker begin with it. */
  private watch(): void {
    clearTimeout(this.timer);
    const [op] = this.underWay;
    if (!op) return;
    const silence = SILENCE[op];
    const event = { message: `no answer for ${silence / 1000} s` } as ErrorEvent;
    this.timer = setTimeout(() => this.onerror?.(event), silence);
  }

  terminate(): void {
    clearTimeout(this.timer);
    this.port.terminate();
  }
}
