/** Where things lie for what runs in Node. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder site_assets. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const ORT_WASM = join(ROOT, "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");
