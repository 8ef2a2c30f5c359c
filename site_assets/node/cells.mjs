/** A chapter's cells, run at build in the Pyodide that readers get, in a thread that can be stopped. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { Sessions } from "../engine/ort_sessions.ts";
import { modelSource, nodeEngine } from "./frame.mjs";

/** @import { WireTensor } from "../cells/interpreter.ts" */
/** @typedef {Readonly<Record<string, string>>} Folders By model. */
/** @typedef {import("../generated/methods.d.ts").RanCell | import("../generated/methods.d.ts").RanExercise} Done */

/** Seconds for Python's start, which is no cell's fault: many chapters may start it at once. */
const LONGEST_START = 300;

/**
 * Runs a graph on float32 bytes, as the page does with its engine.
 *
 * @param {Folders} folders
 * @param {{ model: string, graph: string, feeds: readonly WireTensor[] }} call
 */
async function runGraph(folders, { model, graph, feeds }) {
  const engine = await nodeEngine(Sessions);
  const key = `${model}/${graph}`;
  const source = await modelSource(/** @type {string} */ (folders[model]));
  await engine.load(key, { model: () => source.bytes(graph) });
  const tensors = feeds.map(
    ([name, dims, bytes]) => /** @type {const} */ ([name, { dims, data: new Float32Array(bytes.slice().buffer) }]),
  );
  const outputs = await engine.run(key, Object.fromEntries(tensors));
  return Object.entries(outputs).map(([name, { dims, data }]) => [name, dims, new Uint8Array(data.slice().buffer)]);
}

/**
 * @param {Folders} folders
 * @param {readonly string[]} arrays
 */
async function readArrays(folders, arrays) {
  /** @param {string} key */
  const read = async (key) => {
    const [model, name] = /** @type {[string, string]} */ (key.split("/"));
    const { bytes } = await modelSource(/** @type {string} */ (folders[model]));
    return [key, await bytes(name)];
  };
  return Object.fromEntries(await Promise.all(arrays.map(read)));
}

/**
 * `cells`: {code, name, check?, solution?} in order; `packages`: a folder with `pyodide-lock.json` and wheels.
 * The events of each cell; for an exercise those of its start and its solution, each with the check's verdict.
 * A cell that runs longer than `seconds` ends all of them: “NAME still ran after …”.
 *
 * @type {import("../generated/methods.d.ts").Methods["cells"]}
 */
export async function runCells({ cells, packages, models, cards, arrays, seconds }) {
  const lock = await readFile(join(packages, "pyodide-lock.json"), "utf8");
  const bytes = await readArrays(models, arrays);
  const worker = new Worker(new URL("./cells_worker.mjs", import.meta.url), {
    workerData: { cells, packages, lock, cards: JSON.stringify(cards), arrays: bytes },
  });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      /**
       * @param {string} name
       * @param {number} longest
       */
      const begin = (name, longest) => {
        clearTimeout(timer);
        timer = setTimeout(() => reject(new Error(`${name} still ran after ${longest} seconds`)), 1000 * longest);
      };
      begin("Python's start", LONGEST_START);
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("Python ended before the cells did")));
      worker.on("message", async (message) => {
        if (message.done) return resolve(message.done);
        if (message.begun) return begin(message.begun, seconds);
        try {
          worker.postMessage({ id: message.id, outputs: await runGraph(models, message) });
        } catch (error) {
          worker.postMessage({ id: message.id, error: error instanceof Error ? error.message : String(error) });
        }
      });
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
