/** The worker of the kernels' lane. */

import { KernelGraph } from "./kernel_graph.ts";
import { serve } from "./serve.ts";
import type { Feeds, Outputs } from "./tensor.ts";

class KernelGraphs {
  private readonly graphs = new Map<string, KernelGraph>();
  private readonly module: WebAssembly.Module;

  constructor(module: WebAssembly.Module) {
    this.module = module;
  }

  load(graph: string, plan: Uint8Array): void {
    this.graphs.set(graph, new KernelGraph(this.module, plan));
  }

  run(graph: string, feeds: Feeds): Outputs {
    const loaded = this.graphs.get(graph);
    if (!loaded) throw new Error(`no graph “${graph}” is loaded`);
    return loaded.run(feeds);
  }
}

serve(
  async (wasm) => new KernelGraphs(await WebAssembly.compile(wasm as BufferSource)),
  () => false,
);
