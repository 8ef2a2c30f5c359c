/** The page's one Python: loaded when a cell is first run, gone when a cell is stopped. */

import type { AssetReference, CellsData, SizedAsset } from "../kit/base/page_data.ts";
import type { Book } from "../kit/page/book.ts";
import { float32 } from "../engine/tensor.ts";
import type { assetSource } from "../kit/figure/model_assets.ts";
import type { loadModels, Models } from "../kit/figure/models.ts";
import { AssetError, loadScript } from "../kit/base/script.ts";
import type { CellEvent } from "./cell_event.ts";
import type { WireTensor } from "./interpreter.ts";
import type { Request, Response } from "./protocol.ts";

/** The parts of kit.js that cells use; see kit/kit.ts. */
interface Kit {
  readonly loadKit: () => Promise<void>;
  readonly loadAsset: (reference: AssetReference) => Promise<Uint8Array>;
  readonly loadModels: typeof loadModels;
  readonly assetSource: typeof assetSource;
  readonly theEngine: Parameters<typeof loadModels>[2];
  python?: (source: () => void) => void;
}

export const book = (globalThis as unknown as { book: Book & Kit }).book;

export interface Progress {
  readonly loaded: number;
  readonly total: number;
}

interface Run {
  readonly tell: (event: CellEvent) => void;
  readonly resolve: (outcome: "ok" | "raised" | "stopped") => void;
  readonly reject: (error: Error) => void;
}

let workerSource: (() => void) | null = null;
book.python = (source) => {
  workerSource = source;
};

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export class Python {
  version = "";
  private readonly data: CellsData;
  private worker: Promise<Worker> | null = null;
  private latest: Worker | null = null;
  private current: Run | null = null;
  private models: Promise<Models> | null = null;

  constructor(data: CellsData) {
    this.data = data;
  }

  /** Loads Python unless it is there; rejects with words fit for a reader, and the next call tries again. */
  start(progress: (progress: Progress) => void): Promise<Worker> {
    this.worker ??= this.spawn(progress);
    this.worker.catch(() => {
      this.worker = null;
    });
    return this.worker;
  }

  /** Runs a cell in the started worker; a cell that is stopped ends as such. */
  run(
    worker: Worker,
    code: string,
    name: string,
    check: string | null,
    tell: Run["tell"],
  ): Promise<"ok" | "raised" | "stopped"> {
    return new Promise((resolve, reject) => {
      this.current = { tell, resolve, reject };
      this.send(worker, { op: "run", code, name, check });
    });
  }

  /** Ends the worker, whatever it does, and all that cells have defined. */
  stop(): void {
    this.latest?.terminate();
    this.latest = this.worker = null;
    this.end("stopped");
  }

  private end(outcome: "ok" | "raised" | "stopped"): void {
    const { current } = this;
    this.current = null;
    current?.resolve(outcome);
  }

  /** All that the first run loads: the worker's script, and the files that it starts from. */
  private async files(progress: (progress: Progress) => void): Promise<Record<string, Uint8Array>> {
    const total = this.data.size;
    let loaded = 0;
    let failed = false; // files that arrive after a failure are not counted
    const arrived = (size: number): void => {
      loaded += size;
      if (!failed) progress({ loaded, total });
    };
    const load = async (part: SizedAsset): Promise<Uint8Array> => {
      const bytes = await book.loadAsset(part);
      arrived(part.size);
      return bytes;
    };
    const parts = Object.values(this.data.files)
      .flat()
      .reduce((sum, { size }) => sum + size, 0);
    const script = workerSource ? Promise.resolve() : loadScript(this.data.script);
    const entries = Object.entries(this.data.files).map(
      async ([name, parts]) => [name, join(await Promise.all(parts.map(load)))] as const,
    );
    try {
      await Promise.all([script.then(() => arrived(total - parts)), ...entries]);
      return Object.fromEntries(await Promise.all(entries));
    } catch (error) {
      failed = true;
      throw error;
    }
  }

  /** Python's memory after its start: more bytes than its files have, so only where these are at hand. */
  private async snapshot(): Promise<Uint8Array | null> {
    if (location.protocol !== "file:" || this.data.snapshot.length === 0) return null;
    try {
      return join(await Promise.all(this.data.snapshot.map((part) => book.loadAsset(part))));
    } catch {
      return null; // it is missing or damaged, and Python starts without it
    }
  }

  /** Models with their arrays loaded; graphs and the engine come when they are first run. */
  private loadModels(): Promise<Models> {
    const sources = Object.fromEntries(
      Object.entries(this.data.models).map(([name, { card, assets }]) => [name, book.assetSource(card, assets)]),
    );
    const uses = Object.fromEntries(
      Object.entries(this.data.models).map(([name, { assets }]) => [name, Object.keys(assets)]),
    );
    return book.loadModels(sources, uses, book.theEngine);
  }

  private async arrays(): Promise<Record<string, Uint8Array>> {
    const wanted = Object.entries(this.data.models).flatMap(([name, { card, assets }]) =>
      Object.keys(card.arrays).map((part) => [`${name}/${part}`, assets[part] as AssetReference] as const),
    );
    return Object.fromEntries(
      await Promise.all(wanted.map(async ([key, asset]) => [key, await book.loadAsset(asset)] as const)),
    );
  }

  private async spawn(progress: (progress: Progress) => void): Promise<Worker> {
    progress({ loaded: 0, total: this.data.size });
    await book.loadKit();
    const [files, snapshot, arrays] = await Promise.all([this.files(progress), this.snapshot(), this.arrays()]);
    if (!workerSource) throw new AssetError(`the file ${this.data.script} is damaged`);
    // A classic worker from a blob: the only kind that starts from file:// in every browser.
    const url = URL.createObjectURL(new Blob([`(${workerSource.toString()})()`], { type: "text/javascript" }));
    const worker = new Worker(url);
    URL.revokeObjectURL(url);
    this.latest = worker;
    const cards = JSON.stringify(
      Object.fromEntries(Object.entries(this.data.models).map(([name, { card }]) => [name, card])),
    );
    await new Promise<void>((resolve, reject) => {
      this.current = {
        tell: () => undefined,
        resolve: (outcome) => (outcome === "stopped" ? reject(new Stopped()) : resolve()),
        reject,
      };
      worker.onmessage = ({ data }: MessageEvent<Response>) => this.receive(worker, data);
      worker.onerror = (event) => this.fail(new Error(event.message || "Python’s worker could not start"));
      const joined = [...Object.values(files), ...(snapshot ? [snapshot] : [])]; // for this worker; arrays are the page's
      this.send(
        worker,
        { op: "start", files, snapshot, lock: this.data.lock, cards, arrays },
        joined.map(({ buffer }) => buffer as ArrayBuffer),
      );
    });
    return worker;
  }

  private send(worker: Worker, request: Request, handedOver: ArrayBuffer[] = []): void {
    worker.postMessage(request, handedOver);
  }

  private fail(error: Error): void {
    const { current } = this;
    this.current = null;
    this.stop();
    current?.reject(error);
  }

  private receive(worker: Worker, response: Response): void {
    if (worker !== this.latest) return;
    switch (response.op) {
      case "ready":
        this.version = response.version;
        return this.end("ok");
      case "event":
        return this.current?.tell(response.event);
      case "ended":
        return this.end(response.ok ? "ok" : "raised");
      case "failed":
        return this.fail(new Error(response.error));
      case "ask":
        void this.answer(worker, response);
    }
  }

  /** Runs a graph in the page's engine, the one that the figures share. */
  private async answer(worker: Worker, { id, model, graph, feeds }: Extract<Response, { op: "ask" }>): Promise<void> {
    try {
      this.models ??= this.loadModels();
      this.models.catch(() => {
        this.models = null;
      });
      const { model: loaded } = await this.models;
      const tensors = feeds.map(
        ([name, dims, bytes]) => [name, float32(dims, new Float32Array(bytes.slice().buffer))] as const,
      );
      const outputs = await (loaded[model] as Models["model"][string]).run(graph, Object.fromEntries(tensors), {
        priority: "background",
      });
      const wire = Object.entries(outputs).map(([name, { dims, data }]): WireTensor => [
        name,
        dims,
        new Uint8Array(data.slice().buffer),
      ]);
      this.send(worker, { op: "answer", id, outputs: wire });
    } catch (error) {
      this.send(worker, { op: "refuse", id, error: (error as Error).message });
    }
  }
}

/** The reader stopped Python while it was starting. */
export class Stopped extends Error {
  override name = "Stopped";
}
