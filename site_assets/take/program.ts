/** What is packed with a model that trains in the page. Generated from builder/pack/taken.py by a test; do not edit. */

/** What goes with weights that a reader has trained: a file with the network's class, the program that loads them, and the graphs that say what the model does, as ONNX in base64. */
export interface TakenProgram {
  readonly file: string;
  readonly source: string;
  readonly program: string;
  readonly graphs: Readonly<Record<string, string>>;
}
