/**
 * Everything that a reader can make ONNX Runtime do with the book's graphs, done on a given wasm. Runs in a
 * thread of its own, as there is one ONNX Runtime to a thread.
 *
 * What a session does while it is made depends on the graph's bytes alone. What it does while it runs depends on
 * shapes and values, too: so each graph runs with many numbers of rows, with numbers as trained models meet them
 * and with those that a diverged run meets, and with inputs that don't fit.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { uniform } from "../engine/rng.ts";
import { Sessions } from "../engine/sessions.ts";
import { flagsOf } from "./wasm.mjs";

/** What a dimension without a size of its own may be: one, about the widths of vectors and of a kernel's blocks, many, none. */
const ROWS = [1, 2, 3, 4, 7, 8, 16, 33, 100, 257, 1000, 0];
/** A dimension of this name counts optimiser steps, which are the turns of a loop: the fourth calls what the hundredth does. */
const MOST = { k: 4 };
const ODD_ROWS = 3;
const ODD_VALUES = { nothing: 0, "no number": Number.NaN, infinity: Infinity, "minus infinity": -Infinity, huge: 1e30, tiny: 1e-40 };
const FAR = 2 ** 30; // an index beyond every array
const SEED = 1;

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array, int64: BigInt64Array };

/** Inputs of a graph whose open dimensions are `rows`; `value` takes the place of every fifth number. */
function feedsOf(inputs, rows, value = null, index = 1) {
  return Object.fromEntries(
    inputs.map(({ name, shape, dtype }) => {
      const dims = shape.map((dim) => (typeof dim === "number" ? dim : Math.min(rows, MOST[dim] ?? rows)));
      const size = dims.reduce((product, dim) => product * dim, 1);
      const Type = TYPES[dtype];
      if (dtype !== "float32") {
        const one = Type === BigInt64Array ? BigInt(index) : index;
        return [name, { dims, data: new Type(size).map((_, i) => (i % 2 ? one : one - one)) }];
      }
      const data = Float32Array.from(uniform(SEED, 0, size), (number, i) => (value !== null && i % 5 === 0 ? value : number));
      return [name, { dims, data }];
    }),
  );
}

/** Calls that no graph can serve, by what is wrong. */
function misfits(inputs) {
  const feeds = feedsOf(inputs, ODD_ROWS);
  const [[name, { dims, data }], ...rest] = Object.entries(feeds);
  const others = Object.fromEntries(rest);
  return {
    "an index too far": feedsOf(inputs, ODD_ROWS, null, FAR),
    "an input missing": others,
    "an unknown input": { ...feeds, unknown: { dims: [1], data: new Float32Array(1) } },
    "a dimension more": { ...others, [name]: { dims: [1, ...dims], data } },
    "another size": { ...others, [name]: { dims: [data.length + 1], data: new Float32Array(data.length + 1) } },
    "another type": { ...others, [name]: { dims, data: new BigInt64Array(data.length) } },
  };
}

/** Bytes that are no model, or none that ONNX Runtime knows, by what is wrong. */
function damaged(bytes) {
  const foreign = Buffer.from(bytes);
  for (const operator of ["Gemm", "MatMul", "Tanh", "Sigmoid", "Scan"]) {
    const at = foreign.indexOf(operator);
    if (at >= 0) foreign[at + operator.length - 1] = "?".charCodeAt(0);
  }
  return {
    empty: new Uint8Array(0),
    garbled: bytes.map(() => 42),
    "with an unknown operator": new Uint8Array(foreign),
    ...Object.fromEntries([1, 2, 3].map((part) => [`cut at ${part}/4`, bytes.slice(0, (part * bytes.length) >> 2)])),
  };
}

let instance = null;
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (...parts) => {
  const made = await instantiate(...parts);
  instance = made.instance ?? made;
  return made;
};
const ort = await import("onnxruntime-web/wasm"); // after the line above, so that it sees it

const { wasm, models } = workerData;
const sessions = new Sessions(ort, wasm);
const outcomes = []; // [what was done, hash of what came out]
const called = { starting: new Set(), running: new Set() };
let flags = null;

/** Notes which functions have been called since the last time. */
function note(phase) {
  flags ??= instance ? flagsOf(instance) : null;
  flags?.forEach((flag, index) => {
    if (flag.value === 0) return;
    called[phase].add(index);
    flag.value = 0;
  });
}

/** All bits, but for those of a NaN, which WebAssembly leaves open. */
function bytesOf(data) {
  const { buffer, byteOffset, byteLength } = data instanceof Float32Array ? data.map((x) => (Number.isNaN(x) ? Number.NaN : x)) : data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function attempt(what, work) {
  const hash = createHash("sha256");
  try {
    for (const [name, { dims, data }] of Object.entries((await work()) ?? {})) {
      hash.update(`${name} ${dims}:`).update(bytesOf(data));
    }
  } catch (error) {
    hash.update(String(error));
  }
  outcomes.push([what, hash.digest("hex")]);
}

async function exercise(name, inputs) {
  const run = (what, feeds) => attempt(`${name}, ${what}`, () => sessions.run("graph", feeds));
  for (const rows of ROWS) await run(`${rows} rows`, feedsOf(inputs, rows));
  for (const [what, value] of Object.entries(ODD_VALUES)) await run(what, feedsOf(inputs, ODD_ROWS, value));
  for (const [what, feeds] of Object.entries(misfits(inputs))) await run(what, feeds);
}

for (const { name: model, graphs } of models) {
  for (const { name, path, inputs } of graphs) {
    const bytes = new Uint8Array(await readFile(path));
    await attempt(`${model}/${name}`, () => sessions.load("graph", bytes));
    note("starting");
    await exercise(`${model}/${name}`, inputs);
    note("running");
  }
  const whole = new Uint8Array(await readFile(graphs[0].path));
  for (const [what, bytes] of Object.entries(damaged(whole))) {
    await attempt(`${model}/${graphs[0].name} ${what}`, () => sessions.load("damaged", bytes));
  }
  note("running");
}
parentPort.postMessage({ outcomes, starting: [...called.starting], running: [...called.running] });
