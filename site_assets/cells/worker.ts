/** Python's worker: Pyodide from the bytes that the page hands over, then cells as they are asked for. */

import "./module_worker.ts";
import { loadPyodide, type PyodideAPI } from "pyodide";
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { Interpreter, type Outside, type WireTensor } from "./interpreter.ts";
import type { Request, Response } from "./protocol.ts";

declare const self: {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Response): void;
  /** Stands in for `fetch` throughout this script: there is no network to ask. */
  bookFetch(request: string | URL | { readonly url: string }): Promise<globalThis.Response>;
};

const ADDRESS = "https://book.invalid/";
const WASM = "pyodide.asm.wasm";

/**
 * What is not so in Python's memory: its chance was every reader's until now, and Node, where the memory was read,
 * cannot halt WebAssembly while it waits, so that `time.sleep` has to wait as it does where no browser can.
 */
const RESTORED = `
import random
from pyodide import webloop
random.seed()
webloop.can_run_sync = lambda: False
`;

let interpreter: Interpreter | null = null;
const waiting = new Map<number, { resolve(outputs: readonly WireTensor[]): void; reject(error: Error): void }>();
let asked = 0;

function serve(files: Readonly<Record<string, Uint8Array>>): void {
  self.bookFetch = async (request) => {
    const address = String(typeof request === "object" && "url" in request ? request.url : request);
    const name = address.slice(address.lastIndexOf("/") + 1);
    const content = files[name];
    if (!content) throw new TypeError(`a cell has no network to ask for ${address}`);
    const type = name === WASM ? "application/wasm" : "application/octet-stream";
    return new globalThis.Response(content as BodyInit, { headers: { "Content-Type": type } });
  };
}

const outside = (arrays: Readonly<Record<string, Uint8Array>>): Outside => ({
  array: (key) => arrays[key] ?? null,
  run: (model, graph, feeds) =>
    new Promise((resolve, reject) => {
      waiting.set(++asked, { resolve, reject });
      self.postMessage({ op: "ask", id: asked, model, graph, feeds });
    }),
  tell: (event) => self.postMessage({ op: "event", event }),
});

/** From its memory if that is at hand; an option that Pyodide keeps private may fail, and then it starts as ever. */
async function load(lock: string, snapshot: Uint8Array | null): Promise<PyodideAPI> {
  const options = {
    createPyodideModule,
    indexURL: ADDRESS,
    packageBaseUrl: ADDRESS,
    lockFileContents: lock,
    stdout: () => undefined,
    stderr: () => undefined,
  };
  if (!snapshot) return loadPyodide(options);
  try {
    const python = await loadPyodide({ ...options, _loadSnapshot: snapshot });
    python.runPython(RESTORED);
    return python;
  } catch {
    return loadPyodide(options);
  }
}

async function start({ files, snapshot, lock, cards, arrays }: Extract<Request, { op: "start" }>): Promise<void> {
  serve(files);
  const python = await load(lock, snapshot);
  const { packages } = JSON.parse(lock) as { packages: Record<string, unknown> };
  interpreter = await Interpreter.create(python, Object.keys(packages), cards, outside(arrays));
  self.postMessage({ op: "ready", version: python.runPython("import sys; sys.version.split()[0]") as string });
}

async function run({ code, name, check }: Extract<Request, { op: "run" }>): Promise<void> {
  if (!interpreter) throw new Error("Python has not been started");
  const ok = await interpreter.run(code, name);
  if (ok && check !== null) await interpreter.check(check);
  self.postMessage({ op: "ended", ok });
}

self.onmessage = async ({ data }) => {
  try {
    if (data.op === "start") await start(data);
    else if (data.op === "run") await run(data);
    else {
      const call = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.op === "answer") call?.resolve(data.outputs);
      else call?.reject(new Error(data.error));
    }
  } catch (error) {
    self.postMessage({ op: "failed", error: error instanceof Error ? error.message : String(error) });
  }
};
