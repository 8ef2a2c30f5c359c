/** A model that was trained in the page: its weights for PyTorch, its graphs for ONNX, and the class that they belong to. */

import { fromBase64 } from "../kit/base/asset.ts";
import type { Trained } from "../kit/figure/taking.ts";
import type { File } from "./download.ts";
import { withConstant } from "./onnx.ts";
import type { TakenProgram } from "./program.ts";
import { safetensors, type Tensor } from "./safetensors.ts";

const WEIGHTS = "WEIGHTS"; // in a program, for the name of the file of weights

export interface ModelFiles {
  readonly files: readonly File[];
  /** Python that loads them. */
  readonly code: string;
}

const BYTES = "application/octet-stream";

export async function modelFiles({ model, training, program }: Trained, name: string): Promise<ModelFiles> {
  const { card, params, seed, step } = training;
  let at = 0;
  const tensors = card.parameters.map(({ name: tensor, shape }): Tensor => {
    const size = shape.reduce((product, side) => product * side, 1);
    const data = params.subarray(at, at + size);
    at += size;
    return { name: tensor, shape, data };
  });
  const base = `${name}-seed-${seed}-step-${step}`;
  const weights = `${base}.safetensors`;
  const metadata = { format: "pt", model };
  const told = JSON.parse(new TextDecoder().decode(await program())) as TakenProgram;
  const graphs = Object.entries(told.graphs).map(([graph, onnx]): File => {
    const content = withConstant(fromBase64(onnx), "params", params);
    return { name: `${base}-${graph}.onnx`, type: BYTES, content };
  });
  return {
    files: [
      { name: weights, type: BYTES, content: safetensors(tensors, metadata) },
      ...graphs,
      { name: told.file, type: "text/x-python", content: told.source },
    ],
    code: told.program.replace(WEIGHTS, weights).trimEnd(),
  };
}
