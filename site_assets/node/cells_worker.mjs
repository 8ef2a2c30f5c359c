/** The thread in which Pyodide runs a chapter's cells at build. */

import { parentPort, workerData } from "node:worker_threads";
import { loadPyodide } from "pyodide";
import { Interpreter } from "../cells/interpreter.ts";
import { continues, markup } from "../cells/markup.ts";

const parent = /** @type {import("node:worker_threads").MessagePort} */ (parentPort); // this runs in a thread
const { cells, packages, lock, cards, arrays } = workerData;

const waiting = new Map();
let asked = 0;
parent.on("message", ({ id, outputs, error }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error) reject(new Error(error));
  else resolve(outputs);
});

let events = [];

/** Lines printed one after the other are one piece of output. */
function tell(event) {
  const last = events.at(-1);
  if (continues(event, last)) {
    events[events.length - 1] = { ...last, text: last.text + event.text };
  } else events.push(event);
}

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

/** What a cell does, and the check's verdict on it. */
async function judged(code, name, check) {
  if (await interpreter.run(code, name, true)) await interpreter.check(check);
  return taken();
}

const done = [];
for (const { code, name, check, solution } of cells) {
  if (check) done.push({ start: await judged(code, name, check), solution: await judged(solution, name, check) });
  else {
    await interpreter.run(code, name);
    const told = taken();
    done.push({ events: told, markup: told.map(markup).join("") });
  }
}
parent.postMessage({ done });
