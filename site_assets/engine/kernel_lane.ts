/**
 * The lane of graphs that have a plan. Small calls run right away on the page, where they cost less than the message
 * to a worker would, and a drag shows what it changes in the frame of its event; the others run in a worker.
 */

import { KernelGraph } from "./kernel_graph.ts";
import { EngineError, type Call, type CallOptions, type Lane } from "./lane.ts";
import type { Feeds, Outputs } from "./tensor.ts";

/**
 * Multiplications that a call on the page may take. A message to a worker and back costs a tenth of a millisecond to one,
 * as much as 2e5 of them; what a finger waits for may cost the page a few milliseconds of a slow telephone.
 */
const SMALL = { background: 2e5, interactive: 2e6 };

/** Multiplications in the time that the page takes to hand a byte over to the worker: what is sent is copied. */
const PER_BYTE = 8;

/** Bytes that a message with these feeds would copy. */
function copied(feeds: Feeds): number {
  return Object.values(feeds).reduce((sum, { data, held }) => (held ? sum : sum + data.byteLength), 0);
}

interface HeldGraph {
  readonly graph: KernelGraph;
  readonly bytes: Uint8Array;
}

export class KernelLane implements Lane {
  private readonly module: () => Promise<WebAssembly.Module>;
  private readonly worker: Lane;
  private readonly loading = new Map<string, Promise<void>>();
  private readonly held = new Map<string, HeldGraph>();

  /** `module` gives the compiled kernels; `worker` is a lane that takes the same plans. */
  constructor(module: () => Promise<WebAssembly.Module>, worker: Lane) {
    this.module = module;
    this.worker = worker;
  }

  load(graph: string, bytes: () => Promise<Uint8Array>): Promise<void> {
    const known = this.loading.get(graph);
    if (known) return known;
    const promise = (async () => {
      const [plan, module] = await Promise.all([bytes(), this.module()]);
      this.held.set(graph, { graph: new KernelGraph(module, plan), bytes: plan });
    })();
    this.loading.set(graph, promise);
    promise.catch(() => this.loading.delete(graph)); // so that Retry asks again
    return promise;
  }

  async run(graph: string, feeds: Feeds, options: CallOptions = {}): Promise<Outputs> {
    const held = this.held.get(graph);
    if (!held) throw new EngineError(`no graph “${graph}” is loaded`);
    options.signal?.throwIfAborted();
    if (held.graph.work(feeds) > SMALL[options.priority ?? "interactive"] + PER_BYTE * copied(feeds)) {
      await this.worker.load(graph, async () => held.bytes);
      return this.worker.run(graph, feeds, options);
    }
    const start = performance.now();
    const outputs = held.graph.run(feeds);
    options.spent?.(performance.now() - start);
    return outputs;
  }

  async runAll(calls: readonly Call[], options: CallOptions = {}): Promise<readonly Outputs[]> {
    for (const graph of new Set(calls.map((call) => call.graph))) {
      const held = this.held.get(graph);
      if (!held) throw new EngineError(`no graph “${graph}” is loaded`);
      await this.worker.load(graph, async () => held.bytes);
    }
    return this.worker.runAll(calls, options);
  }
}
