/** Static frames: the figure's own compute, view and describe, run at build in Node. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import esbuild from "esbuild";
import { figureCode, ORT_WASM, ROOT } from "./places.mjs";
import { inkImage } from "./png.mjs";

/** @import { Feeds, Outputs } from "../engine/tensor.ts" */
/** @import { Methods } from "../generated/methods.d.ts" */
/** @typedef {typeof import("./draw.tsx") & { figure: import("../kit/figure/figure.ts").AnyFigure }} Drawing */
/** @typedef {import("./draw.tsx").Drawing["sources"][string]} Source */
/** @typedef {{ model: () => Promise<Uint8Array> }} Graph */
/** @typedef {{ load: (graph: string, source: Graph) => Promise<void>, run: (graph: string, feeds: Feeds) => Promise<Outputs> }} NodeEngine */

/**
 * A figure bundled for Node together with what draws it, so that both share one copy of Preact.
 *
 * @param {string} figure
 */
async function loadDrawing(figure) {
  const { path, named } = figureCode(figure);
  const result = await esbuild.build({
    stdin: {
      contents: `export { ${named} as figure } from "./${path}";\nexport { draw, Sessions } from "./node/draw.tsx";`,
      resolveDir: ROOT,
      loader: "tsx",
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["import"],
    target: "node22",
    jsx: "automatic",
    jsxImportSource: "preact",
    absWorkingDir: ROOT,
    logLevel: "silent",
  });
  const [written] = /** @type {[import("esbuild").OutputFile]} */ (result.outputFiles);
  return written.text;
}

/**
 * By content: a figure that has changed is another module, one that hasn't is imported once.
 *
 * @type {Map<string, Promise<Drawing>>}
 */
const modules = new Map();

/** @param {string} figure */
async function drawingOf(figure) {
  const code = await loadDrawing(figure);
  const hash = createHash("sha256").update(code).digest("hex");
  const module = modules.get(hash) ?? import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  modules.set(hash, module);
  return module;
}

/** @type {Promise<NodeEngine> | null} */
let engine = null;

/**
 * The same sessions as in the worker of ONNX Runtime, without the worker.
 *
 * @param {typeof import("../engine/ort_sessions.ts").Sessions} Sessions
 */
export function nodeEngine(Sessions) {
  engine ??= (async () => {
    const ort = await import("onnxruntime-web/wasm");
    const sessions = new Sessions(ort, await readFile(ORT_WASM));
    const held = new Map(); // graph → hash of the bytes that its session was made from
    /** @type {NodeEngine["load"]} */
    const load = async (graph, { model }) => {
      const content = await model();
      const hash = createHash("sha256").update(content).digest("hex");
      if (held.get(graph) === hash) return;
      await sessions.load(graph, content);
      held.set(graph, hash);
    };
    /** @type {Promise<unknown>} */
    let last = Promise.resolve();
    /**
     * @template T
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    const inTurn = (work) => {
      const done = last.then(work, work);
      last = done;
      return done;
    };
    return {
      load: (graph, source) => inTurn(() => load(graph, source)),
      run: (graph, feeds) => inTurn(() => sessions.run(graph, feeds)),
    };
  })();
  return engine;
}

/**
 * The card of a published model, and the bytes of its graphs and arrays.
 *
 * @param {string} folder
 * @returns {Promise<Source>}
 */
export async function modelSource(folder) {
  /** @type {Source["card"]} */
  const card = JSON.parse(await readFile(join(folder, "card.json"), "utf8"));
  /** @param {string} name */
  const file = (name) => {
    const part = card.graphs[name] ?? card.arrays[name];
    if (!part) throw new Error(`the model “${card.name}” has no graph or array “${name}”`);
    return join(folder, part.file);
  };
  return {
    card,
    bytes: async (name) => new Uint8Array(await readFile(file(name))),
    plan: () => null, // ONNX Runtime draws the static frames: it is the reference, and starts once for all of them
  };
}

/**
 * {markup, summary, table, graphs} of a figure in a state, which holds every key that figure.toml names; `graphs` are
 * those that were run.
 *
 * @type {Methods["frame"]}
 */
export async function drawFrame({ figure, spec, state, options, models, id }) {
  const { figure: definition, draw, Sessions } = await drawingOf(figure);
  const sources = Object.fromEntries(
    await Promise.all(Object.entries(models).map(async ([role, folder]) => [role, await modelSource(folder)])),
  );
  const uses = Object.fromEntries(Object.keys(models).map((role) => [role, spec.models[role].uses]));
  const graphs = new Set();
  const noting = async () => {
    const { load, run } = await nodeEngine(Sessions);
    return {
      load,
      /** @type {NodeEngine["run"]} */
      run: (graph, feeds) => {
        graphs.add(graph);
        return run(graph, feeds);
      },
    };
  };
  const frame = await draw({
    definition,
    id: id ?? `fig-${figure}`,
    spec,
    state: { ...options, ...state },
    sources,
    uses,
    engine: noting,
    encodeImage: inkImage,
  });
  const style = / style="[^"]*"/.exec(frame.markup);
  if (style) throw new Error(`the view writes${style[0]}, which the page's security policy forbids: use a class`);
  return { ...frame, graphs: [...graphs].sort() };
}
