/**
 * A lane whose graphs run in a worker: graphs by name, calls that can be cancelled.
 *
 * The worker serves one call at a time, so calls wait here, where a cancelled one costs nothing, and a
 * figure under the reader's finger (`priority: "interactive"`) overtakes one that trains in the background.
 * Only a row that goes on from the row under way waits in the worker, which then doesn't rest while the page draws.
 */

import { Holding } from "./held.ts";
import { EngineError, EngineStopped, type Call, type CallOptions, type Lane } from "./lane.ts";
import type { WorkerPort, Request, Response } from "./protocol.ts";
import type { Feeds, Outputs } from "./tensor.ts";

/** A fresh worker and the wasm bytes for it. */
export interface Spawned {
  readonly port: WorkerPort;
  readonly wasm: Uint8Array;
}

/** What is asked of the worker, before it is known when. */
type Message =
  | { readonly op: "start"; readonly wasm: Uint8Array }
  | { readonly op: "load"; readonly graph: string; readonly bytes: Uint8Array }
  | { readonly op: "run"; readonly calls: readonly Call[] };

interface Sent {
  readonly message: Message;
  readonly transfer: Transferable[];
  readonly options: CallOptions;
  readonly resolve: (outputs: readonly Outputs[]) => void;
  readonly reject: (error: unknown) => void;
}

export class WorkerLane implements Lane {
  private readonly spawn: () => Promise<Spawned>;
  private starting: Promise<void> | null = null;
  private port: WorkerPort | null = null;
  private holding = new Holding();
  private readonly loading = new Map<string, Promise<void>>();
  private waiting: Sent[] = [];
  private readonly posted: { readonly id: number; readonly call: Sent }[] = []; // in the order of their answers
  private sent = 0;

  /** `spawn` is called once, and again after a crash. */
  constructor(spawn: () => Promise<Spawned>) {
    this.spawn = spawn;
  }

  /** Makes `graph` ready to run; `bytes` is asked for only when the worker doesn't hold the graph yet. */
  load(graph: string, bytes: () => Promise<Uint8Array>): Promise<void> {
    const known = this.loading.get(graph);
    if (known) return known;
    const promise = (async () => {
      const [model] = await Promise.all([bytes(), this.start()]);
      await this.start(); // again, if the worker died while the bytes were on their way
      try {
        await this.call({ op: "load", graph, bytes: model }, [], {});
      } catch (error) {
        if (error instanceof EngineStopped) throw error;
        throw new EngineError(`“${graph}” is not a model that the engine can read (${(error as Error).message})`);
      }
    })();
    this.loading.set(graph, promise);
    promise.catch(() => this.loading.delete(graph)); // so that Retry asks again
    return promise;
  }

  /** Rejects with the signal's reason when cancelled; a call still waiting is then never sent. */
  async run(graph: string, feeds: Feeds, options: CallOptions = {}): Promise<Outputs> {
    const [outputs] = await this.runAll([{ graph, feeds }], options);
    return outputs ?? {};
  }

  async runAll(calls: readonly Call[], options: CallOptions = {}): Promise<readonly Outputs[]> {
    for (const { graph } of calls) {
      if (!this.loading.has(graph)) throw new EngineError(`no graph “${graph}” is loaded`);
      await this.loading.get(graph);
    }
    return this.call({ op: "run", calls }, [], options);
  }

  private start(): Promise<void> {
    if (this.starting) return this.starting;
    const starting = this.open();
    this.starting = starting;
    starting.catch((error: Error) => {
      if (this.starting === starting) this.crash(error.message); // else it has been said already
    });
    return starting;
  }

  private async open(): Promise<void> {
    const { port, wasm } = await this.spawn();
    port.onmessage = ({ data }) => this.receive(data);
    port.onerror = (event) => this.crash(event.message);
    this.port = port;
    this.holding = new Holding(); // a fresh worker holds nothing
    const copy = wasm.slice(); // the worker takes the buffer with it; a restart needs it again
    await this.call({ op: "start", wasm: copy }, [copy.buffer], {});
  }

  private call(message: Message, transfer: Transferable[], options: CallOptions): Promise<readonly Outputs[]> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const call: Sent = { message, transfer, options, resolve, reject };
      signal?.addEventListener(
        "abort",
        () => {
          const place = this.waiting.indexOf(call);
          if (place >= 0) this.waiting.splice(place, 1);
          reject(signal.reason);
        },
        { once: true },
      );
      this.waiting.push(call);
      this.sendNext();
    });
  }

  private sendNext(): void {
    if (!this.port) return;
    const urgent = this.waiting.findIndex(({ options }) => options.priority !== "background");
    const place = Math.max(urgent, 0);
    const call = this.waiting[place];
    if (!call || !this.mayPost(call)) return;
    this.waiting.splice(place, 1);
    const id = ++this.sent;
    this.posted.push({ id, call });
    const { message, transfer, options } = call;
    const request: Request =
      message.op === "run"
        ? { id, op: "run", calls: this.holding.sent(message.calls), keep: options.keep }
        : { id, ...message };
    this.port.postMessage(request, transfer);
    this.sendNext();
  }

  /** If the worker has nothing to do, or `message` goes on from all that it has to do. */
  private mayPost({ message }: Sent): boolean {
    const [first, second] = this.posted;
    if (!first) return true;
    const { keep } = first.call.options;
    return !second && keep !== undefined && message.op === "run" && message.calls.some(({ of }) => of === keep);
  }

  private receive(response: Response): void {
    const [first] = this.posted;
    if (response.id !== first?.id) return;
    if ("error" in response && response.fatal) return this.crash(response.error);
    const { call } = first;
    this.posted.shift();
    if ("error" in response) call.reject(new EngineError(response.error));
    else {
      call.options.spent?.(response.milliseconds);
      call.resolve(response.outputs);
    }
    this.sendNext();
  }

  /** The worker died: all who wait are told, and the next call starts anew. */
  private crash(message: string): void {
    const interrupted = this.posted.map(({ call }) => call);
    this.close();
    const error = new EngineStopped(`the engine stopped${message ? ` (${message})` : ""}`);
    this.starting = null;
    this.loading.clear();
    const lost = this.waiting;
    this.waiting = [];
    for (const call of [...interrupted, ...lost]) call.reject(error);
  }

  private close(): void {
    if (this.port) {
      this.port.onmessage = this.port.onerror = null;
      this.port.terminate();
    }
    this.port = null;
    this.posted.length = 0;
  }
}
