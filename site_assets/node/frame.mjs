/** Static frames: the figure's own compute, view and describe, run at build in Node. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import esbuild from "esbuild";
import { figureCode, ORT_WASM, ROOT } from "./places.mjs";
import { inkImage } from "./png.mjs";

/** A figure bundled for Node together with what draws it, so that both share one copy of Preact. */
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

// By content: a figure that has changed is another module, one that hasn't is imported once.
const modules = new Map();

async function drawingOf(figure) {
  const code = await loadDrawing(figure);
  const hash = createHash("sha256").update(code).digest("hex");
  if (!modules.has(hash)) {
    modules.set(hash, import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`));
  }
  return modules.get(hash);
}

/** @type {Promise<{ load: (graph: any, source: any) => Promise<any>, run: (graph: any, feeds: any) => Promise<any> }> | null} */
let engine = null;

/** The same sessions as in the worker of ONNX Runtime, without the worker. */
export function nodeEngine(Sessions) {
  engine ??= (async () => {
    const ort = await import("onnxruntime-web/wasm");
    const sessions = new Sessions(ort, await readFile(ORT_WASM));
    const held = new Map(); // graph → hash of the bytes that its session was made from
    const load = async (graph, { model }) => {
      const content = await model();
      const hash = createHash("sha256").update(content).digest("hex");
      if (held.get(graph) === hash) return;
      await sessions.load(graph, content);
      held.set(graph, hash);
    };
    let last = Promise.resolve();
    const inTurn = (work) => (last = last.then(work, work));
    return {
      load: (graph, source) => inTurn(() => load(graph, source)),
      run: (graph, feeds) => inTurn(() => sessions.run(graph, feeds)),
    };
  })();
  return engine;
}

/** The card of a published model, and the bytes of its graphs and arrays. */
export async function modelSource(folder) {
  const card = JSON.parse(await readFile(join(folder, "card.json"), "utf8"));
  return {
    card,
    bytes: async (name) => new Uint8Array(await readFile(join(folder, (card.graphs[name] ?? card.arrays[name]).file))),
    plan: () => null, // ONNX Runtime draws the static frames: it is the reference, and starts once for all of them
  };
}

/** {markup, summary, table, graphs} of a figure in a state, which holds every key that figure.toml names; `graphs` are those that were run. */
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
      run: (graph, feeds) => {
        graphs.add(graph);
        return run(graph, feeds);
      },
    };
  };
  const frame = await draw({
    definition,
    id: id ?? `fig-${figure}`,
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
