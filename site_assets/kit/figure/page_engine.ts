/** The page's one engine. What a lane needs is asked for when the first graph is to be loaded there. */

import { Engine } from "../../engine/engine.ts";
import { KernelLane } from "../../engine/kernel_lane.ts";
import { WatchedPort } from "../../engine/watched_port.ts";
import { WorkerLane, type Spawned } from "../../engine/worker_lane.ts";
import { ortWanted } from "../base/address.ts";
import { loadAsset } from "../base/asset.ts";
import { bookData } from "../base/book_data.ts";
import { knowsRelaxedSimd } from "../base/instructions.ts";
import type { AssetReference } from "../base/page_data.ts";
import { AssetError, loadScript } from "../base/script.ts";

const workers = new Map<string, () => void>();

/** Called by a worker's script: a function whose source text is the worker. */
export function registerWorker(name: string, source: () => void): void {
  workers.set(name, source);
}

async function spawn(name: string, script: string, asset: AssetReference): Promise<Spawned> {
  const [wasm] = await Promise.all([loadAsset(asset), workers.has(name) ? undefined : loadScript(script)]);
  const source = workers.get(name);
  if (!source) throw new AssetError(`the file ${script} is damaged`);
  // A classic worker from a blob: the only kind that starts from file:// in every browser.
  const url = URL.createObjectURL(new Blob([`(${source.toString()})()`], { type: "text/javascript" }));
  const port = new WatchedPort(new Worker(url));
  URL.revokeObjectURL(url);
  return { port, wasm };
}

function kernelLane(): KernelLane | null {
  const { kernels } = bookData().engine;
  if (!kernels || ortWanted()) return null;
  const asset = knowsRelaxedSimd() ? kernels.fused : kernels.plain;
  let module: Promise<WebAssembly.Module> | null = null;
  const compiled = (): Promise<WebAssembly.Module> => {
    module ??= loadAsset(asset).then((wasm) => WebAssembly.compile(wasm as BufferSource));
    module.catch(() => (module = null)); // so that the next graph tries again
    return module;
  };
  return new KernelLane(compiled, new WorkerLane(() => spawn("kernels", kernels.script, asset)));
}

let engine: Engine | null = null;

export function theEngine(): Promise<Engine> {
  const { ort } = bookData().engine;
  engine ??= new Engine(kernelLane(), new WorkerLane(() => spawn("ort", ort.script, ort.wasm)));
  return Promise.resolve(engine);
}
