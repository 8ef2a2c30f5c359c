/** What a figure's `compute` sees of the trained models: arrays, metrics, and graphs that it can run. */

import type { Engine } from "../../engine/engine.ts";
import type { Call, CallOptions } from "../../engine/lane.ts";
import type { Feeds, Outputs } from "../../engine/tensor.ts";
import type { PageArray, PageCard } from "../base/card_fields.ts";
import { Memo } from "../base/memo.ts";

/** The page's engine, or what stands for it at build. */
export type GraphRunner = Pick<Engine, "load" | "run" | "runAll">;

export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int32Array;
}

export interface Model {
  readonly card: PageCard;
  /** A published array; it has been loaded before `compute` is called. */
  array(name: string): NumberArray;
  /** A metric's value; throws when the card has none of that name. */
  metric(name: string): number;
  run(graph: string, feeds: Feeds, options?: CallOptions): Promise<Outputs>;
  /** Calls of the model's graphs in a row, without a way back to the page between them. */
  runAll(calls: readonly Call[], options?: CallOptions): Promise<readonly Outputs[]>;
}

/**
 * The numbers of a published array that belong to one of its first axis; or, where axes are taken together, the `row`-th
 * `length` of them. They are the array's own, not a copy.
 */
export function rowOf(model: Model, name: string, row: number, length?: number): NumberArray["data"] {
  const { shape, data } = model.array(name);
  const size = length ?? data.length / (shape[0] as number);
  return data.subarray(row * size, (row + 1) * size);
}

export interface Models<Role extends string = string> {
  readonly model: Readonly<Record<Role, Model>>;
  /** `make()`'s result, kept under `key` until many others have been asked for. */
  memo<T>(key: string, make: () => Promise<T> | T): Promise<T>;
}

/** Where a model's bytes come from: asset scripts in the page, files at build. */
export interface ModelSource {
  readonly card: PageCard;
  /** Bytes of the graph or array called `name` in the card. */
  bytes(name: string): Promise<Uint8Array>;
  /** What gives the plan of the graph called `name`; null where the build made none. */
  plan(name: string): (() => Promise<Uint8Array>) | null;
}

function view(bytes: Uint8Array, { shape, dtype }: PageArray): NumberArray {
  const buffer = bytes.slice().buffer; // a copy starts at offset 0, as typed arrays of 4-byte numbers need
  const data =
    dtype === "float32"
      ? new Float32Array(buffer)
      : dtype === "int32"
        ? new Int32Array(buffer)
        : new Uint8Array(buffer);
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (data.length !== size) throw new Error(`an array of shape [${shape.join(", ")}] came with ${data.length} numbers`);
  return { shape, data };
}

class LoadedModel implements Model {
  readonly card: PageCard;
  private readonly arrays = new Map<string, NumberArray>();
  private readonly source: ModelSource;
  private readonly engine: () => Promise<GraphRunner>;

  constructor(source: ModelSource, engine: () => Promise<GraphRunner>) {
    this.card = source.card;
    this.source = source;
    this.engine = engine;
  }

  /** Loads the arrays that figure.toml names under `uses`; a graph, and the engine, only when it is first run. */
  async prepare(uses: readonly string[]): Promise<void> {
    await Promise.all(
      uses.map(async (name) => {
        const array = this.card.arrays[name];
        if (array) this.arrays.set(name, view(await this.source.bytes(name), array));
        else if (!this.card.graphs[name])
          throw new Error(`the model “${this.card.name}” has no graph or array “${name}”`);
      }),
    );
  }

  private async load(graph: string): Promise<GraphRunner> {
    const engine = await this.engine();
    await engine.load(`${this.card.name}/${graph}`, {
      plan: this.source.plan(graph),
      model: () => this.source.bytes(graph),
    });
    return engine;
  }

  array(name: string): NumberArray {
    const array = this.arrays.get(name);
    if (!array) throw new Error(`figure.toml does not list “${name}” among what it uses of “${this.card.name}”`);
    return array;
  }

  metric(name: string): number {
    const metric = this.card.metrics[name];
    if (!metric) throw new Error(`the model “${this.card.name}” has no metric “${name}”`);
    return metric.value;
  }

  async run(graph: string, feeds: Feeds, options: CallOptions = {}): Promise<Outputs> {
    const engine = await this.load(graph); // at the first run, and again if the worker had to be restarted
    return engine.run(`${this.card.name}/${graph}`, feeds, options);
  }

  async runAll(calls: readonly Call[], options: CallOptions = {}): Promise<readonly Outputs[]> {
    const graphs = [...new Set(calls.map(({ graph }) => graph))];
    const [engine] = await Promise.all(graphs.map((graph) => this.load(graph)));
    if (!engine) return [];
    const named = calls.map((call) => ({ ...call, graph: `${this.card.name}/${call.graph}` }));
    return engine.runAll(named, options);
  }
}

/** Everything that figure.toml asks for, loaded. */
export async function loadModels<Role extends string>(
  sources: Readonly<Record<Role, ModelSource>>,
  uses: Readonly<Record<Role, readonly string[]>>,
  engine: () => Promise<GraphRunner>,
): Promise<Models<Role>> {
  const loaded = {} as Record<Role, LoadedModel>;
  for (const role of Object.keys(sources) as Role[]) loaded[role] = new LoadedModel(sources[role], engine);
  await Promise.all((Object.keys(loaded) as Role[]).map((role) => loaded[role].prepare(uses[role])));
  const memory = new Memo();
  return { model: loaded, memo: (key, make) => memory.get(key, make) };
}
