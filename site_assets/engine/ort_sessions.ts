/** ONNX Runtime sessions by name. Runs in the page's worker and, at build, in Node: the same code in both. */

import type { InferenceSession, Tensor as OrtTensor, TypedTensor } from "onnxruntime-common";
import type { Feeds, Outputs, TensorData } from "./tensor.ts";

/** The part of onnxruntime-web that is used. */
export interface Runtime {
  readonly env: {
    readonly wasm: { numThreads?: number; wasmBinary?: ArrayBufferLike | Uint8Array };
    logLevel?: string;
  };
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: "float32" | "int32" | "uint8" | "int64",
    data: never,
    dims: readonly number[],
  ) => OrtTensor;
}

function tensorType(data: TensorData): "float32" | "int32" | "uint8" | "int64" {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint8Array) return "uint8";
  return "int64";
}

/**
 * Whether this runtime will never run anything again: the wasm stopped in the middle of something, or it could
 * not be compiled, which happens with the first session and is not tried again.
 */
export function isFatal(error: unknown): boolean {
  return (
    error instanceof WebAssembly.RuntimeError ||
    (error instanceof Error && error.message.includes("no available backend"))
  );
}

export class Sessions {
  private readonly sessions = new Map<string, InferenceSession>();
  private readonly runtime: Runtime;

  constructor(runtime: Runtime, wasm: Uint8Array) {
    runtime.env.wasm.numThreads = 1; // GitHub Pages sends no COOP/COEP headers, so there are no threads
    runtime.env.wasm.wasmBinary = wasm;
    runtime.env.logLevel = "error";
    this.runtime = runtime;
  }

  /** Replaces a session of the same name. Throws when `bytes` are not an ONNX model. */
  async load(graph: string, bytes: Uint8Array): Promise<void> {
    const session = await this.runtime.InferenceSession.create(bytes, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
    });
    await this.sessions.get(graph)?.release();
    this.sessions.set(graph, session);
  }

  async run(graph: string, feeds: Feeds): Promise<Outputs> {
    const session = this.sessions.get(graph);
    if (!session) throw new Error(`no graph “${graph}” is loaded`);
    const inputs: Record<string, OrtTensor> = {};
    for (const [name, { dims, data }] of Object.entries(feeds)) {
      inputs[name] = new this.runtime.Tensor(tensorType(data), data as never, dims);
    }
    const results = await session.run(inputs);
    const outputs: Record<string, { dims: readonly number[]; data: TensorData }> = {};
    for (const [name, result] of Object.entries(results)) {
      const tensor = result as TypedTensor<"float32">;
      outputs[name] = { dims: tensor.dims, data: tensor.data as TensorData };
    }
    return outputs;
  }
}
