/** The one shape in which numbers travel between figures, engine and worker. */

export type TensorData = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** `data` in C order; `dims` multiply to `data.length`. */
export interface Tensor<D extends TensorData = TensorData> {
  readonly dims: readonly number[];
  readonly data: D;
  /** Given again and again, and never changed: a worker may keep its copy. */
  readonly held?: true;
}

export type Feeds = Readonly<Record<string, Tensor>>;
export type Outputs = Readonly<Record<string, Tensor>>;

export function float32(dims: readonly number[], values: ArrayLike<number>): Tensor<Float32Array> {
  const data = values instanceof Float32Array ? values : Float32Array.from(values);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size !== data.length) {
    throw new RangeError(`a tensor of shape [${dims.join(", ")}] holds ${size} numbers, not ${data.length}`);
  }
  return { dims, data };
}

export function held<D extends TensorData>(tensor: Tensor<D>): Tensor<D> {
  return { ...tensor, held: true };
}

/** The float32 output `name` of a run; throws when the graph has no such output. */
export function floatOutput(outputs: Outputs, name: string): Float32Array {
  const tensor = outputs[name];
  if (!tensor) throw new Error(`the graph has no output “${name}”, only ${Object.keys(outputs).join(", ")}`);
  if (!(tensor.data instanceof Float32Array)) throw new Error(`the output “${name}” is not float32`);
  return tensor.data;
}
