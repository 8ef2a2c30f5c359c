/** Plans, run in Node as pages run them, for the builder to compare with native ONNX Runtime. */

import { readFile, writeFile } from "node:fs/promises";
import { KernelGraph } from "../engine/kernel_graph.ts";

/** @import { Feeds, Outputs, Tensor } from "../engine/tensor.ts" */
/** @import { Methods } from "../generated/methods.d.ts" */

const ARRAYS = { float32: Float32Array, int32: Int32Array };
const GUARD = 0x5a; // a byte that no result is made of by accident all over

/** @type {Map<string, WebAssembly.Module>} */
const modules = new Map(); // path → compiled kernels

/** @param {string} path */
async function moduleAt(path) {
  const made = modules.get(path) ?? new WebAssembly.Module(await readFile(path));
  modules.set(path, made);
  return made;
}

/**
 * @param {ArrayBufferView} a
 * @param {ArrayBufferView} b
 */
function sameBytes(a, b) {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

/**
 * Throws if the outputs depend on what temporaries held before, or if the run writes where it must not.
 *
 * @param {KernelGraph} graph
 * @param {Feeds} feeds
 * @param {Outputs} expected
 */
function requireClean(graph, feeds, expected) {
  const { memory, from, to } = graph.temporaries();
  const fixed = new Uint8Array(
    memory,
    0,
    Math.min(...[...graph.plan.inputs, ...graph.plan.outputs].map(({ at }) => at[0])),
  );
  const before = fixed.slice();
  const beyond = new Uint8Array(memory, to);
  new Float32Array(memory, from, (to - from) / 4).fill(Number.NaN);
  beyond.fill(GUARD);
  const again = graph.run(feeds);
  for (const [name, { data }] of Object.entries(expected)) {
    if (!sameBytes(data, /** @type {Tensor} */ (again[name]).data))
      throw new Error(`the output “${name}” depends on what memory held before`);
  }
  if (beyond.some((byte) => byte !== GUARD)) throw new Error("the plan writes beyond its end");
  if (!sameBytes(before, fixed)) throw new Error("the plan writes over its own calls or weights");
}

/**
 * Runs a plan for each case: {inputs: name → {dims, dtype, offset in the file `data`}, carry: input → output of the
 * last case, clean: whether to look at what else the run does}. Writes all outputs behind each other to `out` and
 * tells what they are: name → {dims, dtype, offset}, case by case.
 *
 * @type {Methods["runPlan"]}
 */
export async function runPlan({ kernels, plan, cases, data, out }) {
  const graph = new KernelGraph(await moduleAt(kernels), new Uint8Array(await readFile(plan)));
  const bytes = new Uint8Array(await readFile(data));
  const parts = [],
    described = [];
  let offset = 0;
  /** @type {Outputs} */
  let last = {};
  for (const { inputs, carry, clean } of cases) {
    /** @type {Record<string, Tensor>} */
    const feeds = {};
    for (const [name, { dims, dtype, offset: start }] of Object.entries(inputs)) {
      const size = dims.reduce((product, dim) => product * dim, 1);
      feeds[name] = { dims, data: new ARRAYS[dtype](bytes.buffer, bytes.byteOffset + start, size) };
    }
    for (const [input, output] of Object.entries(carry)) feeds[input] = /** @type {Tensor} */ (last[output]);
    last = graph.run(feeds);
    if (clean) requireClean(graph, feeds, last);
    /** @type {Record<string, import("../generated/methods.d.ts").PlanOutput>} */
    const outputs = {};
    for (const [name, { dims, data: values }] of Object.entries(last)) {
      outputs[name] = { dims, dtype: values instanceof Int32Array ? "int32" : "float32", offset };
      parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
      offset += values.byteLength;
    }
    described.push(outputs);
  }
  await writeFile(out, Buffer.concat(parts));
  return described;
}
