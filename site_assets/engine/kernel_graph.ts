/** One graph on the kernels: an instance of the module with its own memory, laid out as the plan says. */

import { at, parsePlan, placeWeights, type Linear, type Plan } from "./plan.ts";
import type { EncodedPort } from "./plan_header.ts";
import type { Feeds, Outputs, Tensor } from "./tensor.ts";

/** What engine/kernels/index.ts exports. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  readonly heap: WebAssembly.Global;
  run(start: number, end: number): void;
  loop(start: number, end: number, turns: number): void;
}

interface PlacedPort {
  readonly port: EncodedPort;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array;
}

const PAGE = 65536; // bytes; WebAssembly's unit of memory

function placed(port: EncodedPort, memory: ArrayBuffer, rows: number, steps: number): PlacedPort {
  const dims = port.dims.map((dim) => at(dim, rows, steps));
  const size = dims.reduce((product, dim) => product * dim, 1);
  const address = at(port.at, rows, steps);
  const data = port.dtype === "int32" ? new Int32Array(memory, address, size) : new Float32Array(memory, address, size);
  return { port, dims, data };
}

/** n and k of a call, from the sizes of what goes in. */
function openSizes(inputs: readonly EncodedPort[], feeds: Feeds): { rows: number; steps: number } {
  let rows = 1,
    steps = 1;
  for (const { name, dims } of inputs) {
    const given = feeds[name]?.dims ?? [];
    dims.forEach(([constant, perRow, perStep], axis) => {
      const size = given[axis] ?? 0;
      if (perRow > 0) rows = (size - constant) / perRow;
      else if (perStep > 0) steps = (size - constant) / perStep;
    });
  }
  return { rows, steps };
}

export class KernelGraph {
  readonly plan: Plan;
  private readonly kernels: Kernels;
  private rows = -1;
  private steps = -1;
  private inputs: readonly PlacedPort[] = [];
  private outputs: readonly PlacedPort[] = [];

  /** Throws when `bytes` are no plan, or one for other kernels. */
  constructor(module: WebAssembly.Module, bytes: Uint8Array) {
    this.plan = parsePlan(bytes);
    this.kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
    if (this.kernels.heap.value > this.plan.start)
      throw new Error("the kernels need the memory that the plan is laid out in");
    this.reserve([this.plan.temporaries[0], 0, 0], 0, 0);
    placeWeights(this.plan, this.kernels.memory.buffer);
  }

  /** About how many multiplications a call takes. */
  work(feeds: Feeds): number {
    const { rows, steps } = openSizes(this.plan.inputs, feeds);
    return at(this.plan.work, rows, steps) * (this.plan.loop ? steps : 1);
  }

  /** The memory that holds nothing between two runs, and its end; for tests, once the graph has run. */
  temporaries(): { readonly memory: ArrayBuffer; readonly from: number; readonly to: number } {
    const { rows, steps, plan } = this;
    return {
      memory: this.kernels.memory.buffer,
      from: at(plan.temporaries, rows, steps),
      to: at(plan.end, rows, steps),
    };
  }

  /** Throws where an input is missing, of another shape or type, or no index of anything. */
  run(feeds: Feeds): Outputs {
    const { rows, steps } = openSizes(this.plan.inputs, feeds);
    if (rows !== this.rows || steps !== this.steps) this.resize(rows, steps);
    for (const { port, dims, data } of this.inputs) {
      const tensor = feeds[port.name];
      if (!tensor) throw new Error(`the input “${port.name}” is missing`);
      const fits = tensor.dims.length === dims.length && dims.every((dim, axis) => dim === tensor.dims[axis]);
      if (!fits || tensor.data.length !== data.length || tensor.data.constructor !== data.constructor) {
        throw new Error(`the input “${port.name}” is not ${port.dtype} of shape [${dims.join(", ")}]`);
      }
      data.set(tensor.data as Float32Array);
    }
    const { start, code, loop } = this.plan;
    const end = start + 4 * code.length;
    if (loop) this.kernels.loop(start, end, steps);
    else this.kernels.run(start, end);
    const outputs: Record<string, Tensor> = {};
    for (const { port, dims, data } of this.outputs) outputs[port.name] = { dims, data: data.slice() };
    return outputs;
  }

  /** Writes the calls for a number of rows and steps. */
  private resize(rows: number, steps: number): void {
    const { plan } = this;
    if (!Number.isInteger(rows) || !Number.isInteger(steps) || rows < 0 || steps < 1) {
      throw new Error(`no ${rows} rows and ${steps} steps can be computed`);
    }
    this.rows = -1; // not before all of the following has gone well
    this.reserve(plan.end, rows, steps);
    const memory = this.kernels.memory.buffer;
    const code = new Int32Array(memory, plan.start, plan.code.length);
    code.set(plan.code);
    for (let i = 0; i < plan.patches.length; i += 3) {
      const [place, perRow, perStep] = plan.patches.slice(i, i + 3) as [number, number, number];
      code[place] = (code[place] as number) + perRow * rows + perStep * steps;
    }
    this.inputs = plan.inputs.map((port) => placed(port, memory, rows, steps));
    this.outputs = plan.outputs.map((port) => placed(port, memory, rows, steps));
    this.rows = rows;
    this.steps = steps;
  }

  /** Grows the memory to reach as far as `end`. */
  private reserve(end: Linear, rows: number, steps: number): void {
    const missing = at(end, rows, steps) - this.kernels.memory.buffer.byteLength;
    if (missing > 0) this.kernels.memory.grow(Math.ceil(missing / PAGE));
  }
}
