/** The page's engine: every graph in the lane that runs it, and in the other one if that lane fails. */

import type { Call, CallOptions, Lane } from "./lane.ts";
import { EngineError } from "./lane.ts";
import type { Feeds, Outputs } from "./tensor.ts";

/** Where the two forms of a graph come from; neither is asked for before its lane needs it. */
export interface GraphSource {
  /** The plan for the kernels; null where the planner knows none. */
  readonly plan: (() => Promise<Uint8Array>) | null;
  /** The ONNX model. */
  readonly model: () => Promise<Uint8Array>;
}

export type LaneName = "kernels" | "ort";

export class Engine {
  private readonly kernels: Lane | null;
  private readonly ort: Lane;
  private readonly sources = new Map<string, GraphSource>();
  private readonly failed = new Set<string>(); // graphs that the kernels could not run

  /** Without kernels, ONNX Runtime runs everything. */
  constructor(kernels: Lane | null, ort: Lane) {
    this.kernels = kernels;
    this.ort = ort;
  }

  /** Which lane runs a graph that was loaded. */
  laneOf(graph: string): LaneName {
    return this.kernels && this.sources.get(graph)?.plan && !this.failed.has(graph) ? "kernels" : "ort";
  }

  /** Makes `graph` ready to run. Cheap when it is. */
  async load(graph: string, source: GraphSource): Promise<void> {
    this.sources.set(graph, source);
    if (this.kernels && source.plan && !this.failed.has(graph)) {
      try {
        return await this.kernels.load(graph, source.plan);
      } catch {
        this.failed.add(graph);
      }
    }
    await this.ort.load(graph, source.model);
  }

  /** A call that the kernels fail is repeated on ONNX Runtime, which then keeps the graph. */
  async run(graph: string, feeds: Feeds, options: CallOptions = {}): Promise<Outputs> {
    const source = this.sources.get(graph);
    if (!source) throw new EngineError(`no graph “${graph}” is loaded`);
    if (this.kernels && this.laneOf(graph) === "kernels") {
      try {
        return await this.kernels.run(graph, feeds, options);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        this.failed.add(graph);
      }
    }
    await this.ort.load(graph, source.model);
    return this.ort.run(graph, feeds, options);
  }

  /**
   * Calls in a row, all of them in the same lane; if the kernels fail one, the whole row is made anew. Rejects if it went
   * on from a row that the kernels had kept: asked for again from where that row ended, it runs on ONNX Runtime.
   */
  async runAll(calls: readonly Call[], options: CallOptions = {}): Promise<readonly Outputs[]> {
    const graphs = new Set(calls.map(({ graph }) => graph));
    if (this.kernels && [...graphs].every((graph) => this.laneOf(graph) === "kernels")) {
      try {
        return await this.kernels.runAll(calls, options);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        for (const graph of graphs) this.failed.add(graph);
        if (calls.some(({ of }) => of !== undefined)) throw error; // the row that it goes on from is lost with the lane
      }
    }
    for (const graph of graphs) {
      const source = this.sources.get(graph);
      if (!source) throw new EngineError(`no graph “${graph}” is loaded`);
      await this.ort.load(graph, source.model);
    }
    return this.ort.runAll(calls, options);
  }
}
