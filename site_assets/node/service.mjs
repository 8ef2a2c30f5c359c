/**
 * The builder's Node side: one long-lived process, JSON lines on stdin and stdout.
 * Requests {id, method, params}; responses {id, result} or {id, error: {message}}, in any order.
 */

import { createInterface } from "node:readline";
import { bundle, bundlePaper } from "./bundle.mjs";
import { runCells } from "./cells.mjs";
import { drawFrame } from "./frame.mjs";
import { compileKernels } from "./kernels.mjs";
import { inputs } from "./inputs.mjs";
import { renderMath } from "./math.mjs";
import { runPlan } from "./plans.mjs";
import { takeSnapshot } from "./snapshot.mjs";

/**
 * The builder's own list, with the types of what goes in and out: builder/node/methods.py.
 *
 * @type {import("../generated/methods.d.ts").Methods}
 */
const methods = {
  bundle,
  cells: runCells,
  frame: drawFrame,
  inputs,
  math: renderMath,
  kernels: compileKernels,
  paper: bundlePaper,
  // The rasteriser is loaded by the builds that publish, and by no other; the validator by `book check`; the
  // bibliography's reader by builds that cite what they did not cite before.
  poster: async (params) => (await import("./poster.mjs")).drawPoster(params),
  references: async (params) => (await import("./bibliography.mjs")).readBibliography(params),
  runPlan,
  snapshot: takeSnapshot,
  validate: async (params) => (await import("./validate.mjs")).validateHtml(params),
};

// Libraries that print would break the protocol: stdout belongs to responses alone.
const respond = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

/** @param {string} line */
async function handle(line) {
  const { id, method, params } = JSON.parse(line);
  try {
    if (!Object.hasOwn(methods, method)) throw new Error(`no method “${method}”`);
    return { id, result: await methods[/** @type {keyof typeof methods} */ (method)](params) };
  } catch (error) {
    return { id, error: { message: error instanceof Error ? error.message : String(error) } };
  }
}

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
const pending = new Set();
lines.on("line", (line) => {
  if (line.trim() === "") return;
  const answer = handle(line).then((response) => {
    respond(`${JSON.stringify(response)}\n`);
    pending.delete(answer);
  });
  pending.add(answer);
});
// The builder went away: finish what it asked for, then go too.
lines.on("close", async () => {
  await Promise.all(pending);
  process.exit(0);
});
