/** Where things lie for what runs in Node. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder site_assets. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const IS_EXPERIMENT = /^kind *= *"experiment"/m; // in figure.toml

/**
 * The code of a figure, and what it is exported as: its own, or for an experiment the kit's.
 *
 * @param {string} name
 */
export function figureCode(name) {
  const folder = `figures/${name}`;
  const own = { path: `${folder}/figure.tsx`, named: "default" };
  if (existsSync(join(ROOT, own.path))) return own;
  const declared = readFileSync(join(ROOT, folder, "figure.toml"), "utf8");
  return IS_EXPERIMENT.test(declared) ? { path: "kit/index.ts", named: "experiment" } : own;
}

export const ORT_WASM = join(ROOT, "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");
