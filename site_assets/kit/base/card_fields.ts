/** The part of card.json that pages have. Generated from training/publish/fields.py by a test; do not edit. */

/** What a figure is told of a model: of graphs, arrays and metrics those that it uses. */
export interface PageCard {
  readonly name: string;
  readonly title: string;
  readonly honesty: string;
  readonly description: string;
  readonly data: DataSetFields;
  readonly seed: number;
  readonly parameters: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly graphs: Readonly<Record<string, PageGraph>>;
  readonly arrays: Readonly<Record<string, PageArray>>;
  readonly metrics: Readonly<Record<string, PageMetric>>;
}

/** What a model was trained on; a recipe may add facts that its figure needs. */
export interface DataSetFields {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly splits: Readonly<Record<string, number>>;
  readonly classes: ReadonlyArray<string>;
}

/** A graph that can be run; the file holds the ONNX model. */
export interface PageGraph {
  readonly file: string;
}

/** Published numbers, row by row, least significant byte first. */
export interface PageArray {
  readonly file: string;
  readonly shape: ReadonlyArray<number>;
  readonly dtype: "float32" | "uint8" | "int32";
}

/** One measured number. */
export interface PageMetric {
  readonly value: number;
  readonly unit: string;
}
