/** The page's one engine: its script and its wasm are asked for when the first graph is to be loaded. */

import { Engine, type Edition, type Spawned } from "../../engine/engine.ts";
import { WatchedPort } from "../../engine/watched_port.ts";
import { loadAsset } from "../base/asset.ts";
import { bookData } from "../base/book_data.ts";
import { AssetError, loadScript } from "../base/script.ts";

let workerSource: (() => void) | null = null;

/** Called by the engine's script: a function whose source text is the worker. */
export function registerEngine(source: () => void): void {
  workerSource = source;
}

let engine: Promise<Engine> | null = null;

async function spawn(edition: Edition): Promise<Spawned> {
  const where = bookData().engine;
  const asset = edition === "slim" && where.slim ? where.slim : where.wasm;
  const [wasm] = await Promise.all([loadAsset(asset), workerSource ? undefined : loadScript(where.script)]);
  if (!workerSource) throw new AssetError(`the file ${where.script} is damaged`);
  // A classic worker from a blob: the only kind that starts from file:// in every browser.
  const url = URL.createObjectURL(new Blob([`(${workerSource.toString()})()`], { type: "text/javascript" }));
  const port = new WatchedPort(new Worker(url));
  URL.revokeObjectURL(url);
  return { port, wasm };
}

export function theEngine(): Promise<Engine> {
  engine ??= Promise.resolve(new Engine(spawn, bookData().engine.slim ? "slim" : "whole"));
  return engine;
}
