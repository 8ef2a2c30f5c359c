/**
 * The slim engine: ONNX Runtime's wasm with a trap in place of each function that the book's graphs don't need.
 *
 * What is kept: every function that was called while the graphs were loaded; every function that was called
 * while they ran, or while loading failed, and all that these call, and so on. (Loading well depends on the bytes
 * of the graph alone, so that what it calls is known; running depends on what the reader does.) A trap that a
 * reader meets all the same costs time, never a wrong number: the page repeats the call on the whole engine.
 */

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { ORT_WASM } from "./bundle.mjs";
import { readCalls, withFlags, withTraps } from "./wasm.mjs";

const EXERCISE = new URL("./exercise.mjs", import.meta.url);

/** What came out of each thing that the book can ask for, and which functions were called. */
function exercise(wasm, models) {
  return new Promise((resolve, reject) => {
    // Its streams are kept from the builder's: ONNX Runtime reports there each failure that is provoked.
    const worker = new Worker(EXERCISE, { workerData: { wasm, models }, stdout: true, stderr: true });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on("message", resolve);
    worker.on("error", reject);
    worker.on("exit", (status) => reject(new Error(`the engine's exercise ended with status ${status}`)));
  });
}

/** `functions` and all that they call, directly or not. */
function withCallees(functions, calls) {
  const found = new Set(functions);
  for (const index of found) for (const callee of calls[index]) found.add(callee);
  return found;
}

function requireSame(expected, found) {
  const place = expected.findIndex(([what, hash], i) => found[i]?.[0] !== what || found[i][1] !== hash);
  if (place >= 0) throw new Error(`the slim engine gives another result for ${expected[place][0]}`);
}

/**
 * The slim wasm as base64 of gzip, its size unpacked, and how many functions it keeps. Throws if anything that
 * it computes differs from the whole engine's result.
 */
export async function slim({ models }) {
  const wasm = new Uint8Array(await readFile(ORT_WASM));
  const [flagged, whole] = await Promise.all([exercise(withFlags(wasm), models), exercise(wasm, models)]);
  const calls = readCalls(wasm);
  const kept = new Set([...flagged.starting, ...withCallees(flagged.running, calls)]);
  const slimmed = withTraps(wasm, kept);
  requireSame(whole.outcomes, (await exercise(slimmed, models)).outcomes);
  return {
    encoded: gzipSync(slimmed, { level: 9 }).toString("base64"),
    bytes: slimmed.length,
    functions: calls.length,
    kept: kept.size,
    cases: whole.outcomes.length,
  };
}
