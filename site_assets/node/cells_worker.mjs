/** The thread in which Pyodide runs a chapter's cells at build. */

import { parentPort, workerData } from "node:worker_threads";
import { loadPyodide } from "pyodide";
import { Interpreter } from "../cells/interpreter.ts";
import { continues, markup } from "../cells/markup.ts";

/** @import { CellEvent } from "../cells/cell_event.ts" */
/** @import { Outside } from "../cells/interpreter.ts" */

const parent = /** @type {import("node:worker_threads").MessagePort} */ (parentPort); // this runs in a thread
const { cells, packages, lock, cards, arrays } = workerData;

/** @type {Map<number, { resolve: (outputs: any) => void, reject: (error: Error) => void }>} */
const waiting = new Map();
let asked = 0;
parent.on("message", ({ id, outputs, error }) => {
  const call = waiting.get(id);
  waiting.delete(id);
  if (error) call?.reject(new Error(error));
  else call?.resolve(outputs);
});

/** @type {CellEvent[]} */
let events = [];

/**
 * Lines printed one after the other are one piece of output.
 *
 * @param {CellEvent} event
 */
function tell(event) {
  const last = events.at(-1);
  if (last && continues(event, last)) {
    events[events.length - 1] = { ...last, text: last.text + event.text };
  } else events.push(event);
}

/** @type {Outside} */
const outside = {
  array: (key) => arrays[key] ?? null,
  run: (model, graph, feeds) =>
    new Promise((resolve, reject) => {
      waiting.set(++asked, { resolve, reject });
      parent.postMessage({ id: asked, model, graph, feeds });
    }),
  tell,
};

function taken() {
  const told = events;
  events = [];
  return told;
}

const python = await loadPyodide({
  lockFileContents: lock,
  packageBaseUrl: `${packages}/`,
  packageCacheDir: `${packages}/`,
  stdout: () => undefined,
  stderr: () => undefined,
});
const interpreter = await Interpreter.create(python, Object.keys(JSON.parse(lock).packages), cards, outside);

/**
 * What a cell does, and the check's verdict on it.
 *
 * @param {string} code
 * @param {string} name
 * @param {string} check
 */
async function judged(code, name, check) {
  if (await interpreter.run(code, name, true)) await interpreter.check(check);
  return taken();
}

const done = [];
for (const { code, name, check, solution } of cells) {
  parent.postMessage({ begun: name });
  if (check) done.push({ start: await judged(code, name, check), solution: await judged(solution, name, check) });
  else {
    await interpreter.run(code, name);
    const told = taken();
    done.push({ events: told, markup: told.map(markup).join("") });
  }
}
parent.postMessage({ done });
